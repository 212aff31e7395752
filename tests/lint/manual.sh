#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mandoc has nothing to say about the manual pages, and each of them is installed.
set -u
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 1
command -v mandoc >/dev/null || { echo "SKIP: mandoc is not installed"; exit 77; }

bad=0
for page in man/*.[1-8]; do
	# What a page refers to may be installed elsewhere; that is no fault of the page.
	mandoc -Tlint -Wwarning "$page" || bad=1
	grep -q "^	$page " Makefile.am || { echo "$page: is not in dist_man_MANS"; bad=1; }
done
exit $bad
