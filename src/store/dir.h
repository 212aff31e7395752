/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of a store: its lock, the names in it, and what is done to whole files. Everything goes
 * through one descriptor of the directory.
 */
#ifndef STORE_DIR_H
#define STORE_DIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DIR_NAME_SIZE = 32 };

struct dir {
	char *path;
	int fd, lock_fd;
};

/* The file that is prepared to become the next segment. */
extern const char dir_spare[];

/* Made if it is not there, and locked against other processes until dir_close. */
int dir_open(struct dir *dir, const char *path, struct err *err);
/* To look at what is there: nothing is made or locked. */
int dir_open_to_read(struct dir *dir, const char *path, struct err *err);
void dir_close(struct dir *dir);

/* The ids of all segments, rising; the caller's to free. */
int dir_list(const struct dir *dir, uint64_t **ids_out, size_t *n_out, struct err *err);

/* Of a file; 0 if it is not there. */
uint64_t dir_file_size(const struct dir *dir, const char *name);

char *dir_name(uint64_t id, char out[DIR_NAME_SIZE]);

/* All of these: 0, or -1 with errno. */
int dir_sync(const struct dir *dir);
int dir_rename(const struct dir *dir, const char *from, const char *to);
/* What is not there is removed already. */
int dir_remove(const struct dir *dir, const char *name);

#endif
