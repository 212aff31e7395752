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

# What a profile says of its line is in the effective configuration, and stays.
cat >"$work/line.yaml" <<-END
	gateway: test
	paths: {profiles: ["$top/adapters/profiles"]}
	channels:
	  line: {port: {serial: /dev/nowhere, flow: rtscts}, devices: {meter: {profile: easymeter-q3d}}}
END
"$dragoman" check --print "$work/line.yaml" >"$work/first.yaml" || fail "a line of a profile"
sed -n '/^    port:/,/^    gap:/p' "$work/first.yaml" | tr -d ' \n' >"$work/port"
[ "$(cat "$work/port")" = port:serial:/dev/nowhereflow:rtsctsbaud:9600format:7E1gap:0s ] ||
	{ cat "$work/first.yaml"; fail "the line's settings are not those of the profile"; }
"$dragoman" check --print "$work/first.yaml" 2>&1 | diff "$work/first.yaml" - || fail "the printed line differs"

# Two profiles that disagree are told, unless the port decides.
printf 'channels:\n  line:\n    port: {serial: /dev/nowhere}\n    link: {delimiter: "\\r"}\n    devices:\n%s\n%s\n' \
	"      a: {profile: $top/adapters/profiles/megatec-q1.yaml}" \
	"      b: {profile: $top/adapters/profiles/panasonic-smdr.yaml}" >"$work/pair.yaml"
"$dragoman" check "$work/pair.yaml" >"$work/out" 2>&1 && fail "two speeds on one line"
for setting in 'baud 2400' 'flow none'; do
	grep -q "pair.yaml:7:7: \"a\" and \"b\" want different lines: $setting (.*megatec-q1.yaml:[0-9]*:" "$work/out" ||
		{ cat "$work/out"; fail "$setting: not told"; }
done
sed -i 's/nowhere}/nowhere, baud: 9600, flow: none}/' "$work/pair.yaml"
"$dragoman" check "$work/pair.yaml" >"$work/out" 2>&1 || { cat "$work/out"; fail "the port decides"; }

mkdir "$work/etc" "$work/etc/channels.d"
cp "$top/etc/dragoman.yaml" "$work/etc"
for example in "$top"/etc/channels.d/*.yaml.example; do
	name=${example##*/}
	cp "$example" "$work/etc/channels.d/${name%.example}"
done
"$dragoman" check --strict "$work/etc/dragoman.yaml" >"$work/out" 2>&1 || { cat "$work/out"; fail "the examples"; }
exit $bad
