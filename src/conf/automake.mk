# SPDX-License-Identifier: Apache-2.0
# YAML with positions, schema rows, errors, print, diff

noinst_LTLIBRARIES += libconf.la
libconf_la_SOURCES = \
	src/conf/bytes.c \
	src/conf/conf.h \
	src/conf/config.c \
	src/conf/config.h \
	src/conf/config_load.c \
	src/conf/errors.c \
	src/conf/json.c \
	src/conf/json.h \
	src/conf/kind.c \
	src/conf/load.c \
	src/conf/mdoc.c \
	src/conf/merge.c \
	src/conf/merge.h \
	src/conf/nearest.c \
	src/conf/print.c \
	src/conf/read.c \
	src/conf/rows.c \
	src/conf/rows.h \
	src/conf/scalar.c \
	src/conf/scalar.h \
	src/conf/schema.c \
	src/conf/syntax.c \
	src/conf/syntax.h \
	src/conf/tree.c \
	src/conf/value.c \
	src/conf/value.h \
	$(NULL)
libconf_la_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)
libconf_la_LIBADD = $(YAML_LIBS)
