# SPDX-License-Identifier: Apache-2.0
# dragoman-channel: one process for each line

noinst_LTLIBRARIES += libchannel.la
libchannel_la_SOURCES = \
	src/channel/backlog.c \
	src/channel/backlog.h \
	src/channel/catalogue.c \
	src/channel/catalogue.h \
	src/channel/channel.c \
	src/channel/channel.h \
	src/channel/confine.c \
	src/channel/confine.h \
	src/channel/device.c \
	src/channel/device.h \
	src/channel/letter.c \
	src/channel/letter.h \
	src/channel/line.c \
	src/channel/line.h \
	src/channel/line_inside.h \
	src/channel/offer.c \
	src/channel/options.c \
	src/channel/options.h \
	src/channel/port.c \
	src/channel/publisher.c \
	src/channel/publisher.h \
	src/channel/record.c \
	src/channel/refused.c \
	src/channel/report.c \
	src/channel/report.h \
	src/channel/scheduler.c \
	src/channel/scheduler.h \
	src/channel/send.c \
	src/channel/uplink.c \
	src/channel/uplink.h \
	src/channel/worker.c \
	src/channel/worker.h \
	$(NULL)

helper_PROGRAMS += dragoman-channel
dragoman_channel_SOURCES = src/channel/main.c
dragoman_channel_LDADD = $(LINK_channel)
