/* SPDX-License-Identifier: Apache-2.0 */
/* A place in a file: one line, the stream in hexadecimal and the number. It is replaced whole, and on disk before
 * the old one goes. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/xalloc.h"
#include "client/session.h"
#include "dragoman/client.h"

enum { STREAM_DIGITS = 32, LINE_MAX_LEN = 80 };

static int parse(const char *line, struct dragoman_place *out)
{
	int used = 0;

	for (int i = 0; i < STREAM_DIGITS; i += 2)
		if (sscanf(line + i, "%2" SCNx8 "%n", &out->stream[i / 2], &used) != 1 || used != 2)
			return -1;
	return sscanf(line + STREAM_DIGITS, " %" SCNu64 " %n", &out->seq, &used) == 1 &&
			       !line[STREAM_DIGITS + used]
		       ? 0
		       : -1;
}

int dragoman_load_place(struct dragoman *d, const char *path, struct dragoman_place *place_out)
{
	char line[LINE_MAX_LEN + 1] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return 0;
	n = fd < 0 ? -1 : read(fd, line, LINE_MAX_LEN);
	if (n < 0)
		fail_set(&d->why, DRAGOMAN_E_FILE, "%s: %s", path, strerror(errno));
	else if (n < STREAM_DIGITS || parse(line, place_out) < 0)
		n = fail_set(&d->why, DRAGOMAN_E_FILE, "%s holds no place; remove it to begin anew",
			     path);
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 1;
}

static int write_whole(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), status = -1;

	if (fd < 0)
		return -1;
	if (fd_write_all(fd, line, strlen(line)) == 0 && fdatasync(fd) == 0)
		status = 0;
	return close(fd) == 0 ? status : -1;
}

int dragoman_save_place(struct dragoman *d, const char *path)
{
	char line[LINE_MAX_LEN], *other = xasprintf("%s.new", path);
	int len = 0, status = 0;

	for (int i = 0; i < STREAM_DIGITS / 2; i++)
		len += sprintf(line + len, "%02x", d->place.stream[i]);
	sprintf(line + len, " %" PRIu64 "\n", d->place.seq);
	if (d->has_place && (write_whole(other, line) < 0 || rename(other, path) < 0))
		status = fail_set(&d->why, DRAGOMAN_E_FILE, "%s cannot be written: %s", path,
				  strerror(errno));
	free(other);
	return status;
}
