# SPDX-License-Identifier: Apache-2.0
# libdragoman: the C client library

noinst_LTLIBRARIES += libclient.la
libclient_la_SOURCES = \
	src/client/client.c \
	src/client/dial.c \
	src/client/dial.h \
	src/client/event.c \
	src/client/event.h \
	src/client/place.c \
	src/client/repeats.c \
	src/client/repeats.h \
	src/client/request.c \
	src/client/request.h \
	src/client/server.c \
	src/client/server.h \
	src/client/session.c \
	src/client/session.h \
	$(NULL)

# libdragoman, installed, with include/dragoman/client.h. It holds the client and what the client needs
# from the layers above, and shows nothing but its own names.
lib_LTLIBRARIES += libdragoman.la
libdragoman_la_SOURCES =
libdragoman_la_LIBADD = libclient.la libwire.la libbase.la
libdragoman_la_LDFLAGS = $(SHARED_LINK_FLAGS) -version-info 0:0:0 -export-symbols-regex '^dragoman_[a-z]'
