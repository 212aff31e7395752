/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind `serial:` and `usb:`, and what follows from it. No device is touched here. */
#ifndef TRANSPORT_SERIAL_OPTIONS_H
#define TRANSPORT_SERIAL_OPTIONS_H

#include "conf/conf.h"
#include "transport/ports.h"

enum serial_flow { FLOW_NONE, FLOW_RTSCTS, FLOW_XONXOFF };
enum serial_parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD, PARITY_MARK, PARITY_SPACE };

/* "7E1" */
struct serial_format {
	int bits, stop_bits;
	enum serial_parity parity;
};

struct serial_options {
	char *path; /* NULL: by usb */
	struct usb_options {
		char *vendor, *product, *serial, *path;
		int64_t interface;
	} usb;
	int64_t baud;
	char *format_text;
	struct serial_format format; /* of the text */
	int flow;
	bool dtr, rts;
	bool low_latency;
	int64_t break_ns; /* held when the port opens; 0: none */
};

/* -1: no format. The problem as a text, of a printf. */
#define SERIAL_FORMAT_PROBLEM                                                                      \
	"'%s' is no format; expected data bits 5 to 8, parity N, E, O, M or S, stop bits 1 or 2, " \
	"such as 8N1"
int serial_format_parse(const char *text, struct serial_format *format);

/* Both read a struct serial_options. */
extern const struct conf_schema serial_schema, serial_usb_schema;

/* What the port must agree with, of the options of `usb`; its texts are theirs. */
struct port_identity serial_identity(const struct serial_options *options);
/* "/dev/ttyS0 9600 8N1" */
void serial_describe(const void *options, struct buf *out);
/* Time of one character, with its start, parity and stop bits. */
int64_t serial_char_ns(const struct serial_options *options);

#endif
