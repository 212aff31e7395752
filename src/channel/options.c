/* SPDX-License-Identifier: Apache-2.0 */
/* Command line and part; see options.h. */
#include "channel/options.h"

#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"

enum { PART_MAX = 8 << 20, TOKEN_MAX = 256 };

static const char usage[] =
	"usage: dragoman-channel NAME --part=FD|PATH --token=FD|PATH --hub=PATH [--lifeline=FD]\n"
	"Started by dragomand(8); see dragoman-channel(8).\n";

static const struct option long_options[] = {
	{"lifeline", required_argument, NULL, 'l'},
	{"part", required_argument, NULL, 'p'},
	{"token", required_argument, NULL, 't'},
	{"hub", required_argument, NULL, 'H'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{NULL, 0, NULL, 0},
};

static int read_token(struct channel_options *options, const char *source, struct err *err)
{
	options->token = fd_read_source(source, TOKEN_MAX, &options->token_len, err);
	if (!options->token)
		return err_context(err, "the token");
	return options->token_len ? 0 : err_set(err, "the token is empty");
}

static int find_channel(struct channel_options *options, const char *part, struct err *err)
{
	const struct conf_each *each = &options->config.channels;

	for (size_t i = 0; i < each->n; i++) {
		const struct config_channel *channel = each->list[i];

		if (strcmp(channel->item.name, options->name) == 0) {
			options->channel = channel;
			return 0;
		}
	}
	return err_set(err, "%s: there is no channel %s", part, options->name);
}

/* A part comes from dragoman-config, which has found all errors there are: the first one will do. */
static int read_part(struct channel_options *options, const char *part, struct err *err)
{
	struct conf_errors errors = {0};
	struct buf text = {0};
	size_t len;
	char *bytes = fd_read_source(part, PART_MAX, &len, err);
	int result;

	if (!bytes)
		return err_context(err, "the configuration");
	result = config_parse(part, bytes, len, &options->config, &options->files, &errors);
	conf_errors_print(&errors, &text);
	if (result < 0)
		err_set(err, "%.*s", (int)strcspn(buf_str(&text), "\n"), buf_str(&text));
	buf_fini(&text);
	conf_errors_fini(&errors);
	free(bytes);
	return result < 0 ? -1 : find_channel(options, part, err);
}

int channel_options_read(struct channel_options *options, int argc, char **argv, struct err *err)
{
	const char *part = NULL, *token = NULL;
	int option;

	*options = (struct channel_options){.lifeline = -1};
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case 'l':
			if (fd_given(optarg, &options->lifeline, err) < 0)
				return -1;
			break;
		case 'p': part = optarg; break;
		case 't': token = optarg; break;
		case 'H': options->hub = optarg; break;
		case 'h':
		case 'v':
			fputs(option == 'h' ? usage : "dragoman-channel " PACKAGE_VERSION "\n",
			      stdout);
			options->is_done = true;
			return 0;
		default: return err_set(err, "see --help");
		}
	}
	if (optind + 1 != argc || !part || !token || !options->hub)
		return err_set(err, "a name, --part, --token and --hub are needed; see --help");
	options->name = argv[optind];
	return read_part(options, part, err) < 0 ? -1 : read_token(options, token, err);
}

void channel_options_fini(struct channel_options *options)
{
	config_fini(&options->config, &options->files);
	free(options->token);
	options->token = NULL;
}
