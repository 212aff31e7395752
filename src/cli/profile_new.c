/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dragoman profile new: a profile to begin with, from a few answers. On a terminal it asks; what an option says
 * is not asked, and with --yes nothing is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/pattern.h"
#include "base/xalloc.h"
#include "cli/profile.h"
#include "cli/text.h"
#include "conf/value.h"
#include "profile/profile.h"
#include "profile/skeleton.h"

enum { MAX_TAGS = 64 };

enum answer { TITLE, MAKER, MODELS, SOURCE, BAUD, FORMAT, KIND, END, ASK, ANSWER, ANSWERS };

static const struct question {
	const char *option, *text, *fallback;
} questions[] = {
	[TITLE] = {"title", "What is it, in one line", "A device"},
	[MAKER] = {"maker", "Who makes it", ""},
	[MODELS] = {"models", "Which models, with commas", ""},
	[SOURCE] = {"source", "Manual and page that the example is from", ""},
	[BAUD] = {"baud", "Bits a second", "9600"},
	[FORMAT] = {"format", "Data bits, parity, stop bits", "8N1"},
	[KIND] = {"kind", "Does it speak in lines of text or in binary frames (text, binary)",
		  "text"},
	[END] = {"end", "What a line ends in", "\\r\\n"},
	[ASK] = {"ask", "What it is asked, without the line's end; nothing if it sends by itself",
		 ""},
	[ANSWER] = {"answer", "What it answers then, an example without the line's end", ""},
};

struct creation {
	struct cli *cli;
	bool asks;
	char *answers[ANSWERS];
	char *tags[MAX_TAGS];
	size_t n_tags;
	struct buf ask, answer, end;
	struct skeleton skeleton;
};

/* ---- answers ---- */

/* A line from the terminal without its end; NULL at its end. Allocated. */
static char *read_answer(const char *question, const char *fallback)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	printf("%s%s%s%s: ", question, *fallback ? " [" : "", fallback, *fallback ? "]" : "");
	fflush(stdout);
	n = getline(&line, &size, stdin);
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	if (n > 0)
		return line;
	free(line);
	return n < 0 && feof(stdin) ? NULL : xstrdup(fallback);
}

static int take_answer(struct creation *c, enum answer which)
{
	const struct question *q = &questions[which];
	const char *given = cli_option(c->cli, q->option);

	if (!given && c->asks)
		c->answers[which] = read_answer(q->text, q->fallback);
	else
		c->answers[which] = xstrdup(given ? given : q->fallback);
	return c->answers[which] ? CLI_DONE : cli_fail(c->cli, CLI_FAILED, "no more answers");
}

static int take_bytes(struct creation *c, enum answer which, bool is_binary, struct buf *out)
{
	const char *text = c->answers[which];
	struct conf_bytes bytes = {0};
	struct err err;
	ssize_t n;

	if (is_binary) {
		n = hex_parse(text, buf_room(out, strlen(text) + 1), strlen(text) + 1);
		if (n < 0)
			return cli_fail(c->cli, CLI_USAGE,
					"%s: \"%s\" are no bytes in hexadecimal: \"aa c0\"",
					questions[which].option, text);
		buf_grown(out, (size_t)n);
		return CLI_DONE;
	}
	if (value_bytes(text, strlen(text), &bytes, &err) < 0)
		return cli_fail(c->cli, CLI_USAGE, "%s: \"%s\" is no text with escapes%s",
				questions[which].option, text, err.text);
	buf_add(out, bytes.data, bytes.len);
	free(bytes.data);
	return CLI_DONE;
}

/* "weight:kg" */
static int check_tag(struct creation *c, const char *tag)
{
	char *name = xstrndup(tag, strcspn(tag, ":"));
	const char *problem = name_problem(name, false);
	int status = CLI_DONE;

	if (problem)
		status = cli_fail(c->cli, CLI_USAGE, "\"%s\" is no good name: %s", name, problem);
	for (size_t i = 0; i < c->n_tags && !status; i++)
		if (strcspn(c->tags[i], ":") == strlen(name) &&
		    !strncmp(c->tags[i], name, strlen(name)))
			status = cli_fail(c->cli, CLI_USAGE, "two values have the name %s", name);
	free(name);
	return status;
}

/* Those of --tags first, and then what is said to each value that has no name yet. */
static int take_tags(struct creation *c)
{
	size_t n = skeleton_values(&c->skeleton);
	const char *at = cli_option(c->cli, "tags");
	int status = CLI_DONE;

	for (size_t i = 0; i < n && i < MAX_TAGS && !status; i++) {
		char usual[32];

		snprintf(usual, sizeof usual, "value_%zu", i + 1);
		if (at && *at) {
			size_t len = strcspn(at, ",");

			c->tags[i] = xstrndup(at, len);
			at += len + (at[len] == ',');
		} else if (c->asks) {
			struct buf question = {0};

			buf_add_str(&question, "What is ");
			skeleton_example(&c->skeleton, i, &question);
			buf_add_str(&question, " (name, or name:unit)");
			c->tags[i] = read_answer(buf_str(&question), usual);
			buf_fini(&question);
		} else {
			c->tags[i] = xstrdup(usual);
		}
		if (!c->tags[i])
			return cli_fail(c->cli, CLI_FAILED, "no more answers");
		status = check_tag(c, c->tags[i]);
		c->n_tags++;
	}
	if (!status && at && *at)
		status = cli_fail(c->cli, CLI_USAGE, "the example has %zu values, and --tags more",
				  n);
	c->skeleton.tags = (const char *const *)c->tags;
	c->skeleton.n_tags = c->n_tags;
	return status;
}

/* The length of an example without its end, with which it may have been copied: the link adds that. */
static size_t len_without_end(const struct buf *bytes, const struct buf *end)
{
	size_t len = bytes->len >= end->len ? bytes->len - end->len : 0;

	if (!len || !end->len || memcmp(buf_bytes(bytes) + len, buf_bytes(end), end->len) != 0)
		return bytes->len;
	return len;
}

/* A request that ends otherwise than the device's lines do. */
static void take_ask_end(struct skeleton *s)
{
	size_t len = s->ask_len;

	if (s->is_binary || !len)
		return;
	while (len > 1 && (s->ask[len - 1] == '\r' || s->ask[len - 1] == '\n'))
		len--;
	s->ask_end_len = s->ask_len - len;
	s->ask_len = len;
}

static int take_answers(struct creation *c)
{
	bool is_binary = false;
	int status = CLI_DONE;

	for (int i = 0; i < ANSWERS && !status; i++) {
		if (i != END || !is_binary)
			status = take_answer(c, (enum answer)i);
		if (!status && i == KIND) {
			is_binary = !strcmp(c->answers[KIND], "binary");
			if (!is_binary && strcmp(c->answers[KIND], "text") != 0)
				status = cli_fail(c->cli, CLI_USAGE,
						  "it speaks text or binary, not \"%s\"",
						  c->answers[KIND]);
		}
	}
	if (!status)
		status = take_bytes(c, ASK, is_binary, &c->ask);
	if (!status)
		status = take_bytes(c, ANSWER, is_binary, &c->answer);
	if (!status && !is_binary)
		status = take_bytes(c, END, false, &c->end);
	if (!status && (!c->answer.len || (!is_binary && !c->end.len)))
		status = cli_fail(c->cli, CLI_USAGE,
				  "it takes an example of what the device says: --answer BYTES");
	if (status)
		return status;
	c->skeleton = (struct skeleton){.title = c->answers[TITLE],
					.maker = c->answers[MAKER],
					.models = c->answers[MODELS],
					.source = c->answers[SOURCE],
					.baud = c->answers[BAUD],
					.format = c->answers[FORMAT],
					.is_binary = is_binary,
					.ask = buf_bytes(&c->ask),
					.ask_len = len_without_end(&c->ask, &c->end),
					.answer = buf_bytes(&c->answer),
					.answer_len = len_without_end(&c->answer, &c->end),
					.end = is_binary ? "" : c->answers[END],
					.end_bytes = buf_bytes(&c->end),
					.end_len = c->end.len};
	take_ask_end(&c->skeleton);
	return take_tags(c);
}

/* ---- the file ---- */

static int write_new(const struct cli *cli, const char *path, const struct buf *text)
{
	FILE *f = fopen(path, "wxe");
	bool is_written = f && fwrite(buf_bytes(text), 1, text->len, f) == text->len;

	if (f && fclose(f) != 0)
		is_written = false;
	if (is_written) {
		printf("%s: written\n", path);
		fflush(stdout);
		return CLI_DONE;
	}
	return cli_fail(cli, CLI_FAILED, "%s: %s%s", path, strerror(errno),
			errno == EEXIST ? "; nothing is written over" : "");
}

static void creation_fini(struct creation *c)
{
	for (int i = 0; i < ANSWERS; i++)
		free(c->answers[i]);
	for (size_t i = 0; i < c->n_tags; i++)
		free(c->tags[i]);
	buf_fini(&c->ask);
	buf_fini(&c->answer);
	buf_fini(&c->end);
}

static int run(struct cli *cli, char **args, size_t n_args)
{
	struct creation c = {.cli = cli, .asks = !cli_option(cli, "yes") && isatty(STDIN_FILENO)};
	bool is_path = strchr(args[0], '/') || strstr(args[0], ".yaml");
	char *path = is_path ? xstrdup(args[0]) : xasprintf("./%s.yaml", args[0]);
	struct buf text = {0};
	int status = take_answers(&c);

	(void)n_args;
	if (!status) {
		skeleton_print(&c.skeleton, &text);
		status = write_new(cli, path, &text);
	}
	if (!status)
		status = profile_lock_file(cli, path);
	if (!status && !profile_test_file(cli, path, false))
		status = CLI_FAILED;
	buf_fini(&text);
	creation_fini(&c);
	free(path);
	return status;
}

static const char *const options[] = {"title",  "maker", "models", "source", "baud",
				      "format", "kind",  "end",    "ask",    "answer",
				      "tags",   "yes",   NULL};

const struct profile_tool profile_tool_new = {
	.name = "new",
	.arguments = "[OPTION...] NAME",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.run = run,
};
