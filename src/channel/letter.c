/* SPDX-License-Identifier: Apache-2.0 */
/* Copies that cross threads; see letter.h. What belongs to a letter lies behind it in its memory. */
#include "channel/letter.h"

#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"

struct letter *letter_new(enum letter_kind kind)
{
	struct letter *letter = xcalloc(1, sizeof *letter);

	letter->kind = kind;
	return letter;
}

struct letter *letter_new_data(enum letter_kind kind, const uint8_t *data, size_t len)
{
	struct letter *letter = xcalloc(1, sizeof *letter + len + 1);
	uint8_t *copy = (uint8_t *)(letter + 1);

	letter->kind = kind;
	if (len)
		memcpy(copy, data, len);
	letter->data = copy;
	letter->len = len;
	return letter;
}

struct letter *letter_new_text(enum letter_kind kind, const char *text)
{
	struct letter *letter =
		letter_new_data(kind, (const uint8_t *)text, text ? strlen(text) : 0);

	letter->text = text ? (const char *)letter->data : NULL;
	return letter;
}

/* Where the copies of a reading go, one behind the other. */
struct shelf {
	char *at, *end;
};

static const char *put(struct shelf *shelf, const char *bytes, size_t len)
{
	char *copy = shelf->at;

	must((size_t)(shelf->end - copy) > len);
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	shelf->at += len + 1;
	return copy;
}

static const char *put_text(struct shelf *shelf, const char *text)
{
	return text ? put(shelf, text, strlen(text)) : NULL;
}

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static bool has_bytes(const struct dragoman_value *value)
{
	return value->type == DRAGOMAN_TEXT || value->type == DRAGOMAN_DATA;
}

static size_t shelf_size(const struct dragoman_reading *reading)
{
	size_t size = text_size(reading->key);

	for (size_t i = 0; i < reading->n_values; i++) {
		const struct dragoman_value *value = &reading->values[i];

		size += text_size(value->tag) + text_size(value->reason);
		if (has_bytes(value))
			size += value->as.text.len + 1;
	}
	return size;
}

struct letter *letter_new_reading(const struct dragoman_reading *reading)
{
	size_t values_size = reading->n_values * sizeof(struct dragoman_value);
	size_t size = shelf_size(reading);
	struct letter *letter = xcalloc(1, sizeof *letter + values_size + size + 1);
	struct dragoman_value *values = (struct dragoman_value *)(void *)(letter + 1);
	struct shelf shelf = {.at = (char *)values + values_size};

	shelf.end = shelf.at + size + 1;
	letter->kind = LETTER_READING;
	letter->of.reading = *reading;
	letter->of.reading.key = put_text(&shelf, reading->key);
	letter->of.reading.values = values;
	for (size_t i = 0; i < reading->n_values; i++) {
		values[i] = reading->values[i];
		values[i].tag = put_text(&shelf, values[i].tag);
		values[i].reason = put_text(&shelf, values[i].reason);
		if (has_bytes(&values[i]))
			values[i].as.text.bytes =
				put(&shelf, values[i].as.text.bytes, values[i].as.text.len);
	}
	return letter;
}

static const struct dragoman_line *put_line(struct shelf *shelf, struct dragoman_line *out,
					    const struct dragoman_line *line)
{
	if (!line)
		return NULL;
	*out = *line;
	out->format = put_text(shelf, line->format);
	return out;
}

static size_t line_size(const struct dragoman_line *line)
{
	return line ? text_size(line->format) : 0;
}

struct letter *letter_new_ask(const struct dragoman_ask *ask)
{
	size_t size = ask->exchange.len + 1 + line_size(ask->before) + line_size(ask->after);
	struct letter *letter = xcalloc(1, sizeof *letter + size + 1);
	struct shelf shelf = {.at = (char *)(letter + 1)};
	struct dragoman_ask *copy = &letter->of.ask.ask;

	shelf.end = shelf.at + size + 1;
	letter->kind = LETTER_ASK;
	*copy = *ask;
	if (ask->exchange.data)
		copy->exchange.data = (const uint8_t *)put(&shelf, (const char *)ask->exchange.data,
							   ask->exchange.len);
	copy->before = put_line(&shelf, &letter->of.ask.before, ask->before);
	copy->after = put_line(&shelf, &letter->of.ask.after, ask->after);
	return letter;
}
