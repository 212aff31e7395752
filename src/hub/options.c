/* SPDX-License-Identifier: Apache-2.0 */
/* Command line and part; see options.h. */
#include "hub/options.h"

#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "hub/listener.h"

enum { PART_MAX = 8 << 20, TOKEN_FILE_MAX = 4096 };

static const char usage[] =
	"usage: dragoman-hub [--lifeline=FD] [--part=FD|PATH] [--store=DIR] [--local=FD]\n"
	"                    [--tcp=FD]... [--listen-local=PATH] [--listen-tcp=ADDRESS:PORT]...\n"
	"Started by dragomand(8); see dragoman-hub(8).\n";

static const struct option long_options[] = {
	{"lifeline", required_argument, NULL, 'l'},
	{"part", required_argument, NULL, 'p'},
	{"store", required_argument, NULL, 's'},
	{"local", required_argument, NULL, 'u'},
	{"tcp", required_argument, NULL, 't'},
	{"listen-local", required_argument, NULL, 'U'},
	{"listen-tcp", required_argument, NULL, 'T'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{NULL, 0, NULL, 0},
};

static int add_socket(int *list, size_t *n, int fd, struct err *err)
{
	if (fd < 0)
		return -1;
	if (*n == OPTIONS_LISTENERS_MAX)
		return err_set(err, "too many sockets to listen on");
	list[(*n)++] = fd;
	return 0;
}

static int bind_tcp(struct options *options, const char *address, struct err *err)
{
	int fd = listener_bind_tcp(address, err);

	if (add_socket(options->tcp, &options->n_tcp, fd, err) < 0)
		return -1;
	log_info("listening on TCP port %d", listener_port(fd));
	return 0;
}

static int take(struct options *options, int option, const char *value, const char **part,
		struct err *err)
{
	int fd = -1;

	switch (option) {
	case 'l': return fd_given(value, &options->lifeline, err);
	case 'p': *part = value; return 0;
	case 's': options->store = value; return 0;
	case 'u':
		return fd_given(value, &fd, err) < 0
			       ? -1
			       : add_socket(options->local, &options->n_local, fd, err);
	case 't':
		return fd_given(value, &fd, err) < 0
			       ? -1
			       : add_socket(options->tcp, &options->n_tcp, fd, err);
	case 'U':
		return add_socket(options->local, &options->n_local,
				  listener_bind_local(value, err), err);
	case 'T': return bind_tcp(options, value, err);
	case 'h':
	case 'v':
		fputs(option == 'h' ? usage : "dragoman-hub " PACKAGE_VERSION "\n", stdout);
		options->is_done = true;
		return 0;
	}
	return err_set(err, "see --help");
}

/* Without a part all has its fallback. */
static char *read_part(const char *part, size_t *len_out, struct err *err)
{
	static const char empty[] = "{}\n";

	if (part)
		return fd_read_source(part, PART_MAX, len_out, err);
	*len_out = sizeof empty - 1;
	return xstrdup(empty);
}

static int parse_part(struct options *options, const char *part, struct err *err)
{
	struct conf_errors errors = {0};
	struct buf text = {0};
	size_t len;
	char *bytes = read_part(part, &len, err);
	int result;

	if (!bytes)
		return -1;
	result = config_parse(part ? part : "(no part)", bytes, len, &options->config,
			      &options->files, &errors);
	conf_errors_print(&errors, &text);
	fputs(buf_str(&text), stderr);
	if (result < 0)
		err_set(err, "the hub's part of the configuration cannot be used");
	buf_fini(&text);
	conf_errors_fini(&errors);
	free(bytes);
	return result;
}

/* Which of the TCP sockets may write: those of the part, in its order. */
static void note_writable(struct options *options)
{
	const struct conf_each *tcp = &options->config.listen.tcp;

	for (size_t i = 0; i < options->n_tcp && i < tcp->n; i++) {
		const struct config_listener *listener = tcp->list[i];

		options->is_writable[i] = listener->writable;
	}
}

int options_read(struct options *options, int argc, char **argv, struct err *err)
{
	const char *part = NULL;
	int option;

	*options = (struct options){.lifeline = -1};
	while ((option = getopt_long(argc, argv, "hv", long_options, NULL)) != -1)
		if (take(options, option, optarg, &part, err) < 0)
			return -1;
	if (optind < argc)
		return err_set(err, "%s is too much; see --help", argv[optind]);
	if (options->is_done)
		return 0;
	if (parse_part(options, part, err) < 0)
		return -1;
	note_writable(options);
	if (!options->n_local && !options->n_tcp)
		return err_set(err, "no socket to listen on; see --help");
	return 0;
}

void options_fini(struct options *options)
{
	config_fini(&options->config, &options->files);
}

static char *host_name(void)
{
	char name[256] = "";

	gethostname(name, sizeof name - 1);
	return xstrdup(*name ? name : "dragoman");
}

static struct storage_settings storage_settings(const struct options *options)
{
	const struct config_store *store = &options->config.store;

	return (struct storage_settings){
		.store = {.dir = store->enabled ? options->store : NULL,
			  .size = store->size,
			  .segment_size = store->segment_size / STORE_BLOCK * STORE_BLOCK,
			  .max_age_ns = store->age_ns,
			  .sync = store->sync},
		.commit_interval_ns = store->commit_interval_ns,
		.commit_size = store->commit_size,
	};
}

struct hub_settings options_settings(const struct options *options)
{
	const struct config *config = &options->config;

	return (struct hub_settings){
		.gateway = config->gateway && *config->gateway ? xstrdup(config->gateway)
							       : host_name(),
		.memory = config->hub.memory,
		.max_clients = (size_t)config->hub.max_clients,
		.max_patterns = (size_t)config->hub.max_patterns,
		.max_frame_in = config->hub.max_frame_in,
		.idle_timeout_ns = config->hub.idle_timeout_ns,
		.slow_timeout_ns = config->hub.slow_timeout_ns,
		.storage = storage_settings(options),
	};
}

/* The first line of a file. */
static char *read_token(const char *path, struct err *err)
{
	size_t len;
	char *text = fd_read_path(path, TOKEN_FILE_MAX, &len, err);

	if (text)
		text[strcspn(text, "\r\n")] = '\0';
	return text;
}

int options_publishers(const struct options *options, struct publishers *publishers,
		       struct err *err)
{
	const struct conf_each *each = &options->config.publishers;

	for (size_t i = 0; i < each->n; i++) {
		const struct config_publisher *publisher = each->list[i];
		char *token = publisher->token ? xstrdup(publisher->token)
					       : read_token(publisher->token_file, err);

		if (!token)
			return err_context(err, "publisher %s", publisher->item.name);
		publishers_allow(publishers, publisher->item.name, (const uint8_t *)token,
				 strlen(token));
		free(token);
	}
	return 0;
}
