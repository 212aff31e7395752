/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The children, and what they are to know of each other: one hub, and a channel for each part of the
 * plan. Only the hub learns of the others: each channel's process has a token of its own, which the hub
 * is told before the channel can read it, and every new hub is told of all channels that live.
 */
#ifndef SUPER_FAMILY_H
#define SUPER_FAMILY_H

#include <stdbool.h>

#include "super/child.h"
#include "super/gate.h"
#include "super/options.h"
#include "super/plan.h"

struct channel;

struct family {
	struct loop *loop;
	const struct super_options *options;
	const struct user *user; /* NULL: as we are */
	const char *socket_path;
	char *store_dir;         /* the hub's; NULL: none */
	int lock;                /* the descriptor that each child inherits */
	const struct gate *gate; /* what the hub listens on */
	struct child hub;
	struct part hub_part;
	struct channel **channels;
	size_t n_channels;
	bool is_applying; /* nobody is started before all who are to end were told */
	bool is_stopping;
	/* The hub works; may come again. */
	void (*ready)(void *arg);
	/* After family_stop: all have ended. */
	void (*empty)(void *arg);
	void *arg;
};

/* Starts nothing. What it points to outlives it. */
void family_init(struct family *family, struct loop *loop, const struct super_options *options);
/* All must have ended, or never been started. */
void family_fini(struct family *family);

/* Makes the children those of the plan, whose parts it takes: starts what is new, ends what is no longer
 * there, starts anew what has changed (the hub also if its sockets have), and leaves the rest alone. What
 * is new starts when what is to end has ended, for it may want the same port or device. */
void family_apply(struct family *family, struct plan *plan, bool gate_changed);

/* Ends the channels in order, and then the hub. */
void family_stop(struct family *family);

#endif
