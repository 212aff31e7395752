/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of a profile's script; see scripted.h. */
#include "profile/scripted.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/load.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/type.h"
#include "profile/values.h"

/* ---- at loading ---- */

struct script *scripted_load(struct loader *l, const struct conf_node *node)
{
	struct script *script;
	struct err err;
	size_t line;

	if (!node)
		return NULL;
	if (node->kind != CONF_SCALAR || !node->text_len) {
		conf_error(l->errors, node, "expected a text in Lua: script: |");
		return NULL;
	}
	/* The lines of a text behind a | begin with the next one. */
	line = (size_t)node->line + (memchr(node->text, '\n', node->text_len) != NULL);
	script = script_new(node->file, line, node->text, node->text_len, &err);
	if (!script)
		conf_error(l->errors, node, "%s", err.text);
	return script;
}

int scripted_check_function(struct loader *l, const struct conf_node *node, const char *name)
{
	if (!l->profile->script) {
		conf_error(l->errors, node, "the profile has no script:");
		return -1;
	}
	if (script_has(l->profile->script, name))
		return 0;
	conf_error(l->errors, node, "the script has no function %s", name);
	return -1;
}

struct script_use *scripted_use(struct loader *l, const struct conf_node *node, const char *decode,
				const char *encode, size_t n_fields)
{
	struct arena *arena = &l->profile->arena;
	struct script_use *use = arena_alloc(arena, sizeof(*use));
	char name[160];

	if (scripted_check_function(l, node, decode) < 0 ||
	    (encode && scripted_check_function(l, node, encode) < 0))
		return NULL;
	use->script = l->profile->script;
	use->decode = load_keep(l, decode);
	use->encode = load_keep(l, encode);
	use->n_parameters = l->profile->n_parameters;
	use->fields = arena_alloc(arena, (n_fields + use->n_parameters + 1) * sizeof(*use->fields));
	use->parameter_names =
		arena_alloc(arena, (use->n_parameters + 1) * sizeof(*use->parameter_names));
	for (size_t i = 0; i < use->n_parameters; i++) {
		snprintf(name, sizeof(name), "@%s", l->profile->parameters[i].name);
		use->parameter_names[i] = load_keep(l, name);
	}
	use->next = l->profile->script_uses;
	l->profile->script_uses = use;
	return use;
}

void scripted_fini(struct profile *profile)
{
	for (struct script_use *use = profile->script_uses; use; use = use->next) {
		buf_fini(&use->text);
		buf_fini(&use->reason);
		buf_fini(&use->written);
	}
	script_free(&profile->script);
}

/* ---- calling ---- */

static int call(struct script_use *use, const char *function, const struct script_value *args,
		size_t n_args, struct script_value results[2])
{
	if (script_call(use->script, function, args, n_args, results, 2, &use->err) < 0) {
		use->has_failed = true;
		return -1;
	}
	use->is_told = false;
	return 0;
}

const char *scripted_error(const struct profile *profile)
{
	for (struct script_use *use = profile->script_uses; use; use = use->next) {
		bool is_new = use->has_failed && !use->is_told;

		use->has_failed = false;
		if (!is_new)
			continue;
		use->is_told = true;
		return use->err.text;
	}
	return NULL;
}

struct script_value scripted_value(const struct raw *raw)
{
	struct script_value v = {.kind = SCRIPT_NIL};

	switch (raw->kind) {
	case RAW_INTEGER:
		return (struct script_value){SCRIPT_INTEGER, {.integer = raw->as.integer}};
	case RAW_NATURAL: /* the same 64 bits, as Lua has unsigned integers */
		return (struct script_value){SCRIPT_INTEGER, {.integer = (int64_t)raw->as.natural}};
	case RAW_NUMBER: return (struct script_value){SCRIPT_NUMBER, {.number = raw->as.number}};
	case RAW_TEXT:
		v.kind = SCRIPT_BYTES;
		v.as.text.bytes = raw->as.text.bytes;
		v.as.text.len = raw->as.text.len;
		break;
	case RAW_ABSENT:
	case RAW_SPECIAL: break;
	}
	return v;
}

size_t scripted_fields(const struct codec *codec, const struct raw *raw, struct script_field *out)
{
	size_t n = 0;

	for (size_t i = 0; i < codec->n_fields; i++)
		if (raw[i].kind != RAW_ABSENT && raw[i].kind != RAW_SPECIAL &&
		    codec->fields[i].name[0] != '#' && codec->fields[i].name[0] != '@')
			out[n++] = (struct script_field){codec->fields[i].name,
							 scripted_value(&raw[i])};
	return n;
}

static struct script_value all_fields(const struct script_use *use, const struct codec *codec,
				      const struct raw *raw)
{
	struct script_value table = {.kind = SCRIPT_TABLE};

	table.as.table.fields = use->fields;
	table.as.table.n = scripted_fields(codec, raw, use->fields);
	return table;
}

/* ---- values ---- */

static void set_quality(struct script_use *use, struct dragoman_value *value,
			enum dragoman_quality quality, const void *reason, size_t len)
{
	buf_clear(&use->reason);
	buf_add(&use->reason, reason, len);
	value->quality = quality;
	value->reason = buf_str(&use->reason);
	if (!utf8_is_valid(value->reason, strlen(value->reason)))
		value->reason = "a reason that is no text";
	if (quality == DRAGOMAN_BAD)
		value->type = DRAGOMAN_NONE;
}

static void set_bad(struct script_use *use, struct dragoman_value *value, const char *reason)
{
	set_quality(use, value, DRAGOMAN_BAD, reason, strlen(reason));
}

static bool set_number(struct dragoman_value *value, enum dragoman_type type,
		       const struct script_value *v)
{
	double number = v->kind == SCRIPT_INTEGER ? (double)v->as.integer : v->as.number;

	if (v->kind != SCRIPT_INTEGER && v->kind != SCRIPT_NUMBER)
		return false;
	if (type == DRAGOMAN_NUMBER)
		value->as.number = number;
	else if (v->kind == SCRIPT_INTEGER && type == DRAGOMAN_NATURAL)
		value->as.natural = (uint64_t)v->as.integer;
	else if (v->kind == SCRIPT_INTEGER)
		value->as.integer = v->as.integer;
	else if (number == floor(number) &&
		 (type == DRAGOMAN_NATURAL ? number >= 0 && number < 0x1p64
					   : fabs(number) < 0x1p63))
		value_set_number(value, type, number);
	else
		return false;
	return isfinite(number);
}

static bool set_text(struct script_use *use, struct dragoman_value *value, enum dragoman_type type,
		     const struct script_value *v)
{
	if (v->kind != SCRIPT_BYTES ||
	    (type == DRAGOMAN_TEXT && !utf8_is_valid(v->as.text.bytes, v->as.text.len)))
		return false;
	buf_clear(&use->text);
	buf_add(&use->text, v->as.text.bytes, v->as.text.len);
	value->as.text.bytes = (const char *)buf_bytes(&use->text);
	value->as.text.len = use->text.len;
	return true;
}

static bool set_value(struct script_use *use, struct dragoman_value *value, enum dragoman_type type,
		      const struct script_value *v)
{
	switch (type) {
	case DRAGOMAN_BOOLEAN: value->as.boolean = v->as.boolean; return v->kind == SCRIPT_BOOLEAN;
	case DRAGOMAN_INTEGER:
	case DRAGOMAN_NATURAL:
	case DRAGOMAN_NUMBER: return set_number(value, type, v);
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA: return set_text(use, value, type, v);
	default: return false;
	}
}

/* function(value of the field, all fields): a value, or nil; and perhaps a reason, why it is uncertain or bad. */
void scripted_decode(const struct frame *frame, const struct step *step, const struct raw *raw,
		     struct dragoman_value *value)
{
	enum dragoman_type type = frame->reading->tags[step->tag].declared.type;
	struct script_use *use = step->script;
	struct script_value args[2] = {{.kind = SCRIPT_NIL}, all_fields(use, &frame->codec, raw)};
	struct script_value results[2];

	if (step->field != NO_FIELD)
		args[0] = scripted_value(&raw[step->field]);
	if (call(use, use->decode, args, 2, results) < 0) {
		set_bad(use, value, use->err.text);
		return;
	}
	if (results[0].kind != SCRIPT_NIL && !set_value(use, value, type, &results[0])) {
		set_bad(use, value, "the script returns another type");
		return;
	}
	value->type = results[0].kind == SCRIPT_NIL ? DRAGOMAN_NONE : type;
	if (results[1].kind == SCRIPT_BYTES)
		set_quality(use, value,
			    value->type == DRAGOMAN_NONE ? DRAGOMAN_BAD : DRAGOMAN_UNCERTAIN,
			    results[1].as.text.bytes, results[1].as.text.len);
	else if (value->type == DRAGOMAN_NONE)
		set_bad(use, value, "absent");
}

struct script_value scripted_argument(const struct dragoman_value *value)
{
	struct script_value v = {.kind = SCRIPT_NIL};

	switch (value->type) {
	case DRAGOMAN_BOOLEAN:
		v.kind = SCRIPT_BOOLEAN;
		v.as.boolean = value->as.boolean;
		break;
	case DRAGOMAN_INTEGER:
		v.kind = SCRIPT_INTEGER;
		v.as.integer = value->as.integer;
		break;
	case DRAGOMAN_NATURAL:
		v.kind = SCRIPT_INTEGER;
		v.as.integer = (int64_t)value->as.natural;
		break;
	case DRAGOMAN_NUMBER:
		v.kind = SCRIPT_NUMBER;
		v.as.number = value->as.number;
		break;
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA:
		v.kind = SCRIPT_BYTES;
		v.as.text.bytes = value->as.text.bytes;
		v.as.text.len = value->as.text.len;
		break;
	default: break;
	}
	return v;
}

static int to_raw(struct script_use *use, const struct script_value *v, struct raw *out)
{
	switch (v->kind) {
	case SCRIPT_INTEGER:
		*out = (struct raw){.kind = RAW_INTEGER, .as.integer = v->as.integer};
		return 0;
	case SCRIPT_NUMBER:
		*out = (struct raw){.kind = RAW_NUMBER, .as.number = v->as.number};
		return 0;
	case SCRIPT_BYTES:
		buf_clear(&use->written);
		buf_add(&use->written, v->as.text.bytes, v->as.text.len);
		raw_set_text(out, buf_bytes(&use->written), use->written.len);
		return 0;
	default: return -1;
	}
}

int scripted_encode(const struct step *step, const struct field *field,
		    const struct dragoman_value *value, struct raw *out)
{
	struct script_use *use = step->script;
	const struct script_value arg = scripted_argument(value);
	struct script_value results[2];

	if (!use->encode || call(use, use->encode, &arg, 1, results) < 0)
		return -1;
	if (to_raw(use, &results[0], out) < 0)
		return -1;
	if (out->kind == RAW_INTEGER && type_has_natural(&field->type))
		raw_set_whole(out, (uint64_t)out->as.integer);
	return 0;
}

int scripted_raw(struct script_use *use, const struct codec *codec, const struct raw *raw,
		 uint16_t field, const struct parameters *parameters, struct raw *out)
{
	struct script_value args[2] = {scripted_value(&raw[field]), all_fields(use, codec, raw)};
	struct script_value results[2];
	size_t n = args[1].as.table.n;

	for (size_t i = 0; i < use->n_parameters; i++)
		use->fields[n++] = (struct script_field){use->parameter_names[i],
							 scripted_value(&parameters->list[i])};
	args[1].as.table.n = n;
	if (call(use, use->decode, args, 2, results) < 0)
		return -1;
	return to_raw(use, &results[0], out);
}

/* ---- checks ---- */

const uint8_t *scripted_check(struct script_use *use, const uint8_t *data, size_t len, size_t size)
{
	struct script_value arg = {.kind = SCRIPT_BYTES}, results[2];

	arg.as.text.bytes = data;
	arg.as.text.len = len;
	if (call(use, use->decode, &arg, 1, results) < 0)
		return NULL;
	if (results[0].kind != SCRIPT_BYTES || results[0].as.text.len != size) {
		err_set(&use->err, "%s returns no text of %zu bytes", use->decode, size);
		use->has_failed = true;
		return NULL;
	}
	return results[0].as.text.bytes;
}
