# SPDX-License-Identifier: Apache-2.0
# Giving up privileges and files

noinst_LTLIBRARIES += libsandbox.la
libsandbox_la_SOURCES = \
	src/sandbox/files.c \
	src/sandbox/files.h \
	src/sandbox/user.c \
	src/sandbox/user.h \
	$(NULL)
