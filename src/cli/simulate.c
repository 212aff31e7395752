/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman simulate: plays the device of a profile on a pty or a TCP port, until it is told to end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "ev/loop.h"
#include "profile/profile.h"
#include "profile/simulate.h"

struct simulation {
	struct cli *cli;
	char *path; /* of the profile */
	struct conf_node *port, *device;
	struct simulate_options options;
	struct conf_errors errors;
	struct loop *loop;
	bool has_failed;
};

/* ---- what the command line says ---- */

/* The option's "name=value" pairs, as a map under key. */
static int read_pairs(struct simulation *s, const char *option, const char *key)
{
	struct conf_node *map = NULL;

	for (size_t i = 0; i < s->cli->n_values; i++) {
		const char *text = s->cli->values[i].text, *equals = strchr(text, '=');
		char *name;

		if (strcmp(s->cli->values[i].name, option) != 0)
			continue;
		if (!equals || equals == text)
			return cli_fail(s->cli, CLI_USAGE, "--%s: \"%s\" is not name=value", option,
					text);
		if (!map)
			map = conf_add(s->device, CONF_MAP, key, NULL, 0);
		name = xstrndup(text, (size_t)(equals - text));
		conf_add(map, CONF_SCALAR, name, equals + 1, strlen(equals + 1));
		free(name);
	}
	return CLI_DONE;
}

/* "noise,split" */
static int read_misbehaviour(struct simulation *s)
{
	const char *at = cli_option(s->cli, "misbehave");

	while (at && *at) {
		size_t len = strcspn(at, ","), i = 0;

		while (simulate_misbehaviours[i] && (strlen(simulate_misbehaviours[i]) != len ||
						     memcmp(simulate_misbehaviours[i], at, len)))
			i++;
		if (!simulate_misbehaviours[i])
			return cli_fail(
				s->cli, CLI_USAGE,
				"--misbehave: \"%.*s\" is none of noise, checksum, silence, "
				"split, merge, slow, address, nonsense",
				(int)len, at);
		s->options.misbehave |= 1u << i;
		at += len + (at[len] == ',');
	}
	if (s->options.misbehave & SIMULATE_ADDRESS)
		conf_add(s->device, CONF_SCALAR, "foreign", "true", 4);
	return CLI_DONE;
}

/* A file of its own: what happens when. */
static void read_script(struct simulation *s)
{
	const char *path = cli_option(s->cli, "script");
	struct conf_node *list = path ? conf_load(path, &s->errors) : NULL;

	if (list)
		conf_add_copy(s->device, "script", list);
	conf_free(&list);
}

static int read_port(struct simulation *s)
{
	const char *pty = cli_option(s->cli, "pty"), *tcp = cli_option(s->cli, "listen-tcp");
	const char *where = pty ? pty : tcp;

	if (!pty == !tcp)
		return cli_fail(s->cli, CLI_USAGE,
				"say where: --pty PATH or --listen-tcp ADDRESS:PORT");
	s->port = conf_new_map("command line");
	conf_add(s->port, CONF_SCALAR, pty ? "pty" : "listen", where, strlen(where));
	s->options.port = s->port;
	return CLI_DONE;
}

static int read_profile(struct simulation *s)
{
	char builtin[] = PROFILE_DIR;
	const char *more = cli_option(s->cli, "profiles");
	char *list[] = {more ? xstrdup(more) : builtin, builtin};
	struct conf_texts dirs = {list, more ? 2 : 1};
	struct err err;

	s->path = profile_find(s->cli->args[0], &dirs, &err);
	if (more)
		free(list[0]);
	s->options.profile = s->path;
	return s->path ? CLI_DONE : cli_fail(s->cli, CLI_FAILED, "%s", err.text);
}

static int read_all(struct simulation *s)
{
	int64_t seed;
	char text[24];
	int status;

	if (cli_option_number(s->cli, "seed", 1, 0, INT64_MAX, &seed) < 0)
		return CLI_USAGE;
	snprintf(text, sizeof(text), "%lld", (long long)seed);
	s->options.seed = (uint64_t)seed;
	s->device = conf_new_map("command line");
	s->options.device = s->device;
	conf_add(s->device, CONF_SCALAR, "seed", text, strlen(text));
	status = read_port(s);
	if (cli_option(s->cli, "variant"))
		conf_add_text(s->device, "variant", cli_option(s->cli, "variant"));
	if (!status)
		status = read_pairs(s, "set", "set");
	if (!status)
		status = read_pairs(s, "parameter", "parameters");
	if (!status)
		status = read_misbehaviour(s);
	if (!status)
		read_script(s);
	return status ? status : read_profile(s);
}

/* ---- running ---- */

static void say(void *arg, const char *text)
{
	struct buf out = {0};

	(void)arg;
	text_safe(&out, text);
	printf("%s\n", buf_str(&out));
	fflush(stdout);
	buf_fini(&out);
}

static void failed(void *arg, const char *text)
{
	struct simulation *s = arg;

	cli_fail(s->cli, CLI_FAILED, "%s", text);
	s->has_failed = true;
	loop_stop(s->loop);
}

static void end(void *arg, int signo)
{
	(void)signo;
	loop_stop(arg);
}

static int simulate(struct simulation *s)
{
	struct loop *loop = s->loop = loop_new();
	struct simulator *simulator;
	struct buf text = {0};

	s->options.say = say;
	s->options.failed = failed;
	s->options.arg = s;
	simulator = s->errors.n_errors ? NULL : simulator_new(loop, &s->options, &s->errors);
	conf_errors_print(&s->errors, &text);
	fputs(buf_str(&text), stderr);
	buf_fini(&text);
	if (simulator && !s->has_failed) {
		loop_on_signal(loop, SIGINT, end, loop);
		loop_on_signal(loop, SIGTERM, end, loop);
		loop_run(loop);
	}
	simulator_free(&simulator);
	loop_free(&loop);
	return s->errors.n_errors || s->has_failed ? CLI_FAILED : CLI_DONE;
}

static int run(struct cli *cli)
{
	struct simulation s = {.cli = cli};
	int status = read_all(&s);

	if (!status)
		status = simulate(&s);
	conf_errors_fini(&s.errors);
	conf_free(&s.port);
	conf_free(&s.device);
	free(s.path);
	return status;
}

static const struct cli_option options[] = {
	{"pty", "PATH",
	 "make a pseudo terminal and this link to it, which a program opens as a port"},
	{"listen-tcp", "ADDRESS:PORT",
	 "listen there, as a serial server does; port 0: any, it is shown"},
	{"set", "TAG=VALUE",
	 "the tag keeps this value, or is bad: TAG='bad: REASON'; may be repeated"},
	{"parameter", "NAME=VALUE", "a parameter of the profile; may be repeated"},
	{"variant", "NAME", "one of the profile's variants"},
	{"script", "FILE", "what happens when: a list of {at: 5s, set: {TAG: VALUE}}"},
	{"misbehave", "LIST",
	 "some of noise, checksum, silence, split, merge, slow, address, nonsense"},
	{"seed", "NUMBER", "how values vary and when it misbehaves; 1 if left out"},
	{"profiles", "DIRECTORY", "where to look for the profile first"},
	{0},
};

const struct cli_command cli_simulate = {
	.name = "simulate",
	.arguments = "PROFILE",
	.summary = "play the device of a profile on a pty or a TCP port",
	.help = "PROFILE is the name of one, or the path of a file. The device answers requests and sends\n"
		"what it sends by itself; values that are not set vary within what is typical of them.\n"
		"Ends with SIGINT or SIGTERM.\n",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.run = run,
};
