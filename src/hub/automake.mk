# SPDX-License-Identifier: Apache-2.0
# dragoman-hub: the stream, its clients, commands, access

noinst_LTLIBRARIES += libhub.la
libhub_la_SOURCES = \
	$(NULL)

# When main.c is there, it alone is the program's source:
# helper_PROGRAMS += dragoman-hub
# dragoman_hub_SOURCES = src/hub/main.c
# dragoman_hub_LDADD = $(LINK_hub)
