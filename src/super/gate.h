/* SPDX-License-Identifier: Apache-2.0 */
/* All sockets that clients connect to, as one plan wants them. */
#ifndef SUPER_GATE_H
#define SUPER_GATE_H

#include <sys/types.h>

#include "super/plan.h"

/* Whose the local socket is. */
struct gate_owner {
	uid_t uid; /* (uid_t)-1: as it comes; gid as well */
	gid_t gid;
	mode_t mode;
};

struct gate {
	int local; /* owned, all of them */
	int tcp[PARTS_LISTENERS_MAX];
	struct plan_listener listeners[PARTS_LISTENERS_MAX];
	size_t n_tcp;
};

/* Opens what the plan wants, and takes over what `open` (may be NULL) has of it already: such a socket is
 * the same one, nobody who waits in it is turned away. All or nothing: -1 with err, and nothing is
 * changed. `open` stays the caller's. */
int gate_init(struct gate *gate, const char *socket_path, const struct gate_owner *owner,
	      const struct plan *plan, const struct gate *open, struct err *err);
void gate_fini(struct gate *gate);

#endif
