# SPDX-License-Identifier: Apache-2.0
# serial, tcp, udp, unix, pty, exec, replay

noinst_LTLIBRARIES += libtransport.la
libtransport_la_SOURCES = \
	src/transport/address.c \
	src/transport/address.h \
	src/transport/capture.c \
	src/transport/capture.h \
	src/transport/child.c \
	src/transport/child.h \
	src/transport/exec.c \
	src/transport/kind.h \
	src/transport/listener.c \
	src/transport/none.c \
	src/transport/pcapng.c \
	src/transport/pcapng.h \
	src/transport/ports.c \
	src/transport/ports.h \
	src/transport/pty.c \
	src/transport/replay.c \
	src/transport/resolve.c \
	src/transport/resolve.h \
	src/transport/serial.c \
	src/transport/serial_options.c \
	src/transport/serial_options.h \
	src/transport/stream.c \
	src/transport/stream.h \
	src/transport/tcp.c \
	src/transport/tcp.h \
	src/transport/text_feed.c \
	src/transport/text_feed.h \
	src/transport/transport.c \
	src/transport/transport.h \
	src/transport/tty.c \
	src/transport/udp.c \
	src/transport/unix.c \
	$(NULL)
libtransport_la_CPPFLAGS = $(AM_CPPFLAGS) $(SERIALPORT_CFLAGS)
libtransport_la_LIBADD = $(SERIALPORT_LIBS)
