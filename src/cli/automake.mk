# SPDX-License-Identifier: Apache-2.0
# dragoman: the command line

noinst_LTLIBRARIES += libcli.la
libcli_la_SOURCES = \
	$(NULL)

# When main.c is there, it alone is the program's source:
# bin_PROGRAMS += dragoman
# dragoman_SOURCES = src/cli/main.c
# dragoman_LDADD = $(LINK_cli)
