/* SPDX-License-Identifier: Apache-2.0 */
/* How the bytes of a frame or a request are described: one of text, pattern, bytes and records. */
#ifndef PROFILE_SOURCE_H
#define PROFILE_SOURCE_H

#include <stddef.h>

#include "conf/conf.h"
#include "profile/codec.h"
#include "profile/load.h"

/* Its rows are part of the schemas of both. */
struct codec_source {
	const struct conf_node *text;
	const struct conf_node *pattern, *fields, *format;
	const struct conf_node *bytes;
	const struct conf_node *records;
	const struct conf_node *length;
	int order;
};
#define CODEC_ROWS(s, m)                                                                           \
	{.key = "text",                                                                            \
	 .type = CONF_ANY,                                                                         \
	 .offset = offsetof(s, m.text),                                                            \
	 .help = "a template: text with typed holes"},                                             \
		{.key = "pattern",                                                                 \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.pattern),                                                 \
		 .help = "a regular expression whose named groups are fields"},                    \
		{.key = "fields",                                                                  \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.fields),                                                  \
		 .help = "the type of each group of the pattern; text if left out"},               \
		{.key = "format",                                                                  \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.format),                                                  \
		 .help = "a template by which what has a pattern is written"},                     \
		{.key = "bytes",                                                                   \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.bytes),                                                   \
		 .help = "a list of binary fields"},                                               \
		{.key = "order",                                                                   \
		 .type = CONF_CHOICE,                                                              \
		 .offset = offsetof(s, m.order),                                                   \
		 .fallback = "big",                                                                \
		 .choices = order_names,                                                           \
		 .help = "byte order of the numbers, where they do not say"},                      \
		{.key = "length",                                                                  \
		 .type = CONF_ANY,                                                                 \
		 .offset = offsetof(s, m.length),                                                  \
		 .help = "how many bytes it has, or [at least, at most]: others are none of it"},  \
	{                                                                                          \
		.key = "records", .type = CONF_ANY, .offset = offsetof(s, m.records),              \
		.help = "templates of the lines that a frame consists of"                          \
	}

/* -1 with errors added at node. */
int codec_compile(struct loader *loader, const struct conf_node *node,
		  const struct codec_source *source, struct codec *out);

#endif
