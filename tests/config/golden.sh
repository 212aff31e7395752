#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each X.yaml in tests/conf gives X.ok (its warnings and the effective configuration) or X.err (its exact
# errors), and the effective configuration is read and printed again as it is. So are the examples in etc/.
# UPDATE=1 writes what comes out, for somebody to read before it is committed.
set -u
top=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd) || exit 1
config=$(cd "${top_builddir:-.}" && pwd)/tests/config/config
[ -x "$config" ] || { echo "$config is not built"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
fail() { echo "FAIL: $*"; bad=1; }

# What is printed reads again to the same, once its secrets are there.
again() {
	grep -v ': warning: ' "$work/out" | sed 's/token: (secret)/token: 0123456789abcdef/' >"$work/again.yaml"
	"$config" print "$work/again.yaml" >"$work/second" 2>&1 || fail "$1: what was printed does not read again"
	sed 's/token: 0123456789abcdef/token: (secret)/' "$work/again.yaml" |
		diff -u - <(grep -v ': warning: ' "$work/second") || fail "$1: what was printed reads as something else"
}

cd "$top/tests/conf" || exit 1
for file in *.yaml */dragoman.yaml; do
	stem=${file%.yaml}
	if "$config" print "$file" >"$work/out" 2>&1; then kind=ok; else kind=err; fi
	[ -z "${UPDATE-}" ] || { rm -f "$stem.ok" "$stem.err"; cp "$work/out" "$stem.$kind"; }
	if [ -f "$stem.$kind" ]; then
		diff -u "$stem.$kind" "$work/out" || fail "$file: not what was expected"
	else
		cat "$work/out"
		fail "$file: there is no $stem.$kind"
	fi
	[ $kind = err ] || again "$file"
done

# Examples: as they are, and with everything that stands behind a "#" put in.
cd "$top/etc" || exit 1
mkdir "$work/etc" "$work/etc/channels.d"
for example in channels.d/*.yaml.example; do cp "$example" "$work/etc/${example%.example}"; done
cp dragoman.yaml "$work/etc/dragoman.yaml"
sed -E 's/^( *)#([a-z-]|  )/\1\2/' dragoman.yaml >"$work/etc/full.yaml"
for name in dragoman full; do
	"$config" print "$work/etc/$name.yaml" >"$work/out" 2>&1 || { cat "$work/out"; fail "etc/$name.yaml"; }
	again "etc/$name.yaml"
done
exit $bad
