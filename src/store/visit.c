/* SPDX-License-Identifier: Apache-2.0 */
/* A store looked at from outside, every byte of it; see store.h. A hub may be writing to it meanwhile: what
 * is dropped while it is read is left out, and a group that is not whole at the end is one that is being
 * written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "store/chain.h"
#include "store/store.h"

struct visit {
	const struct store_visit *to;
	const struct dir *dir;
	struct walk walk;
	char path[4096];
	struct store_segment_info info;
	size_t damaged;
};

static void damage(struct visit *v, uint64_t offset, const char *what)
{
	v->info.damaged++;
	if (v->to->damage)
		v->to->damage(v->to->arg, v->path, offset, what);
}

static void count(struct visit *v, const struct group *g)
{
	struct store_segment_info *info = &v->info;

	info->groups += !(g->flags & GROUP_CHECKPOINT);
	if (g->flags & GROUP_CHECKPOINT)
		info->checkpoint_bytes += g->notes_len;
	info->events += g->events;
	if (g->first && !info->first)
		info->first = g->first;
	if (g->first)
		info->last = g->last;
	if (g->newest_time > info->newest_time)
		info->newest_time = g->newest_time;
	info->used = g->offset + group_size(g);
}

static void show(struct visit *v, const struct group *g)
{
	count(v, g);
	if (v->to->notes && g->notes_len)
		v->to->notes(v->to->arg, g->notes, g->notes_len, g->flags & GROUP_CHECKPOINT);
	if (v->to->frames && g->frames_len)
		v->to->frames(v->to->arg, g->frames, g->frames_len);
}

static void visit_groups(struct visit *v, bool is_end_known)
{
	struct walk *w = &v->walk;
	uint64_t bad_at = 0;
	struct group g;

	while (walk_next(w, &g) == WALK_GROUP) {
		bool is_whole = walk_body(w, &g);

		if (!bad_at)
			bad_at = w->lost ? w->lost_at : is_whole ? 0 : g.offset;
		w->lost = false;
		if (is_whole && bad_at)
			damage(v, bad_at, "groups are not readable");
		if (is_whole) {
			bad_at = 0;
			show(v, &g);
		}
		walk_pass(w, &g);
	}
	if (w->lost && !bad_at)
		bad_at = w->lost_at;
	if (bad_at && is_end_known)
		damage(v, bad_at, "the last groups are not readable");
}

/* Whether it still is the segment that the walk began in. */
static bool is_still(const struct visit *v, const struct segment *s)
{
	struct segment now;
	struct err err;

	return segment_load(v->dir, s->header.id, &now, &err) == SEGMENT_GOOD &&
	       now.header.nonce == s->header.nonce;
}

static void begin(struct visit *v, const struct segment *s, bool is_newest)
{
	char name[DIR_NAME_SIZE];

	snprintf(v->path, sizeof v->path, "%s/%s", v->dir->path, dir_name(s->header.id, name));
	v->info = (struct store_segment_info){
		.id = s->header.id,
		.size = s->header.size,
		.begun = s->header.begun,
		.is_newest = is_newest,
	};
}

static void visit_segment(struct visit *v, const struct segment *s, bool is_newest)
{
	int fd = segment_open(v->dir, s->header.id);

	begin(v, s, is_newest);
	if (fd < 0)
		return; /* dropped */
	if (s->is_bad) {
		damage(v, 0, "the header is not readable, and so nothing in it is");
	} else {
		if (s->is_copy)
			damage(v, 0, "the header was read from its copy in the last block");
		walk_begin(&v->walk, fd, s);
		visit_groups(v, s->is_end_known);
	}
	fd_close(&fd);
	if (!s->is_bad && !is_still(v, s))
		return;
	v->damaged += v->info.damaged;
	if (v->to->segment)
		v->to->segment(v->to->arg, v->path, &v->info);
}

ssize_t store_visit(const char *path, uint8_t stream[STORE_STREAM_SIZE],
		    const struct store_visit *visit, struct err *err)
{
	struct visit v = {.to = visit};
	struct chain chain;
	struct dir dir;

	if (dir_open_to_read(&dir, path, err) < 0)
		return -1;
	if (chain_load(&dir, &chain, err) < 0) {
		dir_close(&dir);
		return -1;
	}
	v.dir = &dir;
	for (size_t i = 0; i < chain.n; i++) {
		if (!chain.segments[i].is_bad)
			memcpy(stream, chain.segments[i].header.stream, STORE_STREAM_SIZE);
		visit_segment(&v, &chain.segments[i], i + 1 == chain.n);
	}
	walk_fini(&v.walk);
	if (!chain.n)
		err_set(err, "there is no store in %s", path);
	dir_close(&dir);
	if (!chain.n) {
		chain_fini(&chain);
		return -1;
	}
	chain_fini(&chain);
	return (ssize_t)v.damaged;
}
