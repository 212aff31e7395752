#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# "dragoman check" says about each configuration in tests/conf what is expected there, and more where it
# knows more (files that are not there); what it prints it finds good; so it does the examples.
set -u
top=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd) || exit 1
dragoman=$(cd "${top_builddir:-.}" && pwd)/dragoman
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
fail() { echo "FAIL: $*"; bad=1; }

cd "$top/tests/conf" || exit 1
for expected in *.err */dragoman.err; do
	file=${expected%.err}.yaml
	"$dragoman" check "$file" >"$work/out" 2>&1
	status=$?
	[ $status = 1 ] || fail "$file: status $status, expected 1"
	diff "$expected" "$work/out" >"$work/diff"
	! grep '^<' "$work/diff" || fail "$file: the lines above are missing"
done

for file in empty merge split/dragoman; do
	"$dragoman" check --print "$file.yaml" >"$work/first.yaml" 2>"$work/err" ||
		{ cat "$work/err"; fail "$file: is good"; }
	"$dragoman" check --print "$work/first.yaml" 2>&1 | diff "$work/first.yaml" - ||
		fail "$file: what was printed is not read as the same"
done

mkdir "$work/etc" "$work/etc/channels.d"
cp "$top/etc/dragoman.yaml" "$work/etc"
for example in "$top"/etc/channels.d/*.yaml.example; do
	name=${example##*/}
	cp "$example" "$work/etc/channels.d/${name%.example}"
done
"$dragoman" check --strict "$work/etc/dragoman.yaml" >"$work/out" 2>&1 || { cat "$work/out"; fail "the examples"; }
exit $bad
