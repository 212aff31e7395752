/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers around file descriptors; all restart after EINTR. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Closes *fd if it is open (>= 0) and sets it to -1; errno is kept. */
void fd_close(int *fd);

/* 0, or -1 with errno. */
int fd_set_nonblocking(int fd, bool on);
int fd_set_cloexec(int fd, bool on);

/* Writes all of it to a blocking descriptor: 0, or -1 with errno. */
int fd_write_all(int fd, const void *bytes, size_t len);

/* Reads to the end of the file, at most max bytes. The result is NUL-terminated (the NUL is not
 * counted) and the caller's to free; NULL with err on failure or when there is more than max. */
char *fd_read_all(int fd, size_t max, size_t *len_out, struct err *err);
char *fd_read_path(const char *path, size_t max, size_t *len_out, struct err *err);

#endif
