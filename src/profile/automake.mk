# SPDX-License-Identifier: Apache-2.0
# The YAML profile engine, used by the channel and the command line

noinst_LTLIBRARIES += libprofile.la
libprofile_la_SOURCES = \
	$(NULL)
libprofile_la_CPPFLAGS = $(AM_CPPFLAGS) $(PCRE2_CFLAGS)
libprofile_la_LIBADD = $(PCRE2_LIBS)
