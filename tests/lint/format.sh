#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# C files look as .clang-format says. Versions differ, so one of them decides: 14, Debian 12's.
set -u
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 1

for tool in clang-format-14 clang-format; do
	version=$("$tool" --version 2>/dev/null | sed -nE 's/.*version ([0-9]+).*/\1/p')
	[ "$version" = 14 ] && break
done
if [ "$version" != 14 ]; then
	echo "SKIP: clang-format 14 is not installed (found: ${version:-none})"
	exit 77
fi

# Tracked files; in a tarball, all.
files() { git -c safe.directory='*' ls-files -z -- '*.c' '*.h' 2>/dev/null; }
[ -e .git ] && [ -n "$(files | tr '\0' ' ')" ] ||
	files() { find src include adapters tests -name '*.[ch]' -print0; }
files | xargs -0 -r "$tool" --dry-run --Werror --style=file
