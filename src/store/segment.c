/* SPDX-License-Identifier: Apache-2.0 */
/* One segment and the walk over it; see segment.h. */
#include "store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/xalloc.h"

enum { WINDOW = STORE_GROUP_AIM + 64 * 1024 };

int segment_open(const struct dir *dir, uint64_t id)
{
	char name[DIR_NAME_SIZE];

	return openat(dir->fd, dir_name(id, name), O_RDONLY | O_CLOEXEC);
}

/* As many bytes as there are: fewer at the end of the file, and before a place that the disk does not
 * give (errno is EIO). 0 with errno, 0 at the end. */
static size_t read_at(int fd, uint8_t *out, size_t len, uint64_t at)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, out + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return done;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	errno = 0;
	return done;
}

/* ---- the header ---- */

static enum header_found read_header(int fd, uint64_t at, uint64_t id, struct header *out)
{
	uint8_t block[STORE_BLOCK];
	enum header_found found;

	if (read_at(fd, block, sizeof block, at) != sizeof block)
		return HEADER_BAD;
	found = header_parse(block, out);
	return found == HEADER_GOOD && out->id != id ? HEADER_BAD : found;
}

static enum segment_found found_of(enum header_found found)
{
	return found == HEADER_GOOD    ? SEGMENT_GOOD
	       : found == HEADER_NEWER ? SEGMENT_NEWER
				       : SEGMENT_BAD;
}

static enum segment_found load_header(int fd, uint64_t id, uint64_t size, struct segment *out)
{
	enum header_found found = read_header(fd, 0, id, &out->header);

	if (found == HEADER_BAD && size >= 2 * STORE_BLOCK) {
		found = read_header(fd, size - STORE_BLOCK, id, &out->header);
		out->is_copy = found == HEADER_GOOD;
	}
	return found_of(found);
}

enum segment_found segment_load(const struct dir *dir, uint64_t id, struct segment *out,
				struct err *err)
{
	enum segment_found found = SEGMENT_FAILED;
	int fd = segment_open(dir, id);
	struct stat st;

	*out = (struct segment){0};
	if (fd < 0 || fstat(fd, &st) < 0) {
		char name[DIR_NAME_SIZE];

		err_errno(err, "cannot read %s/%s", dir->path, dir_name(id, name));
	} else {
		found = load_header(fd, id, (uint64_t)st.st_size, out);
	}
	if (found == SEGMENT_BAD) {
		out->is_bad = true;
		out->header = (struct header){.id = id, .size = (uint64_t)st.st_size};
	}
	out->is_short = found == SEGMENT_GOOD && (uint64_t)st.st_size < out->header.size;
	out->end = out->header.size > STORE_BLOCK ? segment_data_end(out) : 0;
	fd_close(&fd);
	return found;
}

/* ---- the walk ---- */

/* Groups that have been written never change: what the window holds of this segment is still good. */
void walk_begin(struct walk *w, int fd, const struct segment *segment)
{
	bool is_same = w->nonce == segment->header.nonce;
	struct stat st;

	*w = (struct walk){
		.fd = fd,
		.nonce = segment->header.nonce,
		.offset = STORE_BLOCK,
		.end = segment->end,
		.file_end = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0,
		.previous = segment->header.checksum,
		.last = segment->header.previous.last,
		.window = w->window,
		.window_size = w->window_size,
		.window_at = w->window_at,
		.window_len = is_same ? w->window_len : 0,
	};
}

void walk_jump(struct walk *w, uint64_t offset)
{
	w->offset = offset;
	w->previous = 0;
}

void walk_fini(struct walk *w)
{
	free(w->window);
	*w = (struct walk){0};
}

static void load_window(struct walk *w, uint64_t at, size_t len)
{
	uint64_t left = w->end - at;
	size_t wanted = left < WINDOW ? (size_t)left : WINDOW;

	if (wanted < len)
		wanted = len;
	if (wanted > w->window_size) {
		free(w->window);
		w->window = xmalloc(wanted);
		w->window_size = wanted;
	}
	w->window_at = at;
	w->window_len = read_at(w->fd, w->window, wanted, at);
	if (w->window_len < len && errno == EIO)
		w->refused = true;
	else if (w->window_len < len)
		w->error = errno;
}

/* len bytes of the file, or NULL: there are not as many, they are not readable, or error is set. */
static const uint8_t *bytes_at(struct walk *w, uint64_t at, size_t len)
{
	uint64_t end = w->end < w->file_end ? w->end : w->file_end;

	if (at > end || len > end - at)
		return NULL;
	if (at < w->window_at || at + len > w->window_at + w->window_len)
		load_window(w, at, len);
	return len <= w->window_len ? w->window + (at - w->window_at) : NULL;
}

static void lose(struct walk *w, uint64_t at)
{
	if (!w->lost)
		w->lost_at = at;
	w->lost = true;
}

static bool head_at(struct walk *w, uint64_t at, struct group *out)
{
	const uint8_t *block = bytes_at(w, at, STORE_BLOCK);

	return block && group_parse(block, w->nonce, at, w->end, out) && out->last >= w->last &&
	       (!out->first || out->first > w->last);
}

enum walked walk_next(struct walk *w, struct group *out)
{
	uint64_t at = w->offset;

	while (at < w->end && !head_at(w, at, out) && !w->error)
		at = at < w->file_end ? at + STORE_BLOCK : w->end;
	if (w->error)
		return WALK_FAILED;
	if (at > w->offset)
		lose(w, w->offset);
	w->offset = at;
	if (at >= w->end)
		return WALK_END;
	if (w->previous && out->previous != w->previous)
		lose(w, at);
	return WALK_GROUP;
}

bool walk_body(struct walk *w, struct group *g)
{
	size_t notes_at = group_notes_at(g), len = notes_at + g->notes_len + g->frames_len;
	const uint8_t *bytes = bytes_at(w, g->offset, len);

	if (!bytes)
		return false;
	g->notes = bytes + notes_at;
	g->frames = g->notes + g->notes_len;
	return format_checksum(w->nonce, g->notes, g->notes_len) == g->notes_checksum &&
	       format_checksum(w->nonce, g->frames, g->frames_len) == g->frames_checksum;
}

void walk_pass(struct walk *w, const struct group *g)
{
	w->offset = g->offset + group_size(g);
	w->previous = g->checksum;
	w->last = g->last;
}
