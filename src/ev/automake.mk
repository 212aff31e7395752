# SPDX-License-Identifier: Apache-2.0
# The loop, streams, peers

noinst_LTLIBRARIES += libev.la
libev_la_SOURCES = \
	src/ev/loop.c \
	src/ev/loop.h \
	src/ev/peer.c \
	src/ev/peer.h \
	src/ev/timers.c \
	src/ev/timers.h \
	$(NULL)
libev_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS)
libev_la_LIBADD = $(LIBEVENT_LIBS)
