#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tables of dragoman.yaml(5) are those of the rows, every key occurs in it, and mandoc has nothing to
# say. UPDATE=1 makes the tables anew.
set -u
top=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd) || exit 1
config=$(cd "${top_builddir:-.}" && pwd)/tests/config/config
page=$top/man/dragoman.yaml.5
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

# Where the run and state directories are depends on --prefix; the page has the system's.
"$config" page "$page" | sed -E 's#^(\.Ql "\\&)/.*/run/dragoman"#\1/run/dragoman"#
	s#^(\.Ql "\\&)/.*/lib/dragoman"#\1/var/lib/dragoman"#' >"$work/page"
[ -s "$work/page" ] || exit 1
[ -z "${UPDATE-}" ] || cp "$work/page" "$page"
diff -u "$page" "$work/page" || { echo "FAIL: the tables are not those of the rows; see UPDATE in $0"; bad=1; }

# Each property of the schemas is a key somebody can write.
{ "$config" schema; "$config" schema-channels; } | awk '
	/^ *"properties": \{/ { depth = match($0, /"/) }
	depth && match($0, /^ *"[^"]*": \{/) && match($0, /"/) == depth + 2 { split($0, p, "\""); print p[2] }
	depth && /^ *\},?$/ && match($0, /\}/) == depth { depth = 0 }' | sort -u >"$work/keys"
[ "$(wc -l <"$work/keys")" -gt 40 ] || { echo "FAIL: found hardly any keys"; bad=1; }
while read -r key; do
	grep -Eq "^\.(It Ic \"..$key\"|Ss The [a-z]+ $key)\$" "$page" || { echo "FAIL: $key is not in the page"; bad=1; }
done <"$work/keys"

if command -v mandoc >/dev/null; then
	mandoc -Tlint -Wwarning "$page" || bad=1
fi
exit $bad
