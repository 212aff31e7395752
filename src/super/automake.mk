# SPDX-License-Identifier: Apache-2.0
# dragomand: the supervisor

noinst_LTLIBRARIES += libsuper.la
libsuper_la_SOURCES = \
	src/super/backoff.c \
	src/super/backoff.h \
	src/super/check.c \
	src/super/check.h \
	src/super/child.c \
	src/super/child.h \
	src/super/family.c \
	src/super/family.h \
	src/super/gate.c \
	src/super/gate.h \
	src/super/listen.c \
	src/super/listen.h \
	src/super/lock.c \
	src/super/lock.h \
	src/super/notify.c \
	src/super/notify.h \
	src/super/options.c \
	src/super/options.h \
	src/super/plan.c \
	src/super/plan.h \
	src/super/process.c \
	src/super/process.h \
	src/super/spawn.c \
	src/super/spawn.h \
	src/super/state.c \
	src/super/state.h \
	src/super/status.c \
	src/super/status.h \
	src/super/store_dir.c \
	src/super/store_dir.h \
	src/super/super.c \
	src/super/super.h \
	src/super/words.c \
	src/super/words.h \
	$(NULL)

sbin_PROGRAMS += dragomand
dragomand_SOURCES = src/super/main.c
dragomand_LDADD = $(LINK_super)
