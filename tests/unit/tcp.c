/* SPDX-License-Identifier: Apache-2.0 */
/* Lines over sockets: the ends that connect. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "line.h"
#include "transport/address.h"

/* A device with a network port. */
struct server {
	int fd;
	unsigned port;
};

static void server_init(struct server *s, int family)
{
	struct sockaddr_storage sa = {.ss_family = (sa_family_t)family};
	socklen_t len = sizeof sa;

	if (family == AF_INET)
		((struct sockaddr_in *)&sa)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)&sa)->sin6_addr = in6addr_loopback;
	s->fd = socket(family, SOCK_STREAM, 0);
	if (bind(s->fd, (struct sockaddr *)&sa, len) < 0) {
		close(s->fd);
		s->fd = -1;
		return;
	}
	assert_int_equal(listen(s->fd, 1), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sa, &len), 0);
	s->port = ntohs(family == AF_INET ? ((struct sockaddr_in *)&sa)->sin_port
					  : ((struct sockaddr_in6 *)&sa)->sin6_port);
}

static const char *port_of(const struct server *s, const char *host)
{
	static char text[64];

	snprintf(text, sizeof text, "{tcp: '%s:%u'}", host, s->port);
	return text;
}

static void bytes_go_both_ways(void **state)
{
	struct server s;
	struct line line;
	char got[8];
	int fd;

	(void)state;
	server_init(&s, AF_INET);
	line_new(&line, port_of(&s, "127.0.0.1"));
	transport_open(line.t);
	UNTIL(&line, line.opened);
	fd = accept(s.fd, NULL, NULL);
	assert_int_equal(write(fd, "abc", 3), 3);
	UNTIL(&line, line_has(&line, "abc"));
	assert_int_equal(line_write(&line, "xyz"), 3);
	assert_int_equal(recv(fd, got, 3, MSG_WAITALL), 3);
	assert_memory_equal(got, "xyz", 3);
	UNTIL(&line, line.drained == 1);
	close(fd);
	close(s.fd);
	line_free(&line);
}

static void a_device_that_hangs_up_is_lost_and_found_again(void **state)
{
	struct server s;
	struct line line;

	(void)state;
	server_init(&s, AF_INET);
	line_new(&line, port_of(&s, "127.0.0.1"));
	for (int i = 1; i <= 3; i++) {
		transport_open(line.t);
		UNTIL(&line, line.opened == i);
		close(accept(s.fd, NULL, NULL));
		UNTIL(&line, line.lost == i);
		assert_string_equal(line.reason, "closed by the other end");
	}
	close(s.fd);
	line_free(&line);
}

static void a_reset_while_writing_is_no_signal(void **state)
{
	struct linger at_once = {.l_onoff = 1};
	struct server s;
	struct line line;
	int fd;

	(void)state;
	server_init(&s, AF_INET);
	line_new(&line, port_of(&s, "127.0.0.1"));
	transport_pause(line.t, true);
	transport_open(line.t);
	UNTIL(&line, line.opened);
	fd = accept(s.fd, NULL, NULL);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
	line_write(&line, "x");
	line_write(&line, "x");
	assert_int_equal(line.lost, 0);
	UNTIL(&line, line.lost == 1);
	assert_string_equal(line.reason, "closed by the other end");
	close(s.fd);
	line_free(&line);
}

static void nobody_listening_is_refused(void **state)
{
	struct server s;
	struct line line;

	(void)state;
	server_init(&s, AF_INET);
	line_new(&line, port_of(&s, "127.0.0.1"));
	close(s.fd);
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_string_equal(line.reason, "refused");
	assert_non_null(strstr(line.text, "is the device on"));
	line_free(&line);
}

static void an_ipv6_address_stands_in_brackets(void **state)
{
	struct server s;
	struct line line;

	(void)state;
	server_init(&s, AF_INET6);
	if (s.fd < 0)
		skip();
	line_new(&line, port_of(&s, "[::1]"));
	transport_open(line.t);
	UNTIL(&line, line.opened);
	assert_non_null(strstr(line.detail, "[::1]:"));
	close(s.fd);
	line_free(&line);
}

static void a_name_is_looked_up_off_the_loop(void **state)
{
	struct server s;
	struct line line;

	(void)state;
	server_init(&s, AF_INET);
	line_new(&line, port_of(&s, "localhost"));
	transport_open(line.t);
	assert_int_equal(line.opened + line.lost, 0);
	UNTIL(&line, line.opened);
	assert_non_null(strstr(line.detail, "localhost:"));
	assert_non_null(strstr(line.detail, "(127.0.0.1:"));
	close(s.fd);
	line_free(&line);
}

static void a_lookup_may_be_given_up(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{tcp: 'localhost:1'}");
	transport_open(line.t);
	transport_close(line.t);
	for (int i = 0; i < 5; i++)
		loop_turn(line.loop, 1);
	assert_int_equal(line.opened + line.lost, 0);
	line_free(&line);
}

static void an_unknown_name_is_lost(void **state)
{
	struct line line;

	(void)state;
	line_new(&line, "{tcp: 'no-such-host.invalid:1'}");
	transport_open(line.t);
	UNTIL(&line, line.lost);
	assert_string_equal(line.reason, "unknown host");
	line_free(&line);
}

static void a_unix_socket_is_connected_to(void **state)
{
	struct place place;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct line line;
	char port[128];
	int listener, fd;

	(void)state;
	place_init(&place);
	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/s", place.path);
	snprintf(port, sizeof port, "{unix: %s/s}", place.path);
	line_new(&line, port);
	transport_open(line.t);
	assert_string_equal(line.reason, "no such port");
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sa, sizeof sa), 0);
	transport_open(line.t);
	assert_string_equal(line.reason, "refused");
	assert_int_equal(listen(listener, 1), 0);
	transport_open(line.t);
	assert_int_equal(line.opened, 1);
	fd = accept(listener, NULL, NULL);
	assert_int_equal(write(fd, "u", 1), 1);
	UNTIL(&line, line_has(&line, "u"));
	close(fd);
	UNTIL(&line, line.lost == 3);
	assert_string_equal(line.reason, "closed by the other end");
	close(listener);
	line_free(&line);
	place_fini(&place);
}

static void addresses_are_split(void **state)
{
	struct address a;

	(void)state;
	assert_int_equal(address_parse("10.0.0.7:4001", &a, NULL), 0);
	assert_string_equal(a.host, "10.0.0.7");
	assert_string_equal(a.port, "4001");
	assert_int_equal(address_parse("[fe80::1%eth0]:0099", &a, NULL), 0);
	assert_string_equal(a.host, "fe80::1%eth0");
	assert_string_equal(a.port, "99");
	assert_int_equal(address_parse(":0", &a, NULL), 0);
	assert_string_equal(a.host, "");
	assert_int_equal(address_parse("a", &a, NULL), -1);
	assert_int_equal(address_parse("a:", &a, NULL), -1);
	assert_int_equal(address_parse("a:-1", &a, NULL), -1);
	assert_int_equal(address_parse("a:1x", &a, NULL), -1);
	assert_int_equal(address_parse("::1:5", &a, NULL), -1);
	assert_int_equal(address_parse("[::1]5", &a, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(a_device_that_hangs_up_is_lost_and_found_again),
		cmocka_unit_test(a_reset_while_writing_is_no_signal),
		cmocka_unit_test(nobody_listening_is_refused),
		cmocka_unit_test(an_ipv6_address_stands_in_brackets),
		cmocka_unit_test(a_name_is_looked_up_off_the_loop),
		cmocka_unit_test(a_lookup_may_be_given_up),
		cmocka_unit_test(an_unknown_name_is_lost),
		cmocka_unit_test(a_unix_socket_is_connected_to),
		cmocka_unit_test(addresses_are_split),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
