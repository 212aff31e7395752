# SPDX-License-Identifier: Apache-2.0
# From bytes to frames: delimiter, fixed, length, gap ... and checksums

noinst_LTLIBRARIES += liblink.la
liblink_la_SOURCES = \
	src/link/ack.c \
	src/link/algorithms.h \
	src/link/check.c \
	src/link/check.h \
	src/link/checksum.c \
	src/link/checksum.h \
	src/link/crc.c \
	src/link/crc.h \
	src/link/delimiter.c \
	src/link/framer.c \
	src/link/framer.h \
	src/link/gap.c \
	src/link/kinds.h \
	src/link/link.c \
	src/link/link.h \
	src/link/marks.c \
	src/link/marks.h \
	src/link/raw.c \
	src/link/resend.c \
	src/link/resend.h \
	src/link/sized.c \
	src/link/start_end.c \
	src/link/stuffed.c \
	src/link/stuffed.h \
	src/link/stuffed_cut.c \
	src/link/stuffing.c \
	src/link/stuffing.h \
	$(NULL)
