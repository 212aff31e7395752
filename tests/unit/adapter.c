/* SPDX-License-Identifier: Apache-2.0 */
/* The loader and the host side of the adapter interface. The adapter under test is built in here, so that
 * the tests are on both of its sides. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapter/host.h"
#include "base/buf.h"
#include "conf/conf.h"

/* ---------------------------------------------------------------------------------------------
 * The adapter, and what reached its sink
 */

static struct dragoman_host *host; /* of the instance that was made last */
static int create_result, n_destroyed;
static void (*in_create)(void);
static struct buf seen;

static int probe_create(struct dragoman_host *h, void **self_out)
{
	host = h;
	if (in_create)
		in_create();
	*self_out = h;
	return create_result;
}

static void probe_destroy(void *self)
{
	assert_non_null(self);
	n_destroyed++;
}

static enum dragoman_verdict probe_frame(void *self, const struct dragoman_frame *frame)
{
	(void)self;
	return (enum dragoman_verdict)frame->len;
}

static const char *const colours[] = {"red", "green", NULL};
static const struct dragoman_option probe_options[] = {
	{.key = "colour", .type = DRAGOMAN_OPTION_CHOICE, .fallback = "green", .choices = colours},
	{.key = "wait",
	 .type = DRAGOMAN_OPTION_DURATION,
	 .fallback = "1.5s",
	 .minimum = 10,
	 .maximum = 60000},
	{.key = "count", .type = DRAGOMAN_OPTION_INTEGER, .minimum = 1, .maximum = 9},
	{.key = "factor", .type = DRAGOMAN_OPTION_NUMBER, .fallback = "0.5"},
	{.key = "strict", .type = DRAGOMAN_OPTION_BOOLEAN, .fallback = "true"},
	{.key = "map", .type = DRAGOMAN_OPTION_TREE, .fallback = "{a: 1, b: [x, y]}"},
	{.key = "address", .type = DRAGOMAN_OPTION_TEXT, .required = true},
	{.key = NULL},
};

static const struct dragoman_adapter probe = {
	.abi = DRAGOMAN_ABI,
	.size = sizeof probe,
	.name = "probe",
	.title = "under test",
	.version = "1",
	.options = probe_options,
	.default_link = "{delimiter: \"\\n\"}",
	.create = probe_create,
	.destroy = probe_destroy,
	.frame = probe_frame,
};

static void sink_declared(void *arg)
{
	(void)arg;
	buf_add_str(&seen, "declared\n");
}

static void sink_reading(void *arg, const struct dragoman_reading *reading)
{
	(void)arg;
	buf_addf(&seen, "reading %s:", reading->key ? reading->key : "-");
	for (size_t i = 0; i < reading->n_values; i++) {
		const struct dragoman_value *v = &reading->values[i];

		buf_addf(&seen, " %s=%d/%d/%s", v->tag, (int)v->type, (int)v->quality,
			 v->reason ? v->reason : "");
	}
	buf_add_str(&seen, "\n");
}

static int sink_ask(void *arg, const struct dragoman_ask *ask)
{
	(void)arg;
	buf_addf(&seen, "exchange %u%s\n", (unsigned)ask->exchange.priority,
		 ask->after ? ask->after->format : "");
	return 0;
}

static int sink_send(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	buf_addf(&seen, "send %.*s\n", (int)len, (const char *)data);
	return 0;
}

static void sink_timer_set(void *arg, uint32_t id, uint32_t delay_ms)
{
	(void)arg;
	buf_addf(&seen, "timer %u %u\n", (unsigned)id, (unsigned)delay_ms);
}

static void sink_timer_clear(void *arg, uint32_t id)
{
	(void)arg;
	buf_addf(&seen, "no timer %u\n", (unsigned)id);
}

static void sink_state(void *arg, enum dragoman_state state, const char *reason)
{
	(void)arg;
	buf_addf(&seen, "state %d %s\n", (int)state, reason ? reason : "-");
}

static void sink_log(void *arg, enum dragoman_level level, const char *text)
{
	(void)arg;
	buf_addf(&seen, "log %d %s\n", (int)level, text);
}

static int64_t sink_wall(void *arg)
{
	(void)arg;
	return 1000;
}

static int64_t sink_mono(void *arg)
{
	(void)arg;
	return 2000;
}

static const struct adapter_sink sink = {
	.declared = sink_declared,
	.reading = sink_reading,
	.ask = sink_ask,
	.send = sink_send,
	.timer_set = sink_timer_set,
	.timer_clear = sink_timer_clear,
	.state = sink_state,
	.log = sink_log,
	.wall_ns = sink_wall,
	.mono_ns = sink_mono,
};

static void assert_seen(const char *text)
{
	assert_string_equal(buf_str(&seen), text);
	buf_clear(&seen);
}

/* An instance with the options as YAML, or NULL with the errors left in `seen`. */
static struct conf_node *tree;
static struct adapter_instance *make(const char *yaml)
{
	struct conf_errors errors = {0};
	struct adapter_instance *instance;

	tree = conf_parse("a.yaml", yaml, strlen(yaml), &errors);
	assert_non_null(tree);
	instance = adapter_new(&probe, "d1", DRAGOMAN_GATEWAY, tree, NULL, &sink, NULL, &errors);
	if (!instance)
		conf_errors_print(&errors, &seen);
	else
		assert_int_equal(errors.n, 0);
	conf_errors_fini(&errors);
	return instance;
}

static int setup(void **state)
{
	(void)state;
	buf_clear(&seen);
	create_result = n_destroyed = 0;
	in_create = NULL;
	return 0;
}

static int teardown(void **state)
{
	struct adapter_instance *instance = *state;

	adapter_free(&instance);
	*state = NULL;
	conf_free(&tree);
	buf_fini(&seen);
	return 0;
}

static struct adapter_instance *ready(void **state)
{
	static const struct dragoman_key keys[] = {{"fast", NULL}, {"slow", "once a minute"}};
	static const struct dragoman_tag tags[] = {
		{.name = "on", .type = DRAGOMAN_BOOLEAN, .key = "fast"},
		{.name = "level", .type = DRAGOMAN_NUMBER, .unit = "m", .key = "fast"},
		{.name = "level", .type = DRAGOMAN_NUMBER, .unit = "m", .key = "slow"},
		{.name = "name", .type = DRAGOMAN_TEXT, .key = "slow"},
	};

	*state = make("{address: a}");
	assert_non_null(*state);
	assert_int_equal(host->ops->declare(host, tags, 4, keys, 2), 0);
	assert_seen("declared\n");
	return *state;
}

/* ---------------------------------------------------------------------------------------------
 * Loading
 */

static char *plugin_dir;

static void assert_refused(const char *name, const char *text)
{
	struct conf_texts dirs = {.list = &plugin_dir, .n = 1};
	struct err err;

	assert_null(adapter_find(name, &dirs, &err));
	if (!strstr(err.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, err.text);
}

static void a_built_in_adapter_is_found(void **state)
{
	struct err err;

	(void)state;
	assert_string_equal(adapter_find("raw", NULL, &err)->name, "raw");
	adapter_add_builtin(&probe);
	adapter_add_builtin(&probe);
	assert_ptr_equal(adapter_find("probe", NULL, &err), &probe);
}

static void a_name_that_is_near_is_proposed(void **state)
{
	(void)state;
	assert_refused("rwa", "did you mean \"raw\"?");
	assert_refused("rwa", plugin_dir);
	assert_refused("good-plugi", "did you mean \"good-plugin\"?");
}

static void a_name_is_no_path(void **state)
{
	(void)state;
	assert_refused("../raw", "is no name of an adapter");
	assert_refused("", "is no name of an adapter");
}

static void a_good_plugin_is_loaded(void **state)
{
	struct conf_texts dirs = {.list = &plugin_dir, .n = 1};
	struct err err;
	const struct dragoman_adapter *adapter = adapter_find("good-plugin", &dirs, &err);

	(void)state;
	assert_non_null(adapter);
	assert_string_equal(adapter->name, "good-plugin");
	assert_ptr_equal(adapter, adapter_find("good-plugin", &dirs, &err));
}

static void bad_plugins_are_refused_with_both_numbers_and_the_file(void **state)
{
	(void)state;
	assert_refused("bad-abi", "/bad-abi.so: needs adapter ABI 2, this is dragoman with ABI 1;");
	assert_refused("bad-size", "/bad-size.so: its descriptor has 64 bytes");
	assert_refused("bad-symbol", "/bad-symbol.so: has no symbol dragoman_adapter");
	assert_refused("bad-name", "/bad-name.so: the adapter in it is named \"another\"");
	assert_refused("bad-flags",
		       "/bad-flags.so: the adapter has a flag that this host does not know");
	assert_refused("bad-blocking",
		       "/bad-blocking.so: the adapter may block and does not say how long");
	assert_refused("bad-object", "cannot load the adapter: ");
}

/* ---------------------------------------------------------------------------------------------
 * Options
 */

static void options_have_values_and_fallbacks(void **state)
{
	const struct dragoman_host_ops *ops;
	const struct dragoman_node *map;

	*state = make("{address: '7', wait: 250ms, count: 3}");
	assert_non_null(*state);
	ops = host->ops;
	assert_string_equal(ops->node_text(ops->option(host, "colour")), "green");
	assert_int_equal(ops->node_integer(ops->option(host, "wait")), 250);
	assert_int_equal(ops->node_integer(ops->option(host, "count")), 3);
	assert_int_equal(ops->node_integer(ops->option(host, "strict")), 1);
	assert_true(ops->node_number(ops->option(host, "factor")) == 0.5);
	assert_true(ops->node_number(ops->option(host, "count")) == 3);
	assert_string_equal(ops->node_text(ops->option(host, "address")), "7");
	map = ops->option(host, "map");
	assert_null(ops->node_text(map));
	assert_int_equal(ops->node_size(map), 2);
	assert_string_equal(ops->node_key_at(map, 1), "b");
	assert_int_equal(ops->node_size(ops->node_at(map, 1)), 2);
	assert_null(ops->node_key_at(ops->node_at(map, 1), 0));
	assert_string_equal(ops->node_text(ops->node_at(ops->node_at(map, 1), 1)), "y");
	assert_null(ops->node_at(map, 2));
	assert_null(ops->option(host, "nothing"));
}

static void an_option_without_value_and_fallback_is_not_there(void **state)
{
	*state = make("{address: a}");
	assert_null(host->ops->option(host, "count"));
}

static void all_wrong_options_are_told(void **state)
{
	const char *text;

	assert_null(*state = make("{colour: gren, wait: 5ms, cuont: 3}"));
	text = buf_str(&seen);
	assert_non_null(strstr(text, "a.yaml:1:10: "));
	assert_non_null(strstr(text, "did you mean green"));
	assert_non_null(strstr(text, "wait"));
	assert_non_null(strstr(text, "cuont"));
	assert_non_null(strstr(text, "address"));
}

static void say_in_create(void)
{
	host->ops->node_error(host, host->ops->option(host, "address"), "no such address");
}

static void an_adapters_own_error_has_its_place(void **state)
{
	in_create = say_in_create;
	create_result = -1;
	assert_null(*state = make("address: a"));
	assert_seen("a.yaml:1:10: no such address\n");
	assert_int_equal(n_destroyed, 0);
	conf_free(&tree);
	create_result = 0;
	assert_null(*state = make("address: a"));
	assert_int_equal(n_destroyed, 1);
}

static void a_refusal_without_a_word_is_told(void **state)
{
	create_result = -1;
	assert_null(*state = make("address: a"));
	assert_non_null(strstr(buf_str(&seen), "the adapter probe refuses device d1"));
}

static void the_default_link_is_the_descriptors_or_the_definitions(void **state)
{
	static const char profile[] = "{link: {fixed: 4}}";
	struct conf_errors errors = {0};
	struct conf_node *definition, *options;
	struct adapter_instance *instance;

	*state = make("address: a");
	assert_string_equal(adapter_default_link(*state)->first->key, "delimiter");
	definition = conf_parse("p.yaml", profile, strlen(profile), &errors);
	options = conf_parse("a.yaml", "address: a", 10, &errors);
	instance = adapter_new(&probe, "d2", DRAGOMAN_DEVICE, options, definition, &sink, NULL,
			       &errors);
	assert_string_equal(adapter_default_link(instance)->first->key, "fixed");
	assert_ptr_equal(adapter_definition(host), definition);
	assert_int_equal(host->ops->role(host), DRAGOMAN_DEVICE);
	assert_string_equal(host->ops->device(host), "d2");
	adapter_free(&instance);
	conf_free(&definition);
	conf_free(&options);
}

/* ---------------------------------------------------------------------------------------------
 * Declaring
 */

static void assert_not_declared(const struct dragoman_tag *tags, size_t n_tags,
				const struct dragoman_key *keys, size_t n_keys, const char *text)
{
	assert_int_equal(host->ops->declare(host, tags, n_tags, keys, n_keys), -1);
	if (!strstr(buf_str(&seen), text))
		fail_msg("\"%s\" is not in \"%s\"", text, buf_str(&seen));
	buf_clear(&seen);
}

static void what_was_declared_is_copied(void **state)
{
	char name[] = "weight", unit[] = "kg";
	const struct dragoman_tag tag = {.name = name, .type = DRAGOMAN_NUMBER, .unit = unit};
	const struct dragoman_tag *tags;
	size_t n;

	*state = make("address: a");
	assert_int_equal(host->ops->declare(host, &tag, 1, NULL, 0), 0);
	memset(name, 'x', 3);
	memset(unit, 'x', 2);
	tags = adapter_tags(*state, &n);
	assert_int_equal(n, 1);
	assert_string_equal(tags[0].name, "weight");
	assert_string_equal(tags[0].unit, "kg");
	adapter_keys(*state, &n);
	assert_int_equal(n, 0);
}

static void a_bad_declaration_is_refused_and_the_old_one_stays(void **state)
{
	const struct dragoman_key k[] = {{"a", NULL}, {"a", NULL}, {"b c", NULL}, {"b", "\xff"}};
	const struct dragoman_tag bad_name = {.name = "a/b", .type = DRAGOMAN_TEXT};
	const struct dragoman_tag bad_type = {.name = "t"};
	const struct dragoman_tag bad_unit = {.name = "t",
					      .type = DRAGOMAN_TEXT,
					      .unit = "\xb0"
						      "C"};
	const struct dragoman_tag bad_key = {.name = "t", .type = DRAGOMAN_TEXT, .key = "z"};
	const struct dragoman_tag no_key = {.name = "t", .type = DRAGOMAN_TEXT};
	const struct dragoman_tag twice[] = {no_key, no_key};
	const struct dragoman_tag types[] = {
		{.name = "t", .type = DRAGOMAN_TEXT, .key = "a"},
		{.name = "t", .type = DRAGOMAN_NUMBER, .key = "b"},
	};
	const struct dragoman_key ab[] = {{"a", NULL}, {"b", NULL}};
	size_t n;

	ready(state);
	assert_not_declared(NULL, 0, k, 2, "key a stands twice");
	assert_not_declared(NULL, 0, k + 2, 1, "key 1: ");
	assert_not_declared(NULL, 0, k + 3, 1, "key b: its description");
	assert_not_declared(NULL, 0, k, 65, "65 keys");
	assert_not_declared(&bad_name, 1, NULL, 0, "tag 1: ");
	assert_not_declared(&bad_type, 1, NULL, 0, "tag t has no known type");
	assert_not_declared(&bad_unit, 1, NULL, 0, "tag t has a unit");
	assert_not_declared(&bad_key, 1, k, 1, "tag t refers to a key");
	assert_not_declared(&no_key, 1, k, 1, "tag t has no key");
	assert_not_declared(twice, 2, NULL, 0, "tag t stands twice");
	assert_not_declared(types, 2, ab, 2, "tag t has different types");
	adapter_tags(*state, &n);
	assert_int_equal(n, 4);
}

/* ---------------------------------------------------------------------------------------------
 * Emitting
 */

static void emit(const char *key, const struct dragoman_value *values, size_t n)
{
	host->ops->emit(host,
			&(struct dragoman_reading){.key = key, .values = values, .n_values = n});
}

static void a_good_reading_passes_uncopied(void **state)
{
	const struct dragoman_value values[] = {
		{.tag = "level", .type = DRAGOMAN_NUMBER, .as.number = 1},
		{.tag = "on", .type = DRAGOMAN_BOOLEAN, .quality = DRAGOMAN_BAD, .reason = "worn"},
	};
	const struct dragoman_value none = {
		.tag = "name", .quality = DRAGOMAN_STALE, .reason = "old"};

	ready(state);
	emit("fast", values, 2);
	assert_seen("reading fast: level=3/0/ on=1/2/worn\n");
	emit("slow", &none, 1);
	assert_seen("reading slow: name=0/3/old\n");
	emit("fast", NULL, 0);
	assert_seen("reading fast:\n");
}

static void a_bad_value_goes_out_as_bad_and_the_rest_as_it_is(void **state)
{
	const struct dragoman_value values[] = {
		{.tag = "on", .type = DRAGOMAN_BOOLEAN},
		{.tag = "name", .type = DRAGOMAN_TEXT, .as.text = {"x", 1}},
		{.tag = "level", .type = DRAGOMAN_NUMBER, .as.number = NAN},
	};
	const char *text;

	ready(state);
	emit("fast", values, 3);
	text = strstr(buf_str(&seen), "reading ");
	assert_string_equal(text, "reading fast: on=1/0/ name=0/2/tag not declared "
				  "level=0/2/not a finite number\n");
	assert_non_null(strstr(buf_str(&seen), "the adapter probe has a bug: the value of name"));
}

static void each_kind_of_bad_value_has_its_reason(void **state)
{
	const struct dragoman_value values[] = {
		{.tag = "name", .type = DRAGOMAN_TEXT, .as.text = {"\xff", 1}},
		{.tag = "name", .type = DRAGOMAN_DATA, .as.text = {"x", 1}},
		{.tag = "name", .type = DRAGOMAN_NONE},
		{.tag = "name", .type = DRAGOMAN_TEXT, .as.text = {"x", 1}, .quality = 7},
		{.tag = "name", .type = DRAGOMAN_NONE, .quality = DRAGOMAN_BAD, .reason = "\xff"},
		{.tag = "no name"},
		{.tag = NULL},
	};

	ready(state);
	emit("slow", values, 7);
	assert_string_equal(strstr(buf_str(&seen), "reading "),
			    "reading slow: name=0/2/not text name=0/2/not of the declared type "
			    "name=0/2/no value name=0/2/quality not known "
			    "name=0/2/(a reason that is not text)\n");
}

static void a_reading_under_no_declared_key_is_refused(void **state)
{
	ready(state);
	emit("medium", NULL, 0);
	assert_seen(
		"log 0 the adapter probe has a bug: a reading under a key that is not declared\n");
	emit(NULL, NULL, 0);
	assert_seen(
		"log 0 the adapter probe has a bug: a reading under a key that is not declared\n");
}

static void bugs_are_not_told_for_ever(void **state)
{
	const char *text;
	int n = 0;

	ready(state);
	for (int i = 0; i < 1000; i++)
		emit("medium", NULL, 0);
	for (text = buf_str(&seen); (text = strstr(text, "log ")); text++)
		n++;
	assert_int_equal(n, 21);
}

static void emit_in_create(void)
{
	const struct dragoman_exchange exchange = {.cookie = 1};

	emit(NULL, NULL, 0);
	assert_int_equal(host->ops->send(host, NULL, 0), -1);
	assert_int_equal(host->ops->exchange(host, &exchange), -1);
}

static void nothing_is_sent_within_create(void **state)
{
	in_create = emit_in_create;
	*state = make("address: a");
	assert_null(strstr(buf_str(&seen), "reading -"));
	assert_non_null(strstr(buf_str(&seen), "a reading within create()"));
}

/* ---------------------------------------------------------------------------------------------
 * The rest of what an adapter may call
 */

static void calls_reach_the_sink(void **state)
{
	struct dragoman_exchange exchange = {.cookie = 1, .priority = 5};
	const struct dragoman_line settings = {.baud = 300, .format = "7E1"};

	ready(state);
	host->ops->exchange(host, &exchange);
	exchange.priority = 99;
	host->ops->exchange(host, &exchange);
	host->ops->ask(host, &(struct dragoman_ask){.size = sizeof(struct dragoman_ask),
						    .exchange = {.cookie = 2},
						    .after = &settings});
	host->ops->send(host, (const uint8_t *)"ack", 3);
	host->ops->timer_set(host, 15, 250);
	host->ops->timer_clear(host, 15);
	host->ops->state(host, DRAGOMAN_OFFLINE, "asleep");
	host->ops->log(host, DRAGOMAN_LOG_INFO, "hello");
	assert_seen("exchange 5\nexchange 9\nexchange 07E1\nsend ack\ntimer 15 250\nno timer 15\n"
		    "state 3 asleep\nlog 2 hello\n");
	assert_int_equal(host->ops->wall_ns(host), 1000);
	assert_int_equal(host->ops->mono_ns(host), 2000);
}

static void what_cannot_be_is_refused(void **state)
{
	struct dragoman_exchange exchange = {.cookie = 0};
	const struct dragoman_line settings = {.format = "7e1"};

	ready(state);
	assert_int_equal(host->ops->exchange(host, &exchange), -1);
	exchange = (struct dragoman_exchange){.cookie = 1, .len = 65537};
	assert_int_equal(host->ops->exchange(host, &exchange), -1);
	assert_int_equal(
		host->ops->ask(host, &(struct dragoman_ask){.size = sizeof(struct dragoman_ask),
							    .exchange = {.cookie = 1},
							    .before = &settings}),
		-1);
	host->ops->timer_set(host, 16, 1);
	host->ops->timer_clear(host, 16);
	host->ops->state(host, (enum dragoman_state)1, NULL);
	assert_null(strstr(buf_str(&seen), "\nstate"));
	assert_null(strstr(buf_str(&seen), "\ntimer"));
}

static void a_verdict_that_is_none_counts_as_format(void **state)
{
	struct dragoman_frame frame = {.len = DRAGOMAN_CHECK};

	ready(state);
	assert_int_equal(adapter_frame(*state, &frame), DRAGOMAN_CHECK);
	frame.len = 77;
	assert_int_equal(adapter_frame(*state, &frame), DRAGOMAN_FORMAT);
	for (int v = DRAGOMAN_TAKEN; v <= DRAGOMAN_UNSOLICITED; v++)
		assert_non_null(adapter_verdict_name((enum dragoman_verdict)v));
}

static void what_an_adapter_lacks_does_nothing(void **state)
{
	ready(state);
	adapter_line(*state, true, "");
	adapter_timer(*state, 1);
	adapter_kept(*state, 1, true);
	adapter_exchange_done(*state, 1, DRAGOMAN_TIMED_OUT);
	assert_int_equal(adapter_work(*state), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_built_in_adapter_is_found),
		TEST(a_name_that_is_near_is_proposed),
		TEST(a_name_is_no_path),
		TEST(a_good_plugin_is_loaded),
		TEST(bad_plugins_are_refused_with_both_numbers_and_the_file),
		TEST(options_have_values_and_fallbacks),
		TEST(an_option_without_value_and_fallback_is_not_there),
		TEST(all_wrong_options_are_told),
		TEST(an_adapters_own_error_has_its_place),
		TEST(a_refusal_without_a_word_is_told),
		TEST(the_default_link_is_the_descriptors_or_the_definitions),
		TEST(what_was_declared_is_copied),
		TEST(a_bad_declaration_is_refused_and_the_old_one_stays),
		TEST(a_good_reading_passes_uncopied),
		TEST(a_bad_value_goes_out_as_bad_and_the_rest_as_it_is),
		TEST(each_kind_of_bad_value_has_its_reason),
		TEST(a_reading_under_no_declared_key_is_refused),
		TEST(bugs_are_not_told_for_ever),
		TEST(nothing_is_sent_within_create),
		TEST(calls_reach_the_sink),
		TEST(what_cannot_be_is_refused),
		TEST(a_verdict_that_is_none_counts_as_format),
		TEST(what_an_adapter_lacks_does_nothing),
	};
	const char *top = getenv("top_builddir");
	char dir[4096];

	snprintf(dir, sizeof dir, "%s/tests/plugins/.libs", top ? top : ".");
	plugin_dir = dir;
	return cmocka_run_group_tests_name("adapter", tests, NULL, NULL);
}
