# SPDX-License-Identifier: Apache-2.0
# The host's side of adapters: finding plugins, checking them, running instances

noinst_LTLIBRARIES += libadapter.la
libadapter_la_SOURCES = \
	src/adapter/host.h \
	$(NULL)
