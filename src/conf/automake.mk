# SPDX-License-Identifier: Apache-2.0
# YAML with positions, schema rows, errors, print, diff

noinst_LTLIBRARIES += libconf.la
libconf_la_SOURCES = \
	src/conf/conf.h \
	src/conf/config.h \
	$(NULL)
libconf_la_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)
libconf_la_LIBADD = $(YAML_LIBS)
