/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording as a line: what was received then is received again, in the same chunks, with the same
 * pauses or faster. It comes now, and so has the time of now. What is written goes nowhere.
 *
 * Recordings (capture.h) carry their own timing. Of any other file the lines or bytes are played at the
 * pace that the options say.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "transport/kind.h"
#include "transport/pcapng.h"
#include "transport/text_feed.h"

enum replay_pace { PACE_LINES, PACE_BYTES };

struct replay_options {
	char *path;
	double speed;
	bool loop;
	int pace;
	int64_t interval_ns;
	int64_t baud;
	bool comments;
};

enum {
	READ_SIZE = 16 << 10,
	CHUNKS_A_TURN = 64, /* played before others have their turn */
	CHUNK_MS = 10,      /* of bytes by baud */
	CHAR_BITS = 10,
};

struct chunk {
	const uint8_t *bytes; /* in replay.in */
	size_t len;
	int64_t at_ns; /* on the recording's own clock */
};

struct replay {
	struct transport t;
	struct timer timer, drain;
	int fd; /* -1: closed */
	bool is_recording, at_end, paused, played_any;
	struct buf in;
	size_t used; /* of in, by the chunk that waits */
	struct pcapng pcapng;
	struct text_feed feed;
	struct chunk next;         /* len 0: none waits */
	int64_t clock_ns;          /* of a plain file: when its next chunk is due */
	int64_t base_ns, began_ns; /* the recording's clock and ours at the first chunk */
};

static const struct replay_options *options_of(const struct replay *r)
{
	return r->t.options;
}

/* Reads more of the file: 0 at its end, -1 with errno. */
static ssize_t fill(struct replay *r)
{
	ssize_t n;

	do
		n = read(r->fd, buf_room(&r->in, READ_SIZE), READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		buf_grown(&r->in, (size_t)n);
	r->at_end = n == 0;
	return n;
}

/* The next piece of a recording: as pcapng_next; the chunk stays empty for what is not played. */
static ssize_t next_packet(struct replay *r)
{
	struct pcapng_packet packet;
	ssize_t n = pcapng_next(&r->pcapng, buf_bytes(&r->in), r->in.len, &packet);

	if (n > 0 && packet.event == PCAPNG_RECEIVED)
		r->next = (struct chunk){packet.bytes, packet.len, packet.wall_ns};
	return n;
}

/* How long a plain file's chunk takes until the next one. */
static int64_t chunk_ns(const struct replay *r)
{
	const struct replay_options *o = options_of(r);

	if (o->pace == PACE_LINES)
		return o->interval_ns;
	return (int64_t)r->next.len * CHAR_BITS * NS_PER_S / o->baud;
}

static ssize_t next_piece(struct replay *r)
{
	size_t n = r->in.len ? text_feed_next(&r->feed, buf_bytes(&r->in), r->in.len, r->at_end,
					      &r->next.bytes, &r->next.len)
			     : 0;

	if (r->next.len) {
		r->next.at_ns = r->clock_ns;
		r->clock_ns += chunk_ns(r);
	}
	return (ssize_t)n;
}

/* Goes on until a chunk waits: 1, the end of the file 0, or -1 with why it cannot be played. */
static int find_next(struct replay *r, struct err *err)
{
	const char *path = options_of(r)->path;

	while (!r->next.len) {
		ssize_t n = r->is_recording ? next_packet(r) : next_piece(r);

		if (n < 0)
			return err_set(err, "%s is damaged: %s", path, pcapng_problem((int)n));
		if (n > 0 && r->next.len)
			r->used = (size_t)n;
		else if (n > 0)
			buf_consume(&r->in, (size_t)n);
		else if (r->at_end)
			return 0; /* with what is left of a recording that was cut off */
		else if (fill(r) < 0)
			return err_errno(err, "cannot read %s", path);
	}
	return 1;
}

static int start_file(struct replay *r)
{
	const struct replay_options *o = options_of(r);
	int64_t chunk = o->baud * CHUNK_MS / 1000 / CHAR_BITS;

	buf_clear(&r->in);
	r->next.len = 0;
	r->pcapng = (struct pcapng){0};
	r->feed = (struct text_feed){.keep_comments = !o->comments};
	if (o->pace == PACE_BYTES)
		r->feed.chunk = chunk > 0 ? (size_t)chunk : 1;
	r->clock_ns = 0;
	r->base_ns = r->began_ns = 0;
	r->at_end = r->played_any = false;
	if (lseek(r->fd, 0, SEEK_SET) < 0 || fill(r) < 0)
		return -1;
	r->is_recording = pcapng_is_start(buf_bytes(&r->in), r->in.len);
	return 0;
}

/* Our time at which the chunk that waits is due. The first one is due at once, and so is one that is older
 * than the first; a file whose times make no sense may wait for long, but not for ever. */
static int64_t due_ns(struct replay *r)
{
	const double longest = 1e18;
	double speed = options_of(r)->speed, after;

	if (!r->began_ns) {
		r->began_ns = clock_mono_ns();
		r->base_ns = r->next.at_ns;
	}
	if (speed <= 0)
		return 0;
	after = ((double)r->next.at_ns - (double)r->base_ns) / speed;
	return r->began_ns + (int64_t)(after < 0 ? 0 : after > longest ? longest : after);
}

static void play_next(struct replay *r)
{
	struct chunk chunk = r->next;
	size_t used = r->used;

	r->next.len = 0;
	r->played_any = true;
	transport_received(&r->t, chunk.bytes, chunk.len);
	if (r->t.state == TRANSPORT_OPEN)
		buf_consume(&r->in, used);
}

static void at_end(struct replay *r)
{
	const struct replay_options *o = options_of(r);

	if (!o->loop)
		transport_ended(&r->t, "ended", "%s is played to its end", o->path);
	else if (!r->played_any)
		transport_ended(&r->t, "ended", "there is nothing to play in %s", o->path);
	else if (start_file(r) < 0)
		transport_lost(&r->t, "failed", "cannot read %s: %s", o->path, strerror(errno));
	else
		timer_set(&r->timer, o->pace == PACE_LINES ? o->interval_ns : CHUNK_MS * NS_PER_MS);
}

static void play(void *arg)
{
	struct replay *r = arg;
	struct err err;
	int64_t wait_ns;
	int found;

	for (int n = 0; n < CHUNKS_A_TURN; n++) {
		found = find_next(r, &err);
		if (found < 0)
			transport_lost(&r->t, "failed", "%s", err.text);
		else if (found == 0)
			at_end(r);
		if (found <= 0)
			return;
		wait_ns = due_ns(r) - clock_mono_ns();
		if (wait_ns > 0) {
			timer_set(&r->timer, wait_ns);
			return;
		}
		play_next(r);
		if (r->t.state != TRANSPORT_OPEN || r->paused)
			return;
	}
	timer_set(&r->timer, 0);
}

static void drain(void *arg)
{
	transport_drained(arg);
}

static void replay_open(struct transport *t)
{
	struct replay *r = (struct replay *)t;
	const char *path = options_of(r)->path;
	int error;

	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || start_file(r) < 0) {
		error = errno;
		fd_close(&r->fd);
		transport_lost(t, error == ENOENT ? "no such file" : "failed", "cannot play %s: %s",
			       path, strerror(error));
		return;
	}
	timer_init(&r->timer, t->loop, play, r);
	timer_init(&r->drain, t->loop, drain, t);
	if (!r->paused)
		timer_set(&r->timer, 0);
	transport_opened(t, "%s (%s)", path, r->is_recording ? "a recording" : "a plain file");
}

static void replay_close(struct transport *t)
{
	struct replay *r = (struct replay *)t;

	if (!r->timer.loop)
		return;
	timer_fini(&r->timer);
	timer_fini(&r->drain);
	fd_close(&r->fd);
	buf_fini(&r->in);
}

static size_t replay_write(struct transport *t, const uint8_t *bytes, size_t len)
{
	(void)bytes;
	timer_set(&((struct replay *)t)->drain, 0);
	return len;
}

static void replay_pause(struct transport *t, bool paused)
{
	struct replay *r = (struct replay *)t;

	r->paused = paused;
	if (r->timer.loop && paused)
		timer_clear(&r->timer);
	else if (r->timer.loop && !timer_is_set(&r->timer))
		timer_set(&r->timer, 0);
}

static void describe(const void *options, struct buf *out)
{
	buf_add_str(out, ((const struct replay_options *)options)->path);
}

static const char *const paces[] = {[PACE_LINES] = "lines", [PACE_BYTES] = "bytes", NULL};

static const struct conf_row rows[] = {
	{.key = "replay",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct replay_options, path),
	 .flags = CONF_REQUIRED,
	 .help = "path of a recording (see capture), or of a plain file of a line's bytes"},
	{.key = "speed",
	 .type = CONF_NUMBER,
	 .offset = offsetof(struct replay_options, speed),
	 .fallback = "1",
	 .min = 0,
	 .max = 1e6,
	 .help = "how many times faster than recorded; 0: as fast as possible"},
	{.key = "loop",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct replay_options, loop),
	 .fallback = "false",
	 .help = "begin again at the end"},
	{.key = "pace",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct replay_options, pace),
	 .choices = paces,
	 .fallback = "lines",
	 .help = "a plain file is played a line at a time, or by bytes as a serial line would"},
	{.key = "interval",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct replay_options, interval_ns),
	 .fallback = "100ms",
	 .max = 86400 * (double)NS_PER_S,
	 .help = "from one line of a plain file to the next"},
	{.key = "baud",
	 .type = CONF_INT,
	 .offset = offsetof(struct replay_options, baud),
	 .fallback = "9600",
	 .min = 50,
	 .max = 4e6,
	 .help = "speed at which the bytes of a plain file are played"},
	{.key = "comments",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct replay_options, comments),
	 .fallback = "true",
	 .help = "lines of a plain file that start with # are left out"},
	{0},
};

static const struct conf_schema schema = {.name = "replay",
					  .rows = rows,
					  .size = sizeof(struct replay_options)};

const struct transport_kind transport_replay = {
	.name = "replay",
	.help = "a recording or a plain file, played as if a device sent it",
	.schema = &schema,
	.size = sizeof(struct replay),
	.describe = describe,
	.open = replay_open,
	.close = replay_close,
	.write = replay_write,
	.pause = replay_pause,
};
