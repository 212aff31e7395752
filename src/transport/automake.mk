# SPDX-License-Identifier: Apache-2.0
# serial, tcp, udp, unix, pty, exec, replay

noinst_LTLIBRARIES += libtransport.la
libtransport_la_SOURCES = \
	src/transport/transport.h \
	$(NULL)
libtransport_la_CPPFLAGS = $(AM_CPPFLAGS) $(SERIALPORT_CFLAGS)
libtransport_la_LIBADD = $(SERIALPORT_LIBS)
