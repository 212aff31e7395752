/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of a reading on its way out. The usual reading is good and passes as it is, uncopied; one
 * that is not is copied, and what is wrong in it goes out BAD without a value.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/instance.h"
#include "base/pattern.h"
#include "base/utf8.h"
#include "base/xalloc.h"

/* A declared tag of this key, which is the declaration's own. Readings have their values mostly in the
 * order of declaration, so the search starts behind the last one found, and usually ends there. */
static const struct dragoman_tag *find(struct adapter_instance *instance, const char *name,
				       const char *key)
{
	const struct declaration *declared = &instance->declared;

	for (size_t i = 0, at = instance->next_tag; i < declared->n_tags; i++, at++) {
		if (at >= declared->n_tags)
			at = 0;
		if (declared->tags[at].key != key || strcmp(declared->tags[at].name, name) != 0)
			continue;
		instance->next_tag = at + 1;
		return &declared->tags[at];
	}
	return NULL;
}

/* Why a value cannot go out as it is; NULL if it can. */
static const char *value_problem(const struct dragoman_value *value, const struct dragoman_tag *tag)
{
	if (!tag)
		return "tag not declared";
	if (value->quality > DRAGOMAN_STALE)
		return "quality not known";
	if (value->type == DRAGOMAN_NONE)
		return value->quality == DRAGOMAN_GOOD ? "no value" : NULL;
	if (value->type != tag->type)
		return "not of the declared type";
	if (value->type == DRAGOMAN_NUMBER && !isfinite(value->as.number))
		return "not a finite number";
	if (value->type == DRAGOMAN_TEXT &&
	    !utf8_is_valid(value->as.text.bytes, value->as.text.len))
		return "not text";
	return NULL;
}

static bool needs_change(const struct dragoman_value *value, const char *problem)
{
	return problem || value->reason != instance_text(value->reason);
}

/* Copies the reading's first n values, those that were found good, to where they can be changed. */
static struct dragoman_value *make_room(struct adapter_instance *instance,
					const struct dragoman_reading *reading, size_t n)
{
	if (instance->checked_size < reading->n_values) {
		instance->checked = xreallocarray(instance->checked, reading->n_values,
						  sizeof *instance->checked);
		instance->checked_size = reading->n_values;
	}
	if (n)
		memcpy(instance->checked, reading->values, n * sizeof *instance->checked);
	return instance->checked;
}

/* The reading with what is wrong in it made BAD; a value without a possible name is left out. */
static void emit_changed(struct adapter_instance *instance, const struct dragoman_reading *reading,
			 const char *key, size_t n_good)
{
	struct dragoman_value *out = make_room(instance, reading, n_good);
	struct dragoman_reading changed = *reading;
	size_t n = n_good;

	for (size_t i = n_good; i < reading->n_values; i++) {
		const struct dragoman_value *value = &reading->values[i];
		const char *problem;

		if (!value->tag || name_problem(value->tag, false)) {
			instance_bug(instance, "it emits a value under a name that cannot be");
			continue;
		}
		problem = value_problem(value, find(instance, value->tag, key));
		out[n] = *value;
		if (problem) {
			instance_bug(instance, "the value of %s: %s", value->tag, problem);
			out[n].type = DRAGOMAN_NONE;
			out[n].quality = DRAGOMAN_BAD;
			out[n].reason = problem;
		}
		out[n].reason = instance_text(out[n].reason);
		n++;
	}
	changed.values = out;
	changed.n_values = n;
	instance->sink->reading(instance->arg, &changed);
}

/* The row of the declaration's keys that a reading comes under; false if there is none. */
static bool find_key(const struct declaration *declared, const char *name, size_t *row_out)
{
	*row_out = 0;
	if (!name)
		return declared->n_keys == 0;
	while (*row_out < declared->n_keys && strcmp(declared->keys[*row_out].name, name) != 0)
		++*row_out;
	return *row_out < declared->n_keys;
}

void host_emit(struct dragoman_host *host, const struct dragoman_reading *reading)
{
	struct adapter_instance *instance = instance_of(host);
	const struct declaration *declared = &instance->declared;
	const char *key;
	size_t row;

	if (!instance->is_ready || !find_key(declared, reading->key, &row)) {
		instance_bug(instance, "a reading %s",
			     instance->is_ready ? "under a key that is not declared"
						: "within create()");
		return;
	}
	key = declared->n_keys ? declared->keys[row].name : NULL;
	instance->next_tag = declared->n_tags ? declared->first_tag[row] : 0;
	for (size_t i = 0; i < reading->n_values; i++) {
		const struct dragoman_value *value = &reading->values[i];
		const char *problem =
			value->tag ? value_problem(value, find(instance, value->tag, key))
				   : "no tag";

		if (needs_change(value, problem)) {
			emit_changed(instance, reading, key, i);
			return;
		}
	}
	instance->sink->reading(instance->arg, reading);
}
