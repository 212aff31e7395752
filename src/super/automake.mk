# SPDX-License-Identifier: Apache-2.0
# dragomand: the supervisor

noinst_LTLIBRARIES += libsuper.la
libsuper_la_SOURCES = \
	$(NULL)

# When main.c is there, it alone is the program's source:
# sbin_PROGRAMS += dragomand
# dragomand_SOURCES = src/super/main.c
# dragomand_LDADD = $(LINK_super)
