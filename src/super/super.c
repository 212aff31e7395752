/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor; see super.h. */
#include "super/super.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "super/check.h"
#include "super/family.h"
#include "super/gate.h"
#include "super/lock.h"
#include "super/notify.h"
#include "super/store_dir.h"

enum { SUPER_MAGIC = 0x53757065 };

struct super {
	uint32_t magic;
	struct loop *loop;
	const struct super_options *options;
	struct check check;
	struct user check_user;
	bool check_again;  /* told to reload while a check was running */
	struct plan *plan; /* what runs; NULL before the start */
	char *socket_path;
	int lock;
	struct user user;
	struct gate gate;
	struct family family;
	struct timer watchdog;
	bool is_ready;
	bool is_stopping;
	int status;
};

static bool is_root(void)
{
	return geteuid() == 0;
}

static void end(struct super *super, int status)
{
	super->status = status;
	loop_stop(super->loop);
}

/* ---- who ---- */

/* The check runs before anything of the configuration is known, so its user is a fixed one. */
static int find_check_user(struct super *super, struct err *err)
{
	if (super->options->user)
		return user_find(super->options->user, &super->check_user, err);
	if (user_find("dragoman", &super->check_user, NULL) == 0)
		return 0;
	return user_find("nobody", &super->check_user, err);
}

/* The configuration may name anybody but root: that takes the command line. */
static int find_user(struct super *super, const struct plan *plan, struct err *err)
{
	const char *name = super->options->user ? super->options->user : plan->user;
	struct err why;

	if (!is_root())
		return 0;
	if (user_find(name, &super->user, &why) < 0)
		return err_set(
			err,
			"cannot give up root: %s; make that user, or name another by `user:` or "
			"--user",
			why.text);
	if (super->user.uid == 0 && !super->options->user)
		return err_set(err, "`user: %s` is root; if that is wanted, say --user=%s", name,
			       name);
	if (super->user.uid == 0)
		log_warning("the processes run as root, as --user=%s says", name);
	else
		super->family.user = &super->user;
	return 0;
}

/* A group that we cannot give the socket to is no reason not to start: the socket is then its user's. */
static gid_t find_group(const char *name)
{
	gid_t gid, groups[USER_GROUPS_MAX];
	int n = getgroups(USER_GROUPS_MAX, groups);
	struct err err;

	if (user_find_group(name, &gid, &err) < 0) {
		log_warning("%s: only the gateway's own user can use the local socket", err.text);
		return (gid_t)-1;
	}
	if (is_root() || gid == getegid())
		return gid;
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return gid;
	log_info("not a member of group \"%s\": only user %d can use the local socket", name,
		 (int)geteuid());
	return (gid_t)-1;
}

static struct gate_owner find_owner(const struct super *super, const struct plan *plan)
{
	return (struct gate_owner){.uid = super->family.user ? super->user.uid : (uid_t)-1,
				   .gid = find_group(plan->group),
				   .mode = plan->socket_mode};
}

/* ---- plans ---- */

/* Where it cannot be made, the hub says what does not work without it. */
static void make_store_dir(struct super *super, const struct plan *plan)
{
	const char *data_dir = super->options->data_dir && plan->data_dir[0]
				       ? super->options->data_dir
				       : plan->data_dir;
	struct err err;

	free(super->family.store_dir);
	super->family.store_dir = NULL;
	if (!data_dir[0])
		return;
	super->family.store_dir = xasprintf("%s/stream", data_dir);
	if (store_dir_make(data_dir, super->family.store_dir, super->family.user, &err) < 0)
		log_warning("%s", err.text);
}

static void use(struct super *super, struct plan *plan, bool gate_changed)
{
	log_set_level((enum log_level)plan->log);
	make_store_dir(super, plan);
	family_apply(&super->family, plan, gate_changed);
	plan_free(&super->plan);
	super->plan = plan;
	notify("STATUS=%zu channels", plan->n_channels);
}

static int begin(struct super *super, struct plan *plan, struct err *err)
{
	const char *run_dir = super->options->run_dir ? super->options->run_dir : plan->run_dir;
	struct gate_owner owner;

	if (find_user(super, plan, err) < 0)
		return -1;
	super->lock = lock_take(run_dir, err);
	if (super->lock < 0)
		return -1;
	super->socket_path = xasprintf("%s/dragoman.sock", run_dir);
	owner = find_owner(super, plan);
	if (gate_init(&super->gate, super->socket_path, &owner, plan, NULL, err) < 0)
		return -1;
	log_info("listening on %s", super->socket_path);
	super->family.lock = super->lock;
	super->family.socket_path = super->socket_path;
	super->family.gate = &super->gate;
	use(super, plan, false);
	return 0;
}

/* What was decided at the start, and cannot be changed under the processes that run. */
static int compare_setup(const struct plan *old, const struct plan *new, struct err *err)
{
	if (strcmp(old->run_dir, new->run_dir) != 0)
		return err_set(err, "paths.run cannot change while the gateway runs: restart it");
	if (strcmp(old->data_dir, new->data_dir) != 0 && old->data_dir[0] && new->data_dir[0])
		return err_set(err, "paths.data cannot change while the gateway runs: restart it");
	if (strcmp(old->user, new->user) != 0)
		return err_set(err, "`user` cannot change while the gateway runs: restart it");
	return 0;
}

static int reload(struct super *super, struct plan *plan, struct err *err)
{
	struct gate_owner owner = find_owner(super, plan);
	struct gate gate;

	if (compare_setup(super->plan, plan, err) < 0 ||
	    gate_init(&gate, super->socket_path, &owner, plan, &super->gate, err) < 0)
		return -1;
	gate_fini(&super->gate);
	super->gate = gate;
	log_info("the new configuration is in use");
	use(super, plan, !plan_same_listeners(super->plan, plan));
	return 0;
}

/* ---- checks ---- */

static void start_check(struct super *super);

static void first_check_done(struct super *super, struct plan *plan, const char *why)
{
	struct err err;

	if (!plan) {
		log_error("the check of the configuration failed: %s; nothing is started", why);
		end(super, 1);
	} else if (super->options->is_check) {
		plan_free(&plan);
		end(super, 0);
	} else if (begin(super, plan, &err) < 0) {
		log_error("cannot start: %s", err.text);
		plan_free(&plan);
		end(super, 1);
	}
}

static void next_check_done(struct super *super, struct plan *plan, const char *why)
{
	struct err err;

	if (!plan)
		err_set(&err, "its check failed: %s", why);
	if (!plan || reload(super, plan, &err) < 0) {
		plan_free(&plan);
		log_error("the new configuration is not used: %s; the one before stays in use",
			  err.text);
	}
	notify("READY=1");
}

static void check_done(void *arg, struct plan *plan, const char *why)
{
	struct super *super = arg;

	must(super->magic == SUPER_MAGIC);
	if (super->is_stopping)
		plan_free(&plan);
	else if (super->plan)
		next_check_done(super, plan, why);
	else
		first_check_done(super, plan, why);
	if (super->check_again && super->plan && !super->is_stopping) {
		super->check_again = false;
		start_check(super);
	}
}

static void start_check(struct super *super)
{
	struct check_order order = {.libexec = super->options->libexec,
				    .config = super->options->config,
				    .keep_env = super->options->keep_env,
				    .limit_ns = super->options->check_ns};
	struct err err;

	if (is_root() && find_check_user(super, &err) < 0) {
		check_done(super, NULL, err.text);
		return;
	}
	order.user = is_root() && super->check_user.uid != 0 ? &super->check_user : NULL;
	if (check_start(&super->check, &order, &err) < 0)
		check_done(super, NULL, err.text);
}

/* ---- signals and the rest of life ---- */

static void told_to_reload(void *arg, int signo)
{
	struct super *super = arg;

	(void)signo;
	must(super->magic == SUPER_MAGIC);
	if (super->is_stopping)
		return;
	log_info("told to read the configuration again");
	if (check_is_running(&super->check)) {
		super->check_again = true;
		return;
	}
	notify_reloading();
	start_check(super);
}

static void told_to_stop(void *arg, int signo)
{
	struct super *super = arg;

	must(super->magic == SUPER_MAGIC);
	if (super->is_stopping)
		return;
	log_info("ending: %s", signo == SIGINT ? "interrupted" : "told to");
	super->is_stopping = true;
	notify("STOPPING=1");
	if (super->plan)
		family_stop(&super->family);
	else
		end(super, 0);
}

static void family_is_ready(void *arg)
{
	struct super *super = arg;

	if (super->is_ready)
		return;
	super->is_ready = true;
	log_info("ready, %zu channels", super->plan->n_channels);
	notify("READY=1");
}

static void family_is_empty(void *arg)
{
	struct super *super = arg;

	unlink(super->socket_path);
	log_info("ended");
	end(super, 0);
}

static void pat_watchdog(void *arg)
{
	struct super *super = arg;

	notify("WATCHDOG=1");
	timer_set(&super->watchdog, notify_watchdog_ns());
}

/* A descriptor for each part, lifeline, pipe and process: four for each child. */
static void raise_file_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

struct super *super_new(struct loop *loop, const struct super_options *options)
{
	struct super *super = xcalloc(1, sizeof *super);

	*super = (struct super){.magic = SUPER_MAGIC,
				.loop = loop,
				.options = options,
				.lock = -1,
				.status = -1,
				.gate.local = -1};
	check_init(&super->check, loop, check_done, super);
	family_init(&super->family, loop, options);
	super->family.ready = family_is_ready;
	super->family.empty = family_is_empty;
	super->family.arg = super;
	timer_init(&super->watchdog, loop, pat_watchdog, super);
	return super;
}

int super_run(struct super *super)
{
	signal(SIGPIPE, SIG_IGN);
	raise_file_limit();
	loop_on_signal(super->loop, SIGHUP, told_to_reload, super);
	loop_on_signal(super->loop, SIGTERM, told_to_stop, super);
	loop_on_signal(super->loop, SIGINT, told_to_stop, super);
	if (notify_watchdog_ns())
		pat_watchdog(super);
	start_check(super);
	if (super->status < 0)
		loop_run(super->loop);
	return super->status;
}

void super_free(struct super **super)
{
	if (!*super)
		return;
	check_fini(&(*super)->check);
	timer_fini(&(*super)->watchdog);
	family_fini(&(*super)->family);
	gate_fini(&(*super)->gate);
	fd_close(&(*super)->lock);
	plan_free(&(*super)->plan);
	free((*super)->socket_path);
	free(*super);
	*super = NULL;
}
