/* SPDX-License-Identifier: Apache-2.0 */
/* Serial ports, on pseudo terminals that libserialport takes for such (tests/shim). */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../shim/serial_shim.h"
#include "base/log.h"
#include "line.h"
#include "transport/ports.h"

/* The device: the other end of the wire. */
struct device {
	int fd;
	char port[64];
	char config[200]; /* for line_new */
};

static void device_init(struct device *d, const char *rest)
{
	serial_shim = (struct serial_shim){0};
	d->fd = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(d->fd >= 0);
	assert_int_equal(grantpt(d->fd), 0);
	assert_int_equal(unlockpt(d->fd), 0);
	assert_int_equal(ptsname_r(d->fd, d->port, sizeof d->port), 0);
	snprintf(d->config, sizeof d->config, "{serial: %s%s}", d->port, rest);
}

static void open_line(struct line *line, const struct device *d)
{
	line_new(line, d->config);
	transport_open(line->t);
	if (!line->opened)
		fail_msg("%s: %s", line->reason, line->text);
}

static void bytes_go_both_ways(void **state)
{
	struct device d;
	struct line line;
	char got[8];

	(void)state;
	device_init(&d, "");
	open_line(&line, &d);
	assert_string_equal(line.detail, d.port);
	assert_int_equal(write(d.fd, "a\r\n\x11\x13\0", 6), 6);
	UNTIL(&line, line.received.len == 6);
	assert_memory_equal(buf_bytes(&line.received), "a\r\n\x11\x13\0", 6);
	assert_int_equal(line_write(&line, "x\n\x04"), 3);
	assert_int_equal(read(d.fd, got, sizeof got), 3);
	assert_memory_equal(got, "x\n\x04", 3);
	UNTIL(&line, line.drained == 1);
	assert_true(serial_shim.exclusive > 0);
	line_free(&line);
	close(d.fd);
}

static void the_line_is_set_as_the_options_say(void **state)
{
	static const struct {
		const char *options;
		speed_t speed;
		tcflag_t size, on, off;
		int lines;
	} cases[] = {
		{"", B9600, CS8, CREAD, PARENB | CSTOPB | CRTSCTS, TIOCM_DTR | TIOCM_RTS},
		{", baud: 300, format: 7E1", B300, CS7, PARENB, PARODD | CSTOPB,
		 TIOCM_DTR | TIOCM_RTS},
		{", baud: 115200, format: 8O2", B115200, CS8, PARENB | PARODD | CSTOPB, CMSPAR,
		 TIOCM_DTR | TIOCM_RTS},
		{", format: 7S1, dtr: false", B9600, CS7, PARENB | CMSPAR, PARODD, TIOCM_RTS},
		{", format: 5M1, rts: false", B9600, CS5, PARENB | CMSPAR | PARODD, CSTOPB,
		 TIOCM_DTR},
		{", flow: rtscts, dtr: false", B9600, CS8, CRTSCTS, PARENB, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct device d;
		struct line line;

		device_init(&d, cases[i].options);
		open_line(&line, &d);
		assert_int_equal(cfgetospeed(&serial_shim.set), cases[i].speed);
		assert_int_equal(serial_shim.set.c_cflag & CSIZE, cases[i].size);
		assert_int_equal(serial_shim.set.c_cflag & cases[i].on, cases[i].on);
		assert_int_equal(serial_shim.set.c_cflag & cases[i].off, 0);
		assert_int_equal(serial_shim.lines &
					 (TIOCM_DTR | (cases[i].on & CRTSCTS ? 0 : TIOCM_RTS)),
				 cases[i].lines);
		line_free(&line);
		close(d.fd);
	}
}

static void flow_by_bytes_is_set_both_ways(void **state)
{
	struct device d;
	struct line line;

	(void)state;
	device_init(&d, ", flow: xonxoff");
	open_line(&line, &d);
	assert_int_equal(serial_shim.set.c_iflag & (IXON | IXOFF), IXON | IXOFF);
	line_free(&line);
	close(d.fd);
}

static void the_time_of_a_character_follows_the_format(void **state)
{
	static const struct {
		const char *port;
		int64_t ns;
		const char *description;
	} cases[] = {
		{"{serial: /dev/ttyS0}", 10 * NS_PER_S / 9600, "serial /dev/ttyS0 9600 8N1"},
		{"{serial: /dev/ttyS0, baud: 300, format: 7E1}", 10 * NS_PER_S / 300,
		 "serial /dev/ttyS0 300 7E1"},
		{"{serial: /dev/ttyS0, baud: 19200, format: 8E2}", 12 * NS_PER_S / 19200,
		 "serial /dev/ttyS0 19200 8E2"},
		{"{usb: {serial: A9, interface: 1}, baud: 1200}", 10 * NS_PER_S / 1200,
		 "usb serial A9 interface 1 1200 8N1"},
	};
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		line_new(&line, cases[i].port);
		assert_int_equal(transport_char_ns(line.t), cases[i].ns);
		assert_string_equal(transport_describe(line.t), cases[i].description);
		line_free(&line);
	}
}

static void drained_waits_for_the_shift_register(void **state)
{
	struct device d;
	struct line line;

	(void)state;
	device_init(&d, "");
	open_line(&line, &d);
	serial_shim.still_sending = 3;
	line_write(&line, "x");
	UNTIL(&line, line.drained);
	assert_int_equal(line.drained, 1);
	assert_int_equal(serial_shim.still_sending, -1);
	line_free(&line);
	close(d.fd);
}

static void a_break_is_held_and_ended(void **state)
{
	struct device d;
	struct line line;

	(void)state;
	device_init(&d, "");
	open_line(&line, &d);
	assert_int_equal(transport_break(line.t, 5 * NS_PER_MS), 0);
	assert_true(serial_shim.in_break);
	UNTIL(&line, line.drained == 1);
	assert_false(serial_shim.in_break);
	assert_int_equal(transport_break(line.t, 5 * NS_PER_S), 0);
	transport_close(line.t);
	assert_false(serial_shim.in_break);
	assert_int_equal(transport_break(line.t, 1), -1);
	line_free(&line);
	close(d.fd);
}

static void the_line_changes_while_it_is_open(void **state)
{
	struct device d;
	struct line line;
	int64_t slow, fast;

	(void)state;
	device_init(&d, ", baud: 300, format: 7E1");
	open_line(&line, &d);
	slow = transport_char_ns(line.t);
	assert_int_equal(transport_set_line(line.t, 9600, "8N1"), 0);
	fast = transport_char_ns(line.t);
	assert_true(slow > 30 * fast);
	assert_int_equal(cfgetospeed(&serial_shim.set), B9600);
	assert_int_equal(serial_shim.set.c_cflag & (CSIZE | PARENB), CS8);
	assert_int_equal(transport_set_line(line.t, 0, NULL), 0);
	assert_int_equal(cfgetospeed(&serial_shim.set), B300);
	assert_int_equal(serial_shim.set.c_cflag & (CSIZE | PARENB), CS7 | PARENB);
	assert_int_equal(transport_set_line(line.t, 2400, NULL), 0);
	transport_close(line.t);
	assert_int_equal(transport_set_line(line.t, 9600, NULL), -1);
	transport_open(line.t); /* as the options say */
	UNTIL(&line, cfgetospeed(&serial_shim.set) == B300);
	line_free(&line);
	close(d.fd);
}

static void a_break_may_come_before_the_line_is_open(void **state)
{
	struct device d;
	struct line line;

	(void)state;
	device_init(&d, ", break: 5ms");
	line_new(&line, d.config);
	transport_open(line.t);
	assert_true(serial_shim.in_break);
	assert_int_equal(line.opened, 0);
	UNTIL(&line, line.opened);
	assert_false(serial_shim.in_break);
	assert_int_equal(line.drained, 0);
	assert_int_equal(write(d.fd, "x", 1), 1);
	UNTIL(&line, line_has(&line, "x"));
	transport_close(line.t);
	transport_open(line.t);
	transport_close(line.t);
	assert_false(serial_shim.in_break);
	line_free(&line);
	close(d.fd);
}

static void low_latency_is_asked_for(void **state)
{
	struct device d;
	struct line line;

	(void)state;
	device_init(&d, "");
	open_line(&line, &d);
	assert_false(serial_shim.is_low_latency);
	line_free(&line);
	close(d.fd);
	device_init(&d, ", low_latency: true");
	open_line(&line, &d);
	assert_true(serial_shim.is_low_latency);
	line_free(&line);
	close(d.fd);
}

/* What a text on stderr says while something is done. */
static int log_begin(int *saved)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*saved = dup(2);
	dup2(ends[1], 2);
	close(ends[1]);
	return ends[0];
}

static void log_end(int fd, int saved, char *out, size_t size)
{
	ssize_t n;

	dup2(saved, 2);
	close(saved);
	n = read(fd, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	close(fd);
}

static void a_driver_that_cannot_do_it_is_named(void **state)
{
	struct device d;
	struct line line;
	char log[512];
	int saved, fd;

	(void)state;
	device_init(&d, ", format: 7E1");
	serial_shim.is_stubborn = true;
	fd = log_begin(&saved);
	open_line(&line, &d);
	log_end(fd, saved, log, sizeof log);
	assert_non_null(strstr(log, "does not do 7E1"));
	line_free(&line);
	close(d.fd);
}

static void an_unplug_is_told_once_and_the_port_found_again(void **state)
{
	struct device d;
	struct line line;

	(void)state;
	device_init(&d, "");
	open_line(&line, &d);
	serial_shim.is_gone = true;
	close(d.fd);
	UNTIL(&line, line.lost);
	assert_string_equal(line.reason, "unplugged");
	assert_false(line.final);
	/* It did not go round and round. */
	assert_in_range(serial_shim.questions, 1, 2);
	transport_open(line.t);
	assert_int_equal(line.lost, 2);
	line_free(&line);
}

static void a_locked_port_is_busy_and_its_holder_named(void **state)
{
	struct device d;
	struct line line;
	int ready[2], status;
	pid_t pid;
	char byte, name[64];

	(void)state;
	device_init(&d, "");
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(d.port, O_RDWR | O_NOCTTY);

		if (fd < 0 || flock(fd, LOCK_EX) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	line_new(&line, d.config);
	transport_open(line.t);
	assert_string_equal(line.reason, "busy");
	snprintf(name, sizeof name, "serial (process %d)", (int)pid);
	if (!strstr(line.text, name))
		fail_msg("'%s' does not name '%s'", line.text, name);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	transport_open(line.t);
	assert_int_equal(line.opened, 1);
	close(ready[0]);
	close(ready[1]);
	line_free(&line);
	close(d.fd);
}

static void two_lines_do_not_share_a_port(void **state)
{
	struct device d;
	struct line one, two;

	(void)state;
	device_init(&d, "");
	open_line(&one, &d);
	line_new(&two, d.config);
	transport_open(two.t);
	assert_string_equal(two.reason, "busy");
	transport_close(one.t);
	transport_open(two.t);
	assert_int_equal(two.opened, 1);
	line_free(&one);
	line_free(&two);
	close(d.fd);
}

static void a_port_that_is_not_there_is_said_with_those_that_are(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{serial: /dev/ttyUSB77}");
	transport_open(line.t);
	assert_string_equal(line.reason, "no such port");
	assert_non_null(strstr(line.text, "there is no /dev/ttyUSB77"));
	assert_non_null(strstr(line.text, "serial ports there are: "));
	line_free(&line);
	line_new(&line, "{serial: /dev/null}");
	transport_open(line.t);
	assert_non_null(strstr(line.text, "is no serial port"));
	line_free(&line);
}

/* As another user, since root may open everything. */
static void a_port_of_others_is_said_with_what_to_do(void **state)
{
	struct device d;
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	device_init(&d, "");
	assert_int_equal(chown(d.port, 0, 5), 0);
	assert_int_equal(chmod(d.port, 0620), 0);
	pid = fork();
	if (pid == 0) {
		struct line line;
		int bad;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(99);
		line_new(&line, d.config);
		transport_open(line.t);
		bad = strcmp(line.reason, "no permission") != 0 || !strstr(line.text, "udev rule");
		if (bad)
			printf("# %s: %s\n", line.reason, line.text);
		fflush(stdout);
		_exit(bad);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(d.fd);
}

/* A tree of devices in which one USB adapter is plugged in, as ttyUSB<n>, with the pty as its node. */
static void plug_in(const char *root, int n, const char *pty)
{
	char command[2048];

	snprintf(
		command, sizeof command,
		"set -e; cd %s; rm -rf sys dev; d=sys/devices/pci0/usb1/1-2; "
		"mkdir -p $d/1-2:1.0/ttyUSB%d/tty/ttyUSB%d sys/class/tty dev proc; "
		"echo 0403 >$d/idVendor; echo 6001 >$d/idProduct; echo A9IL3Q >$d/serial; "
		"echo FTDI >$d/manufacturer; echo FT232R >$d/product; "
		"echo 00 >$d/1-2:1.0/bInterfaceNumber; "
		"ln -s ../../../ttyUSB%d $d/1-2:1.0/ttyUSB%d/tty/ttyUSB%d/device; "
		"ln -s ../../devices/pci0/usb1/1-2/1-2:1.0/ttyUSB%d/tty/ttyUSB%d sys/class/tty/ttyUSB%d; "
		"ln -s %s dev/ttyUSB%d",
		root, n, n, n, n, n, n, n, n, pty, n);
	assert_int_equal(system(command), 0);
}

static void a_port_that_comes_back_under_another_name_is_found(void **state)
{
	struct place place;
	struct device d;
	struct line line;

	(void)state;
	place_init(&place);
	ports_root = place.path;
	line_new(&line, "{usb: {vendor: 0403, serial: A9IL3Q}, baud: 19200}");
	transport_open(line.t);
	assert_string_equal(line.reason, "no such port");
	assert_non_null(strstr(line.text, "no such device is plugged in"));

	device_init(&d, "");
	plug_in(place.path, 0, d.port);
	transport_open(line.t);
	if (!line.opened)
		fail_msg("%s: %s", line.reason, line.text);
	assert_string_equal(line.detail, "/dev/ttyUSB0 (FTDI FT232R, serial A9IL3Q)");
	serial_shim.is_gone = true;
	close(d.fd);
	UNTIL(&line, line.lost == 2);
	assert_string_equal(line.reason, "unplugged");

	device_init(&d, "");
	plug_in(place.path, 1, d.port);
	transport_open(line.t);
	assert_string_equal(line.detail, "/dev/ttyUSB1 (FTDI FT232R, serial A9IL3Q)");
	assert_int_equal(write(d.fd, "back", 4), 4);
	UNTIL(&line, line_has(&line, "back"));
	close(d.fd);
	line_free(&line);
	ports_root = "";
	place_fini(&place);
}

static void wrong_options_are_said(void **state)
{
	static const char *const cases[][2] = {
		{"{serial: /dev/ttyS0, format: 9N1}", "expected data bits"},
		{"{serial: /dev/ttyS0, format: 8X1}", "expected data bits"},
		{"{serial: /dev/ttyS0, format: 8N3}", "expected data bits"},
		{"{serial: /dev/ttyS0, baud: 1}", "baud"},
		{"{serial: /dev/ttyS0, baudrate: 9600}", "did you mean"},
		{"{serial: /dev/ttyS0, flow: hardware}", "flow"},
		{"{usb: {vendor: zz}}", "no USB number"},
		{"{usb: {interface: 1}}", "nothing that tells the port from others"},
		{"{usb: {serial: A}, serial: /dev/ttyS0}", "already"},
		{"sreial", "did you mean"},
	};

	(void)state;
	EXPECT_LINE_ERRORS(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(the_line_is_set_as_the_options_say),
		cmocka_unit_test(flow_by_bytes_is_set_both_ways),
		cmocka_unit_test(the_time_of_a_character_follows_the_format),
		cmocka_unit_test(drained_waits_for_the_shift_register),
		cmocka_unit_test(a_break_is_held_and_ended),
		cmocka_unit_test(the_line_changes_while_it_is_open),
		cmocka_unit_test(a_break_may_come_before_the_line_is_open),
		cmocka_unit_test(low_latency_is_asked_for),
		cmocka_unit_test(a_driver_that_cannot_do_it_is_named),
		cmocka_unit_test(an_unplug_is_told_once_and_the_port_found_again),
		cmocka_unit_test(a_locked_port_is_busy_and_its_holder_named),
		cmocka_unit_test(two_lines_do_not_share_a_port),
		cmocka_unit_test(a_port_that_is_not_there_is_said_with_those_that_are),
		cmocka_unit_test(a_port_of_others_is_said_with_what_to_do),
		cmocka_unit_test(a_port_that_comes_back_under_another_name_is_found),
		cmocka_unit_test(wrong_options_are_said),
	};

	return cmocka_run_group_tests_name("serial", tests, NULL, NULL);
}
