# SPDX-License-Identifier: Apache-2.0
# From bytes to frames: delimiter, fixed, length, gap ... and checksums

noinst_LTLIBRARIES += liblink.la
liblink_la_SOURCES = \
	src/link/link.h \
	$(NULL)
