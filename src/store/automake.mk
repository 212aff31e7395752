# SPDX-License-Identifier: Apache-2.0
# The stream on disk

noinst_LTLIBRARIES += libstore.la
libstore_la_SOURCES = \
	src/store/chain.c \
	src/store/chain.h \
	src/store/commit.c \
	src/store/dir.c \
	src/store/dir.h \
	src/store/format.c \
	src/store/format.h \
	src/store/inside.h \
	src/store/job.c \
	src/store/job.h \
	src/store/prepare.c \
	src/store/read.c \
	src/store/recover.c \
	src/store/segment.c \
	src/store/segment.h \
	src/store/store.c \
	src/store/store.h \
	src/store/visit.c \
	$(NULL)
libstore_la_CPPFLAGS = $(AM_CPPFLAGS) $(XXHASH_CFLAGS)
