/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items that are made of others: conditional, of a size that stands somewhere, repeated, chosen by a field, and
 * lists of tagged entries. What is repeated is compiled as often as it may be there, each time with its number
 * behind the names of its fields, so that decoding knows nothing of lists.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/arena.h"
#include "profile/bytes.h"
#include "profile/constant.h"
#include "profile/load.h"
#include "profile/ops.h"
#include "profile/program.h"
#include "profile/scope.h"
#include "profile/steps.h"
#include "profile/type.h"
#include "profile/values.h"

enum { MAX_COUNT = 256 }; /* of elements */

struct size_source {
	struct conf_item item;
	char *field, *type;
	int order;
	int64_t unit, add;
};

static const struct conf_row size_rows[] = {
	{.key = "field",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct size_source, field),
	 .help = "of size: where it stands"},
	{.key = "type",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct size_source, type),
	 .help = "of counted: how it is written"},
	{.key = "order",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct size_source, order),
	 .fallback = "default",
	 .choices = item_orders,
	 .help = "of counted: its byte order"},
	MEASURE_ROWS(struct size_source),
	{.key = NULL},
};
const struct conf_schema profile_size_schema = {"size", size_rows, sizeof(struct size_source),
						NULL};

struct tagged_source {
	struct conf_item item;
	char *tag, *length, *end;
	int order, others;
	int64_t unit, add;
	const struct conf_node *cases;
};

static const char *const others[] = {"skip", "refuse", NULL};

static const struct conf_row tagged_rows[] = {
	{.key = "tag",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct tagged_source, tag),
	 .flags = CONF_REQUIRED,
	 .help = "type of the tag: u8, hex(2), text(2) ..."},
	{.key = "length",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct tagged_source, length),
	 .help = "type of the length that follows the tag; without it there is none"},
	{.key = "order",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct tagged_source, order),
	 .fallback = "default",
	 .choices = item_orders,
	 .help = "byte order of both"},
	MEASURE_ROWS(struct tagged_source),
	{.key = "others",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct tagged_source, others),
	 .fallback = "skip",
	 .choices = others,
	 .help = "entries with other tags are passed over, or refuse the frame"},
	{.key = "end",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct tagged_source, end),
	 .help = "a tag alone, after which no entry follows"},
	{.key = "cases",
	 .type = CONF_ANY,
	 .offset = offsetof(struct tagged_source, cases),
	 .flags = CONF_REQUIRED,
	 .help = "tag to list of items"},
	{.key = NULL},
};
const struct conf_schema profile_tagged_schema = {"tagged entries", tagged_rows,
						  sizeof(struct tagged_source), NULL};

bool parts_are_in(const struct item *item)
{
	return item->when || item->size || item->counted || item->items || item->optional ||
	       item->repeat || item->choice || item->tagged;
}

static int wrong(struct bytes_compiler *c, const struct conf_node *node, const char *text)
{
	conf_error(c->loader->errors, node, "%s", text);
	return -1;
}

static enum order order_of(const struct bytes_compiler *c, int choice)
{
	return choice ? (enum order)(choice - 1) : c->order;
}

/* What stands until end_part is in the part. Its index, or -1 with an error. */
static int begin_part(struct bytes_compiler *c, const struct conf_node *node, const struct op *op)
{
	struct op *new = bytes_op(c, node, (enum op_code)op->code);

	if (!new)
		return -1;
	*new = *op;
	return (int)c->ops->n - 1;
}

static void end_part(struct bytes_compiler *c, int index)
{
	if (index >= 0)
		c->ops->list[index].jump = (uint16_t)c->ops->n;
}

/* The items of a part that may be missing. */
static int optional_items(struct bytes_compiler *c, const struct conf_node *list)
{
	unsigned depth = c->scope->depth;
	int bad;

	if (depth == MAX_DEPTH)
		return wrong(c, list, "parts are nested too deep");
	c->scope->depth++;
	bad = bytes_items(c, list);
	c->scope->depth = depth;
	return bad;
}

/* ---- sizes ---- */

/* A field that says how much of something there is, from here on. */
static uint16_t control_field(struct bytes_compiler *c, const struct conf_node *node,
			      const char *name)
{
	uint16_t index = scope_field(c->scope, node, name);
	struct field *f;

	if (index == NO_FIELD)
		return NO_FIELD;
	f = &c->scope->fields->list[index];
	if (f->type.kind == TYPE_FLOAT || f->type.kind == TYPE_NUMBER || f->type.kind >= TYPE_BIT ||
	    !f->type.size || f->type.loose) {
		conf_error(c->loader->errors, node,
			   "the field %s is no integer of a known width, and so no length or count",
			   f->name);
		return NO_FIELD;
	}
	f->is_computed = true;
	return index;
}

static int read_counted(struct bytes_compiler *c, const struct conf_node *node,
			struct size_source *s, struct op *op)
{
	struct op before = {.code = OP_FIELD};
	const char *type = node->kind == CONF_SCALAR ? node->text : s->type;

	if (s->field || !type)
		return wrong(c, node, "expected a type: u8, u16(little), integer(03) ...");
	before.field = bytes_hidden(c, node, type, order_of(c, s->order));
	op->field = before.field;
	return before.field == NO_FIELD || begin_part(c, node, &before) < 0 ? -1 : 0;
}

static int read_size(struct bytes_compiler *c, const struct conf_node *node, struct size_source *s,
		     struct op *op)
{
	const char *name = node->kind == CONF_SCALAR ? node->text : s->field;
	char *end;
	long n = name ? strtol(name, &end, 10) : 0;

	op->field = NO_FIELD;
	op->len = (uint32_t)n;
	if (s->type || !name)
		return wrong(c, node, "expected a number of bytes, or the field that says it");
	if (n > 0 && n < 65536 && !*end)
		return 0;
	op->field = control_field(c, node, name);
	return op->field == NO_FIELD ? -1 : 0;
}

/* The index of the part, or -1 with errors. */
static int begin_sized(struct bytes_compiler *c, const struct item *item)
{
	const struct conf_node *node = item->counted ? item->counted : item->size;
	struct measure *measure = arena_alloc(&c->loader->profile->arena, sizeof(*measure));
	struct op op = {.code = OP_SIZED, .more.measure = measure};
	struct size_source s = {.unit = 1};
	int bad = 0;

	if (node->kind != CONF_SCALAR)
		bad = conf_read(&profile_size_schema, node, &s, c->loader->errors);
	if (!bad)
		bad = item->counted ? read_counted(c, node, &s, &op) : read_size(c, node, &s, &op);
	*measure = (struct measure){.unit = s.unit, .add = s.add};
	conf_fini(&profile_size_schema, &s);
	return bad ? -1 : begin_part(c, node, &op);
}

/* ---- conditions ---- */

static int begin_when(struct bytes_compiler *c, const struct conf_node *node)
{
	struct when_op *when = arena_alloc(&c->loader->profile->arena, sizeof(*when));
	struct op op = {.code = OP_WHEN, .more.when = when};
	struct frame so_far;
	struct steps_compiler steps = scope_steps(c->scope, &so_far);

	if (conditions_read(&steps, node, &when->conditions, &when->n) < 0)
		return -1;
	for (size_t i = 0; i < when->n; i++)
		c->scope->fields->list[when->conditions[i].field].is_control = true;
	return begin_part(c, node, &op);
}

/* ---- choices ---- */

static int read_keys(struct bytes_compiler *c, const struct conf_node *cases,
		     const struct field *field, struct table_row *rows, size_t *n)
{
	struct frame so_far;
	struct steps_compiler steps = scope_steps(c->scope, &so_far);
	int bad = 0;

	for (const struct conf_node *node = cases->first; node; node = node->next)
		if (strcmp(node->key, "default") != 0)
			bad |= steps_raw_key(&steps, node, node->key, field, &rows[(*n)++]);
	return bad;
}

/* One case; row NULL: what no row is for. */
static int add_case(struct bytes_compiler *c, const struct conf_node *node, uint16_t field,
		    const struct table *table, const struct table_row *row)
{
	struct arena *arena = &c->loader->profile->arena;
	struct condition *condition = arena_alloc(arena, sizeof(*condition));
	struct when_op *when = arena_alloc(arena, sizeof(*when));
	int part, bad;

	*condition = (struct condition){
		.field = field, .any = row ? row : table->rows, .n = row ? 1 : table->n};
	*when = (struct when_op){.conditions = condition, .n = 1, .is_other = !row};
	part = begin_part(c, node, &(struct op){.code = OP_WHEN, .more.when = when});
	bad = part < 0 ? -1 : optional_items(c, node);
	end_part(c, part);
	return bad;
}

static int add_cases(struct bytes_compiler *c, const struct conf_node *cases, uint16_t field,
		     const struct table *table)
{
	struct scope *scope = c->scope;
	uint16_t choice = ++scope->n_choices;
	size_t level = 0, row = 0;
	int bad = 0;

	while (level < MAX_DEPTH - 1 && scope->branch[level].choice)
		level++;
	for (const struct conf_node *n = cases->first; n && !bad; n = n->next) {
		bool other = !strcmp(n->key, "default");

		scope->branch[level].choice = choice;
		scope->branch[level].which++;
		bad = add_case(c, n, field, table, other ? NULL : &table->rows[row++]);
	}
	scope->branch[level] = (struct branch){0};
	return bad;
}

static int add_choice(struct bytes_compiler *c, const struct conf_node *node,
		      const struct item *item)
{
	struct arena *arena = &c->loader->profile->arena;
	struct table *table = arena_alloc(arena, sizeof(*table));
	uint16_t field = scope_field(c->scope, conf_get(node, "switch"), item->choice);
	struct table_row *rows;
	struct op op = {.code = OP_CHOICE, .field = field, .more.choice = table};

	if (field == NO_FIELD)
		return -1;
	if (item->cases->kind != CONF_MAP || !item->cases->n)
		return wrong(c, item->cases, "expected {value: [items]}");
	table->rows = rows = arena_alloc(arena, item->cases->n * sizeof(*rows));
	if (read_keys(c, item->cases, &c->scope->fields->list[field], rows, &table->n) < 0)
		return -1;
	if (conf_get(item->cases, "default"))
		table->other.type = DRAGOMAN_BOOLEAN;
	if (begin_part(c, node, &op) < 0)
		return -1;
	return add_cases(c, item->cases, field, table);
}

/* ---- lists ---- */

/* How long a list is: at most n, as many as the field or the parameter says; without these always n. */
struct count {
	size_t n;
	uint16_t field;
	uint16_t parameter;     /* 1 + its index, or 0 */
	struct measure measure; /* of the parameter */
};

/* How much of the parameter is one element. */
static int read_unit(struct bytes_compiler *c, const struct conf_node *node, int64_t *out)
{
	struct constant k;

	*out = 1;
	if (!node)
		return 0;
	if (constant_read(node, DRAGOMAN_INTEGER, &k) < 0 || k.integer < 1 || k.integer > 255)
		return wrong(c, node, "expected how much of it is one element, 1 to 255");
	*out = k.integer;
	return 0;
}

/* {parameter: name, unit: 2}; without max the list has room for as many as the parameter allows. */
static int count_by_parameter(struct bytes_compiler *c, const struct item *item, struct count *out)
{
	const struct conf_node *name = conf_get(item->count, "parameter");
	const struct parameter *p;
	const struct conf_node *unit = conf_get(item->count, "unit");
	double most;
	int index;

	if (!name || item->count->n != (unit ? 2 : 1) || name->kind != CONF_SCALAR)
		return wrong(c, item->count,
			     "expected a number, the field that says it, or {parameter: name}");
	if (read_unit(c, unit, &out->measure.unit) < 0)
		return -1;
	index = parameter_find(c->loader, name, name->text);
	if (index < 0)
		return -1;
	p = &c->loader->profile->parameters[index];
	most = floor(p->max / (double)out->measure.unit);
	if (p->type != DRAGOMAN_INTEGER || p->min < 0 || most < 1 || most > MAX_COUNT)
		return wrong(c, name,
			     "expected an integer parameter with min and max, within 0 to 256");
	if (item->max && (double)item->max < most)
		return wrong(c, name, "the parameter's max is more than the list's");
	out->n = item->max ? (size_t)item->max : (size_t)most;
	out->parameter = (uint16_t)(index + 1);
	return 0;
}

static int read_count(struct bytes_compiler *c, const struct conf_node *node,
		      const struct item *item, struct count *out)
{
	const struct type slot = {.kind = TYPE_UNSIGNED, .bits = 16, .size = 2};
	struct constant k;
	char name[32];

	*out = (struct count){.n = (size_t)item->max, .field = NO_FIELD};
	if (item->count && item->count->kind != CONF_SCALAR)
		return count_by_parameter(c, item, out);
	if (item->count && constant_read(item->count, DRAGOMAN_INTEGER, &k) == 0) {
		out->n = (size_t)k.integer;
		if (k.integer < 1 || k.integer > MAX_COUNT || item->max)
			return wrong(c, item->count, "expected 1 to 256 times, without max");
		return 0;
	}
	if (!item->max)
		return wrong(c, node, "needs max: at most how many times");
	snprintf(name, sizeof(name), "#%zu", c->scope->fields->n);
	out->field = item->count ? control_field(c, item->count, item->count->text)
				 : field_add(c->scope, node, name, &slot);
	if (out->field != NO_FIELD)
		c->scope->fields->list[out->field].is_computed = true;
	return out->field == NO_FIELD ? -1 : 0;
}

static int add_element(struct bytes_compiler *c, const struct item *item, const struct count *count,
		       size_t i)
{
	struct op op = {.code = OP_ELEMENT,
			.field = count->field,
			.index = (uint16_t)i,
			.counted_by = count->parameter,
			.len = (uint32_t)count->n,
			.is_open = !item->count};
	int part, bad;

	if (count->field == NO_FIELD && !count->parameter)
		return bytes_items(c, item->repeat);
	if (count->parameter)
		op.more.measure = arena_copy(&c->loader->profile->arena, &count->measure,
					     sizeof(count->measure));
	part = begin_part(c, item->repeat, &op);
	bad = part < 0 ? -1 : optional_items(c, item->repeat);
	end_part(c, part);
	return bad;
}

static int add_repeat(struct bytes_compiler *c, const struct conf_node *node,
		      const struct item *item)
{
	size_t len = strlen(c->scope->suffix);
	struct count count;
	int bad = read_count(c, node, item, &count);

	for (size_t i = 0; i < count.n && !bad; i++) {
		snprintf(c->scope->suffix + len, sizeof(c->scope->suffix) - len, ".%zu", i + 1);
		bad = add_element(c, item, &count, i);
	}
	c->scope->suffix[len] = '\0';
	return bad;
}

/* ---- tagged entries ---- */

static int read_tag_types(struct bytes_compiler *c, const struct conf_node *node,
			  const struct tagged_source *s, struct tagged_op *tagged)
{
	enum order order = order_of(c, s->order);

	if (bytes_type(c, conf_get(node, "tag"), s->tag, order, &tagged->tag.type) < 0)
		return -1;
	if (!tagged->tag.type.size || tagged->tag.type.loose)
		return wrong(c, conf_get(node, "tag"), "a tag has a known width: u8, text(2) ...");
	tagged->tag.name = "tag";
	tagged->has_length = s->length;
	if (!s->length)
		return 0;
	if (bytes_type(c, conf_get(node, "length"), s->length, order, &tagged->length.type) < 0)
		return -1;
	if (tagged->length.type.kind == TYPE_FLOAT || tagged->length.type.kind == TYPE_NUMBER ||
	    tagged->length.type.kind >= TYPE_BIT || !tagged->length.type.size ||
	    tagged->length.type.loose)
		return wrong(c, conf_get(node, "length"),
			     "expected an integer of a known width: u8, u16 ...");
	return 0;
}

static int read_end(struct bytes_compiler *c, const struct conf_node *node, const char *text,
		    struct tagged_op *tagged)
{
	struct frame so_far;
	struct steps_compiler steps = scope_steps(c->scope, &so_far);
	struct table_row row = {0};

	if (!text)
		return 0;
	if (steps_raw_key(&steps, node, arena_str(steps.arena, text, strlen(text)), &tagged->tag,
			  &row) < 0)
		return -1;
	raw_from_row(&row, &tagged->end);
	tagged->has_end = true;
	return 0;
}

static int add_entries(struct bytes_compiler *c, const struct conf_node *cases,
		       const struct tagged_op *tagged)
{
	struct table_row *rows = arena_alloc(&c->loader->profile->arena, cases->n * sizeof(*rows));
	size_t n = 0;
	int bad = read_keys(c, cases, &tagged->tag, rows, &n);

	if (n < cases->n)
		return wrong(c, cases, "there is no default; say others: skip, or refuse");
	n = 0;
	for (const struct conf_node *node = cases->first; node && !bad; node = node->next) {
		struct op op = {.code = OP_CASE, .more.key = &rows[n++]};
		int part = begin_part(c, node, &op);

		bad = part < 0 ? -1 : optional_items(c, node);
		end_part(c, part);
	}
	return bad;
}

static int add_tagged(struct bytes_compiler *c, const struct item *item)
{
	struct tagged_op *tagged = arena_alloc(&c->loader->profile->arena, sizeof(*tagged));
	struct tagged_source s = {0};
	int part, bad = conf_read(&profile_tagged_schema, item->tagged, &s, c->loader->errors);

	if (!bad && (s.cases->kind != CONF_MAP || !s.cases->n))
		bad = wrong(c, s.cases, "expected {tag: [items]}");
	if (!bad)
		bad = read_tag_types(c, item->tagged, &s, tagged);
	if (!bad)
		bad = read_end(c, conf_get(item->tagged, "end"), s.end, tagged);
	tagged->is_strict = s.others;
	tagged->measure = (struct measure){.unit = s.unit, .add = s.add};
	if (!bad) {
		part = begin_part(c, item->tagged,
				  &(struct op){.code = OP_TAGGED, .more.tagged = tagged});
		bad = part < 0 ? -1 : add_entries(c, s.cases, tagged);
		end_part(c, part);
	}
	conf_fini(&profile_tagged_schema, &s);
	return bad;
}

/* ---- all of them ---- */

static int add_optional(struct bytes_compiler *c, const struct conf_node *list)
{
	int part = begin_part(c, list, &(struct op){.code = OP_OPTIONAL});
	int bad = part < 0 ? -1 : optional_items(c, list);

	end_part(c, part);
	return bad;
}

static int add_body(struct bytes_compiler *c, const struct conf_node *node, const struct item *item)
{
	if (item->items)
		return bytes_items(c, item->items);
	if (item->optional)
		return add_optional(c, item->optional);
	if (item->repeat)
		return add_repeat(c, node, item);
	if (item->choice)
		return add_choice(c, node, item);
	if (item->tagged)
		return add_tagged(c, item);
	return bytes_plain(c, node, item);
}

int parts_item(struct bytes_compiler *c, const struct conf_node *node, const struct item *item)
{
	unsigned depth = c->scope->depth;
	int when = -1, sized = -1, bad = 0;

	if (depth == MAX_DEPTH)
		return wrong(c, node, "parts are nested too deep");
	if (item->when) {
		when = begin_when(c, item->when);
		bad = when < 0 ? -1 : 0;
		c->scope->depth++;
	}
	if (!bad && (item->size || item->counted)) {
		sized = begin_sized(c, item);
		bad = sized < 0 ? -1 : 0;
	}
	if (!bad)
		bad = add_body(c, node, item);
	end_part(c, sized);
	end_part(c, when);
	c->scope->depth = depth;
	return bad;
}
