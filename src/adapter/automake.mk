# SPDX-License-Identifier: Apache-2.0
# The host's side of adapters: finding plugins, checking them, running instances

noinst_LTLIBRARIES += libadapter.la
libadapter_la_SOURCES = \
	src/adapter/declare.c \
	src/adapter/emit.c \
	src/adapter/host.c \
	src/adapter/host.h \
	src/adapter/instance.h \
	src/adapter/loader.c \
	src/adapter/options.c \
	src/adapter/options.h \
	src/adapter/raw.c \
	src/adapter/raw.h \
	$(NULL)
