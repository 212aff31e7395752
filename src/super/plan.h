/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to run, as dragoman-config said it: where, as whom, listening where, and one sealed part for
 * each process. It is put together from messages that are not trusted; a plan that is whole has passed
 * all that the supervisor demands.
 */
#ifndef SUPER_PLAN_H
#define SUPER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pattern.h"
#include "wire/parts.h"

/* A process's configuration in memory that nobody can change any more (F_SEAL_*). */
struct part {
	char name[NAME_MAX_LEN + 1]; /* the channel's; "" for the hub */
	int fd;                      /* owned; to be rewound before it is handed on */
	size_t len;
	uint64_t memory_limit;
};

struct plan_listener {
	char address[64];
	uint16_t port;
	bool insecure;
};

struct plan {
	char *run_dir, *data_dir, *user, *group; /* data_dir: "" if nothing is kept */
	uint32_t socket_mode, log;
	struct plan_listener listeners[PARTS_LISTENERS_MAX];
	size_t n_listeners;
	struct part hub;
	struct part *channels;
	size_t n_channels;
	size_t total;  /* bytes of all parts */
	bool is_whole; /* the end has come, and nothing is missing */
};

struct plan *plan_new(void);
void plan_free(struct plan **plan);

/* Takes one message; -1 with err for anything that may not be. */
int plan_add(struct plan *plan, const struct parts_message *message, struct err *err);

/* The channel's part, or NULL. */
struct part *plan_find(struct plan *plan, const char *name);

/* Do both listen on the same addresses, in the same order? */
bool plan_same_listeners(const struct plan *a, const struct plan *b);

/* 0, or -1 with err: text goes into sealed memory. */
int part_init(struct part *part, const char *name, const uint8_t *text, size_t len,
	      uint64_t memory_limit, struct err *err);
void part_fini(struct part *part);
/* Moves from's contents to part, and frees what part had. */
void part_take(struct part *part, struct part *from);
/* Are the texts the same, byte for byte? */
bool part_is_same(const struct part *a, const struct part *b);
/* The descriptor, at its beginning. */
int part_fd(const struct part *part);

#endif
