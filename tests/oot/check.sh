#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check.sh SOURCE GOLDEN: builds the adapters of this directory in the current one as an outsider would, loads
# them with the program tests/golden/golden and looks at what they make of a line; then once more with another
# ABI number, which must be refused by name.
set -eu
source=$1 golden=$2
fail() { echo "FAIL: $*" >&2; exit 1; }

cp "$source/Makefile" "$source"/*.c .
env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory all

out=$(printf 'IN 12 OUT 7\r\nFAULT\r\nHELLO\r\n' | "$golden" people-counter --dir "$PWD")
expected='- in=12 out=7
- in=!BAD:light barrier dirty out=!BAD:light barrier dirty
verdict unknown "HELLO"'
[ "$out" = "$expected" ] || fail "it says: $out"

sed -i 's/= DRAGOMAN_ABI/= 99/' people-counter.c
env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory --always-make all
text=$("$golden" people-counter --dir "$PWD" </dev/null 2>&1) && fail "ABI 99 was loaded"
for word in 99 1 people-counter.so; do
	[[ $text == *"$word"* ]] || fail "the refusal does not name $word: $text"
done
echo "an adapter built outside the tree works; with ABI 99: $text"
