/* SPDX-License-Identifier: Apache-2.0 */
/* What came out of a test's bytes against what the test expects, tag by tag. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "profile/constant.h"
#include "profile/moment.h"
#include "profile/program.h"
#include "profile/vector_run.h"

void run_fail(struct run *run, const struct conf_node *node, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_addf(run->report, "%s:%d:%d: test %s%s%s%s\n", node->file, node->line, node->column,
		 run->vector->name ? "\"" : "", run->vector->name ? run->vector->name : "",
		 run->vector->name ? "\": " : "", text);
	run->failed = true;
}

static void value_text(const struct dragoman_value *v, char *out, size_t size)
{
	switch (v->type) {
	case DRAGOMAN_NONE: snprintf(out, size, "nothing"); break;
	case DRAGOMAN_BOOLEAN: snprintf(out, size, "%s", v->as.boolean ? "true" : "false"); break;
	case DRAGOMAN_INTEGER: snprintf(out, size, "%lld", (long long)v->as.integer); break;
	case DRAGOMAN_NATURAL:
		snprintf(out, size, "%llu", (unsigned long long)v->as.natural);
		break;
	case DRAGOMAN_NUMBER: snprintf(out, size, "%.15g", v->as.number); break;
	default:
		snprintf(out, size, "\"%.*s\"", v->as.text.len > 200 ? 200 : (int)v->as.text.len,
			 v->as.text.bytes);
		break;
	}
}

static bool same_value(const struct constant *k, const struct dragoman_value *v)
{
	switch (v->type) {
	case DRAGOMAN_BOOLEAN: return k->boolean == v->as.boolean;
	case DRAGOMAN_INTEGER: return k->integer == v->as.integer;
	case DRAGOMAN_NATURAL: return k->natural == v->as.natural;
	case DRAGOMAN_NUMBER:
		return fabs(k->number - v->as.number) <= 1e-9 * fmax(fabs(k->number), 1e-9);
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA:
		return k->text_len == v->as.text.len &&
		       !memcmp(k->text, v->as.text.bytes, k->text_len);
	default: return false;
	}
}

static void compare_plain(struct run *run, const struct conf_node *expected,
			  enum dragoman_type type, const struct dragoman_value *v)
{
	char got[256];
	struct constant k;

	value_text(v, got, sizeof(got));
	if (constant_read(expected, type, &k) < 0)
		run_fail(run, expected, "%s: that is no value of the tag's type", v->tag);
	else if (!same_value(&k, v))
		run_fail(run, expected, "%s: expected %s, got %s%s%s", v->tag, expected->text, got,
			 v->reason ? ", " : "", v->reason ? v->reason : "");
}

/* {bad: reason}, {uncertain: reason, value: v} */
static void compare_doubtful(struct run *run, const struct conf_node *expected,
			     enum dragoman_type type, const struct dragoman_value *v)
{
	const struct conf_node *bad = conf_get(expected, "bad");
	const struct conf_node *reason = bad ? bad : conf_get(expected, "uncertain");
	const struct conf_node *value = conf_get(expected, "value");
	enum dragoman_quality quality = bad ? DRAGOMAN_BAD : DRAGOMAN_UNCERTAIN;
	char got[256];

	value_text(v, got, sizeof(got));
	if (!reason || reason->kind != CONF_SCALAR)
		run_fail(run, expected,
			 "expected a value, {bad: reason} or {uncertain: reason, value: v}");
	else if (v->quality != quality || strcmp(v->reason ? v->reason : "", reason->text) != 0)
		run_fail(run, expected, "%s: expected %s \"%s\", got %s%s%s (%s)", v->tag,
			 bad ? "bad" : "uncertain", reason->text,
			 v->quality == DRAGOMAN_GOOD  ? "good"
			 : v->quality == DRAGOMAN_BAD ? "bad "
						      : "uncertain ",
			 v->reason ? v->reason : "", "", got);
	else if (value)
		compare_plain(run, value, type, v);
}

static void compare_value(struct run *run, const struct conf_node *values, const struct tag *tag,
			  const struct dragoman_value *v)
{
	const struct conf_node *expected = conf_get(values, tag->declared.name);
	char got[256];

	if (!expected) {
		value_text(v, got, sizeof(got));
		if (v->type != DRAGOMAN_NONE || strcmp(v->reason, "absent") != 0)
			run_fail(run, values, "%s is not mentioned, and is %s%s%s", v->tag, got,
				 v->reason ? ", " : "", v->reason ? v->reason : "");
	} else if (expected->kind == CONF_MAP) {
		compare_doubtful(run, expected, tag->declared.type, v);
	} else if (v->quality != DRAGOMAN_GOOD) {
		run_fail(run, expected, "%s: expected %s, and it is %s: %s", v->tag, expected->text,
			 v->quality == DRAGOMAN_BAD ? "bad" : "uncertain", v->reason);
	} else {
		compare_plain(run, expected, tag->declared.type, v);
	}
}

static void compare_reading(struct run *run, const struct conf_node *name,
			    const struct conf_node *values, const struct dragoman_reading *got)
{
	const struct reading *reading = vector_reading(run->profile, got->key);

	if (name && (!got->key || strcmp(name->text, got->key) != 0))
		run_fail(run, name, "expected a reading %s, got %s", name->text,
			 got->key ? got->key : "one without a name");
	else if (reading && values)
		for (size_t i = 0; i < got->n_values; i++)
			compare_value(run, values, &reading->tags[i], &got->values[i]);
}

/* A test that says no time does not look at it. */
static void compare_time(struct run *run, const struct conf_node *expected, int64_t got_ns)
{
	char got[MOMENT_TEXT_SIZE] = "none";
	int64_t ns = 0;

	if (!expected)
		return;
	if (got_ns)
		moment_to_str(got_ns, got);
	if (strcmp(expected->text, "none") != 0 &&
	    moment_from_str(expected->text, expected->text_len, &ns) < 0)
		run_fail(run, expected, "\"%s\" is no time; expected 2026-11-22T10:00:00Z, or none",
			 expected->text);
	else if (ns != got_ns)
		run_fail(run, expected, "expected the time %s, got %s", expected->text, got);
}

static bool is_about(const struct constant *k, const struct dragoman_value *v)
{
	return v->quality == DRAGOMAN_GOOD && same_value(k, v);
}

/* What the command has set must stand in the reading. */
static void compare_set(struct run *run, const struct effect *effect,
			const struct dragoman_reading *reading)
{
	struct constant k = effect->argument < 0 ? effect->constant
						 : constant_of(&run->arguments[effect->argument]);
	char got[256];

	for (size_t i = 0; i < reading->n_values; i++) {
		const struct dragoman_value *v = &reading->values[i];

		if (strcmp(v->tag, effect->tag->declared.name))
			continue;
		run->n_read_back++;
		value_text(v, got, sizeof(got));
		if (!is_about(&k, v))
			run_fail(run, run->node, "read back, %s is not what was set: %s%s%s",
				 v->tag, got, v->reason ? ", " : "", v->reason ? v->reason : "");
	}
}

void run_compare(struct run *run, const struct dragoman_reading *reading)
{
	const struct vector *v = run->vector;
	const struct conf_node *expected = run->next;

	if (run->reads_back) {
		const struct request *command = vector_request(run->profile, v);

		for (size_t i = 0; i < command->n_effects; i++)
			compare_set(run, &command->effects[i], reading);
		return;
	}
	run->n_readings++;
	if (v->readings && expected) {
		run->next = expected->next;
		compare_reading(run, conf_get(expected, "reading"), conf_get(expected, "values"),
				reading);
		compare_time(run, conf_get(expected, "time"), reading->device_time_ns);
	} else if (v->values && run->n_readings == 1) {
		compare_reading(run, conf_get(run->node, "reading"), v->values, reading);
		compare_time(run, conf_get(run->node, "time"), reading->device_time_ns);
	} else if (v->values || v->readings) {
		run_fail(run, run->node, "one more reading than expected%s%s",
			 reading->key ? ": " : "", reading->key ? reading->key : "");
	}
}
