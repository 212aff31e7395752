#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tarball.sh SOURCE DIST: every file that git tracks in SOURCE is in DIST. Run by "make dist".
set -u
git() { command git -C "$1" -c safe.directory='*' "${@:2}"; }
[ -e "$1/.git" ] && files=$(git "$1" ls-files 2>/dev/null) || exit 0 # a tarball, or no git

bad=0
while IFS= read -r f; do
	[ -z "$f" ] || [ ! -e "$1/$f" ] || [ -e "$2/$f" ] || { echo "$f: tracked, but not in the tarball"; bad=1; }
done <<<"$files"
exit $bad
