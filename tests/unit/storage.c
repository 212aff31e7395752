/* SPDX-License-Identifier: Apache-2.0 */
/* What the hub gives to its store and when, and what it makes of it after a start; holes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "hub/checkpoint.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "hub/recover.h"
#include "../shim/disk_shim.h"

static struct loop *loop;
static struct hub hub;
static char dir[64];
static int disk_error;         /* what writes and syncs fail with; 0: they do not */
static int gate[2] = {-1, -1}; /* a sync waits for a byte from here */

static struct hub_settings settings(int64_t interval_ns, size_t size)
{
	return (struct hub_settings){
		.gateway = xstrdup("test"),
		.memory = 2 << 20,
		.storage = {.store = {.dir = dir,
				      .size = 16 << 20,
				      .segment_size = STORE_SEGMENT_MIN,
				      .retry_ns = 1,
				      .sync = true},
			    .commit_interval_ns = interval_ns,
			    .commit_size = size},
	};
}

/* Nothing is written by itself unless it is told otherwise. */
static void start(int64_t interval_ns, size_t size)
{
	struct hub_settings s = settings(interval_ns, size);
	struct err err;

	loop = loop_new();
	assert_int_equal(hub_init(&hub, loop, &s, &err), 0);
	hub_open_store(&hub);
	assert_int_equal(storage_state(&hub.storage), STORAGE_DISK);
}

static void stop(void)
{
	hub_fini(&hub);
	loop_free(&loop);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/dragoman.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	(void)state;
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	return rmdir(dir);
}

static struct device *say(const char *name, const char *text)
{
	struct device *device = hub_device(&hub, name);

	hub_say_state(&hub, device, DEVICE_ONLINE, "", text);
	return device;
}

static void wait_kept(uint64_t seq)
{
	while (hub.kept < seq)
		loop_turn(loop, -1);
}

static uint64_t commits(void)
{
	return store_stats(hub.storage.store).groups;
}

/* ---- Cuts ---- */

static void nothing_is_written_before_its_time(void **state)
{
	uint64_t before;

	(void)state;
	start(3600 * NS_PER_S, 256 << 10);
	say("a", ""); /* an id is written at once */
	wait_kept(hub.log.head);
	before = commits();
	say("a", "");
	loop_turn(loop, 0);
	loop_turn(loop, 0);
	assert_int_equal(commits(), before);
	assert_true(hub.kept < hub.log.head);
	storage_hurry(&hub.storage);
	wait_kept(hub.log.head);
	assert_int_equal(commits(), before + 1);
	stop();
}

static void the_interval_writes_what_nobody_waits_for(void **state)
{
	(void)state;
	start(NS_PER_MS, 256 << 10);
	say("a", "");
	wait_kept(hub.log.head);
	stop();
}

static void so_does_the_size(void **state)
{
	char text[2000] = "";

	(void)state;
	start(3600 * NS_PER_S, 4096);
	memset(text, 'x', sizeof text - 1);
	say("a", ""); /* an id is written at once */
	wait_kept(hub.log.head);
	say("a", text);
	loop_turn(loop, 0);
	assert_false(store_is_busy(hub.storage.store));
	say("a", text);
	say("a", text);
	wait_kept(hub.log.head);
	stop();
}

static void one_cut_has_all_that_has_come(void **state)
{
	uint64_t before;

	(void)state;
	start(3600 * NS_PER_S, 256 << 10);
	before = commits();
	for (int i = 0; i < 1000; i++)
		say(i % 2 ? "a" : "b", "");
	storage_hurry(&hub.storage);
	wait_kept(hub.log.head);
	assert_int_equal(commits(), before + 1);
	assert_int_equal(hub.storage.cut.events, 1002); /* two devices got their ids */
	assert_int_equal(hub.storage.cut.n_slots, 4);
	stop();
}

static void a_long_one_is_cut_in_pieces(void **state)
{
	char text[4000] = "";
	uint64_t before;

	(void)state;
	start(3600 * NS_PER_S, 256 << 10);
	before = commits();
	memset(text, 'x', sizeof text - 1);
	for (int i = 0; i < 200; i++)
		say("a", text);
	storage_hurry(&hub.storage);
	wait_kept(hub.log.head);
	assert_int_equal(commits(), before + 4); /* of 256 KiB at most */
	stop();
}

static void a_note_alone_is_written_too(void **state)
{
	uint64_t before, note;

	(void)state;
	start(3600 * NS_PER_S, 256 << 10);
	say("a", "");
	storage_hurry(&hub.storage);
	wait_kept(hub.log.head);
	before = commits();
	checkpoint_device(&hub.storage, hub_device(&hub, "a"));
	note = hub.storage.n_notes;
	storage_hurry(&hub.storage);
	while (hub.storage.settled < note)
		loop_turn(loop, -1);
	assert_int_equal(commits(), before + 1);
	stop();
}

/* ---- A disk that fails ---- */

static int before_call(void *arg, const struct disk_call *call)
{
	char byte;

	(void)arg;
	if (call->kind == DISK_SYNC && gate[0] >= 0)
		assert_int_equal(read(gate[0], &byte, 1), 1);
	return call->kind == DISK_WRITE || call->kind == DISK_SYNC ? disk_error : DISK_GO_ON;
}

static void fail_with(int error)
{
	disk_shim_lock();
	disk_error = error;
	disk_shim.before = before_call;
	disk_shim_unlock();
}

/* From here on syncs wait. */
static void shut_gate(void)
{
	fail_with(0);
	disk_shim_lock();
	assert_int_equal(pipe(gate), 0);
	disk_shim_unlock();
}

static void open_gate(void)
{
	char bytes[1000] = "";

	assert_true(write(gate[1], bytes, sizeof bytes) > 0);
}

static int tear_down_gate(void **state)
{
	disk_shim.before = NULL;
	disk_error = 0;
	for (int i = 0; i < 2; i++)
		if (gate[i] >= 0)
			close(gate[i]);
	gate[0] = gate[1] = -1;
	return tear_down(state);
}

static void what_fails_is_a_hole_until_it_works_again(void **state)
{
	uint64_t first, last;
	const struct hole *hole;
	uint32_t slot;

	(void)state;
	start(3600 * NS_PER_S, 256 << 10);
	slot = slot_of(say("a", "")->id, 7);
	storage_hurry(&hub.storage);
	wait_kept(hub.log.head);
	first = hub.kept + 1;
	fail_with(ENOSPC);
	for (int i = 0; i < 3; i++) {
		say("a", "");
		storage_hurry(&hub.storage);
		wait_kept(hub.log.head);
		assert_int_equal(storage_state(&hub.storage), STORAGE_FAILING);
		assert_non_null(strstr(hub.storage.problem, "in memory only"));
	}
	last = hub.kept;
	fail_with(0);
	say("b", "");
	storage_hurry(&hub.storage);
	wait_kept(hub.log.head);
	assert_int_equal(storage_state(&hub.storage), STORAGE_DISK);
	assert_null(hub.storage.problem);
	stop();
	start(3600 * NS_PER_S, 256 << 10);
	hole = holes_find(&hub.storage.holes, 0, UINT64_MAX);
	assert_int_equal(hole->first, first);
	assert_int_equal(hole->last, last);
	assert_int_equal(hole->n_slots, 1);
	assert_int_equal(hole->slots[0], slot);
	assert_true(hole->newest_time > 0);
	assert_null(holes_find(&hub.storage.holes, last + 1, UINT64_MAX));
	assert_non_null(devices_find(&hub.devices, "b", 1));
	stop();
}

static void a_disk_that_answers_too_late_is_out_until_it_does(void **state)
{
	uint64_t tried, given_up;

	(void)state;
	start(3600 * NS_PER_S, 256 << 10);
	shut_gate();
	say("a", "");
	storage_hurry(&hub.storage);
	loop_turn(loop, 0);
	tried = hub.storage.cut.last;
	say("a", "");
	storage_sweep(&hub.storage);
	assert_int_equal(storage_state(&hub.storage), STORAGE_DISK);
	hub.storage.cut.begun -= 11 * NS_PER_S;
	storage_sweep(&hub.storage);
	assert_int_equal(storage_state(&hub.storage), STORAGE_FAILING);
	assert_int_equal(hub.kept, hub.log.head);
	say("a", "");
	storage_hurry(&hub.storage);
	loop_turn(loop, 0);
	given_up = hub.log.head;
	assert_int_equal(hub.kept, given_up);
	assert_non_null(holes_find(&hub.storage.holes, tried, tried));
	open_gate();
	while (storage_state(&hub.storage) != STORAGE_DISK)
		loop_turn(loop, -1);
	assert_null(holes_find(&hub.storage.holes, tried, tried));
	assert_non_null(holes_find(&hub.storage.holes, tried + 1, tried + 1));
	assert_non_null(holes_find(&hub.storage.holes, given_up, given_up));
	say("a", "");
	storage_hurry(&hub.storage);
	wait_kept(hub.log.head);
	assert_null(holes_find(&hub.storage.holes, given_up + 1, UINT64_MAX));
	stop();
}

static void a_disk_that_is_too_slow_holds_publishers_up(void **state)
{
	char text[8000] = "";

	(void)state;
	start(NS_PER_MS, 256 << 10);
	memset(text, 'x', sizeof text - 1);
	shut_gate();
	while (!storage_is_pressed(&hub.storage)) {
		assert_true(hub.log.end - hub.storage.end <= hub.log.ring.size / 2);
		say("a", text);
		loop_turn(loop, 0);
	}
	open_gate();
	while (storage_is_pressed(&hub.storage))
		loop_turn(loop, -1);
	wait_kept(hub.log.head);
	assert_null(holes_find(&hub.storage.holes, 0, UINT64_MAX));
	stop();
}

/* So much is said while nothing gets to the disk that the log lets go of it: that is a hole, whatever was in it. */
static void what_the_log_had_to_drop_is_a_hole(void **state)
{
	char text[8000] = "";
	uint64_t first;

	(void)state;
	start(NS_PER_MS, 256 << 10);
	memset(text, 'x', sizeof text - 1);
	shut_gate();
	say("a", "");
	storage_hurry(&hub.storage);
	loop_turn(loop, 0);
	first = hub.storage.taken + 1;
	for (int i = 0; i < 600; i++)
		say("a", text);
	assert_true(hub.log.low > first);
	open_gate();
	wait_kept(hub.log.head);
	assert_int_equal(holes_find(&hub.storage.holes, 0, UINT64_MAX)->first, first);
	assert_true(holes_find(&hub.storage.holes, 0, UINT64_MAX)->n_slots > STORE_SLOTS_MAX);
	stop();
}

static void a_start_on_a_disk_that_fails_is_a_stream_in_memory(void **state)
{
	struct hub_settings s = settings(NS_PER_MS, 4096);
	uint8_t stream[STREAM_ID_SIZE];
	struct err err;

	(void)state;
	start(NS_PER_MS, 256 << 10);
	memcpy(stream, hub.stream, sizeof stream);
	say("a", "");
	wait_kept(hub.log.head);
	stop();
	fail_with(EIO);
	loop = loop_new();
	assert_int_equal(hub_init(&hub, loop, &s, &err), 0);
	hub_open_store(&hub);
	assert_int_equal(storage_state(&hub.storage), STORAGE_FAILING);
	assert_null(hub.storage.store);
	assert_true(memcmp(stream, hub.stream, sizeof stream));
	assert_int_equal(hub.devices.last_id, 0);
	assert_int_equal(say("b", "")->id, 1);
	loop_turn(loop, 0);
	stop();
	fail_with(0);
	start(NS_PER_MS, 256 << 10);
	assert_memory_equal(stream, hub.stream, sizeof stream);
	assert_non_null(devices_find(&hub.devices, "a", 1));
	assert_null(devices_find(&hub.devices, "b", 1));
	stop();
}

/* ---- A start ---- */

static void numbers_go_on_in_a_run_of_their_own(void **state)
{
	uint64_t head = 0;
	uint8_t stream[STREAM_ID_SIZE];

	(void)state;
	for (int i = 0; i < 5; i++) {
		start(3600 * NS_PER_S, 256 << 10);
		assert_true(hub.log.head > head);
		assert_true(!i || !memcmp(stream, hub.stream, sizeof stream));
		memcpy(stream, hub.stream, sizeof stream);
		say("a", "seen, and not on disk");
		loop_turn(loop, 0);
		head = hub.log.head;
		stop();
	}
}

static void what_was_said_is_known_again(void **state)
{
	const struct device *device;

	(void)state;
	start(NS_PER_MS, 256 << 10);
	say("a", "all is well");
	hub_say_state(&hub, hub_device(&hub, "b"), DEVICE_STALE, "gone", "");
	wait_kept(hub.log.head);
	stop();
	start(NS_PER_MS, 256 << 10);
	device = devices_find(&hub.devices, "a", 1);
	assert_int_equal(device->id, 1);
	assert_int_equal(device->state, DEVICE_ONLINE);
	assert_string_equal(device->text, "all is well");
	device = devices_find(&hub.devices, "b", 1);
	assert_int_equal(device->id, 2);
	assert_true(device->is_stale_by_hub);
	assert_string_equal(device->reason, "gone");
	stop();
}

/* A checkpoint into a hub that knows nothing; hub is that hub afterwards. */
static struct recovery pass_checkpoint(size_t max)
{
	struct recovery recovery;
	struct store_recovery calls;
	struct buf notes = {0};
	struct err err;

	checkpoint_put(&hub, &notes, max);
	assert_true(notes.len <= max);
	stop();
	start(3600 * NS_PER_S, 256 << 10);
	recover_undo(&hub);
	calls = recover_begin(&recovery, &hub);
	assert_int_equal(calls.notes(calls.arg, buf_bytes(&notes), notes.len, &err), 0);
	recover_end(&recovery);
	buf_fini(&notes);
	return recovery;
}

static void a_checkpoint_says_it_all(void **state)
{
	uint32_t slots[] = {9, 14};
	struct publisher *publisher;
	struct device *device;
	struct recovery recovery;
	const struct hole *hole;
	size_t len;

	(void)state;
	start(3600 * NS_PER_S, 256 << 10);
	device = say("a", "");
	device_set_catalogue(device,
			     xmemdup("\x0a\x01"
				     "a",
				     3),
			     3);
	device_set_descriptor(&hub.devices, device, "set", 3);
	device_set_descriptor(&hub.devices, say("b", ""), "set", 3);
	device->newest[7] = (struct dropped){.seq = 77, .time = 78};
	device_key_restore(device_key(&hub.devices, device, "k", 1), 55, (const uint8_t *)"event",
			   5);
	publisher = publishers_get(&hub.publishers, "p");
	publisher->incarnation = 5;
	publisher->is_live = true;
	publisher->received = 12;
	publisher->kept = 10;
	publisher_own(publisher, device);
	holes_add(&hub.storage.holes,
		  &(struct hole){
			  .first = 3, .last = 4, .newest_time = 5, .slots = slots, .n_slots = 2});
	holes_add(&hub.storage.holes, &(struct hole){.first = 8, .last = 9, .n_slots = 97});
	recovery = pass_checkpoint(1 << 20);

	assert_int_equal(recovery.until, 3);
	assert_int_equal(recovery.newest, 77);
	device = devices_find(&hub.devices, "a", 1);
	assert_memory_equal(device->catalogue,
			    "\x0a\x01"
			    "a",
			    3);
	assert_int_equal(device->newest[7].time, 78);
	assert_memory_equal(device_key_event(device->keys[0], &hub.log, &len), "event", 5);
	assert_int_equal(device->keys[0]->seq, 55);
	assert_true(device->is_declared);
	assert_ptr_equal(device->descriptor, devices_find(&hub.devices, "b", 1)->descriptor);
	assert_memory_equal(device->descriptor->bytes, "set", 3);
	publisher = device->publisher;
	assert_string_equal(publisher->name, "p");
	assert_int_equal(publisher->kept, 10);
	assert_int_equal(publisher->received, 10); /* what is not on disk is to be sent again */
	assert_true(publisher->is_live && publisher->is_awaited);
	hole = holes_find(&hub.storage.holes, 1, 100);
	assert_int_equal(hole->newest_time, 5);
	assert_memory_equal(hole->slots, slots, sizeof slots);
	assert_true(holes_find(&hub.storage.holes, 5, 100)->n_slots > STORE_SLOTS_MAX);
	stop();
}

/* A group that is under way has the last events of the old incarnation, and a note of the new one is behind it. */
static void a_checkpoint_has_publishers_as_of_what_is_on_disk(void **state)
{
	struct publisher *publisher;
	struct client *client;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	start(3600 * NS_PER_S, 256 << 10);
	publisher = publishers_allow(&hub.publishers, "p", (const uint8_t *)"token", 5);
	client = client_new(&hub, pair[0], false, false);
	client_speaks_for(client, publisher);
	publisher_register(publisher, client, 1);
	storage_hurry(&hub.storage);
	wait_kept(hub.log.head);
	publisher->received = publisher->kept = 10;
	publisher_register(publisher, client, 2);
	close(pair[1]);
	pass_checkpoint(1 << 20);
	publisher = publishers_find(&hub.publishers, "p");
	assert_int_equal(publisher->incarnation, 1);
	assert_int_equal(publisher->kept, 10);
	assert_true(publisher->is_live);
	stop();
}

static void last_readings_of_long_ago_are_left_out_first(void **state)
{
	struct device *device;
	char name[8];

	(void)state;
	start(3600 * NS_PER_S, 256 << 10);
	device = say("a", "");
	for (uint64_t i = 1; i <= 50; i++) {
		snprintf(name, sizeof name, "k%d", (int)i);
		device_key_restore(device_key(&hub.devices, device, name, strlen(name)), i,
				   (const uint8_t *)dir, sizeof dir);
	}
	pass_checkpoint(2500);
	device = devices_find(&hub.devices, "a", 1);
	assert_in_range(device->n_keys, 10, 40);
	assert_int_equal(device->keys[0]->seq, 50);
	assert_int_equal(device->keys[device->n_keys - 1]->seq, 51 - device->n_keys);
	stop();
}

/* ---- Holes ---- */

static struct holes holes;

static void add(uint64_t first, uint64_t last, uint32_t slot)
{
	holes_add(&holes, &(struct hole){.first = first,
					 .last = last,
					 .newest_time = last,
					 .slots = &slot,
					 .n_slots = 1});
}

static void a_hole_that_goes_on_is_one(void **state)
{
	(void)state;
	add(10, 19, 50);
	add(20, 29, 49);
	add(20, 25, 1); /* known already */
	add(40, 49, 51);
	assert_int_equal(holes.n, 2);
	assert_int_equal(holes.list[0].last, 29);
	assert_int_equal(holes.list[0].newest_time, 29);
	assert_int_equal(holes.list[0].n_slots, 2);
	assert_int_equal(holes.list[0].slots[0], 49);
	assert_null(holes_find(&holes, 0, 9));
	assert_ptr_equal(holes_find(&holes, 0, 10), &holes.list[0]);
	assert_null(holes_find(&holes, 30, 39));
	assert_ptr_equal(holes_find(&holes, 30, 45), &holes.list[1]);
	holes_fini(&holes);
}

static void what_is_on_disk_after_all_is_no_hole(void **state)
{
	(void)state;
	add(10, 19, 50);
	holes_fill(&holes, 10, 14);
	assert_int_equal(holes.list[0].first, 15);
	holes_fill(&holes, 10, 14);
	assert_int_equal(holes.list[0].first, 15);
	holes_fill(&holes, 15, 19);
	assert_int_equal(holes.n, 0);
	holes_fini(&holes);
}

static void holes_are_bounded(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 5000; i++)
		add(10 * i, 10 * i + 5, (uint32_t)(8 + i % 8));
	assert_int_equal(holes.n, 1024);
	assert_int_equal(holes.list[0].first, 10);
	assert_int_equal(holes.list[0].n_slots, 8);
	assert_int_equal(holes.list[1023].last, 50005);
	for (size_t i = 1; i < holes.n; i++)
		assert_true(holes.list[i].first > holes.list[i - 1].last);
	holes_fini(&holes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_written_before_its_time, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_interval_writes_what_nobody_waits_for, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(so_does_the_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_cut_has_all_that_has_come, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_one_is_cut_in_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_note_alone_is_written_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_fails_is_a_hole_until_it_works_again, set_up,
						tear_down_gate),
		cmocka_unit_test_setup_teardown(a_disk_that_answers_too_late_is_out_until_it_does,
						set_up, tear_down_gate),
		cmocka_unit_test_setup_teardown(a_disk_that_is_too_slow_holds_publishers_up, set_up,
						tear_down_gate),
		cmocka_unit_test_setup_teardown(what_the_log_had_to_drop_is_a_hole, set_up,
						tear_down_gate),
		cmocka_unit_test_setup_teardown(a_start_on_a_disk_that_fails_is_a_stream_in_memory,
						set_up, tear_down_gate),
		cmocka_unit_test_setup_teardown(numbers_go_on_in_a_run_of_their_own, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_was_said_is_known_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_checkpoint_says_it_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_checkpoint_has_publishers_as_of_what_is_on_disk,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(last_readings_of_long_ago_are_left_out_first,
						set_up, tear_down),
		cmocka_unit_test(a_hole_that_goes_on_is_one),
		cmocka_unit_test(what_is_on_disk_after_all_is_no_hole),
		cmocka_unit_test(holes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
