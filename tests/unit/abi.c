/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of the two installed headers, as programs were compiled against it: offsets and sizes on
 * LP64. A row that is here does not change. A struct that may grow (the headers say which) gets a row
 * for what was appended, and its new size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dragoman/adapter.h>
#include <dragoman/client.h>

struct layout {
	const char *what;
	size_t is, was;
};

#define SIZE(name, bytes)                                                                          \
	{                                                                                          \
		"size of " #name, sizeof(struct name), bytes                                       \
	}
#define MEMBER(name, member, at)                                                                   \
	{                                                                                          \
#name "." #member, offsetof(struct name, member), at                               \
	}
#define NUMBER(name, number)                                                                       \
	{                                                                                          \
#name, name, number                                                                \
	}

static const struct layout adapter[] = {
	SIZE(dragoman_value, 48),
	MEMBER(dragoman_value, tag, 0),
	MEMBER(dragoman_value, quality, 8),
	MEMBER(dragoman_value, reason, 16),
	MEMBER(dragoman_value, type, 24),
	MEMBER(dragoman_value, as, 32),
	SIZE(dragoman_reading, 48),
	MEMBER(dragoman_reading, key, 0),
	MEMBER(dragoman_reading, received_ns, 8),
	MEMBER(dragoman_reading, device_time_ns, 16),
	MEMBER(dragoman_reading, values, 24),
	MEMBER(dragoman_reading, n_values, 32),
	MEMBER(dragoman_reading, cookie, 40),
	SIZE(dragoman_tag, 48),
	MEMBER(dragoman_tag, name, 0),
	MEMBER(dragoman_tag, type, 8),
	MEMBER(dragoman_tag, unit, 16),
	MEMBER(dragoman_tag, access, 24),
	MEMBER(dragoman_tag, description, 32),
	MEMBER(dragoman_tag, key, 40),
	SIZE(dragoman_key, 16),
	MEMBER(dragoman_key, name, 0),
	MEMBER(dragoman_key, description, 8),
	SIZE(dragoman_frame, 32),
	MEMBER(dragoman_frame, data, 0),
	MEMBER(dragoman_frame, len, 8),
	MEMBER(dragoman_frame, received_ns, 16),
	MEMBER(dragoman_frame, cookie, 24),
	SIZE(dragoman_exchange, 40),
	MEMBER(dragoman_exchange, data, 0),
	MEMBER(dragoman_exchange, len, 8),
	MEMBER(dragoman_exchange, timeout_ms, 16),
	MEMBER(dragoman_exchange, retries, 20),
	MEMBER(dragoman_exchange, priority, 24),
	MEMBER(dragoman_exchange, cookie, 32),
	SIZE(dragoman_option, 64),
	MEMBER(dragoman_option, key, 0),
	MEMBER(dragoman_option, type, 8),
	MEMBER(dragoman_option, fallback, 16),
	MEMBER(dragoman_option, required, 24),
	MEMBER(dragoman_option, minimum, 32),
	MEMBER(dragoman_option, maximum, 40),
	MEMBER(dragoman_option, choices, 48),
	MEMBER(dragoman_option, help, 56),
	SIZE(dragoman_host_ops, 184),
	MEMBER(dragoman_host_ops, abi, 0),
	MEMBER(dragoman_host_ops, size, 4),
	MEMBER(dragoman_host_ops, declare, 8),
	MEMBER(dragoman_host_ops, emit, 16),
	MEMBER(dragoman_host_ops, exchange, 24),
	MEMBER(dragoman_host_ops, send, 32),
	MEMBER(dragoman_host_ops, timer_set, 40),
	MEMBER(dragoman_host_ops, timer_clear, 48),
	MEMBER(dragoman_host_ops, state, 56),
	MEMBER(dragoman_host_ops, log, 64),
	MEMBER(dragoman_host_ops, wall_ns, 72),
	MEMBER(dragoman_host_ops, mono_ns, 80),
	MEMBER(dragoman_host_ops, role, 88),
	MEMBER(dragoman_host_ops, device, 96),
	MEMBER(dragoman_host_ops, option, 104),
	MEMBER(dragoman_host_ops, node_text, 112),
	MEMBER(dragoman_host_ops, node_integer, 120),
	MEMBER(dragoman_host_ops, node_number, 128),
	MEMBER(dragoman_host_ops, node_size, 136),
	MEMBER(dragoman_host_ops, node_at, 144),
	MEMBER(dragoman_host_ops, node_key_at, 152),
	MEMBER(dragoman_host_ops, node_error, 160),
	MEMBER(dragoman_host_ops, ask, 168),
	MEMBER(dragoman_host_ops, declare_commands, 176),
	SIZE(dragoman_line, 16),
	MEMBER(dragoman_line, baud, 0),
	MEMBER(dragoman_line, format, 8),
	SIZE(dragoman_ask, 80),
	MEMBER(dragoman_ask, size, 0),
	MEMBER(dragoman_ask, flags, 4),
	MEMBER(dragoman_ask, exchange, 8),
	MEMBER(dragoman_ask, first_byte_ms, 48),
	MEMBER(dragoman_ask, between_bytes_ms, 52),
	MEMBER(dragoman_ask, break_ms, 56),
	MEMBER(dragoman_ask, pause_ms, 60),
	MEMBER(dragoman_ask, before, 64),
	MEMBER(dragoman_ask, after, 72),
	SIZE(dragoman_argument, 72),
	MEMBER(dragoman_argument, tag, 0),
	MEMBER(dragoman_argument, has_limits, 48),
	MEMBER(dragoman_argument, minimum, 56),
	MEMBER(dragoman_argument, maximum, 64),
	SIZE(dragoman_command, 32),
	MEMBER(dragoman_command, name, 0),
	MEMBER(dragoman_command, description, 8),
	MEMBER(dragoman_command, arguments, 16),
	MEMBER(dragoman_command, n_arguments, 24),
	SIZE(dragoman_host, 8),
	MEMBER(dragoman_host, ops, 0),
	SIZE(dragoman_adapter, 144),
	MEMBER(dragoman_adapter, abi, 0),
	MEMBER(dragoman_adapter, size, 4),
	MEMBER(dragoman_adapter, name, 8),
	MEMBER(dragoman_adapter, title, 16),
	MEMBER(dragoman_adapter, version, 24),
	MEMBER(dragoman_adapter, maturity, 32),
	MEMBER(dragoman_adapter, flags, 36),
	MEMBER(dragoman_adapter, max_call_ms, 40),
	MEMBER(dragoman_adapter, options, 48),
	MEMBER(dragoman_adapter, default_link, 56),
	MEMBER(dragoman_adapter, create, 64),
	MEMBER(dragoman_adapter, destroy, 72),
	MEMBER(dragoman_adapter, line, 80),
	MEMBER(dragoman_adapter, frame, 88),
	MEMBER(dragoman_adapter, exchange_done, 96),
	MEMBER(dragoman_adapter, timer, 104),
	MEMBER(dragoman_adapter, kept, 112),
	MEMBER(dragoman_adapter, work, 120),
	MEMBER(dragoman_adapter, spoilt, 128),
	MEMBER(dragoman_adapter, closing, 136),
};

static const struct layout client[] = {
	SIZE(dragoman_welcome, 80),
	MEMBER(dragoman_welcome, gateway, 0),
	MEMBER(dragoman_welcome, software, 8),
	MEMBER(dragoman_welcome, you, 16),
	MEMBER(dragoman_welcome, version, 24),
	MEMBER(dragoman_welcome, storage, 28),
	MEMBER(dragoman_welcome, read_only, 32),
	MEMBER(dragoman_welcome, stream, 33),
	MEMBER(dragoman_welcome, head, 56),
	MEMBER(dragoman_welcome, oldest, 64),
	MEMBER(dragoman_welcome, time_ns, 72),
	SIZE(dragoman_place, 24),
	MEMBER(dragoman_place, stream, 0),
	MEMBER(dragoman_place, seq, 16),
	SIZE(dragoman_subscription, 64),
	MEMBER(dragoman_subscription, patterns, 0),
	MEMBER(dragoman_subscription, n_patterns, 8),
	MEMBER(dragoman_subscription, kinds, 16),
	MEMBER(dragoman_subscription, start, 20),
	MEMBER(dragoman_subscription, place, 24),
	MEMBER(dragoman_subscription, from_ns, 48),
	MEMBER(dragoman_subscription, linger_ms, 56),
	SIZE(dragoman_durable, 24),
	MEMBER(dragoman_durable, window, 0),
	MEMBER(dragoman_durable, retain_s, 4),
	MEMBER(dragoman_durable, retain_bytes, 8),
	MEMBER(dragoman_durable, explicit_ack, 16),
	SIZE(dragoman_bytes, 16),
	MEMBER(dragoman_bytes, data, 0),
	MEMBER(dragoman_bytes, len, 8),
	SIZE(dragoman_datum, 40),
	MEMBER(dragoman_datum, tag, 0),
	MEMBER(dragoman_datum, reason, 8),
	MEMBER(dragoman_datum, quality, 16),
	MEMBER(dragoman_datum, type, 20),
	MEMBER(dragoman_datum, as, 24),
	SIZE(dragoman_field, 16),
	MEMBER(dragoman_field, number, 0),
	MEMBER(dragoman_field, quality, 4),
	MEMBER(dragoman_field, reason, 8),
	SIZE(dragoman_event_reading, 88),
	MEMBER(dragoman_event_reading, key, 0),
	MEMBER(dragoman_event_reading, device_time_ns, 8),
	MEMBER(dragoman_event_reading, values, 16),
	MEMBER(dragoman_event_reading, n_values, 24),
	MEMBER(dragoman_event_reading, snapshot, 32),
	MEMBER(dragoman_event_reading, stale, 33),
	MEMBER(dragoman_event_reading, stale_reason, 40),
	MEMBER(dragoman_event_reading, type, 48),
	MEMBER(dragoman_event_reading, message, 56),
	MEMBER(dragoman_event_reading, fields, 72),
	MEMBER(dragoman_event_reading, n_fields, 80),
	SIZE(dragoman_event_state, 24),
	MEMBER(dragoman_event_state, code, 0),
	MEMBER(dragoman_event_state, reason, 8),
	MEMBER(dragoman_event_state, text, 16),
	SIZE(dragoman_event_raw, 24),
	MEMBER(dragoman_event_raw, sent, 0),
	MEMBER(dragoman_event_raw, data, 8),
	SIZE(dragoman_event_loss, 56),
	MEMBER(dragoman_event_loss, publisher, 0),
	MEMBER(dragoman_event_loss, incarnation, 8),
	MEMBER(dragoman_event_loss, count, 16),
	MEMBER(dragoman_event_loss, from_ns, 24),
	MEMBER(dragoman_event_loss, to_ns, 32),
	MEMBER(dragoman_event_loss, reason, 40),
	MEMBER(dragoman_event_loss, last_number, 48),
	SIZE(dragoman_event_audit, 48),
	MEMBER(dragoman_event_audit, client, 0),
	MEMBER(dragoman_event_audit, request, 8),
	MEMBER(dragoman_event_audit, frame, 16),
	MEMBER(dragoman_event_audit, outcome, 32),
	MEMBER(dragoman_event_audit, text, 40),
	SIZE(dragoman_event_gap, 32),
	MEMBER(dragoman_event_gap, first, 0),
	MEMBER(dragoman_event_gap, last, 8),
	MEMBER(dragoman_event_gap, count, 16),
	MEMBER(dragoman_event_gap, reason, 24),
	SIZE(dragoman_event_lost, 24),
	MEMBER(dragoman_event_lost, code, 0),
	MEMBER(dragoman_event_lost, text, 8),
	MEMBER(dragoman_event_lost, retry_in_ms, 16),
	MEMBER(dragoman_event_lost, failures, 20),
	SIZE(dragoman_event_done, 16),
	MEMBER(dragoman_event_done, code, 0),
	MEMBER(dragoman_event_done, text, 8),
	SIZE(dragoman_label, 16),
	MEMBER(dragoman_label, value, 0),
	MEMBER(dragoman_label, name, 8),
	SIZE(dragoman_device_tag, 88),
	MEMBER(dragoman_device_tag, name, 0),
	MEMBER(dragoman_device_tag, unit, 8),
	MEMBER(dragoman_device_tag, description, 16),
	MEMBER(dragoman_device_tag, type, 24),
	MEMBER(dragoman_device_tag, readable, 28),
	MEMBER(dragoman_device_tag, writable, 29),
	MEMBER(dragoman_device_tag, keys, 32),
	MEMBER(dragoman_device_tag, n_keys, 40),
	MEMBER(dragoman_device_tag, labels, 48),
	MEMBER(dragoman_device_tag, n_labels, 56),
	MEMBER(dragoman_device_tag, minimum, 64),
	MEMBER(dragoman_device_tag, maximum, 72),
	MEMBER(dragoman_device_tag, field, 80),
	SIZE(dragoman_device_key, 24),
	MEMBER(dragoman_device_key, name, 0),
	MEMBER(dragoman_device_key, description, 8),
	MEMBER(dragoman_device_key, type, 16),
	SIZE(dragoman_device_command, 32),
	MEMBER(dragoman_device_command, name, 0),
	MEMBER(dragoman_device_command, description, 8),
	MEMBER(dragoman_device_command, arguments, 16),
	MEMBER(dragoman_device_command, n_arguments, 24),
	SIZE(dragoman_event_device, 128),
	MEMBER(dragoman_event_device, name, 0),
	MEMBER(dragoman_event_device, description, 8),
	MEMBER(dragoman_event_device, channel, 16),
	MEMBER(dragoman_event_device, adapter, 24),
	MEMBER(dragoman_event_device, device_id, 32),
	MEMBER(dragoman_event_device, tags, 40),
	MEMBER(dragoman_event_device, n_tags, 48),
	MEMBER(dragoman_event_device, keys, 56),
	MEMBER(dragoman_event_device, n_keys, 64),
	MEMBER(dragoman_event_device, commands, 72),
	MEMBER(dragoman_event_device, n_commands, 80),
	MEMBER(dragoman_event_device, state, 88),
	MEMBER(dragoman_event_device, state_since_ns, 112),
	MEMBER(dragoman_event_device, last_event_ns, 120),
	SIZE(dragoman_event_hub, 96),
	MEMBER(dragoman_event_hub, pid, 0),
	MEMBER(dragoman_event_hub, started_ns, 8),
	MEMBER(dragoman_event_hub, events, 16),
	MEMBER(dragoman_event_hub, bytes, 24),
	MEMBER(dragoman_event_hub, oldest, 32),
	MEMBER(dragoman_event_hub, head, 40),
	MEMBER(dragoman_event_hub, memory_size, 48),
	MEMBER(dragoman_event_hub, memory_used, 56),
	MEMBER(dragoman_event_hub, repeats, 64),
	MEMBER(dragoman_event_hub, losses, 72),
	MEMBER(dragoman_event_hub, refused_frames, 80),
	MEMBER(dragoman_event_hub, devices, 88),
	MEMBER(dragoman_event_hub, storage, 92),
	SIZE(dragoman_counter, 16),
	MEMBER(dragoman_counter, name, 0),
	MEMBER(dragoman_counter, value, 8),
	SIZE(dragoman_event_publisher, 120),
	MEMBER(dragoman_event_publisher, name, 0),
	MEMBER(dragoman_event_publisher, connected, 8),
	MEMBER(dragoman_event_publisher, pid, 12),
	MEMBER(dragoman_event_publisher, restarts, 16),
	MEMBER(dragoman_event_publisher, last_end, 24),
	MEMBER(dragoman_event_publisher, incarnation, 32),
	MEMBER(dragoman_event_publisher, received, 40),
	MEMBER(dragoman_event_publisher, kept, 48),
	MEMBER(dragoman_event_publisher, devices, 56),
	MEMBER(dragoman_event_publisher, events, 64),
	MEMBER(dragoman_event_publisher, last_event_ns, 72),
	MEMBER(dragoman_event_publisher, line, 80),
	MEMBER(dragoman_event_publisher, counters, 104),
	MEMBER(dragoman_event_publisher, n_counters, 112),
	SIZE(dragoman_event_client, 72),
	MEMBER(dragoman_event_client, you, 0),
	MEMBER(dragoman_event_client, name, 8),
	MEMBER(dragoman_event_client, address, 16),
	MEMBER(dragoman_event_client, since_ns, 24),
	MEMBER(dragoman_event_client, subscribed, 32),
	MEMBER(dragoman_event_client, read_only, 33),
	MEMBER(dragoman_event_client, place, 40),
	MEMBER(dragoman_event_client, behind_bytes, 48),
	MEMBER(dragoman_event_client, events, 56),
	MEMBER(dragoman_event_client, gaps, 64),
	SIZE(dragoman_event_store, 104),
	MEMBER(dragoman_event_store, oldest, 0),
	MEMBER(dragoman_event_store, newest, 8),
	MEMBER(dragoman_event_store, oldest_time_ns, 16),
	MEMBER(dragoman_event_store, bytes, 24),
	MEMBER(dragoman_event_store, size, 32),
	MEMBER(dragoman_event_store, needed_bytes, 40),
	MEMBER(dragoman_event_store, commits, 48),
	MEMBER(dragoman_event_store, commit_ns, 56),
	MEMBER(dragoman_event_store, slowest_commit_ns, 64),
	MEMBER(dragoman_event_store, failures, 72),
	MEMBER(dragoman_event_store, damaged, 80),
	MEMBER(dragoman_event_store, problem, 88),
	MEMBER(dragoman_event_store, segments, 96),
	MEMBER(dragoman_event_store, subscribers, 100),
	SIZE(dragoman_event_subscriber, 104),
	MEMBER(dragoman_event_subscriber, name, 0),
	MEMBER(dragoman_event_subscriber, place, 8),
	MEMBER(dragoman_event_subscriber, behind_events, 16),
	MEMBER(dragoman_event_subscriber, behind_bytes, 24),
	MEMBER(dragoman_event_subscriber, you, 32),
	MEMBER(dragoman_event_subscriber, patterns, 40),
	MEMBER(dragoman_event_subscriber, n_patterns, 48),
	MEMBER(dragoman_event_subscriber, kinds, 56),
	MEMBER(dragoman_event_subscriber, retain_s, 60),
	MEMBER(dragoman_event_subscriber, retain_bytes, 64),
	MEMBER(dragoman_event_subscriber, since_ns, 72),
	MEMBER(dragoman_event_subscriber, oldest_time_ns, 80),
	MEMBER(dragoman_event_subscriber, gaps, 88),
	MEMBER(dragoman_event_subscriber, connected, 96),
	SIZE(dragoman_event_subscribed, 1),
	MEMBER(dragoman_event_subscribed, resumed, 0),
	SIZE(dragoman_event, 200),
	MEMBER(dragoman_event, kind, 0),
	MEMBER(dragoman_event, request, 8),
	MEMBER(dragoman_event, seq, 16),
	MEMBER(dragoman_event, device_id, 24),
	MEMBER(dragoman_event, repeated, 28),
	MEMBER(dragoman_event, device, 32),
	MEMBER(dragoman_event, time_ns, 40),
	MEMBER(dragoman_event, publisher, 48),
	MEMBER(dragoman_event, incarnation, 56),
	MEMBER(dragoman_event, number, 64),
	MEMBER(dragoman_event, as, 72),
};

/* Enumerations whose numbers do not stand in the header: a new one in their middle moves the others. */
static const struct layout numbers[] = {
	NUMBER(DRAGOMAN_TIME, 6),
	NUMBER(DRAGOMAN_NATURAL, 7),
	NUMBER(DRAGOMAN_OPTION_BOOLEAN, 0),
	NUMBER(DRAGOMAN_OPTION_INTEGER, 1),
	NUMBER(DRAGOMAN_OPTION_NUMBER, 2),
	NUMBER(DRAGOMAN_OPTION_TEXT, 3),
	NUMBER(DRAGOMAN_OPTION_DURATION, 4),
	NUMBER(DRAGOMAN_OPTION_CHOICE, 5),
	NUMBER(DRAGOMAN_OPTION_TREE, 6),
	NUMBER(DRAGOMAN_START_NOW, 0),
	NUMBER(DRAGOMAN_START_SNAPSHOT, 1),
	NUMBER(DRAGOMAN_START_AFTER, 2),
	NUMBER(DRAGOMAN_START_TIME, 3),
	NUMBER(DRAGOMAN_START_EARLIEST, 4),
};

#define HOLD(rows) hold(rows, sizeof(rows) / sizeof(*(rows)))

static void hold(const struct layout *rows, size_t n)
{
	size_t n_moved = 0;

	if (sizeof(void *) != 8 || sizeof(long) != 8 || sizeof(int) != 4)
		skip();
	for (size_t i = 0; i < n; i++) {
		if (rows[i].is == rows[i].was)
			continue;
		print_error("%s: is %zu, was %zu\n", rows[i].what, rows[i].is, rows[i].was);
		n_moved++;
	}
	assert_int_equal(n_moved, 0);
}

static void adapters_of_abi_1_fit_this_host(void **state)
{
	(void)state;
	assert_int_equal(DRAGOMAN_ABI, 1);
	HOLD(adapter);
}

static void clients_fit_this_library(void **state)
{
	(void)state;
	HOLD(client);
}

static void numbers_stay(void **state)
{
	(void)state;
	HOLD(numbers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adapters_of_abi_1_fit_this_host),
		cmocka_unit_test(clients_fit_this_library),
		cmocka_unit_test(numbers_stay),
	};

	return cmocka_run_group_tests_name("abi", tests, NULL, NULL);
}
