# SPDX-License-Identifier: Apache-2.0
# dragoman: the command line

noinst_LTLIBRARIES += libcli.la
libcli_la_SOURCES = \
	src/cli/check.c \
	src/cli/cli.c \
	src/cli/cli.h \
	src/cli/event_json.c \
	src/cli/event_json.h \
	src/cli/gateway.c \
	src/cli/gateway.h \
	src/cli/get.c \
	src/cli/help.c \
	src/cli/jsonl.c \
	src/cli/jsonl.h \
	src/cli/list.c \
	src/cli/ports.c \
	src/cli/library.c \
	src/cli/library.h \
	src/cli/profile.c \
	src/cli/profile.h \
	src/cli/profile_decode.c \
	src/cli/profile_doc.c \
	src/cli/profile_index.c \
	src/cli/profile_list.c \
	src/cli/profile_lock.c \
	src/cli/profile_new.c \
	src/cli/profile_proto.c \
	src/cli/profile_show.c \
	src/cli/profile_test.c \
	src/cli/schema.c \
	src/cli/simulate.c \
	src/cli/status.c \
	src/cli/store.c \
	src/cli/store.h \
	src/cli/subscribers.c \
	src/cli/text.c \
	src/cli/text.h \
	src/cli/typed.c \
	src/cli/typed.h \
	src/cli/wanted.c \
	src/cli/wanted.h \
	src/cli/watch.c \
	$(NULL)

bin_PROGRAMS += dragoman
dragoman_SOURCES = src/cli/main.c
dragoman_LDADD = $(LINK_cli)
