/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/handover.h"
#include "wire/frame.h"
#include "wire/parts.h"

static char dir[64], path[128];

static void put(const char *name, const char *text)
{
	char file[128];
	FILE *f;

	snprintf(file, sizeof file, "%s/%s", dir, name);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(file, 0640);
}

static int in_a_directory(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/dragoman.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/dragoman.yaml", dir);
	return 0;
}

static int without_it(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

/* Everything that was said, with @ in place of the directory. */
static char *said(const struct verified *v)
{
	struct buf all = {0}, text = {0};
	const char *at, *next;
	char *copy;

	conf_errors_print(&v->errors, &all);
	for (at = buf_str(&all); (next = strstr(at, dir)); at = next + strlen(dir)) {
		buf_add(&text, at, (size_t)(next - at));
		buf_add_str(&text, "@");
	}
	buf_add_str(&text, at);
	copy = strdup(buf_str(&text));
	buf_fini(&all);
	buf_fini(&text);
	return copy;
}

static const char good[] =
	"gateway: test\n"
	"hub: {memory: 1MiB}\n"
	"listen: {tcp: [{port: 0, writable: true}]}\n"
	"publishers:\n"
	"  one: {token: secret-in-the-config}\n"
	"  two: {token_file: token}\n"
	"channels:\n"
	"  a: {port: none, devices: {hall/x: {adapter: raw}}}\n"
	"  off: {enabled: false, port: none, devices: {hall/y: {adapter: raw}}}\n"
	"  b: {port: none, memory_limit: 32MiB, log: debug,\n"
	"      devices: {z: {adapter: raw, description: \"a: 'b'\"}}}\n";

static void each_process_gets_its_part_alone(void **state)
{
	struct verified v;
	struct buf hub = {0}, channel = {0};

	(void)state;
	put("dragoman.yaml", good);
	put("token", "secret-in-the-file\nand a comment\n");
	assert_int_equal(verify(&v, path), 0);
	handover_hub_part(&v, &hub);
	handover_channel_part(&v, v.config.channels.list[0], &channel);
	assert_non_null(strstr(buf_str(&hub), "secret-in-the-config"));
	assert_non_null(strstr(buf_str(&hub), "secret-in-the-file"));
	assert_null(strstr(buf_str(&hub), "hall/x"));
	assert_null(strstr(buf_str(&channel), "secret"));
	assert_null(strstr(buf_str(&channel), "hall/y"));
	buf_fini(&hub);
	buf_fini(&channel);
	verified_fini(&v);
}

static void parse_part(const struct buf *part, struct config *config, struct config_files *files)
{
	struct conf_errors errors = {0};

	*config = (struct config){0};
	*files = (struct config_files){0};
	assert_int_equal(config_parse("part", (const char *)buf_bytes(part), part->len, config,
				      files, &errors),
			 0);
	assert_int_equal(errors.n, 0);
	conf_errors_fini(&errors);
}

static void the_hub_part_says_what_was_configured(void **state)
{
	struct verified v;
	struct config config;
	struct config_files files;
	struct buf part = {0};

	(void)state;
	put("dragoman.yaml", good);
	put("token", "secret-in-the-file\n");
	assert_int_equal(verify(&v, path), 0);
	handover_hub_part(&v, &part);
	parse_part(&part, &config, &files);
	assert_string_equal(config.gateway, "test");
	assert_int_equal(config.hub.memory, 1 << 20);
	assert_int_equal(config.listen.tcp.n, 1);
	assert_true(((struct config_listener *)config.listen.tcp.list[0])->writable);
	assert_int_equal(config.publishers.n, 2);
	assert_string_equal(((struct config_publisher *)config.publishers.list[1])->token,
			    "secret-in-the-file");
	assert_int_equal(config.channels.n, 0);
	config_fini(&config, &files);
	buf_fini(&part);
	verified_fini(&v);
}

static void a_channel_part_says_what_was_configured(void **state)
{
	struct verified v;
	struct config config;
	struct config_files files;
	const struct config_channel *channel;
	const struct config_device *device;
	struct buf part = {0};

	(void)state;
	put("dragoman.yaml", good);
	put("token", "secret-in-the-file\n");
	assert_int_equal(verify(&v, path), 0);
	handover_channel_part(&v, v.config.channels.list[2], &part);
	parse_part(&part, &config, &files);
	assert_int_equal(config.channels.n, 1);
	channel = config.channels.list[0];
	assert_string_equal(channel->item.name, "b");
	assert_int_equal(channel->memory_limit, 32 << 20);
	assert_int_equal(channel->log, CONFIG_LOG_DEBUG);
	device = channel->devices.list[0];
	assert_string_equal(device->description, "a: 'b'");
	assert_string_equal(config.paths.plugins.list[config.paths.plugins.n - 1], PLUGIN_DIR);
	config_fini(&config, &files);
	buf_fini(&part);
	verified_fini(&v);
}

static void the_supervisor_is_told_of_all_that_runs(void **state)
{
	static const char *const names[] = {"", "a", "b"};
	struct verified v;
	struct buf all = {0};
	struct parts_message message = {0};
	size_t n_parts = 0;

	(void)state;
	put("dragoman.yaml", good);
	put("token", "secret-in-the-file\n");
	assert_int_equal(verify(&v, path), 0);
	handover_all(&v, &all);
	while (all.len) {
		const uint8_t *payload;
		size_t len;
		ssize_t used =
			frame_next(buf_bytes(&all), all.len, PARTS_MESSAGE_MAX, &payload, &len);

		assert_true(used > 0);
		parts_release(&message);
		assert_null(parts_parse(payload, len, &message));
		if (message.kind == PARTS_PART)
			assert_string_equal(message.name, names[n_parts++]);
		buf_consume(&all, (size_t)used);
	}
	assert_int_equal(message.kind, PARTS_END);
	assert_int_equal(message.n_parts, 3);
	assert_int_equal(n_parts, 3);
	parts_release(&message);
	buf_fini(&all);
	verified_fini(&v);
}

/* Checks what is said of a whole configuration; the directory is @. */
static void says(const char *config, const char *expected)
{
	struct verified v;
	char *text;

	put("dragoman.yaml", config);
	verify(&v, path);
	text = said(&v);
	assert_string_equal(text, expected);
	free(text);
	verified_fini(&v);
}

static void a_port_serves_one_channel(void **state)
{
	char config[600], link[128];

	(void)state;
	put("device", "");
	snprintf(link, sizeof link, "%s/by-id", dir);
	assert_int_equal(symlink("device", link), 0);
	snprintf(config, sizeof config,
		 "channels:\n"
		 "  a: {port: {tty: %s/device}, devices: {x: {adapter: raw}}}\n"
		 "  b: {port: {tty: %s/by-id}, devices: {y: {adapter: raw}}}\n"
		 "  c: {enabled: false, port: {tty: %s/device}, devices: {z: {adapter: raw}}}\n",
		 dir, dir, dir);
	says(config, "@/dragoman.yaml:3:13: @/device is the port of channel \"a\" already, at "
		     "@/dragoman.yaml:2:13\n");
}

static void two_connections_to_one_server_are_no_mistake(void **state)
{
	(void)state;
	says("channels:\n"
	     "  a: {port: {tcp: \"127.0.0.1:1\"}, devices: {x: {adapter: raw}}}\n"
	     "  b: {port: {tcp: \"127.0.0.1:1\"}, devices: {y: {adapter: raw}}}\n",
	     "");
}

/* The texts are those of the layers that say them; where they stand is ours. */
static void all_that_is_wrong_is_said_in_one_run(void **state)
{
	static const char *const places[] = {
		"@/dragoman.yaml:2:19: the first line of @/short is no token", /* publisher */
		"@/dragoman.yaml:4:14: \"tpc\"",                               /* port */
		"@/dragoman.yaml:4:30: \"delimter\"",                          /* link */
		"@/dragoman.yaml:4:67: there is no adapter \"rwa\"",
		"@/dragoman.yaml:5:29: device \"x\" is there already",
		"@/dragoman.yaml:5:57: unknown key \"nothing\"", /* the adapter's option */
		"@/dragoman.yaml:6:42: ",                        /* no such profile */
	};
	struct verified v;
	char *text;

	(void)state;
	put("short", "too short\n");
	put("dragoman.yaml",
	    "publishers:\n"
	    "  p: {token_file: short}\n"
	    "channels:\n"
	    "  a: {port: {tpc: x}, link: {delimter: x}, devices: {x: {adapter: rwa}}}\n"
	    "  b: {port: none, devices: {x: {adapter: raw, options: {nothing: 1}}}}\n"
	    "  c: {port: none, devices: {y: {profile: none-such}}}\n");
	assert_int_equal(verify(&v, path), -1);
	text = said(&v);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (!strstr(text, places[i]))
			fail_msg("%s: not in\n%s", places[i], text);
	assert_int_equal(v.errors.n_errors, sizeof places / sizeof *places);
	free(text);
	verified_fini(&v);
}

static void a_token_for_everybody_is_a_warning(void **state)
{
	char file[128];

	(void)state;
	put("token", "secret-in-the-file\n");
	snprintf(file, sizeof file, "%s/token", dir);
	chmod(file, 0644);
	says("publishers:\n  p: {token_file: token}\n",
	     "@/dragoman.yaml:2:19: warning: @/token can be read or written by everybody: chmod o-rw\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_process_gets_its_part_alone, in_a_directory,
						without_it),
		cmocka_unit_test_setup_teardown(the_hub_part_says_what_was_configured,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(a_channel_part_says_what_was_configured,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(the_supervisor_is_told_of_all_that_runs,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(a_port_serves_one_channel, in_a_directory,
						without_it),
		cmocka_unit_test_setup_teardown(two_connections_to_one_server_are_no_mistake,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(all_that_is_wrong_is_said_in_one_run,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(a_token_for_everybody_is_a_warning, in_a_directory,
						without_it),
	};

	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
