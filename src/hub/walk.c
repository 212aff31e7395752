/* SPDX-License-Identifier: Apache-2.0 */
/* Long answers; see walk.h. */
#include "hub/walk.h"

#include <stdlib.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "wire/stamp.h"
#include "wire/field.h"

void walk_start(struct client *client, const struct walk *walk)
{
	must(!client->walk);
	client->walk = xmemdup(walk, sizeof *walk);
	client_ready(client);
}

void walk_go(struct client *client)
{
	while (client->walk && client->out.len < WALK_PAGE)
		if (!client->walk->step(client->walk, client->hub, &client->out))
			walk_end(client);
}

void walk_end(struct client *client)
{
	if (!client->walk)
		return;
	filters_release(&client->hub->filters, &client->walk->filter);
	free(client->walk);
	client->walk = NULL;
}

void walk_put_frame(struct buf *out, uint64_t id, uint32_t body, const struct buf *bytes)
{
	size_t len = field_bytes_size(body, bytes->len);
	uint8_t length[VARINT_MAX];

	if (id)
		len += varint_size(field_key(FRAME_ID, FIELD_VARINT)) + varint_size(id);
	buf_add(out, length, varint_put(length, len));
	if (id)
		field_put_varint(out, FRAME_ID, id);
	field_put_bytes(out, body, buf_bytes(bytes), bytes->len);
}
