/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dragoman-config: checks the configuration for the supervisor, and hands back what each process is to
 * have of it. It runs plugins' code and reads whatever stands in the files: without privileges, and not
 * trusted by whoever started it. Errors are on standard error, "file:line:column: text".
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "config.h"
#include "config/handover.h"
#include "config/verify.h"
#include "sandbox/files.h"

struct options {
	const char *config;
	int parts; /* -1: only check */
};

static void print_help(void)
{
	puts("Usage: dragoman-config [--config=PATH] [--parts=FD]\n"
	     "Checks the configuration. Started by dragomand; people use `dragoman check`.\n\n"
	     "  --config=PATH  the configuration (" CONF_DIR "/dragoman.yaml)\n"
	     "  --parts=FD     write there what each process is to have of it\n"
	     "  --help         print this\n"
	     "  --version      print the version\n\n"
	     "See dragoman-config(8).");
}

static struct options read_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"parts", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {.config = CONF_DIR "/dragoman.yaml", .parts = -1};
	struct err err;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'c': options.config = optarg; break;
		case 'p':
			if (fd_given(optarg, &options.parts, &err) < 0)
				fatal("--parts: %s", err.text);
			break;
		case 'h': print_help(); exit(0);
		case 'v': puts("dragoman-config " PACKAGE_VERSION); exit(0);
		default: exit(2);
		}
	}
	return options;
}

static void print_errors(const struct verified *verified)
{
	struct buf text = {0};

	conf_errors_print(&verified->errors, &text);
	fd_write_all(STDERR_FILENO, buf_bytes(&text), text.len);
	buf_fini(&text);
}

static void hand_over(const struct verified *verified, int fd)
{
	struct buf out = {0};

	handover_all(verified, &out);
	if (fd_write_all(fd, buf_bytes(&out), out.len) < 0)
		fatal("cannot hand over the parts of the configuration");
	buf_fini(&out);
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct verified verified;
	struct err err;
	int status;

	log_init("config", NULL, LOG_INFO);
	/* A plugin is asked what it makes of its options; it has nothing to write for that. */
	if (files_write_only_beneath(NULL, 0, &err) < 0)
		fatal("%s", err.text);
	status = verify(&verified, options.config) < 0;
	print_errors(&verified);
	if (!status && options.parts >= 0)
		hand_over(&verified, options.parts);
	verified_fini(&verified);
	return status;
}
