/* SPDX-License-Identifier: Apache-2.0 */
/* Broken YAML in words that help: libyaml knows what it did not find, people want to know what to do. */
#include "conf/syntax.h"

#include <string.h>

/* The first row that fits decides; at_context puts the error where the broken thing began. */
static const struct advice {
	const char *problem, *context; /* parts of libyaml's texts; NULL fits all */
	char character;                /* what stands at the place; 0 fits all */
	bool at_context;
	const char *text;
} advices[] = {
	{"cannot start any token", NULL, '\t', false, "a tab; YAML indents with blanks only"},
	{"cannot start any token", NULL, '%', false,
	 "a value cannot start with '%'; put it in quotes"},
	{"cannot start any token", NULL, '@', false,
	 "a value cannot start with '@'; put it in quotes"},
	{"cannot start any token", NULL, '`', false,
	 "a value cannot start with '`'; put it in quotes"},
	{"tab character", NULL, 0, false, "a tab; YAML indents with blanks only"},
	{"unexpected end of stream", "quoted scalar", 0, true,
	 "the quote that opens here is never closed"},
	{"document indicator", "quoted scalar", 0, true,
	 "the quote that opens here is never closed"},
	{"unknown escape character", NULL, 0, false,
	 "no such escape in double quotes; for a real \\ write \\\\, or use single quotes"},
	{"did not find expected hexdecimal number", NULL, 0, false,
	 "in double quotes \\x needs two hex digits"},
	{"did not find expected ',' or ']'", NULL, 0, true,
	 "the '[' that opens here has no ']', or a ',' is missing behind one of its values"},
	{"did not find expected ',' or '}'", NULL, 0, true,
	 "the '{' that opens here has no '}', or a ',' is missing behind one of its values"},
	{"mapping values are not allowed", NULL, 0, false,
	 "a ':' that makes no key here; a text with \": \" in it needs quotes, and a key begins a line, in "
	 "the same column as its neighbours"},
	{"could not find expected ':'", NULL, 0, true,
	 "a key without its ':' (or a text that goes on in a line that is not indented enough)"},
	{"block sequence entries are not allowed", NULL, 0, false,
	 "a '-' where no list can begin; put it in a line of its own"},
	{"did not find expected '-' indicator", NULL, 0, false,
	 "a list goes on with \"- \" in the same column as its first entry"},
	{"did not find expected key", NULL, 0, false,
	 "expected a key and ':' in the same column as the keys before it (wrong indentation, or a "
	 "quote that closed too early?)"},
	{"did not find expected node content", NULL, 0, false, "expected a value"},
	{"did not find expected <document start>", NULL, 0, false,
	 "this does not belong to what stands before it (wrong indentation?)"},
	{"undefined tag handle", NULL, 0, false, "a value cannot start with '!'; put it in quotes"},
	{"alphabetic or numeric", "alias", 0, false,
	 "a value cannot start with '*' (that is an alias); put it in quotes"},
	{"alphabetic or numeric", "anchor", 0, false,
	 "a value cannot start with '&' (that is an anchor); put it in quotes"},
	{"control characters are not allowed", NULL, 0, false,
	 "a control character; in double quotes it is written \\xNN"},
	{"UTF-8", NULL, 0, false, "not UTF-8 text; save the file as UTF-8"},
};

/* Marks count characters, not bytes. */
static char char_at(const char *text, size_t len, yaml_mark_t mark)
{
	size_t i = 0;

	for (size_t line = 0; i < len && line < mark.line; i++)
		line += text[i] == '\n';
	for (size_t column = 0; i < len && column < mark.column; column++)
		do
			i++;
		while (i < len && (text[i] & 0xc0) == 0x80);
	return i < len ? text[i] : '\0';
}

static const struct advice *find(const yaml_parser_t *parser, char c)
{
	for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
		const struct advice *a = &advices[i];

		if (strstr(parser->problem, a->problem) &&
		    (!a->context || (parser->context && strstr(parser->context, a->context))) &&
		    (!a->character || a->character == c))
			return a;
	}
	return NULL;
}

/* The reader, below the scanner, knows the offset in bytes only. */
static yaml_mark_t mark_at(const char *text, size_t len, size_t offset)
{
	yaml_mark_t mark = {.index = offset};

	for (size_t i = 0; i < offset && i < len; i++) {
		if (text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if ((text[i] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark;
}

void syntax_error(const yaml_parser_t *parser, const char *file, const char *text, size_t len,
		  struct conf_errors *errors)
{
	bool is_reader = parser->error == YAML_READER_ERROR;
	yaml_mark_t mark =
		is_reader ? mark_at(text, len, parser->problem_offset) : parser->problem_mark;
	const struct advice *advice;

	if (!parser->problem) {
		conf_error_at(errors, file, 0, 0, "this cannot be read as YAML");
		return;
	}
	advice = find(parser, char_at(text, len, mark));
	if (advice && advice->at_context && parser->context)
		mark = parser->context_mark;
	conf_error_at(errors, file, (int)mark.line + 1, (int)mark.column + 1, "%s",
		      advice ? advice->text : parser->problem);
}
