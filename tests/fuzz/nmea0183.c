/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nmea0183 adapter behind its own link: any bytes on the line. The first byte picks the options. The host
 * checks what is emitted (declared tags and types, finite numbers, text) and logs an adapter's bug, which
 * ends the run here.
 */
#include <dragoman/adapter.h>

#include <stdlib.h>
#include <string.h>

#include "adapter/host.h"
#include "base/must.h"
#include "link/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const options[] = {"{}", "{checksum: ignore}",
				      "{checksum: require, talkers: GP II}"};

static struct adapter_instance *instance;
static int64_t now_ns = 1793836800000000000;

static void on_reading(void *arg, const struct dragoman_reading *reading)
{
	(void)arg;
	for (size_t i = 0; i < reading->n_values; i++)
		must(reading->values[i].quality == DRAGOMAN_GOOD || reading->values[i].reason);
}

static void on_log(void *arg, enum dragoman_level level, const char *text)
{
	(void)arg;
	(void)text;
	must(level > DRAGOMAN_LOG_ERROR);
}

static int64_t now(void *arg)
{
	(void)arg;
	return now_ns;
}

static const struct adapter_sink adapter_sink = {
	.reading = on_reading,
	.log = on_log,
	.wall_ns = now,
	.mono_ns = now,
};

static void on_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	const struct dragoman_frame frame = {payload, len, received_ns, 0};

	(void)arg;
	adapter_frame(instance, &frame);
}

static void on_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)verdict;
	(void)bytes;
	(void)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct link_sink link_sink = {.frame = on_frame, .refused = on_refused};
	const char *yaml = options[len ? data[0] % 3 : 0];
	struct conf_errors errors = {0};
	struct conf_node *tree = conf_parse("options", yaml, strlen(yaml), &errors);
	struct link *link;

	instance = adapter_new(&dragoman_adapter, "fuzz", DRAGOMAN_GATEWAY, tree, NULL,
			       &adapter_sink, NULL, &errors);
	must(instance);
	link = link_new(adapter_default_link(instance), &(struct link_line){0}, &errors);
	must(link);
	link_set_sink(link, &link_sink, NULL);
	if (len)
		link_receive(link, data + 1, len - 1, now_ns, now_ns);
	link_free(&link);
	adapter_free(&instance);
	conf_free(&tree);
	return 0;
}
