/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of dragoman.yaml, and what rows cannot say. The manual's tables, the JSON Schema and the
 * effective configuration come from here as well.
 */
#include "conf/config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "conf/value.h"

#define KIB 1024.0
#define MIB (1024.0 * KIB)
#define GIB (1024.0 * MIB)
#define DAY (86400.0 * NS_PER_S)

enum { CAPTURE_LIMIT = 64 << 20 };

static const char *const log_choices[] = {"error", "warning", "info", "debug", NULL};
static const char *const full_choices[] = {"wait", "drop", NULL};
static const char *const payload_choices[] = {"values", "typed", "both", NULL};
static const char *const raw_choices[] = {"none", "refused", "all", NULL};

/* Where files are made, it matters where a path begins. Those that are only read (plugins, profiles, tokens)
 * are seen from the directory of the file that names them; src/config/paths.h. */
static void want_absolute(const char *path, const struct conf_node *node, const char *key,
			  struct conf_errors *errors)
{
	if (path && *path != '/')
		conf_warning(errors, conf_get(node, key),
			     "%s: %s is no absolute path; it should begin with /", key, path);
}

/* ---- devices ---- */

#define AT(field) .offset = offsetof(struct config_device, field)
/* clang-format off */
static const struct conf_row device_rows[] = {
	{.key = "description", .type = CONF_TEXT, AT(description), .max = 500,
	 .help = "what it is, for people; clients see it"},
	{.key = "profile", .type = CONF_TEXT, AT(profile), .min = 1, .max = 4000,
	 .help = "the profile that knows the device: its name, or the path of its file (with a /)"},
	{.key = "adapter", .type = CONF_NAME, AT(adapter),
	 .help = "the adapter that knows the device, where it is no profile: raw, or a plugin's name"},
	{.key = "options", .type = CONF_ANY, AT(options),
	 .help = "the adapter's or the profile's own options"},
	{.key = "definition", .type = CONF_ANY, AT(definition),
	 .help = "the profile itself, in place of its name"},
	{.key = "stale_after", .type = CONF_DURATION, AT(stale_after_ns), .fallback = "0s",
	 .max = 30 * DAY,
	 .help = "silence after which the device is said to be stale; 0s: never for silence alone"},
	{.key = "payload", .type = CONF_CHOICE, AT(payload), .fallback = "values",
	 .choices = payload_choices,
	 .help = "what its readings are published as: values, a message of its profile's own type, or both"},
	{0},
};
/* clang-format on */
#undef AT

/* Which adapter it is must be said once; `profile: x` is short for the adapter "profile". */
static void check_device(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct config_device *d = object;

	if (!d->adapter && !d->profile && !d->definition)
		conf_error_key(errors, node,
			       "device needs \"profile\" or \"adapter\": who knows its protocol");
	if (d->adapter && strcmp(d->adapter, "profile") && (d->profile || d->definition))
		conf_error_key(errors, conf_get(node, "adapter"),
			       "\"adapter: %s\" and a profile exclude each other; take one away",
			       d->adapter);
	if (d->adapter && !strcmp(d->adapter, "profile") && !d->profile && !d->definition)
		conf_error_key(errors, conf_get(node, "adapter"),
			       "the adapter \"profile\" needs \"profile\": the name of one");
	if (d->payload != CONFIG_PAYLOAD_VALUES && d->adapter && strcmp(d->adapter, "profile"))
		conf_error(errors, conf_get(node, "payload"),
			   "only a device with a profile has messages of its own type");
}

const struct conf_schema config_device_schema = {"device", device_rows,
						 sizeof(struct config_device), check_device};

/* ---- channels ---- */

#define AT(field) .offset = offsetof(struct config_channel, field)
/* clang-format off */
static const struct conf_row retry_rows[] = {
	{.key = "first", .type = CONF_DURATION, AT(retry.first_ns), .fallback = "1s",
	 .min = 10 * NS_PER_MS, .max = DAY, .help = "wait before the first new attempt"},
	{.key = "most", .type = CONF_DURATION, AT(retry.most_ns), .fallback = "30s",
	 .min = 10 * NS_PER_MS, .max = DAY, .help = "the wait doubles up to this"},
	{0},
};
/* clang-format on */

static void check_retry(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct config_channel *c = object;

	if (c->retry.first_ns > c->retry.most_ns)
		conf_error(errors, node, "retry: \"first\" is longer than \"most\"");
}

static const struct conf_schema retry_schema = {"retry", retry_rows, 0, check_retry};

/* clang-format off */
static const struct conf_row channel_rows[] = {
	{.key = "description", .type = CONF_TEXT, AT(description), .max = 500,
	 .help = "what it is, for people; clients see it"},
	{.key = "enabled", .type = CONF_BOOL, AT(enabled), .fallback = "true",
	 .help = "false: the channel is checked and not started"},
	{.key = "port", .type = CONF_ANY, AT(port), .flags = CONF_REQUIRED,
	 .help = "what carries the line's bytes, such as {serial: /dev/ttyUSB0, baud: 9600}"},
	{.key = "link", .type = CONF_ANY, AT(link),
	 .help = "what makes frames of bytes, such as {delimiter: '\\r\\n'}; left out: what the devices' "
		 "adapter asks for"},
	{.key = "gap", .type = CONF_DURATION, AT(gap_ns), .fallback = "0s", .max = 60.0 * NS_PER_S,
	 .help = "silence kept on the line between two exchanges"},
	{.key = "retry", .type = CONF_GROUP, .schema = &retry_schema,
	 .help = "how a line that was lost is opened again"},
	{.key = "read_only", .type = CONF_BOOL, AT(read_only), .fallback = "false",
	 .help = "nothing is ever written to the line but what the polls need; no right overrules it"},
	{.key = "raw", .type = CONF_CHOICE, AT(raw), .fallback = "refused", .choices = raw_choices,
	 .help = "which frames clients can have as bytes: none, those that no device understood and samples of "
		 "what was no frame, or all"},
	{.key = "buffer", .type = CONF_SIZE, AT(buffer_size), .fallback = "1MiB", .min = 16 * KIB,
	 .max = GIB, .help = "events kept while the hub is away; what has no room is told as a loss"},
	{.key = "when_full", .type = CONF_CHOICE, AT(when_full), .fallback = "wait",
	 .choices = full_choices,
	 .help = "as the buffer fills: the line waits, where its other end can; or it is read on, and new "
		 "events are dropped"},
	{.key = "capture", .type = CONF_TEXT, AT(capture), .min = 1, .max = 4000,
	 .help = "path of a pcapng file that both directions are recorded to"},
	{.key = "capture_limit", .type = CONF_SIZE, AT(capture_limit), .fallback = "64MiB",
	 .min = 64 * KIB, .max = CONF_NO_MAX, .help = "size at which a new capture file is begun"},
	{.key = "memory_limit", .type = CONF_SIZE, AT(memory_limit), .fallback = "256MiB",
	 .min = 16 * MIB, .max = CONF_NO_MAX,
	 .help = "memory of the channel's process; one that wants more is started anew"},
	{.key = "log", .type = CONF_CHOICE, AT(log), .choices = log_choices,
	 .help = "what is logged; left out: the gateway's"},
	{.key = "devices", .type = CONF_EACH, AT(devices), .schema = &config_device_schema,
	 .flags = CONF_REQUIRED | CONF_LEVELS, .help = "the devices on the line, by name"},
	{0},
};
/* clang-format on */
#undef AT

static void check_channel(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct config_channel *c = object;

	if (!c->devices.n)
		conf_warning(errors, conf_get(node, "devices"), "a channel without devices");
	if (!c->capture && c->capture_limit != CAPTURE_LIMIT)
		conf_warning(errors, conf_get(node, "capture_limit"),
			     "capture_limit means nothing without \"capture\"");
	want_absolute(c->capture, node, "capture", errors);
}

const struct conf_schema config_channel_schema = {"channel", channel_rows,
						  sizeof(struct config_channel), check_channel};

/* ---- the hub and its clients ---- */

#define AT(field) .offset = offsetof(struct config_listener, field)
/* clang-format off */
static const struct conf_row listener_rows[] = {
	{.key = "address", .type = CONF_TEXT, AT(address), .fallback = "127.0.0.1", .min = 1, .max = 60,
	 .help = "numeric, IPv4 or IPv6"},
	{.key = "port", .type = CONF_INT, AT(port), .fallback = "7531", .max = 65535,
	 .help = "TCP port; 0: any that is free, shown in the log"},
	{.key = "insecure", .type = CONF_BOOL, AT(insecure), .fallback = "false",
	 .help = "true: clients beyond this machine may connect although nothing is encrypted and nobody "
		 "is asked who they are"},
	{.key = "writable", .type = CONF_BOOL, AT(writable), .fallback = "false",
	 .help = "true: clients may also write to devices"},
	{0},
};
/* clang-format on */
#undef AT

/* 1: this machine only, 0: beyond it, -1: no numeric address. */
static int is_loopback(const char *address)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, address, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, address, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return -1;
}

static void check_listener(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct config_listener *l = object;
	const struct conf_node *address = conf_get(node, "address");
	int loopback = is_loopback(l->address);

	if (loopback < 0)
		conf_error(
			errors, address,
			"address: expected a numeric address such as 127.0.0.1, 0.0.0.0 or ::1, found %s",
			l->address);
	else if (!loopback && !l->insecure)
		conf_error(
			errors, address,
			"address: %s is reached from other machines, and nothing is encrypted there; say "
			"\"insecure: true\" beside it if that is meant",
			l->address);
	else if (!loopback && l->writable)
		conf_warning(
			errors, address,
			"anybody who reaches %s can write to the devices: \"writable\" and \"insecure\" "
			"stand together",
			l->address);
}

const struct conf_schema config_listener_schema = {"listener", listener_rows,
						   sizeof(struct config_listener), check_listener};

#define AT(field) .offset = offsetof(struct config_publisher, field)
/* clang-format off */
static const struct conf_row publisher_rows[] = {
	{.key = "token", .type = CONF_TEXT, AT(token), .min = 16, .max = 1000, .flags = CONF_SECRET,
	 .help = "what the program shows when it connects; at least 16 characters"},
	{.key = "token_file", .type = CONF_TEXT, AT(token_file), .min = 1, .max = 4000,
	 .help = "the file that has the token on its first line"},
	{0},
};
/* clang-format on */
#undef AT

static void check_publisher(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct config_publisher *p = object;

	if (p->token && p->token_file)
		conf_error_key(errors, conf_get(node, "token_file"),
			       "\"token\" and \"token_file\" exclude each other; take one away");
	if (!p->token && !p->token_file && !conf_get(node, "token"))
		conf_error_key(errors, node, "publisher needs \"token\" or \"token_file\"");
}

const struct conf_schema config_publisher_schema = {
	"publisher", publisher_rows, sizeof(struct config_publisher), check_publisher};

#define AT(field) .offset = offsetof(struct config, field)
/* clang-format off */
static const struct conf_row paths_rows[] = {
	{.key = "run", .type = CONF_TEXT, AT(paths.run), .fallback = RUN_DIR, .min = 1, .max = 90,
	 .help = "directory of the local socket and the lock"},
	{.key = "data", .type = CONF_TEXT, AT(paths.data), .fallback = STATE_DIR, .min = 1, .max = 4000,
	 .help = "directory of what is kept"},
	{.key = "plugins", .type = CONF_TEXTS, AT(paths.plugins),
	 .help = "directories of adapters, searched before the built-in one"},
	{.key = "profiles", .type = CONF_TEXTS, AT(paths.profiles),
	 .help = "directories of profiles, searched before the built-in one"},
	{0},
};
/* clang-format on */

static void check_paths(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct config *c = object;

	want_absolute(c->paths.run, node, "run", errors);
	want_absolute(c->paths.data, node, "data", errors);
}

static const struct conf_schema paths_schema = {"paths", paths_rows, 0, check_paths};

/* clang-format off */
static const struct conf_row hub_rows[] = {
	{.key = "memory", .type = CONF_SIZE, AT(hub.memory), .fallback = "16MiB", .min = 64 * KIB,
	 .max = 2 * GIB,
	 .help = "of the log of events; a subscriber that is further behind gets a gap"},
	{.key = "max_clients", .type = CONF_INT, AT(hub.max_clients), .fallback = "10000", .min = 1,
	 .max = 1000000,
	 .help = "connections at a time, beside those of publishers; at most seven eighths of the files "
		 "that the hub may open"},
	{.key = "max_patterns", .type = CONF_INT, AT(hub.max_patterns), .fallback = "64", .min = 1,
	 .max = 10000, .help = "device patterns in one subscription"},
	{.key = "idle_timeout", .type = CONF_DURATION, AT(hub.idle_timeout_ns), .fallback = "30s",
	 .min = NS_PER_S, .max = DAY,
	 .help = "silence of a client before it is pinged; after as much again it is disconnected"},
	{.key = "slow_timeout", .type = CONF_DURATION, AT(hub.slow_timeout_ns), .fallback = "0s",
	 .max = DAY, .help = "how long a subscriber may read nothing at all; 0s: for ever"},
	{.key = "max_frame", .type = CONF_SIZE, AT(hub.max_frame_in), .fallback = "64KiB", .min = KIB,
	 .max = MIB, .help = "the longest frame from a client that is no publisher"},
	{0},
};
/* clang-format on */
static const struct conf_schema hub_schema = {"hub", hub_rows, 0, NULL};

/* clang-format off */
static const struct conf_row store_rows[] = {
	{.key = "enabled", .type = CONF_BOOL, AT(store.enabled), .fallback = "true",
	 .help = "false: the stream is in memory alone, and gone with the hub"},
	{.key = "size", .type = CONF_SIZE, AT(store.size), .fallback = "1GiB", .min = 12 * MIB,
	 .max = CONF_NO_MAX, .help = "of its files together; when it is reached the oldest events go"},
	{.key = "segment", .type = CONF_SIZE, AT(store.segment_size), .fallback = "16MiB",
	 .min = 4 * MIB, .max = GIB,
	 .help = "size of one file, the piece by which the oldest goes; at most a third of size"},
	{.key = "age", .type = CONF_DURATION, AT(store.age_ns), .fallback = "0s", .max = 3650 * DAY,
	 .help = "what is older goes too, unless a durable subscriber needs it; 0s: for ever"},
	{.key = "sync", .type = CONF_BOOL, AT(store.sync), .fallback = "true",
	 .help = "false: nothing waits for the disk; a crash of the machine, though not of the gateway, "
		 "may cost what was acknowledged"},
	{.key = "commit_interval", .type = CONF_DURATION, AT(store.commit_interval_ns),
	 .fallback = "50ms", .min = NS_PER_MS, .max = 60.0 * NS_PER_S,
	 .help = "how long an event that nobody waits for may wait to be written; longer spares flash "
		 "memory"},
	{.key = "commit_size", .type = CONF_SIZE, AT(store.commit_size), .fallback = "256KiB",
	 .min = 4 * KIB, .max = 256 * KIB, .help = "bytes of events that are written without waiting"},
	{0},
};
/* clang-format on */

static void check_store(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct config_store *s = &((const struct config *)object)->store;

	if (s->segment_size > s->size / 3)
		conf_error(
			errors, node,
			"store: \"segment\" is more than a third of \"size\"; the oldest events go "
			"by whole segments");
}

static const struct conf_schema store_schema = {"store", store_rows, 0, check_store};

/* clang-format off */
static const struct conf_row listen_rows[] = {
	{.key = "socket_mode", .type = CONF_MODE, AT(listen.socket_mode), .fallback = "0660",
	 .help = "permissions of the local socket, which belongs to \"group\""},
	{.key = "tcp", .type = CONF_LIST_OF, AT(listen.tcp), .schema = &config_listener_schema, .max = 64,
	 .fallback = "[{address: 127.0.0.1, port: 7531}]",
	 .help = "addresses that clients connect to; []: none"},
	{0},
};
/* clang-format on */

/* Whether one of two addresses is, or includes, the other. Those of IPv6 never include IPv4 here. */
static bool do_overlap(const char *a, const char *b)
{
	static const struct in6_addr any = IN6ADDR_ANY_INIT;
	struct in6_addr x = any, y = any;
	size_t size = sizeof(struct in_addr);

	if (inet_pton(AF_INET, a, &x) != 1 || inet_pton(AF_INET, b, &y) != 1) {
		size = sizeof x;
		if (inet_pton(AF_INET6, a, &x) != 1 || inet_pton(AF_INET6, b, &y) != 1)
			return false;
	}
	return !memcmp(&x, &any, size) || !memcmp(&y, &any, size) || !memcmp(&x, &y, size);
}

/* What stands there as its port was not refused. */
static bool has_port(const struct config_listener *l)
{
	const struct conf_node *node = l->item.node ? conf_get(l->item.node, "port") : NULL;
	struct err err;
	int64_t port;

	return l->port && (!node || (!value_int(node->text, &port, &err) && port == l->port));
}

static void check_listen(void *object, const struct conf_node *node, struct conf_errors *errors)
{
	const struct conf_each *tcp = &((const struct config *)object)->listen.tcp;

	(void)node;
	for (size_t i = 0; i < tcp->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct config_listener *a = tcp->list[i], *b = tcp->list[k];

			if (!has_port(a) || !has_port(b) || a->port != b->port ||
			    !do_overlap(a->address, b->address))
				continue;
			conf_error(errors, a->item.node,
				   "%s port %d is listened on by %s already, in line %d",
				   a->address, (int)a->port, b->address, b->item.node->line);
			break;
		}
}

static const struct conf_schema listen_schema = {"listen", listen_rows, 0, check_listen};

/* clang-format off */
static const struct conf_row rows[] = {
	{.key = "gateway", .type = CONF_NAME, AT(gateway),
	 .help = "the gateway's name, which clients see; left out: the machine's"},
	{.key = "log", .type = CONF_CHOICE, AT(log), .fallback = "info", .choices = log_choices,
	 .help = "what is logged: this and what is worse"},
	{.key = "user", .type = CONF_TEXT, AT(user), .fallback = "dragoman", .min = 1, .max = 255,
	 .help = "the user that the processes run as when root starts them"},
	{.key = "group", .type = CONF_TEXT, AT(group), .fallback = "dragoman", .min = 1, .max = 255,
	 .help = "who may use the local socket"},
	{.key = "paths", .type = CONF_GROUP, .schema = &paths_schema, .help = "directories"},
	{.key = "hub", .type = CONF_GROUP, .schema = &hub_schema,
	 .help = "the log of events and the bounds of clients"},
	{.key = "store", .type = CONF_GROUP, .schema = &store_schema,
	 .help = "the stream on disk, in \"stream\" beneath paths.data"},
	{.key = "listen", .type = CONF_GROUP, .schema = &listen_schema, .help = "where clients connect"},
	{.key = "publishers", .type = CONF_EACH, AT(publishers), .schema = &config_publisher_schema,
	 .help = "programs of somebody else's that may publish devices, by name"},
	{.key = "channels", .type = CONF_EACH, AT(channels), .schema = &config_channel_schema,
	 .help = "the lines to devices, by name; files in channels.d add to them"},
	{0},
};
/* clang-format on */
#undef AT

const struct conf_schema config_schema = {"configuration", rows, sizeof(struct config), NULL};

void config_json_schema(const struct conf_kinds *kinds, size_t n_kinds, struct buf *out)
{
	conf_json_schema_of("Dragoman: dragoman.yaml", &config_schema, kinds, n_kinds, out);
}

void config_channels_json_schema(const struct conf_kinds *kinds, size_t n_kinds, struct buf *out)
{
	const struct conf_row row = {
		.key = "channels", .type = CONF_EACH, .schema = &config_channel_schema};

	conf_json_schema_of_each("Dragoman: a file in channels.d", &row, kinds, n_kinds, out);
}
