/* SPDX-License-Identifier: Apache-2.0 */
/* The options of serial ports; see serial_options.h. The two kinds differ in how the port is named. */
#include "transport/serial_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static const struct {
	char letter;
	enum serial_parity parity;
} parities[] = {
	{'N', PARITY_NONE}, {'E', PARITY_EVEN},  {'O', PARITY_ODD},
	{'M', PARITY_MARK}, {'S', PARITY_SPACE},
};

int serial_format_parse(const char *text, struct serial_format *format)
{
	if (strlen(text) != 3 || text[0] < '5' || text[0] > '8' ||
	    (text[2] != '1' && text[2] != '2'))
		return -1;
	for (size_t i = 0; i < sizeof parities / sizeof parities[0]; i++) {
		if (parities[i].letter == text[1]) {
			*format = (struct serial_format){text[0] - '0', text[2] - '0',
							 parities[i].parity};
			return 0;
		}
	}
	return -1;
}

/* A USB vendor's or product's number, in hex as everybody writes it; -1 if it is left out, -2 if wrong. */
static int parse_id(const char *text)
{
	char *end;
	unsigned long id;

	if (!text)
		return -1;
	id = strtoul(text, &end, 16);
	return *text && !*end && id <= 0xffff ? (int)id : -2;
}

static void check_id(const struct conf_node *usb, const char *key, const char *text,
		     struct conf_errors *errors)
{
	if (parse_id(text) == -2)
		conf_error(errors, conf_get(usb, key),
			   "'%s' is no USB number; expected hex digits such as 0403", text);
}

static void check(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	struct serial_options *o = object;
	const struct conf_node *place = conf_get(node, "format");

	if (o->format_text && serial_format_parse(o->format_text, &o->format) < 0)
		conf_error(errors, place ? place : node, SERIAL_FORMAT_PROBLEM, o->format_text);
}

static void check_usb(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	struct serial_options *o = object;
	const struct conf_node *usb = conf_get(node, "usb");

	check(object, node, errors);
	if (!usb)
		return;
	check_id(usb, "vendor", o->usb.vendor, errors);
	check_id(usb, "product", o->usb.product, errors);
	if (!o->usb.vendor && !o->usb.product && !o->usb.serial && !o->usb.path)
		conf_error(errors, usb,
			   "says nothing that tells the port from others; expected serial, "
			   "path, or vendor and product (see dragoman ports)");
}

struct port_identity serial_identity(const struct serial_options *options)
{
	const struct usb_options *usb = &options->usb;

	return (struct port_identity){.vendor = parse_id(usb->vendor),
				      .product = parse_id(usb->product),
				      .interface = (int)usb->interface,
				      .serial = usb->serial,
				      .path = usb->path};
}

void serial_describe(const void *options, struct buf *out)
{
	const struct serial_options *o = options;
	const struct {
		const char *name, *value;
	} parts[] = {{"vendor", o->usb.vendor},
		     {"product", o->usb.product},
		     {"serial", o->usb.serial},
		     {"path", o->usb.path}};

	if (o->path)
		buf_addf(out, "%s ", o->path);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (parts[i].value)
			buf_addf(out, "%s %s ", parts[i].name, parts[i].value);
	if (!o->path && o->usb.interface >= 0)
		buf_addf(out, "interface %d ", (int)o->usb.interface);
	buf_addf(out, "%lld %s", (long long)o->baud, o->format_text);
}

int64_t serial_char_ns(const struct serial_options *options)
{
	const struct serial_format *f = &options->format;
	int bits = 1 + f->bits + (f->parity != PARITY_NONE) + f->stop_bits;

	return bits * NS_PER_S / options->baud;
}

/* ---- rows ---- */

static const char *const flow_names[] =
	{[FLOW_NONE] = "none", [FLOW_RTSCTS] = "rtscts", [FLOW_XONXOFF] = "xonxoff", NULL};

/* clang-format off */
#define LINE_ROWS                                                                                  \
	{.key = "baud",                                                                            \
	 .type = CONF_INT,                                                                         \
	 .offset = offsetof(struct serial_options, baud),                                          \
	 .fallback = "9600",                                                                       \
	 .min = 50,                                                                                \
	 .max = 4e6,                                                                               \
	 .help = "speed, in bits a second"},                                                       \
	{.key = "format",                                                                          \
	 .type = CONF_TEXT,                                                                        \
	 .offset = offsetof(struct serial_options, format_text),                                   \
	 .fallback = "8N1",                                                                        \
	 .help = "data bits (5 to 8), parity (N none, E even, O odd, M mark, S space), stop bits"},\
	{.key = "flow",                                                                            \
	 .type = CONF_CHOICE,                                                                      \
	 .offset = offsetof(struct serial_options, flow),                                          \
	 .choices = flow_names,                                                                    \
	 .fallback = "none",                                                                       \
	 .help = "flow control: by the lines RTS and CTS, or by the bytes XON and XOFF"},          \
	{.key = "dtr",                                                                             \
	 .type = CONF_BOOL,                                                                        \
	 .offset = offsetof(struct serial_options, dtr),                                           \
	 .fallback = "true",                                                                       \
	 .help = "the line DTR; some devices draw their power from it, others restart with it"},   \
	{.key = "rts",                                                                             \
	 .type = CONF_BOOL,                                                                        \
	 .offset = offsetof(struct serial_options, rts),                                           \
	 .fallback = "true",                                                                       \
	 .help = "the line RTS, unless flow control has it"},                                      \
	{.key = "low_latency",                                                                     \
	 .type = CONF_BOOL,                                                                        \
	 .offset = offsetof(struct serial_options, low_latency),                                   \
	 .fallback = "false",                                                                      \
	 .help = "hand on each byte at once, where the driver would wait for more (USB: 16 ms)"},  \
	{.key = "break",                                                                           \
	 .type = CONF_DURATION,                                                                    \
	 .offset = offsetof(struct serial_options, break_ns),                                      \
	 .fallback = "0s",                                                                         \
	 .max = 10 * (double)NS_PER_S,                                                             \
	 .help = "hold the line in the break state for so long when the port is opened"}
/* clang-format on */

static const struct conf_row usb_rows[] = {
	{.key = "vendor",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct usb_options, vendor),
	 .help = "number of the vendor, in hex: \"0403\""},
	{.key = "product",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct usb_options, product),
	 .help = "number of the product, in hex: \"6001\""},
	{.key = "serial",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct usb_options, serial),
	 .help = "serial number of the device"},
	{.key = "interface",
	 .type = CONF_INT,
	 .offset = offsetof(struct usb_options, interface),
	 .fallback = "-1",
	 .min = -1,
	 .max = 255,
	 .help = "which port of a device with several; -1: whichever"},
	{.key = "path",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct usb_options, path),
	 .help = "the socket that it is plugged into: 1-2.3, or the name of a link in "
		 "/dev/serial/by-path"},
	{0},
};

static const struct conf_schema usb_group = {.name = "USB identity",
					     .rows = usb_rows,
					     .size = sizeof(struct usb_options)};

static const struct conf_row serial_rows[] = {
	{.key = "serial",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct serial_options, path),
	 .flags = CONF_REQUIRED | CONF_MAIN,
	 .help = "path of the port, best one that stays: /dev/serial/by-id/..., /dev/ttyS0"},
	LINE_ROWS,
	{0},
};

static const struct conf_row usb_kind_rows[] = {
	{.key = "usb",
	 .type = CONF_GROUP,
	 .offset = offsetof(struct serial_options, usb),
	 .schema = &usb_group,
	 .flags = CONF_REQUIRED | CONF_MAIN,
	 .help = "what tells the port from others, as dragoman ports shows it"},
	LINE_ROWS,
	{0},
};

const struct conf_schema serial_schema = {.name = "serial port",
					  .rows = serial_rows,
					  .size = sizeof(struct serial_options),
					  .check = check};

const struct conf_schema serial_usb_schema = {.name = "USB serial port",
					      .rows = usb_kind_rows,
					      .size = sizeof(struct serial_options),
					      .check = check_usb};
