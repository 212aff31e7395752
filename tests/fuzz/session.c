/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes from two clients of one hub. The first byte of each piece says whose it is and how long; a
 * publisher's token is known, so that its frames are reached too. What the hub answers must be frames.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/hub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;

struct side {
	int fd;
	struct buf got;
};

static void read_answers(struct side *side)
{
	const uint8_t *payload;
	size_t len;
	ssize_t n, used;

	while ((n = recv(side->fd, buf_room(&side->got, 65536), 65536, MSG_DONTWAIT)) > 0)
		buf_grown(&side->got, (size_t)n);
	while ((used = frame_next(buf_bytes(&side->got), side->got.len, 2 * FRAME_MAX, &payload,
				  &len)) > 0) {
		Dragoman__V1__Frame *frame = frame_parse(payload, len);

		frame_free(&frame);
		buf_consume(&side->got, (size_t)used);
	}
	must(used == 0);
}

static void open_side(struct side *side, struct hub *hub)
{
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	*side = (struct side){.fd = fds[0]};
	client_new(hub, fds[1], false, false);
}

static void play(struct side sides[2], const uint8_t *data, size_t size)
{
	while (size) {
		struct side *side = &sides[*data >> 7];
		size_t len = *data & 0x7f;

		data++;
		size--;
		len = len < size ? len : size;
		if (len && send(side->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			must(errno == EPIPE || errno == EAGAIN || errno == ECONNRESET);
		data += len;
		size -= len;
		loop_turn(loop, 0);
		read_answers(side);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hub_settings settings = {.gateway = xstrdup("fuzz"),
					.memory = 1,
					.max_clients = 10,
					.max_patterns = 8,
					.max_frame_in = 65536};
	struct side sides[2];
	struct hub hub;

	log_init("fuzz", NULL, LOG_ERROR);
	loop = loop ? loop : loop_new();
	must(hub_init(&hub, loop, &settings, NULL) == 0);
	publishers_allow(&hub.publishers, "p", (const uint8_t *)"t", 1);
	open_side(&sides[0], &hub);
	open_side(&sides[1], &hub);
	play(sides, data, size);
	for (int i = 0; i < 2; i++) {
		read_answers(&sides[i]);
		close(sides[i].fd);
		buf_fini(&sides[i].got);
	}
	loop_turn(loop, 0);
	hub_fini(&hub);
	return 0;
}
