/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration as YAML: trees, and structs by their rows. What is printed parses again to the same. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/value.h"

enum { STEP = 2 }; /* blanks a level */

static void blanks(int n, struct buf *out)
{
	buf_addf(out, "%*s", n, "");
}

/* The lines of a list's entry were printed one step too far in; here the first of them gets its dash. */
static void dash(size_t start, int indent, struct buf *out)
{
	if (out->len == start) {
		blanks(indent, out);
		buf_add_str(out, "- {}\n");
		return;
	}
	buf_bytes(out)[start + (size_t)indent] = '-';
}

/* ---- scalars ---- */

/* Reads one character of UTF-8, which the loader has checked. */
static uint32_t next_char(const char **p, const char *end)
{
	const unsigned char *s = (const unsigned char *)*p;
	size_t len = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	uint32_t c = len == 1 ? *s : *s & (0xffu >> (len + 1));

	if ((size_t)(end - *p) < len) {
		*p = end;
		return 0xfffd;
	}
	for (size_t i = 1; i < len; i++)
		c = c << 6 | (s[i] & 0x3f);
	*p += len;
	return c;
}

/* May stand in a file as it is. The others are breaks of lines, marks of byte order and controls. */
static bool is_printable(uint32_t c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff &&
					   c != 0xfffe && c != 0xffff);
}

static bool all_printable(const char *p, const char *end)
{
	while (p < end)
		if (!is_printable(next_char(&p, end)))
			return false;
	return true;
}

/* Without quotes it is a text of one line that no YAML reader takes for anything else. */
static bool is_plain(const char *text, size_t len)
{
	if (!len || strchr("?:,[]{}#&*!|>'\"%@` =", *text) || text[len - 1] == ' ' ||
	    text[len - 1] == ':' || strstr(text, ": ") || strstr(text, " #"))
		return false;
	if (!strcmp(text, "<<") || !strncmp(text, "---", 3) || !strncmp(text, "...", 3))
		return false;
	if (*text == '-' && (len == 1 || text[1] == ' '))
		return false;
	return all_printable(text, text + len);
}

static void print_double_quoted(const char *p, const char *end, struct buf *out)
{
	buf_add_str(out, "\"");
	while (p < end) {
		const char *start = p;
		uint32_t c = next_char(&p, end);

		if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", (int)c);
		else if (is_printable(c))
			buf_add(out, start, (size_t)(p - start));
		else if (c == '\n' || c == '\r' || c == '\t')
			buf_add_str(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
		else
			buf_addf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
	}
	buf_add_str(out, "\"");
}

static void print_quoted(const char *text, size_t len, struct buf *out)
{
	if (!all_printable(text, text + len)) {
		print_double_quoted(text, text + len, out);
		return;
	}
	buf_add_str(out, "'");
	for (size_t i = 0; i < len; i++)
		buf_add(out, text[i] == '\'' ? "''" : &text[i], text[i] == '\'' ? 2 : 1);
	buf_add_str(out, "'");
}

/* A text that is to be read as one. */
static void print_text(const char *text, size_t len, struct buf *out)
{
	struct conf_node node = {.kind = CONF_SCALAR, .text = text, .text_len = len};

	if (is_plain(text, len) && !conf_is_nothing(&node))
		buf_add(out, text, len);
	else
		print_quoted(text, len, out);
}

/* ---- trees ---- */

static void print_scalar_node(const struct conf_node *node, struct buf *out)
{
	if (node->quoted || (node->text_len && !is_plain(node->text, node->text_len)))
		print_quoted(node->text, node->text_len, out);
	else
		buf_add(out, node->text, node->text_len);
}

/* What stands on the line of its key or dash. */
static bool is_on_line(const struct conf_node *node)
{
	return node->kind == CONF_SCALAR || !node->n;
}

static void print_on_line(const struct conf_node *node, struct buf *out)
{
	if (node->kind == CONF_SCALAR)
		print_scalar_node(node, out);
	else
		buf_add_str(out, node->kind == CONF_MAP ? "{}" : "[]");
	buf_add_str(out, "\n");
}

static void print_entry(const struct conf_node *node, int indent, struct buf *out)
{
	size_t start = out->len;

	if (node->key) {
		blanks(indent, out);
		print_text(node->key, strlen(node->key), out);
		buf_add_str(out, is_on_line(node) ? ": " : ":\n");
	} else if (is_on_line(node)) {
		blanks(indent, out);
		buf_add_str(out, "- ");
	}
	if (is_on_line(node))
		print_on_line(node, out);
	else
		conf_print_node(node, indent + STEP, out);
	if (!node->key && !is_on_line(node))
		dash(start, indent, out);
}

void conf_print_node(const struct conf_node *node, int indent, struct buf *out)
{
	if (is_on_line(node)) {
		blanks(indent, out);
		print_on_line(node, out);
	}
	for (const struct conf_node *child = node->first; child; child = child->next)
		print_entry(child, indent, out);
}

/* ---- structs ---- */

static void print_rows(const struct conf_schema *schema, const void *object, int indent,
		       struct buf *out);

static void print_value(const struct conf_row *row, const void *field, struct buf *out)
{
	const char *text = NULL;
	char number[VALUE_TEXT_SIZE];
	struct buf bytes = {0};

	switch (row->type) {
	case CONF_BOOL: text = *(const bool *)field ? "true" : "false"; break;
	case CONF_INT:
		snprintf(number, sizeof number, "%" PRId64, *(const int64_t *)field);
		text = number;
		break;
	case CONF_NUMBER: text = value_number_text(*(const double *)field, number); break;
	case CONF_DURATION: text = value_duration_text(*(const int64_t *)field, number); break;
	case CONF_SIZE: text = value_size_text(*(const uint64_t *)field, number); break;
	case CONF_MODE:
		snprintf(number, sizeof number, "%04" PRIo64, (uint64_t) * (const int64_t *)field);
		text = number;
		break;
	case CONF_CHOICE: text = row->choices[*(const int *)field]; break;
	case CONF_BYTES:
		value_bytes_text(field, &bytes);
		print_text(buf_str(&bytes), bytes.len, out);
		break;
	default: /* texts */
		text = *(char *const *)field;
		if (row->flags & CONF_SECRET)
			text = CONF_SECRET_TEXT;
		print_text(text, strlen(text), out);
		text = NULL;
	}
	if (text)
		buf_add_str(out, text);
	buf_fini(&bytes);
}

/* Not given, and there is no way to write that but to leave it out. */
static bool is_left_out(const struct conf_row *row, const void *field)
{
	switch (row->type) {
	case CONF_TEXT:
	case CONF_NAME:
	case CONF_DEVICE: return !*(char *const *)field;
	case CONF_BYTES: return !((const struct conf_bytes *)field)->data;
	case CONF_ANY:
	case CONF_MARKS: return !*(const struct conf_node *const *)field;
	default: return false;
	}
}

static void print_texts(const struct conf_texts *texts, int indent, struct buf *out)
{
	buf_add_str(out, texts->n ? "\n" : " []\n");
	for (size_t i = 0; i < texts->n; i++) {
		blanks(indent + STEP, out);
		buf_add_str(out, "- ");
		print_text(texts->list[i], strlen(texts->list[i]), out);
		buf_add_str(out, "\n");
	}
}

static void print_each(const struct conf_row *row, const struct conf_each *each, int indent,
		       struct buf *out)
{
	buf_add_str(out, each->n ? "\n" : row->type == CONF_EACH ? " {}\n" : " []\n");
	for (size_t i = 0; i < each->n; i++) {
		const struct conf_item *item = each->list[i];
		size_t start = out->len;

		if (item->name) {
			blanks(indent + STEP, out);
			print_text(item->name, strlen(item->name), out);
			buf_add_str(out, ":\n");
		}
		print_rows(row->schema, item, indent + 2 * STEP, out);
		if (!item->name)
			dash(start, indent + STEP, out);
	}
}

static void print_row(const struct conf_row *row, const void *field, int indent, struct buf *out)
{
	const struct conf_node *node;

	blanks(indent, out);
	buf_addf(out, "%s:", row->key);
	switch (row->type) {
	case CONF_TEXTS: print_texts(field, indent, out); break;
	case CONF_EACH:
	case CONF_LIST_OF: print_each(row, field, indent, out); break;
	case CONF_GROUP:
		buf_add_str(out, "\n");
		print_rows(row->schema, field, indent + STEP, out);
		break;
	case CONF_ANY:
	case CONF_MARKS:
		node = *(const struct conf_node *const *)field;
		buf_add_str(out, is_on_line(node) ? " " : "\n");
		conf_print_node(node, is_on_line(node) ? 0 : indent + STEP, out);
		break;
	default:
		buf_add_str(out, " ");
		print_value(row, field, out);
		buf_add_str(out, "\n");
	}
}

static void print_rows(const struct conf_schema *schema, const void *object, int indent,
		       struct buf *out)
{
	for (const struct conf_row *row = schema->rows; row->key; row++) {
		const void *field = (const char *)object + row->offset;

		if (!is_left_out(row, field))
			print_row(row, field, indent, out);
	}
}

void conf_print(const struct conf_schema *schema, const void *object, int indent, struct buf *out)
{
	print_rows(schema, object, indent, out);
}
