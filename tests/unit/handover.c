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

/* Checks what is said of the whole configuration; the directory is @. */
static void is_said(const char *expected)
{
	struct verified v;
	char *text;

	verify(&v, path);
	text = said(&v);
	assert_string_equal(text, expected);
	free(text);
	verified_fini(&v);
}

static void says(const char *config, const char *expected)
{
	put("dragoman.yaml", config);
	is_said(expected);
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

static void two_listeners_do_not_share_an_address(void **state)
{
	(void)state;
	says("channels:\n"
	     "  a: {port: {listen: ':4444'}, devices: {a: {adapter: raw}}}\n"
	     "  b: {port: {listen: '127.0.0.1:4444'}, devices: {b: {adapter: raw}}}\n"
	     "  c: {port: {listen: '[::1]:4444'}, devices: {c: {adapter: raw}}}\n"
	     "  d: {port: {listen: '127.0.0.1:0'}, devices: {d: {adapter: raw}}}\n"
	     "  e: {port: {listen: '127.0.0.1:0'}, devices: {e: {adapter: raw}}}\n",
	     "@/dragoman.yaml:3:13: :4444 is the port of channel \"a\" already, at "
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

/* ---- what profiles say of their lines ---- */

static void put_profile(const char *name, const char *line)
{
	char text[600];

	snprintf(text, sizeof text,
		 "profile: 1\n"
		 "title: Something\n"
		 "source: here\n"
		 "line: {%s}\n"
		 "link: {delimiter: \"\\n\"}\n"
		 "tags: {w: {type: number}}\n"
		 "frames: {f: {text: '{w:number}'}}\n"
		 "tests: [{received: \"1\\n\", values: {w: 1}, source: {manual: made up}}]\n"
		 "lock: {lock: 1, package: p, fields: {w: 1 number}}\n",
		 line);
	put(name, text);
}

/* Two devices a.yaml and b.yaml on one port. */
static void put_pair(const char *port)
{
	char config[400];

	snprintf(config, sizeof config,
		 "channels:\n"
		 "  c:\n"
		 "    port: %s\n"
		 "    devices:\n"
		 "      x: {profile: a.yaml}\n"
		 "      y: {profile: b.yaml}\n",
		 port);
	put("dragoman.yaml", config);
}

/* The configuration is good but for what is expected to be said; the port is so in the channel's part. */
static void port_is(const char *port, const char *expected, const char *expected_said)
{
	struct conf_errors errors = {0};
	struct verified v;
	struct config config;
	struct config_files files;
	struct conf_node *wanted = conf_parse("wanted", expected, strlen(expected), &errors);
	struct buf part = {0}, is = {0}, wanted_text = {0};
	char *text;

	put_pair(port);
	verify(&v, path);
	text = said(&v);
	assert_string_equal(text, expected_said);
	free(text);
	assert_int_equal(v.errors.n_errors, 0);
	handover_channel_part(&v, v.config.channels.list[0], &part);
	parse_part(&part, &config, &files);
	conf_print_node(((struct config_channel *)config.channels.list[0])->port, 0, &is);
	conf_print_node(wanted, 0, &wanted_text);
	assert_string_equal(buf_str(&is), buf_str(&wanted_text));
	conf_free(&wanted);
	conf_errors_fini(&errors);
	config_fini(&config, &files);
	buf_fini(&part);
	buf_fini(&is);
	buf_fini(&wanted_text);
	verified_fini(&v);
}

static void a_profile_sets_the_line_that_the_port_leaves_open(void **state)
{
	(void)state;
	put_profile("a.yaml", "baud: 2400, format: 7E1, flow: xonxoff");
	put_profile("b.yaml", "baud: 2400");
	port_is("{serial: /dev/none}",
		"{serial: /dev/none, baud: 2400, format: 7E1, flow: xonxoff}", "");
	port_is("{usb: {serial: A1}, dtr: false}",
		"{usb: {serial: A1}, dtr: false, baud: 2400, format: 7E1, flow: xonxoff}", "");
	port_is("{serial: {serial: /dev/none, format: 8N1}}",
		"{serial: {serial: /dev/none, format: 8N1, baud: 2400, flow: xonxoff}}", "");
}

static void what_the_port_says_counts(void **state)
{
	(void)state;
	put_profile("a.yaml", "baud: 2400, format: 7E1, flow: rtscts");
	put_profile("b.yaml", "baud: 300, format: 8N1, flow: none");
	port_is("{serial: /dev/none, baud: 9600, format: 8N2, flow: none}",
		"{serial: /dev/none, baud: 9600, format: 8N2, flow: none}", "");
}

static void a_port_without_a_line_gets_no_settings(void **state)
{
	(void)state;
	put_profile("a.yaml", "baud: 2400");
	put_profile("b.yaml", "baud: 300");
	port_is("none", "none", "");
	port_is("{tcp: \"127.0.0.1:1\"}", "{tcp: \"127.0.0.1:1\"}", "");
	port_is("{replay: file.bin, baud: 1200}", "{replay: file.bin, baud: 1200}", "");
}

static void profiles_that_disagree_about_the_line_are_an_error(void **state)
{
	(void)state;
	put_profile("a.yaml", "baud: 2400, format: 8N1");
	put_profile("b.yaml", "baud: 300, format: 7E1");
	put_pair("{serial: /dev/none, format: 8N1}");
	is_said("@/dragoman.yaml:6:7: \"x\" and \"y\" want different lines: baud 2400 "
		"(@/a.yaml:4:14) and 300 (@/b.yaml:4:14); say which one it is, by \"baud\" of "
		"the port\n");
}

static void a_flow_that_no_port_can_do_is_left_out_with_a_warning(void **state)
{
	(void)state;
	put_profile("a.yaml", "baud: 2400, flow: dtrdsr");
	put_profile("b.yaml", "flow: dtrdsr");
	port_is("{serial: /dev/none}", "{serial: /dev/none, baud: 2400}",
		"@/dragoman.yaml:5:10: warning: the profile of \"x\" wants flow dtrdsr "
		"(@/a.yaml:4:26), which a port \"serial\" cannot do; it is left out: say what the "
		"line has instead, by \"flow\" of the port\n");
	port_is("{serial: /dev/none, flow: none}", "{serial: /dev/none, flow: none, baud: 2400}",
		"");
}

static void the_effective_configuration_has_the_settings(void **state)
{
	struct verified v;
	struct buf text = {0};

	(void)state;
	put_profile("a.yaml", "baud: 2400");
	put_profile("b.yaml", "format: 7E1");
	put_pair("{serial: /dev/none}");
	assert_int_equal(verify(&v, path), 0);
	conf_print(&config_schema, &v.config, 0, &text);
	assert_non_null(strstr(buf_str(&text), "    port:\n"
					       "      serial: /dev/none\n"
					       "      baud: 2400\n"
					       "      format: 7E1\n"));
	buf_fini(&text);
	verified_fini(&v);
}

static void the_tests_of_a_profile_stay_at_home(void **state)
{
	struct verified v;
	struct buf part = {0};

	(void)state;
	put_profile("a.yaml", "");
	put_profile("b.yaml", "");
	put_pair("none");
	assert_int_equal(verify(&v, path), 0);
	handover_channel_part(&v, v.config.channels.list[0], &part);
	assert_non_null(strstr(buf_str(&part), "title: Something"));
	assert_null(strstr(buf_str(&part), "tests"));
	assert_null(strstr(buf_str(&part), "made up"));
	buf_fini(&part);
	verified_fini(&v);
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
		cmocka_unit_test_setup_teardown(two_listeners_do_not_share_an_address,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(two_connections_to_one_server_are_no_mistake,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(all_that_is_wrong_is_said_in_one_run,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(a_token_for_everybody_is_a_warning, in_a_directory,
						without_it),
		cmocka_unit_test_setup_teardown(a_profile_sets_the_line_that_the_port_leaves_open,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(what_the_port_says_counts, in_a_directory,
						without_it),
		cmocka_unit_test_setup_teardown(a_port_without_a_line_gets_no_settings,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(profiles_that_disagree_about_the_line_are_an_error,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(
			a_flow_that_no_port_can_do_is_left_out_with_a_warning, in_a_directory,
			without_it),
		cmocka_unit_test_setup_teardown(the_effective_configuration_has_the_settings,
						in_a_directory, without_it),
		cmocka_unit_test_setup_teardown(the_tests_of_a_profile_stay_at_home, in_a_directory,
						without_it),
	};

	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
