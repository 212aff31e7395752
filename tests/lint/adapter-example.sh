#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example of dragoman-adapter(3) compiles with the installed header, without a warning.
set -u
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 1

sed -n '/^\.\\" example begins/,/^\.\\" example ends/p' man/dragoman-adapter.3 | grep -v '^\.' | sed 's/\\e/\\/g' |
	${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -x c -
