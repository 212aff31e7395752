/* SPDX-License-Identifier: Apache-2.0 */
/* Having the configuration checked; see check.h. It is over when the process has ended: by then all that
 * it wrote is in the socket, and is read to its end. */
#include "super/check.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/must.h"

static void fail(struct check *check, const char *what)
{
	if (!check->fault.text[0])
		err_set(&check->fault, "%s", what);
	process_kill(&check->process);
}

static void told(void *arg, const uint8_t *payload, size_t len)
{
	struct check *check = arg;
	struct parts_message message;
	const char *problem = parts_parse(payload, len, &message);
	struct err err;

	if (problem) {
		fail(check, problem);
		return;
	}
	if (plan_add(check->plan, &message, &err) < 0)
		fail(check, err.text);
	parts_release(&message);
}

static void finish(struct check *check)
{
	struct plan *plan = check->plan;

	check->plan = NULL;
	timer_clear(&check->limit);
	peer_close(&check->peer);
	if (!check->fault.text[0] && !plan->is_whole)
		err_set(&check->fault, "what it handed back was cut short");
	if (check->fault.text[0])
		plan_free(&plan);
	check->done(check->arg, plan, plan ? NULL : check->fault.text);
}

static void told_all(void *arg, const char *reason)
{
	struct check *check = arg;

	(void)reason;
	if (!process_is_alive(&check->process))
		finish(check);
}

static void ended(void *arg, const struct process_end *end)
{
	struct check *check = arg;

	if (!end->is_clean && !check->fault.text[0])
		err_set(&check->fault, "%s", end->text);
	if (!peer_is_open(&check->peer))
		finish(check);
}

static void too_long(void *arg)
{
	fail(arg, "took too long, and was killed");
}

void check_init(struct check *check, struct loop *loop,
		void (*done)(void *arg, struct plan *plan, const char *why), void *arg)
{
	*check = (struct check){.loop = loop, .done = done, .arg = arg};
	timer_init(&check->limit, loop, too_long, check);
}

static int run(struct check *check, const struct check_order *order, int theirs, struct err *err)
{
	struct spawn spawn;
	int failed;

	spawn_init(&spawn, order->libexec, "dragoman-config");
	spawn_arg(&spawn, "--config=%s", order->config);
	spawn_fd(&spawn, "--parts", theirs);
	spawn.user = order->user;
	spawn.keep_env = order->keep_env;
	failed = process_start(&check->process, check->loop, &spawn, ended, check, err);
	spawn_fini(&spawn);
	return failed;
}

int check_start(struct check *check, const struct check_order *order, struct err *err)
{
	static const struct peer_events events = {.frame = told, .closed = told_all};
	int pair[2], failed;

	must(!check_is_running(check));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, "socketpair");
	failed = run(check, order, pair[1], err);
	fd_close(&pair[1]);
	if (failed) {
		fd_close(&pair[0]);
		return -1;
	}
	check->plan = plan_new();
	check->fault.text[0] = '\0';
	peer_init(&check->peer, check->loop, pair[0], PARTS_MESSAGE_MAX, &events, check);
	timer_set(&check->limit, order->limit_ns);
	return 0;
}

bool check_is_running(const struct check *check)
{
	return check->plan != NULL;
}

void check_fini(struct check *check)
{
	process_fini(&check->process);
	peer_close(&check->peer);
	timer_fini(&check->limit);
	plan_free(&check->plan);
}
