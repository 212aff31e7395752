/* SPDX-License-Identifier: Apache-2.0 */
/* Lines over sockets: the ends that wait, and datagrams. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "line.h"

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* The number behind the last colon. */
static unsigned port_in(const char *text)
{
	const char *colon = strrchr(text, ':');

	assert_non_null(colon);
	return (unsigned)atoi(colon + 1);
}

static int call_from(unsigned port)
{
	struct sockaddr_in sa = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	return fd;
}

static void listen_on(struct line *line, const char *rest)
{
	char port[200];

	log_set_level(LOG_ERROR);
	snprintf(port, sizeof port, "{listen: '127.0.0.1:0'%s}", rest);
	line_new(line, port);
	transport_open(line->t);
	assert_int_equal(line->lost, 0);
	assert_memory_equal(line->waiting, "for a device on 127.0.0.1:", 26);
}

static void a_device_that_connects_opens_the_line(void **state)
{
	struct line line;
	char got[4];
	int fd;

	(void)state;
	listen_on(&line, "");
	assert_int_equal(line.opened, 0);
	fd = call_from(port_in(line.waiting));
	UNTIL(&line, line.opened);
	assert_memory_equal(line.detail, "127.0.0.1:", 10);
	assert_int_equal(write(fd, "call", 4), 4);
	UNTIL(&line, line_has(&line, "call"));
	assert_int_equal(line_write(&line, "resp"), 4);
	assert_int_equal(recv(fd, got, 4, MSG_WAITALL), 4);
	close(fd);
	UNTIL(&line, line.lost);
	assert_string_equal(line.reason, "closed by the other end");
	line_free(&line);
}

static void one_that_comes_back_early_waits(void **state)
{
	struct line line;
	unsigned port;
	int fd;

	(void)state;
	listen_on(&line, "");
	port = port_in(line.waiting);
	close(call_from(port));
	UNTIL(&line, line.lost);
	fd = call_from(port);
	assert_int_equal(write(fd, "x", 1), 1);
	loop_turn(line.loop, 1);
	assert_int_equal(line.opened, 1);
	transport_open(line.t);
	UNTIL(&line, line.opened == 2 && line_has(&line, "x"));
	assert_int_equal(port_in(line.waiting), port);
	close(fd);
	line_free(&line);
}

static void a_second_device_takes_the_place_of_the_first(void **state)
{
	struct line line;
	int first, second;
	char got;

	(void)state;
	listen_on(&line, "");
	first = call_from(port_in(line.waiting));
	UNTIL(&line, line.opened);
	second = call_from(port_in(line.waiting));
	UNTIL(&line, line.lost);
	assert_string_equal(line.reason, "replaced");
	assert_int_equal(recv(first, &got, 1, 0), 0);
	transport_open(line.t);
	assert_int_equal(line.opened, 2);
	assert_int_equal(write(second, "2", 1), 1);
	UNTIL(&line, line_has(&line, "2"));
	close(first);
	close(second);
	line_free(&line);
}

static void a_second_device_may_be_refused(void **state)
{
	struct line line;
	int first, second;
	char got;

	(void)state;
	listen_on(&line, ", second: refused");
	first = call_from(port_in(line.waiting));
	UNTIL(&line, line.opened);
	second = call_from(port_in(line.waiting));
	for (int i = 0; i < 3; i++)
		loop_turn(line.loop, 20);
	assert_int_equal(recv(second, &got, 1, 0), 0);
	assert_int_equal(write(first, "1", 1), 1);
	UNTIL(&line, line_has(&line, "1"));
	assert_int_equal(line.lost, 0);
	close(first);
	close(second);
	line_free(&line);
}

static void a_host_that_is_not_listed_is_refused(void **state)
{
	struct line line;
	int fd;
	char got;

	(void)state;
	listen_on(&line, ", from: [10.0.0.7]");
	fd = call_from(port_in(line.waiting));
	loop_turn(line.loop, 1000);
	assert_int_equal(recv(fd, &got, 1, 0), 0);
	assert_int_equal(line.opened, 0);
	close(fd);
	line_free(&line);

	listen_on(&line, ", from: [10.0.0.7, 127.0.0.1]");
	fd = call_from(port_in(line.waiting));
	UNTIL(&line, line.opened);
	close(fd);
	line_free(&line);
}

static void a_port_in_use_is_busy(void **state)
{
	struct line line, other;
	char port[80];

	(void)state;
	listen_on(&line, "");
	snprintf(port, sizeof port, "{listen: '127.0.0.1:%u'}", port_in(line.waiting));
	line_new(&other, port);
	transport_open(other.t);
	assert_int_equal(other.lost, 1);
	assert_string_equal(other.reason, "busy");
	transport_close(line.t);
	transport_open(other.t);
	assert_int_equal(other.lost, 1);
	line_free(&other);
	line_free(&line);
}

static int udp_socket(unsigned *port_out)
{
	struct sockaddr_in sa = loopback(0);
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port_out = ntohs(sa.sin_port);
	return fd;
}

static void a_datagram_is_a_chunk(void **state)
{
	struct sockaddr_in sa;
	struct line line;
	unsigned port;
	char text[80], got[16];
	int fd = udp_socket(&port);

	(void)state;
	log_set_level(LOG_ERROR);
	snprintf(text, sizeof text, "{udp: '127.0.0.1:%u', bind: '127.0.0.1:0'}", port);
	line_new(&line, text);
	transport_open(line.t);
	assert_int_equal(line.opened, 1);
	sa = loopback(port_in(line.detail));
	assert_int_equal(sendto(fd, "one", 3, 0, (struct sockaddr *)&sa, sizeof sa), 3);
	assert_int_equal(sendto(fd, "", 0, 0, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(sendto(fd, "two", 3, 0, (struct sockaddr *)&sa, sizeof sa), 3);
	UNTIL(&line, line_has(&line, "onetwo"));
	assert_int_equal(line.chunks, 2);
	assert_int_equal(line_write(&line, "a"), 1);
	assert_int_equal(line_write(&line, "bc"), 2);
	assert_int_equal(recv(fd, got, sizeof got, 0), 1);
	assert_int_equal(recv(fd, got, sizeof got, 0), 2);
	UNTIL(&line, line.drained == 1);
	close(fd);
	line_free(&line);
}

static void a_peer_that_is_away_is_no_loss(void **state)
{
	struct line line;
	unsigned port;
	char text[80];

	(void)state;
	close(udp_socket(&port));
	snprintf(text, sizeof text, "{udp: '127.0.0.1:%u'}", port);
	line_new(&line, text);
	transport_open(line.t);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(line_write(&line, "a"), 1);
		loop_turn(line.loop, 20);
	}
	assert_int_equal(line.lost, 0);
	line_free(&line);
}

static void whoever_sent_last_is_answered(void **state)
{
	struct sockaddr_in sa;
	struct line line;
	unsigned port[2];
	char got[8];
	int fd[2] = {udp_socket(&port[0]), udp_socket(&port[1])};

	(void)state;
	line_new(&line, "{udp: any, bind: '127.0.0.1:0'}");
	transport_open(line.t);
	assert_int_equal(line_write(&line, "to nobody"), 9);
	sa = loopback(port_in(line.detail));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(sendto(fd[i], "?", 1, 0, (struct sockaddr *)&sa, sizeof sa), 1);
		UNTIL(&line, line.received.len == i + 1);
		assert_int_equal(line_write(&line, "!"), 1);
		assert_int_equal(recv(fd[i], got, sizeof got, 0), 1);
	}
	close(fd[0]);
	close(fd[1]);
	line_free(&line);
}

static void wrong_addresses_are_said(void **state)
{
	static const char *const cases[][2] = {
		{"{listen: 'localhost:5'}", "expected a numeric address"},
		{"{listen: 'x'}", "expected host:port"},
		{"{listen: ':5', second: never}", "second"},
		{"{udp: any}", "bind must say"},
		{"{udp: ':5'}", "names no host"},
		{"{udp: any, bind: 'here:5'}", "no numeric address"},
		{"{udp: any, bind: ':5', join: everybody}", "no numeric address"},
	};

	(void)state;
	EXPECT_LINE_ERRORS(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_that_connects_opens_the_line),
		cmocka_unit_test(one_that_comes_back_early_waits),
		cmocka_unit_test(a_second_device_takes_the_place_of_the_first),
		cmocka_unit_test(a_second_device_may_be_refused),
		cmocka_unit_test(a_host_that_is_not_listed_is_refused),
		cmocka_unit_test(a_port_in_use_is_busy),
		cmocka_unit_test(a_datagram_is_a_chunk),
		cmocka_unit_test(a_peer_that_is_away_is_no_loss),
		cmocka_unit_test(whoever_sent_last_is_answered),
		cmocka_unit_test(wrong_addresses_are_said),
	};

	return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
