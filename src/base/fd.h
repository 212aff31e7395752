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

/* A descriptor that the parent process named on our command line; it is not handed on to children.
 * 0, or -1 with err: no number, or not open. */
int fd_given(const char *text, int *fd_out, struct err *err);
/* As fd_read_path, from a path or from the number of a given descriptor, which is closed. A file is read from
 * its beginning, wherever another process that shares the descriptor has read to. */
char *fd_read_source(const char *source, size_t max, size_t *len_out, struct err *err);

#endif
