# SPDX-License-Identifier: Apache-2.0
# Dropping privileges

noinst_LTLIBRARIES += libsandbox.la
libsandbox_la_SOURCES = \
	src/sandbox/user.c \
	src/sandbox/user.h \
	$(NULL)
