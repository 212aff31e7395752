#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# doc/devices.md is the page that "dragoman profile doc" makes of the library, with links to the profiles. UPDATE=1
# writes it ("make golden-update").
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}"
page=$top_srcdir/doc/devices.md
made=$("$top_builddir/dragoman" profile doc --profiles "$top_srcdir/adapters/profiles" |
	sed -E 's#^\| `([^`]+)` \|#| [\1](../adapters/profiles/\1.yaml) |#') || exit 1
[ "$(grep -c '^| \[' <<<"$made")" -ge 50 ] || { echo "FAIL: hardly any profiles"; exit 1; }
[ -z "${UPDATE-}" ] || printf '%s\n' "$made" >"$page"
diff -u "$page" - <<<"$made" || { echo "FAIL: the library has changed; see \"make golden-update\""; exit 1; }
