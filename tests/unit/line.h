/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of transports: a line made from the YAML behind `port:`, which notes what its transport says.
 * Each test has its own loop and its own directory.
 */
#ifndef TESTS_UNIT_LINE_H
#define TESTS_UNIT_LINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "ev/loop.h"
#include "transport/transport.h"

struct line {
	struct loop *loop;
	struct conf_node *node;
	struct transport *t;
	int opened, drained, lost;
	int chunks;
	bool final, close_when_received;
	char detail[256], waiting[256], reason[64], text[1024];
	struct buf received;
	int64_t received_ns; /* of the last */
};

static inline void line_opened(void *arg, const char *detail)
{
	struct line *line = arg;

	line->opened++;
	snprintf(line->detail, sizeof line->detail, "%s", detail);
}

static inline void line_received(void *arg, const uint8_t *bytes, size_t len, int64_t received_ns)
{
	struct line *line = arg;

	assert_true(len > 0);
	line->chunks++;
	line->received_ns = received_ns;
	buf_add(&line->received, bytes, len);
	if (line->close_when_received)
		transport_close(line->t);
}

static inline void line_drained(void *arg)
{
	((struct line *)arg)->drained++;
}

static inline void line_lost(void *arg, const char *reason, const char *text, bool final)
{
	struct line *line = arg;

	line->lost++;
	line->final = final;
	snprintf(line->reason, sizeof line->reason, "%s", reason);
	snprintf(line->text, sizeof line->text, "%s", text);
}

static inline void line_waiting(void *arg, const char *detail)
{
	struct line *line = arg;

	snprintf(line->waiting, sizeof line->waiting, "%s", detail);
}

static const struct transport_events line_events = {
	.opened = line_opened,
	.received = line_received,
	.drained = line_drained,
	.lost = line_lost,
	.waiting = line_waiting,
};

/* What transport_new has to say against the port, as text; "" if nothing. Owned by out. */
static inline const char *line_errors(const char *port, struct buf *out)
{
	struct conf_errors errors = {0};
	struct loop *loop = loop_new();
	struct conf_node *node = conf_parse("t", port, strlen(port), &errors);
	struct transport *t = node ? transport_new(node, loop, &line_events, NULL, &errors) : NULL;

	assert_int_equal(t == NULL, errors.n_errors > 0);
	transport_free(&t);
	conf_free(&node);
	conf_errors_print(&errors, out);
	conf_errors_fini(&errors);
	loop_free(&loop);
	return buf_str(out);
}

/* Ports that are wrong, each with a piece of what is said about it, which begins with its place. */
#define EXPECT_LINE_ERRORS(cases) expect_line_errors(cases, sizeof(cases) / sizeof((cases)[0]))

static inline void expect_line_errors(const char *const cases[][2], size_t n)
{
	struct buf out = {0};

	for (size_t i = 0; i < n; i++) {
		const char *text = line_errors(cases[i][0], &out);

		if (strncmp(text, "t:1:", 4) != 0 || !strstr(text, cases[i][1]))
			fail_msg("%s: got '%s', expected '%s'", cases[i][0], text, cases[i][1]);
		buf_clear(&out);
	}
	buf_fini(&out);
}

static inline void line_new(struct line *line, const char *port)
{
	struct conf_errors errors = {0};

	*line = (struct line){.loop = loop_new()};
	line->node = conf_parse("test", port, strlen(port), &errors);
	assert_non_null(line->node);
	line->t = transport_new(line->node, line->loop, &line_events, line, &errors);
	if (!line->t) {
		struct buf text = {0};

		conf_errors_print(&errors, &text);
		fail_msg("%s", buf_str(&text));
	}
	conf_errors_fini(&errors);
}

static inline void line_free(struct line *line)
{
	transport_free(&line->t);
	conf_free(&line->node);
	buf_fini(&line->received);
	loop_free(&line->loop);
}

static inline bool line_has(struct line *line, const char *text)
{
	return line->received.len == strlen(text) && !strcmp(buf_str(&line->received), text);
}

static inline size_t line_write(struct line *line, const char *text)
{
	return transport_write(line->t, (const uint8_t *)text, strlen(text));
}

/* Turns the loop until the condition holds; fails the test after ten seconds. */
#define UNTIL(line, condition)                                                                     \
	do {                                                                                       \
		int64_t until_end = clock_mono_ns() + 10 * NS_PER_S;                               \
                                                                                                   \
		while (!(condition)) {                                                             \
			if (clock_mono_ns() > until_end)                                           \
				fail_msg("still not true: %s", #condition);                        \
			loop_turn((line)->loop, 50);                                               \
		}                                                                                  \
	} while (0)

/* A directory of the test's own. */
struct place {
	char path[64];
};

static inline void place_init(struct place *place)
{
	snprintf(place->path, sizeof place->path, "/tmp/dragoman-unit.XXXXXX");
	assert_non_null(mkdtemp(place->path));
}

static inline void place_fini(struct place *place)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", place->path);
	assert_int_equal(system(command), 0);
}

#endif
