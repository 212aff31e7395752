/* SPDX-License-Identifier: Apache-2.0 */
/* The wheel of those who linger; see linger.h. */
#include "hub/linger.h"

#include "base/clock.h"
#include "hub/client.h"

static struct client_list *slot_at(struct lingering *lingering, int64_t ms)
{
	return &lingering->slots[ms % LINGER_SLOTS];
}

/* The timer runs to the next slot that is not empty. */
static void set_timer(struct lingering *lingering, int64_t now_ns)
{
	int64_t ms = lingering->done_ms + 1;

	if (!lingering->n) {
		timer_clear(&lingering->timer);
		return;
	}
	while (TAILQ_EMPTY(slot_at(lingering, ms)))
		ms++;
	lingering->timer_ms = ms;
	timer_set(&lingering->timer, ms * NS_PER_MS - now_ns);
}

static void fire(void *arg)
{
	struct lingering *lingering = arg;
	int64_t now_ns = clock_mono_ns(), now_ms = now_ns / NS_PER_MS;

	while (lingering->n && lingering->done_ms < now_ms) {
		struct client_list *slot = slot_at(lingering, ++lingering->done_ms);
		struct client *client;

		while ((client = TAILQ_FIRST(slot)))
			lingering->due(client);
	}
	set_timer(lingering, now_ns);
}

void linger_init(struct lingering *lingering, struct loop *loop, void (*due)(struct client *client))
{
	*lingering = (struct lingering){.due = due};
	for (size_t i = 0; i < LINGER_SLOTS; i++)
		TAILQ_INIT(&lingering->slots[i]);
	timer_init(&lingering->timer, loop, fire, lingering);
}

void linger_fini(struct lingering *lingering)
{
	timer_fini(&lingering->timer);
}

uint16_t linger_add(struct lingering *lingering, struct client *client, uint32_t ms)
{
	int64_t now_ns = clock_mono_ns(), due_ms = now_ns / NS_PER_MS + ms;

	if (!lingering->n)
		lingering->done_ms = now_ns / NS_PER_MS;
	TAILQ_INSERT_TAIL(slot_at(lingering, due_ms), client, link);
	if (!lingering->n++ || due_ms < lingering->timer_ms)
		set_timer(lingering, now_ns);
	return (uint16_t)(due_ms % LINGER_SLOTS);
}

void linger_remove(struct lingering *lingering, struct client *client, uint16_t slot)
{
	TAILQ_REMOVE(&lingering->slots[slot], client, link);
	lingering->n--;
}
