# SPDX-License-Identifier: Apache-2.0
# The tests. How to add one is said at the top of Makefile.am.

TEST_EXTENSIONS = .sh .py
# TAP: every function of a unit test counts.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
# A test that hangs fails.
TEST_SECONDS = 120
LIMIT = timeout -k 5 $(TEST_SECONDS)
LOG_COMPILER = $(LIMIT)
SH_LOG_COMPILER = $(LIMIT) bash
PY_LOG_COMPILER = $(LIMIT) $(PYTHON)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	PYTHON='$(PYTHON)'; export PYTHON; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	ASAN_OPTIONS=detect_stack_use_after_return=1:$$ASAN_OPTIONS; export ASAN_OPTIONS; \
	UBSAN_OPTIONS=print_stacktrace=1:$$UBSAN_OPTIONS; export UBSAN_OPTIONS;

TESTS += $(unit_tests) $(fuzz_replays) $(conf_tests) $(system_tests) $(lint_tests)
EXTRA_DIST += $(conf_tests) $(system_tests) $(lint_tests) tests/lint/tarball.sh tests/lib.sh
if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
endif

# Unit tests: cmocka, one for each module, each linking its own layer and those above.
unit_tests =

unit_tests += tests/unit/abi
tests_unit_abi_SOURCES = tests/unit/abi.c
tests_unit_abi_LDADD = $(LINK_base) $(CMOCKA_LIBS)

unit_tests += tests/unit/conf_read
tests_unit_conf_read_SOURCES = tests/unit/conf_read.c
tests_unit_conf_read_LDADD = $(LINK_conf) $(CMOCKA_LIBS)

unit_tests += tests/unit/conf_kind
tests_unit_conf_kind_SOURCES = tests/unit/conf_kind.c
tests_unit_conf_kind_LDADD = $(LINK_conf) $(CMOCKA_LIBS)

unit_tests += tests/unit/conf_print
tests_unit_conf_print_SOURCES = tests/unit/conf_print.c
tests_unit_conf_print_LDADD = $(LINK_conf) $(CMOCKA_LIBS)

unit_tests += tests/unit/conf_tree
tests_unit_conf_tree_SOURCES = tests/unit/conf_tree.c
tests_unit_conf_tree_LDADD = $(LINK_conf) $(CMOCKA_LIBS)

unit_tests += tests/unit/config
tests_unit_config_SOURCES = tests/unit/config.c
tests_unit_config_LDADD = $(LINK_conf) $(CMOCKA_LIBS)

unit_tests += tests/unit/hex
tests_unit_hex_SOURCES = tests/unit/hex.c
tests_unit_hex_LDADD = $(LINK_base) $(CMOCKA_LIBS)

unit_tests += tests/unit/control
tests_unit_control_SOURCES = tests/unit/control.c
tests_unit_control_LDADD = $(LINK_wire) $(CMOCKA_LIBS)

unit_tests += tests/unit/buf
tests_unit_buf_SOURCES = tests/unit/buf.c
tests_unit_buf_LDADD = $(LINK_base) $(CMOCKA_LIBS)

unit_tests += tests/unit/clock
tests_unit_clock_SOURCES = tests/unit/clock.c
tests_unit_clock_LDADD = $(LINK_base) $(CMOCKA_LIBS)

unit_tests += tests/unit/err
tests_unit_err_SOURCES = tests/unit/err.c
tests_unit_err_LDADD = $(LINK_base) $(CMOCKA_LIBS)

unit_tests += tests/unit/fd
tests_unit_fd_SOURCES = tests/unit/fd.c
tests_unit_fd_LDADD = $(LINK_base) $(CMOCKA_LIBS)

unit_tests += tests/unit/log
tests_unit_log_SOURCES = tests/unit/log.c
tests_unit_log_LDADD = $(LINK_base) $(CMOCKA_LIBS)

unit_tests += tests/unit/pattern
tests_unit_pattern_SOURCES = tests/unit/pattern.c
tests_unit_pattern_LDADD = $(LINK_base) $(CMOCKA_LIBS)

unit_tests += tests/unit/frame
tests_unit_frame_SOURCES = tests/unit/frame.c
tests_unit_frame_LDADD = $(LINK_wire) $(CMOCKA_LIBS)

unit_tests += tests/unit/loop
tests_unit_loop_SOURCES = tests/unit/loop.c
tests_unit_loop_LDADD = $(LINK_ev) $(CMOCKA_LIBS)

unit_tests += tests/unit/peer
tests_unit_peer_SOURCES = tests/unit/peer.c
tests_unit_peer_LDADD = $(LINK_ev) $(CMOCKA_LIBS)

unit_tests += tests/unit/checksum
tests_unit_checksum_SOURCES = tests/unit/checksum.c
tests_unit_checksum_LDADD = $(LINK_link) $(CMOCKA_LIBS)

unit_tests += tests/unit/link
tests_unit_link_SOURCES = tests/unit/link.c
tests_unit_link_LDADD = $(LINK_link) $(CMOCKA_LIBS)

unit_tests += tests/unit/nmea0183
tests_unit_nmea0183_SOURCES = tests/unit/nmea0183.c
tests_unit_nmea0183_LDADD = libnmea0183.la $(CMOCKA_LIBS) -lm

unit_tests += tests/unit/utf8
tests_unit_utf8_SOURCES = tests/unit/utf8.c
tests_unit_utf8_LDADD = $(LINK_base) $(CMOCKA_LIBS)

unit_tests += tests/unit/event
tests_unit_event_SOURCES = tests/unit/event.c
tests_unit_event_LDADD = $(LINK_wire) $(CMOCKA_LIBS)

# Those of transports share tests/unit/line.h.
unit_tests += tests/unit/capture
tests_unit_capture_SOURCES = tests/unit/capture.c tests/unit/line.h
tests_unit_capture_LDADD = $(LINK_transport) $(CMOCKA_LIBS)

unit_tests += tests/unit/exec
tests_unit_exec_SOURCES = tests/unit/exec.c tests/unit/line.h
tests_unit_exec_LDADD = $(LINK_transport) $(CMOCKA_LIBS)

unit_tests += tests/unit/listener
tests_unit_listener_SOURCES = tests/unit/line.h tests/unit/listener.c
tests_unit_listener_LDADD = $(LINK_transport) $(CMOCKA_LIBS)

unit_tests += tests/unit/ports
tests_unit_ports_SOURCES = tests/unit/line.h tests/unit/ports.c
tests_unit_ports_LDADD = $(LINK_transport) $(CMOCKA_LIBS)

unit_tests += tests/unit/serial
tests_unit_serial_SOURCES = \
	tests/shim/serial_shim.c \
	tests/shim/serial_shim.h \
	tests/unit/line.h \
	tests/unit/serial.c \
	$(NULL)
tests_unit_serial_LDADD = $(LINK_transport) $(CMOCKA_LIBS)

unit_tests += tests/unit/tcp
tests_unit_tcp_SOURCES = tests/unit/line.h tests/unit/tcp.c
tests_unit_tcp_LDADD = $(LINK_transport) $(CMOCKA_LIBS)

unit_tests += tests/unit/transport
tests_unit_transport_SOURCES = tests/unit/line.h tests/unit/transport.c
tests_unit_transport_LDADD = $(LINK_transport) $(CMOCKA_LIBS)
# Plugins for tests, loaded from tests/plugins/.libs: those of bad.c are refused, each for one reason.
TEST_PLUGIN_LINK_FLAGS = $(PLUGIN_LINK_FLAGS) -rpath $(abs_top_builddir)/tests/plugins
EXTRA_tests_unit_adapter_DEPENDENCIES = $(test_plugins) tests/plugins/.libs/bad-object.so
check_LTLIBRARIES += $(test_plugins)
CLEANFILES += tests/plugins/.libs/bad-object.so
tests/plugins/.libs/bad-object.so:
	$(AM_V_GEN)$(MKDIR_P) tests/plugins/.libs && echo 'not an object' >$@

test_plugins =

test_plugins += tests/plugins/bad-abi.la
tests_plugins_bad_abi_la_SOURCES = tests/plugins/bad.c
tests_plugins_bad_abi_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD_NAME='"bad-abi"' -DBAD_ABI=2
tests_plugins_bad_abi_la_LDFLAGS = $(TEST_PLUGIN_LINK_FLAGS)

test_plugins += tests/plugins/bad-blocking.la
tests_plugins_bad_blocking_la_SOURCES = tests/plugins/bad.c
tests_plugins_bad_blocking_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD_NAME='"bad-blocking"' -DBAD_FLAGS=1
tests_plugins_bad_blocking_la_LDFLAGS = $(TEST_PLUGIN_LINK_FLAGS)

test_plugins += tests/plugins/bad-flags.la
tests_plugins_bad_flags_la_SOURCES = tests/plugins/bad.c
tests_plugins_bad_flags_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD_NAME='"bad-flags"' -DBAD_FLAGS=4
tests_plugins_bad_flags_la_LDFLAGS = $(TEST_PLUGIN_LINK_FLAGS)

test_plugins += tests/plugins/bad-name.la
tests_plugins_bad_name_la_SOURCES = tests/plugins/bad.c
tests_plugins_bad_name_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD_NAME='"another"'
tests_plugins_bad_name_la_LDFLAGS = $(TEST_PLUGIN_LINK_FLAGS)

test_plugins += tests/plugins/bad-size.la
tests_plugins_bad_size_la_SOURCES = tests/plugins/bad.c
tests_plugins_bad_size_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD_NAME='"bad-size"' -DBAD_SIZE=64
tests_plugins_bad_size_la_LDFLAGS = $(TEST_PLUGIN_LINK_FLAGS)

test_plugins += tests/plugins/bad-symbol.la
tests_plugins_bad_symbol_la_SOURCES = tests/plugins/bad.c
tests_plugins_bad_symbol_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD_NAME='"bad-symbol"' -DBAD_SYMBOL=some_adapter
tests_plugins_bad_symbol_la_LDFLAGS = $(TEST_PLUGIN_LINK_FLAGS)

test_plugins += tests/plugins/good-plugin.la
tests_plugins_good_plugin_la_SOURCES = tests/plugins/bad.c
tests_plugins_good_plugin_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD_NAME='"good-plugin"'
tests_plugins_good_plugin_la_LDFLAGS = $(TEST_PLUGIN_LINK_FLAGS)

test_plugins += tests/plugins/sleeper.la
tests_plugins_sleeper_la_SOURCES = tests/plugins/sleeper.c
tests_plugins_sleeper_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_plugins_sleeper_la_LDFLAGS = $(TEST_PLUGIN_LINK_FLAGS)

# A wall clock to be set, for a hub that runs.
check_LTLIBRARIES += tests/shim/alloc_shim.la
tests_shim_alloc_shim_la_SOURCES = tests/shim/alloc_shim.c
tests_shim_alloc_shim_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_top_builddir)/tests/shim

check_LTLIBRARIES += tests/shim/clock_shim.la
tests_shim_clock_shim_la_SOURCES = tests/shim/clock_shim.c
tests_shim_clock_shim_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_top_builddir)/tests/shim

unit_tests += tests/unit/adapter
tests_unit_adapter_SOURCES = tests/unit/adapter.c
tests_unit_adapter_LDADD = $(LINK_adapter) $(CMOCKA_LIBS)
unit_tests += tests/unit/profile_engine
tests_unit_profile_engine_SOURCES = tests/unit/profile_engine.c
tests_unit_profile_engine_LDADD = $(LINK_profile) $(CMOCKA_LIBS)

unit_tests += tests/unit/profile_language
tests_unit_profile_language_SOURCES = tests/unit/profile_language.c tests/unit/profile_test.h
tests_unit_profile_language_LDADD = $(LINK_profile) $(CMOCKA_LIBS)

unit_tests += tests/unit/profile_library
tests_unit_profile_library_SOURCES = tests/unit/profile_library.c
tests_unit_profile_library_LDADD = $(LINK_profile) $(CMOCKA_LIBS)

unit_tests += tests/unit/profile_run
tests_unit_profile_run_SOURCES = tests/unit/profile_run.c
tests_unit_profile_run_LDADD = $(LINK_profile) $(CMOCKA_LIBS)

unit_tests += tests/unit/profile_simulate
tests_unit_profile_simulate_SOURCES = tests/unit/profile_simulate.c
tests_unit_profile_simulate_LDADD = $(LINK_profile) $(CMOCKA_LIBS)

unit_tests += tests/unit/profile_typed
tests_unit_profile_typed_SOURCES = tests/unit/profile_typed.c
tests_unit_profile_typed_LDADD = $(LINK_profile) $(CMOCKA_LIBS)

unit_tests += tests/unit/profile_unit
tests_unit_profile_unit_SOURCES = tests/unit/profile_unit.c
tests_unit_profile_unit_LDADD = $(LINK_profile) $(CMOCKA_LIBS)

unit_tests += tests/unit/profile_values
tests_unit_profile_values_SOURCES = tests/unit/profile_values.c tests/unit/profile_test.h
tests_unit_profile_values_LDADD = $(LINK_profile) $(CMOCKA_LIBS)

unit_tests += tests/unit/client
tests_unit_client_SOURCES = tests/unit/client.c
tests_unit_client_LDADD = $(LINK_client) $(CMOCKA_LIBS)

unit_tests += tests/unit/backoff
tests_unit_backoff_SOURCES = tests/unit/backoff.c
tests_unit_backoff_LDADD = $(LINK_super) $(CMOCKA_LIBS)

unit_tests += tests/unit/child_state
tests_unit_child_state_SOURCES = tests/unit/child_state.c
tests_unit_child_state_LDADD = $(LINK_super) $(CMOCKA_LIBS)

unit_tests += tests/unit/handover
tests_unit_handover_SOURCES = tests/unit/handover.c
tests_unit_handover_LDADD = $(LINK_config) $(CMOCKA_LIBS)

unit_tests += tests/unit/user
tests_unit_user_SOURCES = tests/unit/user.c
tests_unit_user_LDADD = $(LINK_sandbox) $(CMOCKA_LIBS)

unit_tests += tests/unit/store
tests_unit_store_SOURCES = tests/unit/store.c tests/unit/store_test.h
tests_unit_store_LDADD = $(LINK_store) $(CMOCKA_LIBS)

# Every write and sync of the store passes this shim.
disk_shim = tests/shim/disk_shim.c tests/shim/disk_shim.h

unit_tests += tests/unit/store_damage
tests_unit_store_damage_SOURCES = tests/unit/store_damage.c tests/unit/store_test.h $(disk_shim)
tests_unit_store_damage_LDADD = $(LINK_store) $(CMOCKA_LIBS)

unit_tests += tests/unit/store_fault
tests_unit_store_fault_SOURCES = tests/unit/store_fault.c tests/unit/store_test.h $(disk_shim)
tests_unit_store_fault_LDADD = $(LINK_store) $(CMOCKA_LIBS)

unit_tests += tests/unit/store_power
tests_unit_store_power_SOURCES = tests/unit/store_power.c tests/unit/store_test.h $(disk_shim)
tests_unit_store_power_LDADD = $(LINK_store) $(CMOCKA_LIBS)

unit_tests += tests/unit/words
tests_unit_words_SOURCES = tests/unit/words.c
tests_unit_words_LDADD = $(LINK_super) $(CMOCKA_LIBS)

unit_tests += tests/unit/files
tests_unit_files_SOURCES = tests/unit/files.c
tests_unit_files_LDADD = $(LINK_sandbox) $(CMOCKA_LIBS)

unit_tests += tests/unit/plan
tests_unit_plan_SOURCES = tests/unit/plan.c
tests_unit_plan_LDADD = $(LINK_super) $(CMOCKA_LIBS)

unit_tests += tests/unit/jsonl
tests_unit_jsonl_SOURCES = tests/unit/jsonl.c
tests_unit_jsonl_LDADD = $(LINK_cli) $(CMOCKA_LIBS)

unit_tests += tests/unit/text
tests_unit_text_SOURCES = tests/unit/text.c
tests_unit_text_LDADD = $(LINK_cli) $(CMOCKA_LIBS)
# Golden tests: recorded or documented bytes through the loader; see tests/golden/golden.c.
check_PROGRAMS += tests/golden/golden
tests_golden_golden_SOURCES = tests/golden/golden.c
tests_golden_golden_LDADD = $(LINK_adapter)
unit_tests += tests/unit/window
tests_unit_window_SOURCES = tests/unit/window.c
tests_unit_window_LDADD = $(LINK_hub) $(CMOCKA_LIBS)

unit_tests += tests/unit/cold
tests_unit_cold_SOURCES = tests/unit/cold.c
tests_unit_cold_LDADD = $(LINK_hub) $(CMOCKA_LIBS)

unit_tests += tests/unit/cursor
tests_unit_cursor_SOURCES = tests/unit/cursor.c
tests_unit_cursor_LDADD = $(LINK_hub) $(CMOCKA_LIBS)

unit_tests += tests/unit/eventlog
tests_unit_eventlog_SOURCES = tests/unit/eventlog.c
tests_unit_eventlog_LDADD = $(LINK_hub) $(CMOCKA_LIBS)

unit_tests += tests/unit/filter
tests_unit_filter_SOURCES = tests/unit/filter.c
tests_unit_filter_LDADD = $(LINK_hub) $(CMOCKA_LIBS)

unit_tests += tests/unit/golden
tests_unit_golden_SOURCES = tests/unit/golden.c
tests_unit_golden_LDADD = $(LINK_wire) $(CMOCKA_LIBS)

unit_tests += tests/unit/script
tests_unit_script_SOURCES = tests/unit/script.c
tests_unit_script_LDADD = $(LINK_profile) $(CMOCKA_LIBS)

unit_tests += tests/unit/storage
tests_unit_storage_SOURCES = tests/unit/storage.c $(disk_shim)
tests_unit_storage_LDADD = $(LINK_hub) $(CMOCKA_LIBS)

unit_tests += tests/unit/stamp
tests_unit_stamp_SOURCES = tests/unit/stamp.c
tests_unit_stamp_LDADD = $(LINK_wire) $(CMOCKA_LIBS)
golden_tests = \
	tests/golden/captures.py \
	tests/golden/devices.sh \
	tests/golden/golden.sh \
	tests/golden/manual.sh \
	$(NULL)
TESTS += $(golden_tests)
EXTRA_DIST += $(golden_tests) tests/golden/nmea0183

# Stores: what a program in another language finds in them, and one that must be readable for ever.
check_PROGRAMS += tests/golden/store_list
tests_golden_store_list_SOURCES = tests/golden/store_list.c
tests_golden_store_list_LDADD = $(LINK_store)
EXTRA_DIST += tests/golden/store
unit_tests += tests/unit/backlog
tests_unit_backlog_SOURCES = tests/unit/backlog.c
tests_unit_backlog_LDADD = $(LINK_channel) $(CMOCKA_LIBS)

unit_tests += tests/unit/channel_publisher
tests_unit_channel_publisher_SOURCES = tests/unit/channel_publisher.c
tests_unit_channel_publisher_LDADD = $(LINK_channel) $(CMOCKA_LIBS)

unit_tests += tests/unit/scheduler
tests_unit_scheduler_SOURCES = tests/unit/scheduler.c
tests_unit_scheduler_LDADD = $(LINK_channel) $(CMOCKA_LIBS)

# Frames of all kinds, as they were once encoded.
EXTRA_DIST += \
	tests/golden/wire/ack.hex \
	tests/golden/wire/browse.hex \
	tests/golden/wire/call.hex \
	tests/golden/wire/catalogue.hex \
	tests/golden/wire/declare.hex \
	tests/golden/wire/declare-typed.hex \
	tests/golden/wire/declared.hex \
	tests/golden/wire/error.hex \
	tests/golden/wire/event-assignment.hex \
	tests/golden/wire/event-audit.hex \
	tests/golden/wire/event-clock-step.hex \
	tests/golden/wire/event-loss.hex \
	tests/golden/wire/event-published.hex \
	tests/golden/wire/event-raw.hex \
	tests/golden/wire/event-reading.hex \
	tests/golden/wire/event-state.hex \
	tests/golden/wire/event-typed.hex \
	tests/golden/wire/exchange.hex \
	tests/golden/wire/gap.hex \
	tests/golden/wire/get-status.hex \
	tests/golden/wire/get.hex \
	tests/golden/wire/goodbye.hex \
	tests/golden/wire/got.hex \
	tests/golden/wire/hello.hex \
	tests/golden/wire/kept.hex \
	tests/golden/wire/list-subscribers.hex \
	tests/golden/wire/ping.hex \
	tests/golden/wire/pong.hex \
	tests/golden/wire/position.hex \
	tests/golden/wire/read.hex \
	tests/golden/wire/register.hex \
	tests/golden/wire/registered.hex \
	tests/golden/wire/remove-subscriber.hex \
	tests/golden/wire/report.hex \
	tests/golden/wire/result.hex \
	tests/golden/wire/snapshot-end.hex \
	tests/golden/wire/snapshot.hex \
	tests/golden/wire/status.hex \
	tests/golden/wire/subscribe-after.hex \
	tests/golden/wire/subscribe-durable.hex \
	tests/golden/wire/subscribe-earliest.hex \
	tests/golden/wire/subscribe-from-time.hex \
	tests/golden/wire/subscribe-now.hex \
	tests/golden/wire/subscribe-snapshot.hex \
	tests/golden/wire/subscribed.hex \
	tests/golden/wire/subscriber-removed.hex \
	tests/golden/wire/subscribers.hex \
	tests/golden/wire/unsubscribe.hex \
	tests/golden/wire/unsubscribed.hex \
	tests/golden/wire/welcome.hex \
	tests/golden/wire/write.hex \
	$(NULL)

# Fuzz targets: each has LLVMFuzzerTestOneInput, and links either libFuzzer or replay.c, which runs the
# corpus once. "make fuzz" runs each for FUZZ_SECONDS and leaves what it finds in tests/fuzz/found.
#
# fuzz_targets += tests/fuzz/frame
# tests_fuzz_frame_SOURCES = tests/fuzz/frame.c
# tests_fuzz_frame_LDADD = $(LINK_wire) $(FUZZ_MAIN)
fuzz_targets =
EXTRA_DIST += tests/fuzz/corpus

fuzz_targets += tests/fuzz/frame
tests_fuzz_frame_SOURCES = tests/fuzz/frame.c
tests_fuzz_frame_LDADD = $(LINK_wire) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/session
tests_fuzz_session_SOURCES = tests/fuzz/session.c
tests_fuzz_session_LDADD = $(LINK_hub) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/store
tests_fuzz_store_SOURCES = tests/fuzz/store.c
tests_fuzz_store_LDADD = $(LINK_store) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/note
tests_fuzz_note_SOURCES = tests/fuzz/note.c
tests_fuzz_note_LDADD = $(LINK_hub) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/stamp
tests_fuzz_stamp_SOURCES = tests/fuzz/stamp.c
tests_fuzz_stamp_LDADD = $(LINK_wire) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/control
tests_fuzz_control_SOURCES = tests/fuzz/control.c
tests_fuzz_control_LDADD = $(LINK_wire) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/profile_frame
tests_fuzz_profile_frame_SOURCES = \
	tests/fuzz/library.c \
	tests/fuzz/library.h \
	tests/fuzz/profile_frame.c \
	$(NULL)
tests_fuzz_profile_frame_LDADD = $(LINK_profile) $(FUZZ_MAIN)

# Its seeds are the tests in the profiles, written anew each time: the first byte counts profiles.
EXTRA_PROGRAMS += tests/fuzz/profile_seeds
tests_fuzz_profile_seeds_SOURCES = \
	tests/fuzz/library.c \
	tests/fuzz/library.h \
	tests/fuzz/profile_seeds.c \
	$(NULL)
tests_fuzz_profile_seeds_LDADD = $(LINK_profile)

fuzz_targets += tests/fuzz/profile_load
tests_fuzz_profile_load_SOURCES = tests/fuzz/profile_load.c
tests_fuzz_profile_load_LDADD = $(LINK_profile) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/client
tests_fuzz_client_SOURCES = tests/fuzz/client.c
tests_fuzz_client_LDADD = $(LINK_client) $(FUZZ_MAIN)
fuzz_targets += tests/fuzz/conf
tests_fuzz_conf_SOURCES = tests/fuzz/conf.c
tests_fuzz_conf_LDADD = $(LINK_conf) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/config
tests_fuzz_config_SOURCES = tests/fuzz/config.c
tests_fuzz_config_LDADD = $(LINK_conf) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/value
tests_fuzz_value_SOURCES = tests/fuzz/value.c
tests_fuzz_value_LDADD = $(LINK_conf) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/link
tests_fuzz_link_SOURCES = tests/fuzz/link.c
tests_fuzz_link_LDADD = $(LINK_link) $(FUZZ_MAIN)
fuzz_targets += tests/fuzz/pcapng
tests_fuzz_pcapng_SOURCES = tests/fuzz/pcapng.c
tests_fuzz_pcapng_LDADD = $(LINK_transport) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/text_feed
tests_fuzz_text_feed_SOURCES = tests/fuzz/text_feed.c
tests_fuzz_text_feed_LDADD = $(LINK_transport) $(FUZZ_MAIN)
fuzz_targets += tests/fuzz/plan
tests_fuzz_plan_SOURCES = tests/fuzz/plan.c
tests_fuzz_plan_LDADD = $(LINK_super) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/nmea0183
tests_fuzz_nmea0183_SOURCES = tests/fuzz/nmea0183.c
tests_fuzz_nmea0183_LDADD = libnmea0183.la $(LINK_adapter) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/raw
tests_fuzz_raw_SOURCES = tests/fuzz/raw.c
tests_fuzz_raw_LDADD = $(LINK_adapter) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/text
tests_fuzz_text_SOURCES = tests/fuzz/text.c
tests_fuzz_text_LDADD = $(LINK_cli) $(FUZZ_MAIN)

fuzz_targets += tests/fuzz/typed
tests_fuzz_typed_SOURCES = tests/fuzz/typed.c
tests_fuzz_typed_LDADD = $(LINK_cli) $(FUZZ_MAIN)

FUZZ_SECONDS = 15
if FUZZ
FUZZ_MAIN = $(FUZZ_LDFLAGS)
EXTRA_PROGRAMS += $(fuzz_targets)
fuzz_replays =
fuzz-build: $(BUILT_SOURCES)
	$(MAKE) $(AM_MAKEFLAGS) $(fuzz_targets) tests/fuzz/profile_seeds
fuzz-seeds: fuzz-build
	rm -rf tests/fuzz/seeds
	$(MKDIR_P) tests/fuzz/seeds/profile_frame
	top_srcdir='$(abs_top_srcdir)' tests/fuzz/profile_seeds tests/fuzz/seeds/profile_frame
fuzz: fuzz-seeds
	@fail=; for t in $(fuzz_targets); do \
		n=$${t##*/}; $(MKDIR_P) tests/fuzz/found/$$n tests/fuzz/new/$$n; \
		seeds=$(top_srcdir)/tests/fuzz/corpus/$$n; test -d $$seeds || seeds=; \
		test ! -d tests/fuzz/seeds/$$n || seeds="$$seeds tests/fuzz/seeds/$$n"; \
		echo "fuzz $$n for $(FUZZ_SECONDS) s"; \
		top_srcdir='$(abs_top_srcdir)' ./$$t -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix=tests/fuzz/found/$$n/ tests/fuzz/new/$$n $$seeds \
			>tests/fuzz/$$n.out 2>&1 </dev/null \
		&& echo "PASS: fuzz $$n ($$(sed -n 's/^stat::number_of_executed_units: *//p' tests/fuzz/$$n.out) runs)" \
		|| { echo "FAIL: fuzz $$n"; tail -n 40 tests/fuzz/$$n.out; fail=1; }; \
	done; test -z "$$fail"
else
FUZZ_MAIN = libreplay.la $(LINK_base)
check_PROGRAMS += $(fuzz_targets)
check_LTLIBRARIES += libreplay.la
fuzz_replays = $(fuzz_targets)
fuzz fuzz-build:
	@echo 'configure with CC=clang --enable-fuzz first' >&2; exit 1
endif
libreplay_la_SOURCES = tests/fuzz/replay.c

# The configuration: files and what they give, the JSON Schema, the manual.
check_PROGRAMS += tests/config/config
tests_config_config_SOURCES = tests/config/config.c
tests_config_config_LDADD = $(LINK_link)
conf_tests = \
	tests/config/golden.sh \
	tests/config/manual.sh \
	tests/config/schema.py \
	$(NULL)
EXTRA_DIST += tests/conf

# Writes what the tests of the configuration expect, the tables of dragoman.yaml(5) and the page of the library anew; what has
# changed is for somebody to read before it is committed.
golden-update: dragoman tests/config/config tests/golden/golden
	for t in devices golden; do \
		top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' UPDATE=1 \
			bash $(top_srcdir)/tests/golden/$$t.sh || exit 1; \
	done
	for t in golden manual; do \
		top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' UPDATE=1 \
			bash $(top_srcdir)/tests/config/$$t.sh || exit 1; \
	done

# Serial ports of a real kernel, in a QEMU guest. Not a part of check: it needs a kernel with its modules,
# and half a minute.
EXTRA_PROGRAMS += tests/qemu/port_probe
CLEANFILES += tests/qemu/port_probe
tests_qemu_port_probe_SOURCES = tests/qemu/port_probe.c
tests_qemu_port_probe_LDADD = $(LINK_transport)
EXTRA_DIST += tests/qemu/serial.py

qemu-check: tests/qemu/port_probe
	top_builddir='$(abs_top_builddir)' timeout -k 5 300 $(PYTHON) $(top_srcdir)/tests/qemu/serial.py; \
	status=$$?; test $$status = 77 || exit $$status

# System tests: the whole gateway, one behaviour a file; exit 0 passed, 77 skipped, else failed. The numbers
# order them so that the first failure is the cause: 1x configuration and encodings, 2x the channel,
# 3x the hub and its clients, 4x the store, 5x supervision and privileges, 6x kills, 7x the whole.
EXTRA_DIST += \
	tests/system/dragoman_test.py \
	tests/system/fake_child.py \
	tests/system/gateway.py \
	tests/system/line.py \
	tests/system/stock.py \
	tests/system/typed/Typed.java \
	tests/system/wire.py \
	$(NULL)
system_tests = \
	tests/system/10-config.sh \
	tests/system/11-golden.py \
	tests/system/20-line.py \
	tests/system/21-hub-away.py \
	tests/system/22-devices.py \
	tests/system/23-lifeline.py \
	tests/system/24-ports.py \
	tests/system/25-profiles.py \
	tests/system/25-simulator.py \
	tests/system/26-nut.py \
	tests/system/27-nmea0183.py \
	tests/system/28-profile-doc.py \
	tests/system/29-profile-tools.py \
	tests/system/29-sessions.py \
	tests/system/29-typed.py \
	tests/system/30-hub.py \
	tests/system/31-publishers.py \
	tests/system/32-places.py \
	tests/system/33-bad-clients.py \
	tests/system/34-crowd.py \
	tests/system/35-cli.py \
	tests/system/36-resume.py \
	tests/system/37-examples.py \
	tests/system/37-typed-clients.py \
	tests/system/38-completion.sh \
	tests/system/39-protocol-page.py \
	tests/system/40-store-format.py \
	tests/system/40-kept.py \
	tests/system/41-restart.py \
	tests/system/42-store-out.py \
	tests/system/43-clock.py \
	tests/system/44-told-last.py \
	tests/system/45-durable.py \
	tests/system/46-cold.py \
	tests/system/47-store-damage.py \
	tests/system/48-durable-kill.py \
	tests/system/49-no-memory.py \
	tests/system/50-children.py \
	tests/system/51-lock.py \
	tests/system/52-reload.py \
	tests/system/53-check.py \
	tests/system/54-notify.py \
	tests/system/55-privileges.py \
	tests/system/60-kill.py \
	tests/system/61-reload.py \
	tests/system/62-chaos.py \
	tests/system/63-hostile.py \
	tests/system/64-durable-chaos.py \
	tests/system/70-bench-of-devices.py \
	tests/system/71-quickstart.py \
	tests/system/72-profiles.py \
	tests/system/73-library.py \
	$(NULL)

lint_tests = \
	tests/lint/adapter-example.sh \
	tests/lint/format.sh \
	tests/lint/layers.sh \
	tests/lint/manual.sh \
	$(NULL)

# Adapters built outside the tree, with the installed header and pkg-config alone.
oot_files = \
	tests/oot/Makefile \
	tests/oot/check.sh \
	tests/oot/people-counter.c \
	$(NULL)
EXTRA_DIST += $(oot_files)

installcheck-local: tests/golden/golden
	@rm -rf tests/outside && $(MKDIR_P) tests/outside
	@cd tests/outside && PKG_CONFIG_PATH='$(DESTDIR)$(pkgconfigdir)' CC='$(CC)' \
		PKG_CONFIG_SYSROOT_DIR='$(DESTDIR)' \
		bash $(abs_top_srcdir)/tests/oot/check.sh $(abs_top_srcdir)/tests/oot \
		$(abs_top_builddir)/tests/golden/golden
	@cd tests/outside && PKG_CONFIG_PATH='$(DESTDIR)$(pkgconfigdir)'; export PKG_CONFIG_PATH; \
		$(PKG_CONFIG) --exists dragoman libdragoman && \
		$(CC) -Wall -Wextra $(WERROR_CFLAGS) -o watch $(abs_top_srcdir)/examples/c/watch.c \
			`$(PKG_CONFIG) --cflags --libs libdragoman` $(DRAGOMAN_LDFLAGS)

# Processes are killed for an hour, half of it those of a whole gateway, and every event is accounted for;
# CHAOS_SECONDS says how long each half is.
CHAOS_SECONDS = 1800
EXTRA_DIST += tests/chaos/chaos.py tests/chaos/durable.py
chaos: all
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(top_srcdir)/tests/chaos/chaos.py --seconds=$(CHAOS_SECONDS)
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(top_srcdir)/tests/chaos/durable.py --seconds=$(CHAOS_SECONDS)

check-unit: $(BUILT_SOURCES)
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(unit_tests) $(fuzz_replays)'
check-system: $(BUILT_SOURCES)
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(system_tests)'
lint:
	$(MAKE) $(AM_MAKEFLAGS) check check_PROGRAMS= check_LTLIBRARIES= TESTS='$(lint_tests)'
print-%:
	@echo $($*)

mostlyclean-local:
	rm -rf tests/outside tests/fuzz/new tests/fuzz/found tests/fuzz/seeds tests/fuzz/*.out

.PHONY: chaos qemu-check fuzz fuzz-build fuzz-seeds golden-update check-unit check-system lint
