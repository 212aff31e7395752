# SPDX-License-Identifier: Apache-2.0
# dragoman-config: the unprivileged child that checks the configuration

noinst_LTLIBRARIES += libconfig.la
libconfig_la_SOURCES = \
	src/config/handover.c \
	src/config/handover.h \
	src/config/line.c \
	src/config/line.h \
	src/config/paths.c \
	src/config/paths.h \
	src/config/port.c \
	src/config/port.h \
	src/config/probe.c \
	src/config/probe.h \
	src/config/secrets.c \
	src/config/secrets.h \
	src/config/token.c \
	src/config/token.h \
	src/config/verify.c \
	src/config/verify.h \
	$(NULL)

helper_PROGRAMS += dragoman-config
dragoman_config_SOURCES = src/config/main.c
dragoman_config_LDADD = $(LINK_config)
