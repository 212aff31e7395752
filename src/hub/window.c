/* SPDX-License-Identifier: Apache-2.0 */
/* Events that are not acknowledged; see window.h. */
#include "hub/window.h"

#include <string.h>

#include "base/must.h"

void window_init(struct window *window, uint32_t size)
{
	*window = (struct window){.size = size, .step = size / WINDOW_STEPS};
	if (!window->step)
		window->step = 1;
}

size_t window_room(const struct window *window)
{
	uint64_t left = window->size - (window->given - window->acked);

	return left < window->step ? (size_t)left : window->step;
}

/* How many events the newest mark covers. */
static uint64_t in_newest(const struct window *window)
{
	const struct window_mark *newest = &window->marks[window->n - 1];

	return newest->given - (window->n > 1 ? newest[-1].given : window->acked);
}

/* Two marks in a row cover more than a step together: so there is always room for one more. */
void window_give(struct window *window, size_t n, uint64_t seq)
{
	if (!n)
		return;
	must(n <= window_room(window));
	window->given += n;
	if (!window->n || in_newest(window) + n > window->step)
		window->n++;
	must(window->n <= WINDOW_MARKS);
	window->marks[window->n - 1] = (struct window_mark){seq, window->given};
}

void window_ack(struct window *window, uint64_t seq)
{
	size_t covered = 0;

	while (covered < window->n && window->marks[covered].seq <= seq)
		covered++;
	if (!covered)
		return;
	window->acked = window->marks[covered - 1].given;
	window->n -= covered;
	memmove(window->marks, window->marks + covered, window->n * sizeof *window->marks);
}
