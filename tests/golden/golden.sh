#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plays tests/golden/ADAPTER/NAME.nmea (or other input) through the adapter and compares with NAME.out beside
# it. With UPDATE=1 it writes NAME.out ("make golden-update"): look at the difference before it is committed.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}"
bad=0
for input in "$top_srcdir"/tests/golden/*/*.nmea; do
	dir=${input%/*} adapter=${input%/*} expected=${input%.nmea}.out
	adapter=${adapter##*/}
	out=$("$top_builddir/tests/golden/golden" "$adapter" --lines --tags \
		--dir "$top_builddir/adapters/$adapter/.libs" "$input") || { echo "FAIL: $input"; exit 1; }
	if [ "${UPDATE-}" = 1 ]; then
		printf '%s\n' "$out" >"$expected"
	elif ! diff -u "$expected" - <<<"$out"; then
		echo "FAIL: ${input#"$top_srcdir"/}"
		bad=1
	else
		echo "same: ${input#"$top_srcdir"/}"
	fi
done
exit $bad
