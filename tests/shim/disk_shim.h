/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands between the store and the disk: every call that changes something is shown to the test, which may
 * have it fail, or leave it out. Linked into the test, whose symbols come before the C library's. Calls of
 * all threads come one at a time.
 */
#ifndef TESTS_SHIM_DISK_SHIM_H
#define TESTS_SHIM_DISK_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

enum disk_kind { DISK_OPEN, DISK_READ, DISK_WRITE, DISK_SYNC, DISK_RENAME, DISK_REMOVE };

struct disk_call {
	enum disk_kind kind;
	int fd; /* of the directory, where there are names */
	const char *name, *to;
	int flags; /* of open */
	uint64_t at;
	const struct iovec *iov;
	int n_iov;
	size_t len; /* of a read */
};

enum { DISK_GO_ON = 0, DISK_LEAVE_OUT = -1 /* as if done; of syncs only */ };

struct disk_shim {
	/* Before the call: DISK_GO_ON, DISK_LEAVE_OUT, or the errno that it fails with. */
	int (*before)(void *arg, const struct disk_call *call);
	/* Behind a call that went on or was left out: the result. */
	void (*after)(void *arg, const struct disk_call *call, ssize_t result);
	void *arg;
};

extern struct disk_shim disk_shim;

/* For what the test itself does. */
void disk_shim_lock(void);
void disk_shim_unlock(void);

#endif
