/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A serial port, by libserialport (here alone). Two kinds share this file: `serial` names the port by a
 * path, `usb` by what it is, and so finds it again when it comes back as another ttyUSB.
 *
 * The port is ours alone: a lock (flock) that programs of good manners look at, on a descriptor of its
 * own, since libserialport's is opened by it; and TIOCEXCL, which keeps out all others but root.
 *
 * After an unplug the descriptor polls ready for ever while reads give 0, the same as "nothing yet". So a
 * read of nothing is followed by a question that does fail then (sp_input_waiting).
 */
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <linux/serial.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "transport/kind.h"
#include "transport/ports.h"
#include "transport/serial_options.h"
#include "transport/stream.h"

struct serial {
	struct transport t;
	struct stream stream; /* on a duplicate of the port's descriptor */
	struct sp_port *port; /* NULL: closed */
	int lock_fd;
	char *node;  /* the device node that is open or was to be; NULL: closed */
	char *label; /* the node, and what is known of it */
	struct timer break_timer;
	bool in_break;
	struct serial_options now; /* as it is set at present; its texts are those of the options */
};

static const struct serial_options *options_of(const struct serial *s)
{
	return s->node ? &s->now : s->t.options;
}

static int64_t char_ns(const struct transport *t)
{
	return serial_char_ns(options_of((const struct serial *)t));
}

/* ---- the end of it ---- */

static void ended(struct transport *t, int error)
{
	struct serial *s = (struct serial *)t;

	if (error == 0 && sp_input_waiting(s->port) >= 0)
		return; /* nothing yet */
	if (error == 0 || error == EIO || error == ENXIO || error == ENODEV)
		transport_lost(t, "unplugged", "%s is gone: was it unplugged?", s->node);
	else
		transport_lost(t, "failed", "%s: %s", s->node, strerror(error));
}

/* What the driver still has, and then what is in the shift register, where it tells. */
static int64_t unsent_ns(struct transport *t)
{
	const struct serial *s = (const struct serial *)t;
	int waiting = sp_output_waiting(s->port);
	unsigned empty = 0;

	if (waiting > 0)
		return waiting * char_ns(t);
	if (waiting == 0 && ioctl(s->stream.fd_out, TIOCSERGETLSR, &empty) == 0 &&
	    !(empty & TIOCSER_TEMT))
		return char_ns(t);
	return 0;
}

static const struct stream_ops stream_ops = {.ended = ended, .unsent_ns = unsent_ns};

static void close_port(struct serial *s)
{
	if (!s->port)
		return;
	/* With a device that holds the flow back, close would wait for half a minute. */
	sp_flush(s->port, SP_BUF_OUTPUT);
	if (s->in_break)
		sp_end_break(s->port);
	s->in_break = false;
	stream_close(&s->stream);
	sp_close(s->port);
	sp_free_port(s->port);
	s->port = NULL;
}

static void serial_close(struct transport *t)
{
	struct serial *s = (struct serial *)t;

	if (!s->node)
		return;
	timer_fini(&s->break_timer);
	close_port(s);
	fd_close(&s->lock_fd);
	free(s->node);
	free(s->label);
	s->node = s->label = NULL;
}

/* ---- opening ---- */

static void say_missing(struct serial *s)
{
	struct ports ports;
	struct buf text = {0};

	ports_list(ports_root, &ports);
	ports_describe(&ports, &text);
	transport_lost(&s->t, "no such port",
		       "there is no %s: is it plugged in? serial ports there are: %s", s->node,
		       buf_str(&text));
	buf_fini(&text);
	ports_fini(&ports);
}

static void say_forbidden(struct serial *s)
{
	struct port unknown = {.node = s->node, .name = strrchr(s->node, '/') + 1};
	const struct port *port;
	struct ports ports;
	struct buf text = {0};

	ports_list(ports_root, &ports);
	port = ports_by_node(&ports, s->node);
	port_advise(port ? port : &unknown, &text);
	transport_lost(&s->t, "no permission", "%s may not be opened: %s", s->node, buf_str(&text));
	buf_fini(&text);
	ports_fini(&ports);
}

static void say_busy(struct serial *s)
{
	char *holder = port_holder(ports_root, s->node);

	transport_lost(&s->t, "busy", "%s is in use by %s: stop it, or give it another port",
		       s->node, holder ? holder : "another program");
	free(holder);
}

static void fail(struct serial *s, int error)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV: say_missing(s); break;
	case EACCES:
	case EPERM: say_forbidden(s); break;
	case EBUSY:
	case EWOULDBLOCK: say_busy(s); break;
	case EIO:
		transport_lost(&s->t, "no such port", "%s has no hardware behind it", s->node);
		break;
	default: transport_lost(&s->t, "failed", "cannot open %s: %s", s->node, strerror(error));
	}
}

/* The node behind a path: libserialport knows ports by their names in /dev alone. */
static void set_node(struct serial *s, const char *path, const struct port *port)
{
	struct buf label = {0};

	s->lock_fd = -1;
	s->now = *(const struct serial_options *)s->t.options;
	s->node = realpath(path, NULL);
	if (!s->node)
		s->node = xstrdup(path);
	if (port)
		port_describe(port, &label);
	else
		buf_add_str(&label, s->node);
	s->label = xstrdup(buf_str(&label));
	buf_fini(&label);
}

static void find_by_path(struct serial *s, const struct ports *ports)
{
	const char *path = options_of(s)->path;
	char *real = realpath(path, NULL);

	set_node(s, path, ports_by_node(ports, real ? real : path));
	free(real);
}

static int find_by_usb(struct serial *s, const struct ports *ports)
{
	const struct port_identity identity = serial_identity(options_of(s));
	const struct port *port;
	struct err err;
	bool is_ambiguous;
	char *path;

	port = ports_find(ports, &identity, &is_ambiguous, &err);
	if (!port) {
		transport_lost(&s->t, is_ambiguous ? "ambiguous" : "no such port", "%s: %s",
			       s->t.description, err.text);
		return -1;
	}
	path = xasprintf("%s%s", ports_root, port->node);
	set_node(s, path, port);
	free(path);
	return 0;
}

/* Which port it is today: 0, or -1 with the loss told. */
static int find(struct serial *s)
{
	struct ports ports;
	int result = 0;

	ports_list(ports_root, &ports);
	if (options_of(s)->path)
		find_by_path(s, &ports);
	else
		result = find_by_usb(s, &ports);
	ports_fini(&ports);
	return result;
}

static int lock(struct serial *s)
{
	s->lock_fd = open(s->node, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (s->lock_fd >= 0 && flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	fail(s, errno);
	return -1;
}

/* libserialport's text of the last failure, for free(). */
static char *sp_text(void)
{
	char *message = sp_last_error_message();
	char *text = xstrdup(message ? message : "unknown error");

	sp_free_error_message(message);
	return text;
}

static int open_port(struct serial *s)
{
	struct sp_port *port;
	char *text;
	int fd;

	if (sp_get_port_by_name(s->node, &port) != SP_OK) {
		transport_lost(
			&s->t, "no such port",
			"%s is no serial port; a terminal that a program has made is opened by "
			"tty: %s",
			s->node, s->node);
		return -1;
	}
	if (sp_open(port, SP_MODE_READ_WRITE) != SP_OK) {
		int error = sp_last_error_code();

		text = sp_text();
		sp_free_port(port);
		if (error == EBUSY)
			fail(s, error);
		else
			transport_lost(&s->t, "failed", "cannot open %s: %s", s->node, text);
		free(text);
		return -1;
	}
	s->port = port;
	sp_get_port_handle(port, &fd);
	ioctl(fd, TIOCEXCL);
	return 0;
}

static const enum sp_parity parities[] = {[PARITY_NONE] = SP_PARITY_NONE,
					  [PARITY_EVEN] = SP_PARITY_EVEN,
					  [PARITY_ODD] = SP_PARITY_ODD,
					  [PARITY_MARK] = SP_PARITY_MARK,
					  [PARITY_SPACE] = SP_PARITY_SPACE};

static struct sp_port_config *make_config(const struct serial_options *o)
{
	static const enum sp_flowcontrol flows[] = {[FLOW_NONE] = SP_FLOWCONTROL_NONE,
						    [FLOW_RTSCTS] = SP_FLOWCONTROL_RTSCTS,
						    [FLOW_XONXOFF] = SP_FLOWCONTROL_XONXOFF};
	struct sp_port_config *c;

	must(sp_new_config(&c) == SP_OK);
	sp_set_config_baudrate(c, (int)o->baud);
	sp_set_config_bits(c, o->format.bits);
	sp_set_config_parity(c, parities[o->format.parity]);
	sp_set_config_stopbits(c, o->format.stop_bits);
	sp_set_config_flowcontrol(c, flows[o->flow]);
	sp_set_config_dtr(c, o->dtr ? SP_DTR_ON : SP_DTR_OFF);
	if (o->flow != FLOW_RTSCTS)
		sp_set_config_rts(c, o->rts ? SP_RTS_ON : SP_RTS_OFF);
	return c;
}

/* libserialport 0.1.1 sets CRTSCTS among the input flags, where it means something else. */
static int set_rtscts(const struct serial *s)
{
	struct termios tio;
	int fd;

	sp_get_port_handle(s->port, &fd);
	if (tcgetattr(fd, &tio) < 0)
		return -1;
	tio.c_cflag &= ~CRTSCTS;
	if (options_of(s)->flow == FLOW_RTSCTS)
		tio.c_cflag |= CRTSCTS;
	return tcsetattr(fd, TCSANOW, &tio);
}

/* Drivers drop what they cannot do (7 bits, mark parity) without a word. */
static void check_config(struct serial *s)
{
	const struct serial_options *o = options_of(s);
	struct sp_port_config *c;
	enum sp_parity parity = SP_PARITY_INVALID;
	int bits = 0, stop_bits = 0;

	must(sp_new_config(&c) == SP_OK);
	if (sp_get_config(s->port, c) == SP_OK && sp_get_config_bits(c, &bits) == SP_OK &&
	    sp_get_config_parity(c, &parity) == SP_OK &&
	    sp_get_config_stopbits(c, &stop_bits) == SP_OK &&
	    (bits != o->format.bits || parity != parities[o->format.parity] ||
	     stop_bits != o->format.stop_bits))
		log_warning("the driver of %s does not do %s: what is received may be wrong",
			    s->node, o->format_text);
	sp_free_config(c);
}

/* USB adapters gather bytes for up to 16 ms unless told not to. Not all drivers can be told. */
static void set_low_latency(int fd)
{
	struct serial_struct info;

	if (ioctl(fd, TIOCGSERIAL, &info) == 0) {
		info.flags |= ASYNC_LOW_LATENCY;
		ioctl(fd, TIOCSSERIAL, &info);
	}
}

static int configure(struct serial *s)
{
	const struct serial_options *o = options_of(s);
	struct sp_port_config *c = make_config(o);
	enum sp_return result = sp_set_config(s->port, c);
	int error = result == SP_ERR_SUPP || result == SP_ERR_ARG ? EINVAL : errno;

	sp_free_config(c);
	if (result == SP_OK && set_rtscts(s) == 0) {
		check_config(s);
		return 0;
	}
	error = result == SP_OK ? errno : error;
	if (error == EINVAL)
		transport_lost(&s->t, "not supported",
			       "%s does not do %lld baud %s: its driver says no", s->node,
			       (long long)o->baud, o->format_text);
	else
		transport_lost(&s->t, "failed", "%s cannot be set to %lld baud %s: %s", s->node,
			       (long long)o->baud, o->format_text, strerror(error));
	return -1;
}

/* Somebody who looks at neither lock nor TIOCEXCL takes bytes away. */
static void warn_of_others(const char *node)
{
	char *holder = port_holder(ports_root, node);

	if (holder)
		log_warning("%s has %s open as well, and may take bytes away from us", holder,
			    node);
	free(holder);
}

static void go_on(struct serial *s)
{
	int fd;

	sp_flush(s->port, SP_BUF_INPUT); /* what came before anybody listened */
	sp_get_port_handle(s->port, &fd);
	if (options_of(s)->low_latency)
		set_low_latency(fd);
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	must(fd >= 0);
	stream_open(&s->stream, &s->t, fd, fd, &stream_ops);
	warn_of_others(s->node);
	transport_opened(&s->t, "%s", s->label);
}

static void end_break(void *arg)
{
	struct serial *s = arg;

	sp_end_break(s->port);
	s->in_break = false;
	if (s->t.state == TRANSPORT_OPENING)
		go_on(s);
	else
		transport_drained(&s->t);
}

static int serial_break(struct transport *t, int64_t duration_ns)
{
	struct serial *s = (struct serial *)t;

	if (sp_start_break(s->port) != SP_OK)
		return -1;
	s->in_break = true;
	timer_set(&s->break_timer, duration_ns);
	return 0;
}

static int serial_set_line(struct transport *t, uint32_t baud, const char *format)
{
	struct serial *s = (struct serial *)t;
	const struct serial_options *set = t->options;
	struct serial_options before = s->now;
	struct sp_port_config *c;
	enum sp_return result;

	s->now.baud = baud ? baud : set->baud;
	s->now.format = set->format;
	if (format)
		serial_format_parse(format, &s->now.format);
	c = make_config(&s->now);
	result = sp_set_config(s->port, c);
	sp_free_config(c);
	if (result == SP_OK && set_rtscts(s) == 0)
		return 0;
	s->now = before;
	return -1;
}

static void serial_open(struct transport *t)
{
	struct serial *s = (struct serial *)t;
	int64_t break_ns = options_of(s)->break_ns;

	if (find(s) < 0 || lock(s) < 0 || open_port(s) < 0 || configure(s) < 0)
		return;
	timer_init(&s->break_timer, t->loop, end_break, s);
	if (!break_ns || serial_break(t, break_ns) < 0)
		go_on(s);
}

static size_t serial_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	return stream_write(&((struct serial *)t)->stream, bytes, len);
}

static void serial_pause(struct transport *t, bool paused)
{
	stream_pause(&((struct serial *)t)->stream, paused);
}

static bool serial_can_wait(const struct transport *t)
{
	return ((const struct serial_options *)t->options)->flow != FLOW_NONE;
}

#define SERIAL_FUNCTIONS                                                                           \
	.size = sizeof(struct serial), .describe = serial_describe, .open = serial_open,           \
	.close = serial_close, .write = serial_write, .pause = serial_pause, .char_ns = char_ns,   \
	.can_wait = serial_can_wait, .send_break = serial_break, .set_line = serial_set_line

const struct transport_kind transport_serial = {
	.name = "serial",
	.help = "a serial port, by its path",
	.schema = &serial_schema,
	SERIAL_FUNCTIONS,
};

const struct transport_kind transport_usb = {
	.name = "usb",
	.help = "a serial port, by its USB identity",
	.schema = &serial_usb_schema,
	SERIAL_FUNCTIONS,
};
