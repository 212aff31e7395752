/*
 * durframe: what durload is for the peers, for our own wire: a windowed publisher that waits until
 * its events are on disk, and a consumer that reads back what is stored. The bytes that introduce
 * each of them come as hex, as for fanload.
 *
 * --op prepare   nothing
 * --op store     publish --count events, at most --window not yet on disk
 * --op replay    read back --count events from the beginning
 * --op count     how many events are there, read until a second of silence
 */
#include "bench.h"

#include <getopt.h>

enum { BUF = 4 << 20, BATCH_BYTES = 1 << 20 };

static struct {
	uint8_t bytes[8192];
	size_t len;
} pub_hello, sub_hello, event;

static int fd, port, number_at = -1, pub_answers = 3, sub_answers = 2;
static const char *path;
static uint8_t in[BUF], out[BATCH_BYTES];
static size_t have, at; /* in[at .. have) was not looked at */

static void put(const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);
		if (w <= 0)
			die("write");
		p += w;
		n -= (size_t)w;
	}
}

/* Reads more; 0 if there was nothing for as long as the socket's time-out. */
static int more(void)
{
	ssize_t k;

	memmove(in, in + at, have - at);
	have -= at;
	at = 0;
	k = read(fd, in + have, BUF - have);
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (k <= 0)
		die("closed by the hub: %.200s", have ? (const char *)in : "");
	have += (size_t)k;
	return 1;
}

/* The next whole frame that is in the buffer, or NULL. */
static const uint8_t *take(uint32_t *len)
{
	size_t head = get_varint(in + at, have - at, len);
	const uint8_t *frame = in + at + head;

	if (!head || have - at - head < *len)
		return NULL;
	at += head + *len;
	return frame;
}

static void greet(const uint8_t *hello, size_t len, int answers)
{
	uint32_t n;

	put(hello, len);
	while (answers)
		if (take(&n))
			answers--;
		else if (!more())
			die("no answer to Hello");
}

static uint64_t fixed64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8); /* little-endian, as this machine */
	return v;
}

/* Frame { kept = Kept { number, on_disk } }: e2 02 LEN 09 NUMBER 10 01 */
static int is_kept(const uint8_t *frame, uint32_t len, uint64_t *number)
{
	if (len < 12 || frame[0] != 0xe2 || frame[1] != 0x02 || frame[3] != 0x09)
		return 0;
	if (len < 14 || frame[12] != 0x10 || frame[13] != 1)
		die("kept, but not on disk");
	*number = fixed64(frame + 4);
	return 1;
}

static uint64_t store(uint64_t count, uint64_t window)
{
	uint64_t sent = 0, kept = 0, number;
	uint32_t len;

	fd = unix_connect(path);
	greet(pub_hello.bytes, pub_hello.len, pub_answers);
	while (kept < count) {
		size_t n = 0;
		const uint8_t *frame;

		while (sent < count && sent - kept < window && n + event.len <= sizeof out) {
			uint64_t v = ++sent;
			memcpy(event.bytes + number_at, &v, 8);
			memcpy(out + n, event.bytes, event.len);
			n += event.len;
		}
		if (n)
			put(out, n);
		if (!more())
			die("nothing kept for 5 s");
		while ((frame = take(&len)))
			if (is_kept(frame, len, &number))
				kept = number;
	}
	return kept;
}

/* Frame { seq, device_id, event }: 09 SEQ 15 DEVICE 1a LEN EVENT */
static uint64_t replay(uint64_t count)
{
	uint64_t n = 0;
	uint32_t len;

	fd = tcp_connect(port, 0);
	struct timeval silence = {count == UINT64_MAX ? 1 : 10, 0};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
	greet(sub_hello.bytes, sub_hello.len, sub_answers);
	while (n < count) {
		const uint8_t *frame;

		while (n < count && (frame = take(&len)))
			n += len > 15 && frame[0] == 0x09 && frame[14] == 0x1a;
		if (n < count && !more()) {
			if (count != UINT64_MAX)
				die("only %llu events", (unsigned long long)n);
			break;
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	static const struct option opts[] = {
		{"proto", 1, 0, 'x'},         {"op", 1, 0, 'o'},        {"port", 1, 0, 'p'},
		{"count", 1, 0, 'c'},         {"window", 1, 0, 'w'},    {"pid", 1, 0, 'i'},
		{"unix", 1, 0, 'u'},          {"pub-hello", 1, 0, 'h'}, {"pub-frame", 1, 0, 'f'},
		{"pub-number-at", 1, 0, 'a'}, {"sub-hello", 1, 0, 's'}, {0}};
	uint64_t count = 10000, window = 1000, n = 0, t0, cpu0;
	struct pids pids = {0};
	const char *op = "store";
	int c;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		switch (c) {
		case 'x': break;
		case 'o': op = optarg; break;
		case 'p': port = atoi(optarg); break;
		case 'c': count = strtoull(optarg, NULL, 10); break;
		case 'w': window = strtoull(optarg, NULL, 10); break;
		case 'i': pids_add(&pids, optarg); break;
		case 'u': path = optarg; break;
		case 'h':
			hex_append(pub_hello.bytes, &pub_hello.len, sizeof pub_hello.bytes, optarg);
			break;
		case 'f': hex_append(event.bytes, &event.len, sizeof event.bytes, optarg); break;
		case 'a': number_at = atoi(optarg); break;
		case 's':
			hex_append(sub_hello.bytes, &sub_hello.len, sizeof sub_hello.bytes, optarg);
			break;
		default: return 2;
		}
	}
	cpu0 = pids_cpu_ns(&pids);
	t0 = now_ns();
	if (!strcmp(op, "store")) {
		if (!path || !event.len || number_at < 0)
			die("--unix, --pub-frame and --pub-number-at are missing");
		n = store(count, window);
	} else if (!strcmp(op, "replay")) {
		n = replay(count);
	} else if (!strcmp(op, "count")) {
		n = replay(UINT64_MAX);
	}
	printf("messages %llu\nseconds %.6f\nbroker_cpu %.6f\n", (unsigned long long)n,
	       (double)(now_ns() - t0) / 1e9, (double)(pids_cpu_ns(&pids) - cpu0) / 1e9);
	return 0;
}
