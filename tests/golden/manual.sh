#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every key and every tag that the golden tests of nmea0183 have seen declared is in dragoman-nmea0183(7).
set -u
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 1
page=man/dragoman-nmea0183.7 bad=0

while read -r key tags; do
	case $key in GSA-* | GSV-* | XDR-* | RPM-*) key="${key%%-*}-" ;; esac
	text=$(awk -v key="$key" '/^\.It / { on = 0; for (i = 2; i <= NF; i++) if (index($i, key) == 1) on = 1 }
		/^\.El/ { on = 0 } on' "$page")
	[ -n "$text" ] || { echo "FAIL: $key is not in $page"; bad=1; }
	for tag in $tags; do
		[[ $tag == xdr.* || $key == XDR- || $text =~ (^|[[:space:]])${tag%%:*}([,:]|$|[[:space:]]) ]] ||
			{ echo "FAIL: tag ${tag%%:*} of $key is not in $page"; bad=1; }
	done
done < <(grep -h '^[0-9]* declared ' tests/golden/nmea0183/*.out | cut -d' ' -f3-)

if command -v mandoc >/dev/null; then
	mandoc -Tlint -Wwarning "$page" man/dragoman-link.5 || bad=1
fi
exit $bad
