/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live readings with libdragoman, which reconnects and tells what was missed:
 *	cc -o watch watch.c $(pkg-config --cflags --libs libdragoman) && ./watch 127.0.0.1:7531
 */
#include <dragoman/client.h>
#include <inttypes.h>
#include <stdio.h>

static void show_value(const char *device, const struct dragoman_datum *datum)
{
	printf("%s %s ", device, datum->tag);
	switch (datum->type) {
	case DRAGOMAN_VALUE_BOOLEAN: puts(datum->as.boolean ? "true" : "false"); break;
	case DRAGOMAN_VALUE_INTEGER: printf("%" PRId64 "\n", datum->as.integer); break;
	case DRAGOMAN_VALUE_NATURAL: printf("%" PRIu64 "\n", datum->as.natural); break;
	case DRAGOMAN_VALUE_NUMBER: printf("%g\n", datum->as.number); break;
	case DRAGOMAN_VALUE_TEXT: puts(datum->as.text); break;
	case DRAGOMAN_VALUE_TIME: printf("%" PRId64 "\n", datum->as.time_ns); break;
	case DRAGOMAN_VALUE_DATA: printf("%zu bytes\n", datum->as.data.len); break;
	default: puts(datum->reason); break;
	}
}

int main(int argc, char **argv)
{
	struct dragoman *d = dragoman_new(argc > 1 ? argv[1] : NULL);
	const struct dragoman_event *event;

	dragoman_subscribe(d, NULL);
	while ((event = dragoman_next(d, -1))) {
		if (event->kind == DRAGOMAN_EVENT_READING)
			for (size_t i = 0; i < event->as.reading.n_values; i++)
				show_value(event->device, &event->as.reading.values[i]);
		else if (event->kind == DRAGOMAN_EVENT_GAP)
			printf("missed: %s\n", event->as.gap.reason);
		else if (event->kind == DRAGOMAN_EVENT_LOST)
			fprintf(stderr, "%s\n", event->as.lost.text);
		fflush(stdout);
	}
	dragoman_free(&d);
	return 1;
}
