# SPDX-License-Identifier: Apache-2.0
# must, err, log, buf, xalloc, clock, fd, hex, pattern: no I/O of its own, no events

noinst_LTLIBRARIES += libbase.la
libbase_la_SOURCES = \
	src/base/buf.c \
	src/base/buf.h \
	src/base/clock.c \
	src/base/clock.h \
	src/base/err.c \
	src/base/err.h \
	src/base/fd.c \
	src/base/fd.h \
	src/base/hex.c \
	src/base/hex.h \
	src/base/log.c \
	src/base/log.h \
	src/base/must.h \
	src/base/pattern.c \
	src/base/pattern.h \
	src/base/utf8.c \
	src/base/utf8.h \
	src/base/xalloc.c \
	src/base/xalloc.h \
	$(NULL)
