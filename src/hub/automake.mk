# SPDX-License-Identifier: Apache-2.0
# dragoman-hub: the stream, its clients, commands, access

noinst_LTLIBRARIES += libhub.la
libhub_la_SOURCES = \
	src/hub/ages.c \
	src/hub/ages.h \
	src/hub/catalogue.c \
	src/hub/checkpoint.c \
	src/hub/checkpoint.h \
	src/hub/client.c \
	src/hub/client.h \
	src/hub/cold.c \
	src/hub/cold.h \
	src/hub/cursor.c \
	src/hub/cursor.h \
	src/hub/descriptors.c \
	src/hub/descriptors.h \
	src/hub/device.c \
	src/hub/device.h \
	src/hub/dropped.c \
	src/hub/dropped.h \
	src/hub/durable.c \
	src/hub/durable.h \
	src/hub/eventlog.c \
	src/hub/eventlog.h \
	src/hub/feed.c \
	src/hub/feed.h \
	src/hub/filter.c \
	src/hub/filter.h \
	src/hub/hole.c \
	src/hub/hole.h \
	src/hub/hub.c \
	src/hub/hub.h \
	src/hub/kept.c \
	src/hub/lifeline.c \
	src/hub/lifeline.h \
	src/hub/linger.c \
	src/hub/linger.h \
	src/hub/listener.c \
	src/hub/listener.h \
	src/hub/options.c \
	src/hub/options.h \
	src/hub/publisher.c \
	src/hub/publisher.h \
	src/hub/publisher_inside.h \
	src/hub/recover.c \
	src/hub/recover.h \
	src/hub/register.c \
	src/hub/requests.c \
	src/hub/requests.h \
	src/hub/retain.c \
	src/hub/ring.c \
	src/hub/ring.h \
	src/hub/snapshot.c \
	src/hub/status.c \
	src/hub/storage.c \
	src/hub/storage.h \
	src/hub/subscribe.c \
	src/hub/subscribers.c \
	src/hub/walk.c \
	src/hub/walk.h \
	src/hub/window.c \
	src/hub/window.h \
	$(NULL)

helper_PROGRAMS += dragoman-hub
dragoman_hub_SOURCES = src/hub/main.c
dragoman_hub_LDADD = $(LINK_hub)
