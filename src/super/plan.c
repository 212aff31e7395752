/* SPDX-License-Identifier: Apache-2.0 */
/* What is to run; see plan.h. */
#include "super/plan.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "super/listen.h"

struct plan *plan_new(void)
{
	struct plan *plan = xcalloc(1, sizeof *plan);

	plan->hub.fd = -1;
	return plan;
}

void plan_free(struct plan **plan)
{
	if (!*plan)
		return;
	part_fini(&(*plan)->hub);
	for (size_t i = 0; i < (*plan)->n_channels; i++)
		part_fini(&(*plan)->channels[i]);
	free((*plan)->channels);
	free((*plan)->run_dir);
	free((*plan)->data_dir);
	free((*plan)->user);
	free((*plan)->group);
	free(*plan);
	*plan = NULL;
}

struct part *plan_find(struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_channels; i++)
		if (!strcmp(plan->channels[i].name, name))
			return &plan->channels[i];
	return NULL;
}

bool plan_same_listeners(const struct plan *a, const struct plan *b)
{
	for (size_t i = 0; i < a->n_listeners && i < b->n_listeners; i++)
		if (a->listeners[i].port != b->listeners[i].port ||
		    strcmp(a->listeners[i].address, b->listeners[i].address) != 0)
			return false;
	return a->n_listeners == b->n_listeners;
}

/* ---- messages ---- */

static int add_setup(struct plan *plan, const struct parts_message *m, struct err *err)
{
	if (plan->run_dir)
		return err_set(err, "two setups");
	if (m->run_dir[0] != '/')
		return err_set(err, "paths.run is not an absolute path");
	if (m->data_dir[0] && m->data_dir[0] != '/')
		return err_set(err, "paths.data is not an absolute path");
	if (m->socket_mode > 0777 || m->log > 3)
		return err_set(err, "a setup out of bounds");
	plan->run_dir = xstrdup(m->run_dir);
	plan->data_dir = xstrdup(m->data_dir);
	plan->user = xstrdup(m->user);
	plan->group = xstrdup(m->group);
	plan->socket_mode = m->socket_mode;
	plan->log = m->log;
	return 0;
}

static int add_listener(struct plan *plan, const struct parts_message *m, struct err *err)
{
	struct plan_listener *listener = &plan->listeners[plan->n_listeners];

	if (plan->n_listeners == PARTS_LISTENERS_MAX)
		return err_set(err, "more than %d listeners", PARTS_LISTENERS_MAX);
	if (m->port > UINT16_MAX || strlen(m->address) >= sizeof listener->address)
		return err_set(err, "a listener out of bounds");
	*listener = (struct plan_listener){.port = (uint16_t)m->port, .insecure = m->insecure};
	strcpy(listener->address, m->address);
	if (listen_check(listener, err) < 0)
		return -1;
	plan->n_listeners++;
	return 0;
}

static int add_channel(struct plan *plan, const struct parts_message *m, struct err *err)
{
	if (name_problem(m->name, false))
		return err_set(err, "a channel whose name is bad");
	if (plan_find(plan, m->name))
		return err_set(err, "two channels \"%s\"", m->name);
	if (plan->n_channels == PARTS_COUNT_MAX)
		return err_set(err, "more than %d channels", PARTS_COUNT_MAX);
	plan->channels =
		xreallocarray(plan->channels, plan->n_channels + 1, sizeof *plan->channels);
	if (part_init(&plan->channels[plan->n_channels], m->name, m->text, m->text_len,
		      m->memory_limit, err) < 0)
		return -1;
	plan->n_channels++;
	return 0;
}

static int add_part(struct plan *plan, const struct parts_message *m, struct err *err)
{
	if (m->text_len > PARTS_TOTAL_MAX - plan->total)
		return err_set(err, "more than %d MiB of parts", PARTS_TOTAL_MAX >> 20);
	plan->total += m->text_len;
	if (m->name[0])
		return add_channel(plan, m, err);
	if (plan->hub.fd >= 0)
		return err_set(err, "two parts for the hub");
	return part_init(&plan->hub, "", m->text, m->text_len, m->memory_limit, err);
}

static int add_end(struct plan *plan, const struct parts_message *m, struct err *err)
{
	if (!plan->run_dir || plan->hub.fd < 0 || m->n_parts != plan->n_channels + 1)
		return err_set(err, "an end before everything was there");
	plan->is_whole = true;
	return 0;
}

int plan_add(struct plan *plan, const struct parts_message *message, struct err *err)
{
	static int (*const add[PARTS_KINDS])(struct plan *, const struct parts_message *,
					     struct err *) = {
		[PARTS_SETUP] = add_setup,
		[PARTS_LISTENER] = add_listener,
		[PARTS_PART] = add_part,
		[PARTS_END] = add_end,
	};

	must(message->kind < PARTS_KINDS);
	if (plan->is_whole)
		return err_set(err, "something behind the end");
	return add[message->kind](plan, message, err);
}

/* ---- parts ---- */

int part_init(struct part *part, const char *name, const uint8_t *text, size_t len,
	      uint64_t memory_limit, struct err *err)
{
	int fd = memfd_create("dragoman-part", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || fd_write_all(fd, text, len) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		err_errno(err, "memory for a part");
		fd_close(&fd);
		return -1;
	}
	*part = (struct part){.fd = fd, .len = len, .memory_limit = memory_limit};
	snprintf(part->name, sizeof part->name, "%s", name);
	return 0;
}

void part_fini(struct part *part)
{
	fd_close(&part->fd);
}

void part_take(struct part *part, struct part *from)
{
	part_fini(part);
	*part = *from;
	from->fd = -1;
}

bool part_is_same(const struct part *a, const struct part *b)
{
	uint8_t of_a[4096], of_b[4096];

	if (a->len != b->len || a->memory_limit != b->memory_limit)
		return false;
	for (size_t at = 0; at < a->len;) {
		ssize_t n = pread(a->fd, of_a, sizeof of_a, (off_t)at);

		if (n <= 0 || pread(b->fd, of_b, (size_t)n, (off_t)at) != n ||
		    memcmp(of_a, of_b, (size_t)n) != 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

int part_fd(const struct part *part)
{
	must(lseek(part->fd, 0, SEEK_SET) == 0);
	return part->fd;
}
