# SPDX-License-Identifier: Apache-2.0
# dragoman-config: the unprivileged child that checks the configuration

noinst_LTLIBRARIES += libconfig.la
libconfig_la_SOURCES = \
	$(NULL)

# When main.c is there, it alone is the program's source:
# helper_PROGRAMS += dragoman-config
# dragoman_config_SOURCES = src/config/main.c
# dragoman_config_LDADD = $(LINK_config)
