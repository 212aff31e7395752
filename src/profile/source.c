/* SPDX-License-Identifier: Apache-2.0 */
/* From what describes a frame's bytes (text, pattern, bytes, records) to its codec. */
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/constant.h"
#include "profile/known.h"
#include "profile/load.h"
#include "profile/ops.h"
#include "profile/pattern.h"
#include "profile/program.h"
#include "profile/scope.h"
#include "profile/source.h"
#include "profile/type.h"

enum { MAX_RECORDS = 512 };

int parameter_find(struct loader *loader, const struct conf_node *node, const char *name)
{
	const struct profile *p = loader->profile;
	const struct known *parameters = KNOWN(p->parameters, p->n_parameters, parameter, name);
	ssize_t found = known_find(parameters, name);

	if (found < 0)
		known_error(parameters, name, loader->errors, node, "no parameter",
			    "; name it under `parameters:`");
	return (int)found;
}

/* ---- patterns ---- */

/* The type that `fields:` gives a group; text if it does not. */
static int group_type(struct loader *loader, const struct conf_node *types, const char *name,
		      struct type *out)
{
	const struct conf_node *node = types ? conf_get(types, name) : NULL;
	struct arena *arena = &loader->profile->arena;
	struct err err;

	if (!node)
		return type_parse(arena, "text", 4, ORDER_BIG, out, &err);
	if (node->kind == CONF_SCALAR &&
	    type_parse(arena, node->text, node->text_len, ORDER_BIG, out, &err) == 0)
		return 0;
	conf_error(loader->errors, node, "%s",
		   node->kind == CONF_SCALAR ? err.text : "expected a type");
	return -1;
}

static int check_types(struct loader *loader, const struct conf_node *types,
		       const struct field_list *fields)
{
	int bad = 0;

	if (types && types->kind != CONF_MAP) {
		conf_error(loader->errors, types, "expected {group: type}");
		return -1;
	}
	for (const struct conf_node *n = types ? types->first : NULL; n; n = n->next) {
		bool known = false;

		for (size_t i = 0; i < fields->n; i++)
			known |= !strcmp(fields->list[i].name, n->key);
		if (!known) {
			conf_error_key(loader->errors, n, "the pattern has no group (?<%s>...)",
				       n->key);
			bad = -1;
		}
	}
	return bad;
}

static int compile_groups(struct scope *scope, const struct codec_source *source, struct codec *out)
{
	const char *names[MAX_FIELDS];
	size_t n = pattern_names(out->pattern, names, MAX_FIELDS);
	struct type type;
	int bad = 0;

	scope->depth = 1; /* any group may be missing */
	for (size_t i = 0; i < n; i++)
		if (group_type(scope->loader, source->fields, names[i], &type) < 0 ||
		    field_add(scope, source->pattern, names[i], &type) == NO_FIELD)
			bad = -1;
	return bad | check_types(scope->loader, source->fields, scope->fields);
}

/* The holes of `format:` are the groups of the pattern, with types that say how they are written; the device's parameters
 * among them stand behind these. */
static int compile_format(struct loader *loader, const struct conf_node *node, struct codec *out)
{
	struct field_list *own = xcalloc(1, sizeof(*own));
	struct scope scope = {.loader = loader, .frame = node->parent->key, .fields = own};
	struct op_list list = {0};
	struct ops ops;
	int bad = template_compile(&scope, node, &list);

	ops_keep(&loader->profile->arena, &list, own->list, &ops);
	out->written = arena_alloc(&loader->profile->arena,
				   (out->n_fields + ops.n) * sizeof(*out->fields));
	memcpy(out->written, out->fields, out->n_fields * sizeof(*out->fields));
	for (size_t i = 0; i < ops.n && !bad; i++) {
		struct op *op = &ops.list[i];
		size_t f = 0;

		if (op->code == OP_PARAMETER) {
			out->written[out->n_fields + i] = own->list[op->field];
			op->field = (uint16_t)(out->n_fields + i);
		}
		if (op->code != OP_FIELD)
			continue;
		while (f < out->n_fields && strcmp(out->fields[f].name, own->list[op->field].name))
			f++;
		if (f == out->n_fields) {
			conf_error(loader->errors, node, "the pattern has no group (?<%s>...)",
				   own->list[op->field].name);
			bad = -1;
			break;
		}
		out->written[f].type = own->list[op->field].type;
		op->field = (uint16_t)f;
	}
	out->ops = ops;
	out->can_encode = !bad;
	free(own);
	return bad;
}

static int compile_pattern(struct scope *scope, const struct codec_source *source,
			   struct codec *out)
{
	struct loader *loader = scope->loader;
	struct err err;

	out->kind = CODEC_PATTERN;
	if (source->pattern->kind != CONF_SCALAR) {
		conf_error(loader->errors, source->pattern, "expected a regular expression");
		return -1;
	}
	out->pattern = pattern_compile(source->pattern->text, &err);
	if (!out->pattern) {
		conf_error(loader->errors, source->pattern, "%s", err.text);
		return -1;
	}
	out->pattern_next = loader->profile->patterns;
	loader->profile->patterns = out;
	return compile_groups(scope, source, out);
}

/* ---- records ---- */

struct records_source {
	struct conf_item item;
	struct conf_bytes separator;
	const struct conf_node *lines, *check;
	struct conf_texts needs;
	bool strict;
};

static const struct conf_row records_rows[] = {
	{.key = "separator",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct records_source, separator),
	 .fallback = "\\r\\n",
	 .help = "what stands between two lines"},
	{.key = "lines",
	 .type = CONF_ANY,
	 .offset = offsetof(struct records_source, lines),
	 .flags = CONF_REQUIRED,
	 .help = "a list of templates, in the order of the device"},
	{.key = "strict",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct records_source, strict),
	 .fallback = "false",
	 .help = "a line that fits no template refuses the frame"},
	{.key = "needs",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct records_source, needs),
	 .help = "fields without which it is another kind of frame"},
	{.key = "check",
	 .type = CONF_ANY,
	 .offset = offsetof(struct records_source, check),
	 .help = "the checksum at the end of each line"},
	{.key = NULL},
};
const struct conf_schema profile_records_schema = {"records", records_rows,
						   sizeof(struct records_source), NULL};

/* One line; a constant must come soon, by which it is told from the others. */
static int compile_line(struct scope *scope, const struct conf_node *node, struct ops *out)
{
	struct op_list list = {0};
	size_t leading = 0;
	int bad = template_compile(scope, node, &list);

	ops_keep(&scope->loader->profile->arena, &list, scope->fields->list, out);
	if (bad)
		return -1;
	while (leading < out->n && out->list[leading].code == OP_FIELD)
		leading++;
	if (leading <= MAX_LEADING)
		return 0;
	conf_error(scope->loader->errors, node, "a line has a constant after at most %d fields",
		   MAX_LEADING);
	return -1;
}

static int compile_lines(struct scope *scope, const struct conf_node *lines, struct codec *out)
{
	struct loader *loader = scope->loader;
	int bad = 0;

	if (lines->kind != CONF_LIST || !lines->n || lines->n > MAX_RECORDS) {
		conf_error(loader->errors, lines, "expected a list of templates, at most %d",
			   MAX_RECORDS);
		return -1;
	}
	out->records.list =
		arena_alloc(&loader->profile->arena, lines->n * sizeof(*out->records.list));
	scope->depth = 1; /* a line may be missing */
	for (const struct conf_node *n = lines->first; n; n = n->next)
		bad |= compile_line(scope, n, &out->records.list[out->records.n++]);
	return bad;
}

/* Each line ends with a checksum. */
static int end_with_check(struct loader *loader, const struct conf_node *node, struct codec *out)
{
	struct op check = {0};

	if (check_compile(loader, node, &check) < 0)
		return -1;
	for (size_t i = 0; i < out->records.n; i++) {
		struct ops *line = &out->records.list[i];
		struct op *list =
			arena_alloc(&loader->profile->arena, (line->n + 1) * sizeof(*list));

		memcpy(list, line->list, line->n * sizeof(*list));
		list[line->n++] = check;
		line->list = list;
	}
	return 0;
}

static int compile_needs(struct loader *loader, const struct conf_node *node,
			 const struct conf_texts *names, struct field_list *fields,
			 struct codec *out)
{
	uint16_t *needs = arena_alloc(&loader->profile->arena, (names->n + 1) * sizeof(*needs));
	int bad = 0;

	for (size_t i = 0; i < names->n; i++) {
		size_t f = 0;

		while (f < fields->n && strcmp(fields->list[f].name, names->list[i]) != 0)
			f++;
		if (f == fields->n) {
			conf_error(loader->errors, conf_get(node, "needs"),
				   "no line has a field %s", names->list[i]);
			bad = -1;
		} else {
			fields->list[f].depth--;
			needs[out->records.n_needs++] = (uint16_t)f;
		}
	}
	out->records.needs = needs;
	return bad;
}

static int compile_records(struct scope *scope, const struct conf_node *node, struct codec *out)
{
	struct loader *loader = scope->loader;
	struct records_source source = {0};
	int bad = conf_read(&profile_records_schema, node, &source, loader->errors);

	out->kind = CODEC_RECORDS;
	out->can_encode = true;
	out->records.strict = source.strict;
	out->records.separator_len = source.separator.len;
	out->records.separator =
		arena_copy(&loader->profile->arena, source.separator.data, source.separator.len);
	if (!bad && !source.separator.len) {
		conf_error(loader->errors, node, "the separator is empty");
		bad = -1;
	}
	if (!bad)
		bad = compile_lines(scope, source.lines, out);
	if (!bad)
		bad = compile_needs(loader, node, &source.needs, scope->fields, out);
	if (!bad && source.check)
		bad = end_with_check(loader, source.check, out);
	conf_fini(&profile_records_schema, &source);
	return bad;
}

/* ---- all of them ---- */

static int compile_ops(struct scope *scope, const struct codec_source *source, struct codec *out)
{
	struct op_list list = {0};
	int bad = source->text
			  ? template_compile(scope, source->text, &list)
			  : bytes_compile(scope, source->bytes, (enum order)source->order, &list);

	ops_keep(&scope->loader->profile->arena, &list, scope->fields->list, &out->ops);
	return bad;
}

static int compile_one(struct scope *scope, const struct conf_node *node,
		       const struct codec_source *source, struct codec *out)
{
	int kinds = !!source->text + !!source->pattern + !!source->bytes + !!source->records;

	if (kinds != 1) {
		conf_error(scope->loader->errors, node,
			   "expected one of text, pattern, bytes and records");
		return -1;
	}
	if ((source->format || source->fields) && !source->pattern) {
		conf_error_key(scope->loader->errors,
			       source->format ? source->format : source->fields,
			       "goes with a pattern only");
		return -1;
	}
	out->can_encode = !source->pattern;
	if (source->pattern)
		return compile_pattern(scope, source, out);
	if (source->records)
		return compile_records(scope, source->records, out);
	return compile_ops(scope, source, out);
}

static int read_length(struct loader *loader, const struct conf_node *node, struct codec *out)
{
	const struct conf_node *first = node && node->kind == CONF_LIST ? node->first : node;
	const struct conf_node *last = node && node->kind == CONF_LIST ? node->last : node;
	struct constant min, max;

	out->max_len = SIZE_MAX;
	if (!node)
		return 0;
	if (!first || constant_read(first, DRAGOMAN_INTEGER, &min) < 0 ||
	    constant_read(last, DRAGOMAN_INTEGER, &max) < 0 || min.integer < 0 ||
	    max.integer < min.integer || (node->kind == CONF_LIST && node->n != 2)) {
		conf_error(loader->errors, node,
			   "expected a number of bytes, or [at least, at most]");
		return -1;
	}
	out->min_len = (size_t)min.integer;
	out->max_len = (size_t)max.integer;
	return 0;
}

int codec_compile(struct loader *loader, const struct conf_node *node,
		  const struct codec_source *source, struct codec *out)
{
	struct field_list *fields = xcalloc(1, sizeof(*fields));
	struct scope scope = {
		.loader = loader, .frame = node->key ? node->key : "", .fields = fields};
	int bad = compile_one(&scope, node, source, out);
	struct err err;

	out->n_fields = fields->n;
	out->fields = arena_copy(&loader->profile->arena, fields->list,
				 fields->n * sizeof(*fields->list));
	for (size_t i = 0; i < fields->n; i++)
		out->has_computed |= fields->list[i].is_computed;
	free(fields);
	bad |= read_length(loader, source->length, out);
	if (!bad && source->format)
		bad = compile_format(loader, source->format, out);
	if (!bad && out->pattern &&
	    pattern_bind(out->pattern, out->fields, out->n_fields, &err) < 0) {
		conf_error(loader->errors, node, "%s", err.text);
		bad = -1;
	}
	if (!bad)
		codec_finish(out);
	if (out->n_fields > loader->profile->max_fields)
		loader->profile->max_fields = out->n_fields;
	return bad;
}
