/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows what src/conf makes of the configuration, for the tests here and for the manual:
 *
 *	config print FILE       errors and warnings, or the effective configuration; ports and links included
 *	config schema           the JSON Schema of dragoman.yaml
 *	config schema-channels  the JSON Schema of a file in channels.d
 *	config page FILE        the manual page, its tables made anew from the rows
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/xalloc.h"
#include "conf/config.h"
#include "link/link.h"
#include "transport/transport.h"

enum { PAGE_MAX = 1 << 20 };

static void show(struct buf *out)
{
	fwrite(buf_bytes(out), 1, out->len, stdout);
	buf_fini(out);
}

/* ---- print ---- */

static void check_kind(const struct conf_kinds *kinds, const struct conf_node *node,
		       struct conf_errors *errors)
{
	void *options;
	int kind;

	if (!node)
		return;
	kind = conf_read_kind(kinds->key, kinds->list, kinds->n, node, &options, errors);
	if (kind >= 0)
		conf_free_kind(&kinds->list[kind], &options);
}

/* Where it is installed differs; what is expected does not. */
static void replace(char **path, const char *built_in, const char *usual)
{
	if (!*path || strcmp(*path, built_in))
		return;
	free(*path);
	*path = xstrdup(usual);
}

static int print(const char *path)
{
	struct config config = {0};
	struct config_files files = {0};
	struct conf_errors errors = {0};
	struct buf out = {0};
	int status;

	config_load(path, &config, &files, &errors);
	for (size_t i = 0; i < config.channels.n; i++) {
		const struct config_channel *channel = config.channels.list[i];

		check_kind(transport_conf_kinds(), channel->port, &errors);
		check_kind(link_conf_kinds(), channel->link, &errors);
	}
	conf_errors_print(&errors, &out);
	status = errors.n_errors ? 1 : 0;
	replace(&config.paths.run, RUN_DIR, "/run/dragoman");
	replace(&config.paths.data, STATE_DIR, "/var/lib/dragoman");
	if (!status)
		conf_print(&config_schema, &config, 0, &out);
	show(&out);
	config_fini(&config, &files);
	conf_errors_fini(&errors);
	return status;
}

/* ---- schema ---- */

static int schema(void (*write)(const struct conf_kinds *kinds, size_t n_kinds, struct buf *out))
{
	const struct conf_kinds kinds[] = {*transport_conf_kinds(), *link_conf_kinds()};
	struct buf out = {0};

	write(kinds, 2, &out);
	show(&out);
	return 0;
}

/* ---- page ---- */

static const struct conf_schema *const schemas[] = {
	&config_schema,         &config_listener_schema, &config_publisher_schema,
	&config_channel_schema, &config_device_schema,
};

static int add_table(const char *name, struct buf *out)
{
	for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
		if (!strcmp(schemas[i]->name, name)) {
			conf_mdoc(schemas[i], out);
			return 0;
		}
	if (!strcmp(name, "ports") || !strcmp(name, "links")) {
		conf_mdoc_kinds(*name == 'p' ? transport_conf_kinds() : link_conf_kinds(), out);
		return 0;
	}
	fprintf(stderr, "there is no table \"%s\"\n", name);
	return -1;
}

/* The page is about the usual places, wherever this build goes. */
static void replace_in(struct buf *out, const char *built_in, const char *usual)
{
	struct buf replaced = {0};
	const char *from = buf_str(out), *at;

	while (strcmp(built_in, usual) && (at = strstr(from, built_in))) {
		buf_add(&replaced, from, (size_t)(at - from));
		buf_add_str(&replaced, usual);
		from = at + strlen(built_in);
	}
	buf_add_str(&replaced, from);
	buf_fini(out);
	*out = replaced;
}

/* What stands between `.\" table NAME` and `.\" end` is made anew. */
static int page(const char *path)
{
	static const char begins[] = ".\\\" table ", ends[] = ".\\\" end";
	struct buf out = {0};
	struct err err;
	size_t len;
	char *text = fd_read_path(path, PAGE_MAX, &len, &err), *rest = NULL, *line;
	bool is_table = false;
	int status = 0;

	if (!text) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strcmp(line, ends))
			is_table = false;
		if (!is_table)
			buf_addf(&out, "%s\n", line);
		if (!strncmp(line, begins, strlen(begins))) {
			is_table = true;
			status |= add_table(line + strlen(begins), &out);
		}
	}
	free(text);
	replace_in(&out, RUN_DIR, "/run/dragoman");
	replace_in(&out, STATE_DIR, "/var/lib/dragoman");
	show(&out);
	return status ? 1 : 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "print") && argc == 3)
		return print(argv[2]);
	if (!strcmp(verb, "page") && argc == 3)
		return page(argv[2]);
	if (!strcmp(verb, "schema") && argc == 2)
		return schema(config_json_schema);
	if (!strcmp(verb, "schema-channels") && argc == 2)
		return schema(config_channels_json_schema);
	fprintf(stderr, "usage: config print FILE | schema | schema-channels | page FILE\n");
	return 2;
}
