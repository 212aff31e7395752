# SPDX-License-Identifier: Apache-2.0
# varint, frame splitter, messages: pure, fuzzed

noinst_LTLIBRARIES += libwire.la
libwire_la_SOURCES = \
	src/wire/control.c \
	src/wire/control.h \
	src/wire/event.c \
	src/wire/event.h \
	src/wire/field.h \
	src/wire/frame.c \
	src/wire/frame.h \
	src/wire/note.c \
	src/wire/note.h \
	src/wire/parts.c \
	src/wire/parts.h \
	src/wire/put.h \
	src/wire/stamp.c \
	src/wire/stamp.h \
	src/wire/strict.c \
	src/wire/strict.h \
	src/wire/varint.h \
	$(NULL)
libwire_la_LIBADD = libproto.la $(PROTOBUF_C_LIBS)

# The messages, from proto/: #include "dragoman/v1/dragoman.pb-c.h" (in src/wire only). The generated
# code is not held to our warnings, hence a library of its own; libwire.la contains it.
noinst_LTLIBRARIES += libproto.la
nodist_libproto_la_SOURCES = \
	proto/dragoman/internal/control.pb-c.c \
	proto/dragoman/internal/control.pb-c.h \
	proto/dragoman/internal/parts.pb-c.c \
	proto/dragoman/internal/parts.pb-c.h \
	proto/dragoman/internal/store.pb-c.c \
	proto/dragoman/internal/store.pb-c.h \
	proto/dragoman/v1/dragoman.pb-c.c \
	proto/dragoman/v1/dragoman.pb-c.h \
	$(NULL)
libproto_la_CFLAGS = $(AM_CFLAGS) -w
BUILT_SOURCES += $(nodist_libproto_la_SOURCES)
CLEANFILES += $(nodist_libproto_la_SOURCES)

proto_files = \
	proto/dragoman/internal/control.proto \
	proto/dragoman/internal/parts.proto \
	proto/dragoman/internal/store.proto \
	proto/dragoman/v1/dragoman.proto \
	$(NULL)
EXTRA_DIST += $(proto_files)

# Clients are written from this one; internal/ is not installed.
protov1dir = $(protodir)/dragoman/v1
protov1_DATA = proto/dragoman/v1/dragoman.proto

proto/dragoman/internal/control.pb-c.c: proto/dragoman/internal/control.proto
	$(AM_V_GEN)$(MKDIR_P) proto && $(PROTOC_C) -I$(top_srcdir)/proto --c_out=proto dragoman/internal/control.proto
proto/dragoman/internal/control.pb-c.h: proto/dragoman/internal/control.pb-c.c
	@test -f $@ || { rm -f $< && $(MAKE) $(AM_MAKEFLAGS) $<; }

proto/dragoman/internal/parts.pb-c.c: proto/dragoman/internal/parts.proto
	$(AM_V_GEN)$(MKDIR_P) proto && $(PROTOC_C) -I$(top_srcdir)/proto --c_out=proto dragoman/internal/parts.proto
proto/dragoman/internal/parts.pb-c.h: proto/dragoman/internal/parts.pb-c.c
	@test -f $@ || { rm -f $< && $(MAKE) $(AM_MAKEFLAGS) $<; }

proto/dragoman/internal/store.pb-c.c: proto/dragoman/internal/store.proto
	$(AM_V_GEN)$(MKDIR_P) proto && $(PROTOC_C) -I$(top_srcdir)/proto --c_out=proto dragoman/internal/store.proto
proto/dragoman/internal/store.pb-c.h: proto/dragoman/internal/store.pb-c.c
	@test -f $@ || { rm -f $< && $(MAKE) $(AM_MAKEFLAGS) $<; }

proto/dragoman/v1/dragoman.pb-c.c: proto/dragoman/v1/dragoman.proto
	$(AM_V_GEN)$(MKDIR_P) proto && $(PROTOC_C) -I$(top_srcdir)/proto --c_out=proto dragoman/v1/dragoman.proto
proto/dragoman/v1/dragoman.pb-c.h: proto/dragoman/v1/dragoman.pb-c.c
	@test -f $@ || { rm -f $< && $(MAKE) $(AM_MAKEFLAGS) $<; }
