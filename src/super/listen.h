/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets that clients connect to: bound here once, and handed to each new hub. The local one is
 * run_dir/dragoman.sock; what an earlier supervisor left there is replaced, which is safe under the lock
 * of the run directory, and anything that is no socket is left alone and refused.
 */
#ifndef SUPER_LISTEN_H
#define SUPER_LISTEN_H

#include <sys/types.h>

#include "base/err.h"

struct plan_listener;

/* The address is numeric, and beyond loopback only with the word `insecure`. */
int listen_check(const struct plan_listener *listener, struct err *err);

/* A listening descriptor, or -1 with err. uid, gid -1: as they come. Nobody can connect before owner and
 * mode are in place. */
int listen_local(const char *path, mode_t mode, uid_t uid, gid_t gid, struct err *err);
int listen_tcp(const struct plan_listener *listener, struct err *err);

/* "127.0.0.1:7531", with the port that the system chose. Returns out. */
enum { LISTEN_TEXT_SIZE = 80 };
char *listen_text(int fd, char out[LISTEN_TEXT_SIZE]);

#endif
