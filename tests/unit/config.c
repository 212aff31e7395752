/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's configuration: its files, its fallbacks, what holds across them, and its print. */
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

#include "base/clock.h"
#include "base/xalloc.h"
#include "conf/config.h"

struct run {
	struct config config;
	struct config_files files;
	struct conf_errors errors;
	struct buf said;
	int status;
};

static void parse(struct run *run, const char *text)
{
	*run = (struct run){0};
	run->status =
		config_parse("x", text, strlen(text), &run->config, &run->files, &run->errors);
	conf_errors_print(&run->errors, &run->said);
}

static void run_end(struct run *run)
{
	config_fini(&run->config, &run->files);
	conf_errors_fini(&run->errors);
	buf_fini(&run->said);
}

static void says(const char *text, const char *expected)
{
	struct run run;

	parse(&run, text);
	assert_string_equal(buf_str(&run.said), expected);
	run_end(&run);
}

static void nothing_is_a_configuration(void **state)
{
	struct run run;
	const struct config_listener *listener;

	(void)state;
	parse(&run, "");
	assert_string_equal(buf_str(&run.said), "");
	assert_int_equal(run.status, 0);
	assert_non_null(run.config.gateway);
	assert_int_equal(run.config.log, CONFIG_LOG_INFO);
	assert_int_equal(run.config.hub.memory, 16 << 20);
	assert_int_equal(run.config.listen.socket_mode, 0660);
	assert_int_equal(run.config.listen.tcp.n, 1);
	listener = run.config.listen.tcp.list[0];
	assert_string_equal(listener->address, "127.0.0.1");
	assert_int_equal(listener->port, 7531);
	run_end(&run);
}

static const char everything[] =
	"gateway: mill\n"
	"log: warning\n"
	"paths: {run: /tmp/run, plugins: [/a, /b]}\n"
	"hub: {memory: 1MiB, slow_timeout: 5min}\n"
	"listen:\n"
	"  socket_mode: 0666\n"
	"  tcp:\n"
	"    - {address: '::1', port: 0, writable: true}\n"
	"    - {port: 7531}\n"
	"publishers:\n"
	"  erp: {token: 0123456789abcdef}\n"
	"  lims: {token_file: /etc/token}\n"
	"channels:\n"
	"  scale-line:\n"
	"    description: 'Hofwaage: S\xc3\xbc"
	"d'\n"
	"    port: {serial: /dev/ttyUSB0, baud: 9600}\n"
	"    link: {delimiter: '\\r\\n'}\n"
	"    retry: {first: 2s}\n"
	"    raw: all\n"
	"    capture: \"/tmp/a\\tb\"\n"
	"    devices:\n"
	"      hall2/truck-scale:\n"
	"        profile: mt-sics\n"
	"        stale_after: 90s\n"
	"      hall2/raw: {adapter: raw, options: {a: [1, {b: ''}], c: '5'}}\n";

static void a_configuration_is_read(void **state)
{
	struct run run;
	const struct config_channel *channel;
	const struct config_device *device;

	(void)state;
	parse(&run, everything);
	assert_string_equal(buf_str(&run.said), "");
	assert_int_equal(run.status, 0);
	channel = run.config.channels.list[0];
	assert_string_equal(channel->item.name, "scale-line");
	assert_true(channel->enabled);
	assert_int_equal(channel->retry.first_ns, 2 * NS_PER_S);
	assert_int_equal(channel->retry.most_ns, 30 * NS_PER_S);
	assert_int_equal(channel->raw, CONFIG_RAW_ALL);
	assert_int_equal(channel->log, CONFIG_LOG_WARNING);
	device = channel->devices.list[0];
	assert_string_equal(device->item.name, "hall2/truck-scale");
	assert_string_equal(device->adapter, "profile");
	assert_int_equal(device->stale_after_ns, 90 * NS_PER_S);
	run_end(&run);
}

/* As somebody does who has the secret. */
static char *with_secret(struct buf *printed)
{
	const char *text = buf_str(printed), *at = strstr(text, CONF_SECRET_TEXT);

	assert_non_null(at);
	return xasprintf("%.*s0123456789abcdef%s", (int)(at - text), text,
			 at + strlen(CONF_SECRET_TEXT));
}

static void what_is_printed_parses_to_the_same(void **state)
{
	struct run first, second;
	struct buf printed = {0}, again = {0};
	char *text;

	(void)state;
	parse(&first, everything);
	conf_print(&config_schema, &first.config, 0, &printed);
	text = with_secret(&printed);
	parse(&second, text);
	assert_string_equal(buf_str(&second.said), "");
	assert_int_equal(second.status, 0);
	conf_print(&config_schema, &second.config, 0, &again);
	assert_string_equal(buf_str(&again), buf_str(&printed));
	free(text);
	run_end(&first);
	run_end(&second);
	buf_fini(&printed);
	buf_fini(&again);
}

static void secrets_are_not_printed(void **state)
{
	struct run first, second;
	struct buf printed = {0};

	(void)state;
	parse(&first, everything);
	conf_print(&config_schema, &first.config, 0, &printed);
	assert_null(strstr(buf_str(&printed), "0123456789abcdef"));
	assert_non_null(strstr(buf_str(&printed), "token: (secret)"));
	parse(&second, buf_str(&printed));
	assert_int_equal(second.status, 0);
	assert_null(((struct config_publisher *)second.config.publishers.list[0])->token);
	run_end(&first);
	run_end(&second);
	buf_fini(&printed);
}

static void what_rows_cannot_say_is_checked(void **state)
{
	(void)state;
	says("channels: {a: {port: p, devices: {d: {}}}}",
	     "x:1:35: device needs \"profile\" or \"adapter\": who knows its protocol\n");
	says("channels: {a: {port: p, devices: {d: {adapter: raw, profile: x}}}}",
	     "x:1:39: \"adapter: raw\" and a profile exclude each other; take one away\n");
	says("channels: {a: {port: p, devices: {d: {adapter: profile}}}}",
	     "x:1:39: the adapter \"profile\" needs \"profile\": the name of one\n");
	says("channels: {a: {port: p, devices: {}}}",
	     "x:1:34: warning: a channel without devices\n");
	says("listen: {tcp: [{address: 10.0.0.1}]}",
	     "x:1:26: address: 10.0.0.1 is reached from other machines, and nothing is encrypted there; "
	     "say \"insecure: true\" beside it if that is meant\n");
	says("listen: {tcp: [{address: localhost}]}",
	     "x:1:26: address: expected a numeric address such as 127.0.0.1, 0.0.0.0 or ::1, found "
	     "localhost\n");
	says("listen: {tcp: [{port: 5}, {port: 5}]}",
	     "x:1:27: 127.0.0.1 port 5 is listened on by 127.0.0.1 already, in line 1\n");
	says("publishers: {a: {}}", "x:1:14: publisher needs \"token\" or \"token_file\"\n");
	says("channels: {a: {port: p, retry: {first: 2min}, devices: {d: {adapter: raw}}}}",
	     "x:1:32: retry: \"first\" is longer than \"most\"\n");
}

static void names_are_given_once(void **state)
{
	(void)state;
	says("channels:\n"
	     "  a: {port: p, devices: {d: {adapter: raw}}}\n"
	     "  b: {port: p, devices: {d: {adapter: raw}}}\n"
	     "publishers: {a: {token: 0123456789abcdef}}\n",
	     "x:3:26: device \"d\" is there already, at x:2:26\n"
	     "x:4:14: channel or publisher \"a\" is there already, at x:2:3\n");
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void channel_files_are_read_in_order_of_names(void **state)
{
	static const char *const names[] = {"channels.d/10-b.yaml", "channels.d/20-a.yaml",
					    "channels.d/ignored.txt", "dragoman.yaml"};
	char dir[] = "/tmp/dragoman-conf-XXXXXX", path[512], expected[1024];
	struct run run = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/channels.d", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(dir, names[0], "b: {port: p, devices: {d: {adapter: raw}}}\n");
	write_file(dir, names[1], "a: {port: p, devices: {d: {adapter: raw}}}\n");
	write_file(dir, names[2], "nonsense");
	write_file(dir, names[3], "channels: {c: {port: p, devices: {e: {adapter: raw}}}}\n");
	snprintf(path, sizeof path, "%s/dragoman.yaml", dir);
	run.status = config_load(path, &run.config, &run.files, &run.errors);
	conf_errors_print(&run.errors, &run.said);
	snprintf(expected, sizeof expected,
		 "%s/channels.d/20-a.yaml:1:24: device \"d\" is there already, at "
		 "%s/channels.d/10-b.yaml:1:24\n",
		 dir, dir);
	assert_string_equal(buf_str(&run.said), expected);
	assert_int_equal(run.status, -1);
	assert_int_equal(run.config.channels.n, 3);
	assert_string_equal(((struct conf_item *)run.config.channels.list[0])->name, "c");
	assert_string_equal(((struct conf_item *)run.config.channels.list[2])->name, "a");
	run_end(&run);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/channels.d", dir);
	rmdir(path);
	rmdir(dir);
}

static void a_file_that_is_not_there_is_told(void **state)
{
	struct run run = {0};

	(void)state;
	run.status = config_load("/nowhere/x.yaml", &run.config, &run.files, &run.errors);
	conf_errors_print(&run.errors, &run.said);
	assert_string_equal(buf_str(&run.said), "/nowhere/x.yaml: No such file or directory\n");
	assert_int_equal(run.status, -1);
	run_end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_a_configuration),
		cmocka_unit_test(a_configuration_is_read),
		cmocka_unit_test(what_is_printed_parses_to_the_same),
		cmocka_unit_test(secrets_are_not_printed),
		cmocka_unit_test(what_rows_cannot_say_is_checked),
		cmocka_unit_test(names_are_given_once),
		cmocka_unit_test(channel_files_are_read_in_order_of_names),
		cmocka_unit_test(a_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
