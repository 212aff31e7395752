# SPDX-License-Identifier: Apache-2.0
# dragoman-channel: one process for each line

noinst_LTLIBRARIES += libchannel.la
libchannel_la_SOURCES = \
	$(NULL)

# When main.c is there, it alone is the program's source:
# helper_PROGRAMS += dragoman-channel
# dragoman_channel_SOURCES = src/channel/main.c
# dragoman_channel_LDADD = $(LINK_channel)
