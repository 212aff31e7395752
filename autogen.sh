#!/bin/sh
# Makes configure from configure.ac; needed in a clone, not in a release tarball.
cd "$(dirname "$0")" && exec autoreconf -fi
