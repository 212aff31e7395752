/* SPDX-License-Identifier: Apache-2.0 */
/* `time:` of a frame or a value: which fields are the parts of a date and time. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "profile/arena.h"
#include "profile/constant.h"
#include "profile/load.h"
#include "profile/moment.h"
#include "profile/program.h"
#include "profile/steps.h"
#include "profile/type.h"

struct moment_source {
	struct conf_item item;
	const struct conf_node *parts[MOMENT_PARTS];
	int64_t tick_ns, century;
	char *epoch;
};

#define PART(kind, name, text)                                                                     \
	{                                                                                          \
		.key = name, .type = CONF_ANY,                                                     \
		.offset = offsetof(struct moment_source, parts[kind]), .help = text                \
	}

static const struct conf_row moment_rows[] = {
	PART(MOMENT_YEAR, "year", "the field of the year, or {field, table, divide, modulo, add}"),
	PART(MOMENT_MONTH, "month", "1 to 12"),
	PART(MOMENT_DAY, "day", "of the month"),
	PART(MOMENT_DAY_OF_YEAR, "day_of_year", "in place of month and day, from 1"),
	PART(MOMENT_HOUR, "hour", "0 to 23, or with pm 1 to 12"),
	PART(MOMENT_MINUTE, "minute", "0 to 59"),
	PART(MOMENT_SECOND, "second", "0 to 59, perhaps with decimals"),
	PART(MOMENT_MILLISECOND, "millisecond", "0 to 999"),
	PART(MOMENT_PM, "pm", "0 before noon, 1 after it"),
	PART(MOMENT_TICKS, "ticks", "in place of all these: a count since the epoch"),
	PART(MOMENT_ZONE, "zone", "utc, local, +01:00, or the field that says it"),
	{.key = "tick",
	 .type = CONF_DURATION,
	 .offset = offsetof(struct moment_source, tick_ns),
	 .fallback = "1s",
	 .min = 1000,
	 .max = 7 * 86400e9,
	 .help = "how long one of the ticks is"},
	{.key = "epoch",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct moment_source, epoch),
	 .fallback = "1970-01-01",
	 .help = "when the ticks were 0"},
	{.key = "century",
	 .type = CONF_INT,
	 .offset = offsetof(struct moment_source, century),
	 .fallback = "-1",
	 .min = -1,
	 .max = 2100,
	 .help = "of a year of two digits: 2000; 1970 to 2069 if left out"},
	{.key = NULL},
};

const struct conf_schema profile_time_schema = {"time", moment_rows, sizeof(struct moment_source),
						NULL};

struct part_source {
	struct conf_item item;
	char *field;
	const struct conf_node *table;
	int64_t divide, modulo, add;
};

static const struct conf_row part_rows[] = {
	{.key = "field",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct part_source, field),
	 .flags = CONF_REQUIRED,
	 .help = "where it stands"},
	{.key = "table",
	 .type = CONF_ANY,
	 .offset = offsetof(struct part_source, table),
	 .help = "raw value to number: {JAN: 1, FEB: 2 ...}; of a zone to +01:00"},
	{.key = "divide",
	 .type = CONF_INT,
	 .offset = offsetof(struct part_source, divide),
	 .fallback = "1",
	 .min = 1,
	 .max = 1e15,
	 .help = "the raw number is divided by this, the rest left out"},
	{.key = "modulo",
	 .type = CONF_INT,
	 .offset = offsetof(struct part_source, modulo),
	 .fallback = "0",
	 .min = 0,
	 .max = 1e15,
	 .help = "of that the remainder by this"},
	{.key = "add",
	 .type = CONF_INT,
	 .offset = offsetof(struct part_source, add),
	 .fallback = "0",
	 .min = -1e6,
	 .max = 1e6,
	 .help = "and then this is added"},
	{.key = NULL},
};

const struct conf_schema profile_part_schema = {"part of a time", part_rows,
						sizeof(struct part_source), NULL};

/* {S: "+02:00", W: "+01:00"}, as seconds. */
static int read_zones(struct steps_compiler *c, const struct conf_node *node,
		      const struct field *field, const struct table **out)
{
	struct table *table = arena_alloc(c->arena, sizeof(*table));
	struct table_row *rows = arena_alloc(c->arena, (node->n + 1) * sizeof(*rows));
	int bad = node->kind == CONF_MAP && node->n ? 0 : steps_wrong(c, node, "expected a map");
	int offset = 0;

	for (const struct conf_node *n = bad ? NULL : node->first; n; n = n->next) {
		if (n->kind != CONF_SCALAR || moment_offset(n->text, n->text_len, &offset) < 0)
			bad = steps_wrong(c, n, "expected a zone: utc or \"+01:00\"");
		rows[table->n].value =
			(struct constant){.type = DRAGOMAN_INTEGER, .integer = offset};
		bad |= steps_raw_key(c, n, n->key, field, &rows[table->n++]);
	}
	table->rows = rows;
	*out = table;
	return bad;
}

static int read_table(struct steps_compiler *c, const struct conf_node *node, bool is_zone,
		      struct moment_part *out)
{
	const struct field *field = &c->frame->codec.fields[out->field];

	return is_zone ? read_zones(c, node, field, &out->table)
		       : steps_table(c, node, field, DRAGOMAN_INTEGER, &out->table);
}

static int read_part(struct steps_compiler *c, const struct conf_node *node, enum moment_kind kind,
		     struct moment_part *out)
{
	struct part_source s = {.divide = 1};
	const struct field *field;
	int bad = 0;

	if (node->kind == CONF_MAP)
		bad = conf_read(&profile_part_schema, node, &s, c->loader->errors);
	else if (node->kind != CONF_SCALAR)
		bad = steps_wrong(c, node, "expected a field, or {field: name, ...}");
	out->divide = s.divide;
	out->modulo = s.modulo;
	out->add = s.add;
	if (!bad) {
		out->field = steps_field(c, node, s.field ? s.field : node->text);
		bad = out->field == NO_FIELD ? -1 : 0;
	}
	if (!bad && s.table)
		bad = read_table(c, s.table, kind == MOMENT_ZONE, out);
	conf_fini(&profile_part_schema, &s);
	if (bad)
		return -1;
	field = &c->frame->codec.fields[out->field];
	if (!out->table && kind != MOMENT_ZONE && field->type.kind >= TYPE_CHOICE)
		return steps_wrong(c, node,
				   "the field is a text; give it a table, or another type");
	return 0;
}

/* "local", an offset, or else a part. */
static int read_zone(struct steps_compiler *c, const struct conf_node *node, struct moment *m)
{
	if (node->kind == CONF_SCALAR && !strcmp(node->text, "local")) {
		m->zone = ZONE_LOCAL;
		return 0;
	}
	m->zone = ZONE_FIXED;
	if (node->kind == CONF_SCALAR &&
	    moment_offset(node->text, node->text_len, &m->offset_s) == 0)
		return 0;
	m->zone = ZONE_FIELD;
	return read_part(c, node, MOMENT_ZONE, &m->parts[MOMENT_ZONE]);
}

static bool has(const struct moment *m, enum moment_kind kind)
{
	return m->parts[kind].field != NO_FIELD;
}

/* What must stand together. */
static int check_parts(struct steps_compiler *c, const struct conf_node *node,
		       const struct moment *m, bool needs_date)
{
	bool day = has(m, MOMENT_DAY_OF_YEAR) || (has(m, MOMENT_MONTH) && has(m, MOMENT_DAY));

	if (has(m, MOMENT_TICKS))
		return has(m, MOMENT_YEAR) || day || has(m, MOMENT_HOUR)
			       ? steps_wrong(c, node, "expected either ticks or parts")
			       : 0;
	if (has(m, MOMENT_MONTH) != has(m, MOMENT_DAY) || (has(m, MOMENT_YEAR) && !day))
		return steps_wrong(c, node,
				   "expected year, month and day together, or day_of_year");
	if (needs_date && !has(m, MOMENT_YEAR))
		return steps_wrong(c, node, "needs a year, or ticks");
	if (!day && !has(m, MOMENT_HOUR))
		return steps_wrong(c, node, "expected year, month, day, hour ..., or ticks");
	return 0;
}

const struct moment *moment_compile(struct steps_compiler *c, const struct conf_node *node,
				    bool needs_date)
{
	struct moment *m = arena_alloc(c->arena, sizeof(*m));
	struct moment_source s = {0};
	int bad = conf_read(&profile_time_schema, node, &s, c->loader->errors);

	for (int i = 0; i < MOMENT_PARTS; i++)
		m->parts[i].field = NO_FIELD;
	m->zone = ZONE_LOCAL;
	m->tick_ns = s.tick_ns;
	m->century = (int)s.century;
	for (int i = 0; i < MOMENT_ZONE && !bad; i++)
		if (s.parts[i])
			bad |= read_part(c, s.parts[i], (enum moment_kind)i, &m->parts[i]);
	if (!bad && s.parts[MOMENT_ZONE])
		bad |= read_zone(c, s.parts[MOMENT_ZONE], m);
	if (!bad && moment_from_str(s.epoch, strlen(s.epoch), &m->epoch_ns) < 0)
		bad = steps_wrong(c, conf_get(node, "epoch"),
				  "expected a date, 2000-01-01, or a time, 2000-01-01T12:00:00Z");
	if (!bad)
		bad = check_parts(c, node, m, needs_date);
	conf_fini(&profile_time_schema, &s);
	if (m->zone == ZONE_LOCAL)
		tzset(); /* while the process may still open files */
	return bad ? NULL : m;
}
