/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens ports, says what happens to them, sends back what they receive, and opens them again half a second
 * after each loss, as a channel would. Runs in the guest of tests/qemu/serial.py:
 *
 *	port_probe '{usb: {serial: A9IL3Q}}' '{serial: /dev/ttyS1}'
 *
 * prints lines such as "0 opened /dev/ttyUSB0 (...)", "0 received 41 0d", "0 drained", "0 lost unplugged: ...".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "transport/transport.h"

#define RETRY_NS (500 * NS_PER_MS)

struct probe {
	int index;
	struct transport *t;
	struct timer timer;
};

static void opened(void *arg, const char *detail)
{
	printf("%d opened %s\n", ((struct probe *)arg)->index, detail);
}

static void received(void *arg, const uint8_t *bytes, size_t len, int64_t received_ns)
{
	struct probe *p = arg;
	char text[400];

	(void)received_ns;
	printf("%d received %s\n", p->index, hex_text(bytes, len, text, sizeof text));
	transport_write(p->t, bytes, len);
}

static void drained(void *arg)
{
	printf("%d drained\n", ((struct probe *)arg)->index);
}

static void lost(void *arg, const char *reason, const char *text, bool final)
{
	struct probe *p = arg;

	(void) final;
	printf("%d lost %s: %s\n", p->index, reason, text);
	timer_set(&p->timer, RETRY_NS);
}

static const struct transport_events events = {.opened = opened,
					       .received = received,
					       .drained = drained,
					       .lost = lost};

static void retry(void *arg)
{
	transport_open(((struct probe *)arg)->t);
}

static void start(struct probe *p, struct loop *loop, const char *port)
{
	struct conf_errors errors = {0};
	struct conf_node *node = conf_parse("port", port, strlen(port), &errors);

	p->t = node ? transport_new(node, loop, &events, p, &errors) : NULL;
	if (!p->t) {
		printf("%s: not a port\n", port);
		exit(2);
	}
	timer_init(&p->timer, loop, retry, p);
	transport_open(p->t);
}

int main(int argc, char **argv)
{
	struct loop *loop = loop_new();
	static struct probe probes[8];

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i + 1 < argc && i < 8; i++) {
		probes[i].index = i;
		start(&probes[i], loop, argv[i + 1]);
	}
	loop_run(loop);
	return 0;
}
