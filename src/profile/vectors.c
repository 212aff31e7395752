/* SPDX-License-Identifier: Apache-2.0 */
/* The tests in a profile, as they stand there; vector_run.c runs them. */
#include "profile/vectors.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/host.h"
#include "base/hex.h"
#include "link/link.h"
#include "profile/program.h"

enum { MAX_BYTES = 65536 };

static const struct conf_row vector_rows[] = {
	{.key = "name",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct vector, name),
	 .help = "what it shows"},
	{.key = "variant",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct vector, variant),
	 .help = "which of the profile's variants it is about"},
	{.key = "received",
	 .type = CONF_ANY,
	 .offset = offsetof(struct vector, received),
	 .help = "bytes as they come from the line: text with escapes, or {hex: \"aa c0\"}"},
	{.key = "reading",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct vector, reading),
	 .help = "which of the readings they give"},
	{.key = "values",
	 .type = CONF_ANY,
	 .offset = offsetof(struct vector, values),
	 .help = "tag to value, or to {bad: reason} or {uncertain: reason, value: v}"},
	{.key = "time",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct vector, time),
	 .help = "the device's own time of the reading: 2026-11-22T10:00:00Z, without Z local"},
	{.key = "readings",
	 .type = CONF_ANY,
	 .offset = offsetof(struct vector, readings),
	 .help = "if there are several: a list of {reading, values, time}"},
	{.key = "frame",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct vector, frame),
	 .help = "which of the frames they are"},
	{.key = "verdict",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct vector, verdict),
	 .help = "why they are refused"},
	{.key = "request",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct vector, request),
	 .help = "the request that is sent, or that the bytes answer"},
	{.key = "command",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct vector, command),
	 .help = "the same of a command"},
	{.key = "arguments",
	 .type = CONF_ANY,
	 .offset = offsetof(struct vector, arguments),
	 .help = "of the command: a map"},
	{.key = "sent",
	 .type = CONF_ANY,
	 .offset = offsetof(struct vector, sent),
	 .help = "its bytes on the line"},
	{.key = "dialogue",
	 .type = CONF_ANY,
	 .offset = offsetof(struct vector, dialogue),
	 .help = "of a request that runs a function: a list of {sent} and {received}, as they come"},
	{.key = "answer",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct vector, answer),
	 .fallback = "any",
	 .choices = vector_answers,
	 .help = "what the bytes mean as its answer"},
	{.key = "reason",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct vector, reason),
	 .help = "of an answer that is no, busy or error"},
	{.key = "read_back",
	 .type = CONF_ANY,
	 .offset = offsetof(struct vector, read_back),
	 .help = "bytes that answer the request by which a command is verified, and show what it has set"},
	{.key = "parameters",
	 .type = CONF_ANY,
	 .offset = offsetof(struct vector, parameters),
	 .help = "of the device in this test"},
	{.key = "source",
	 .type = CONF_ANY,
	 .offset = offsetof(struct vector, source),
	 .help = "where the bytes are from: {manual: ...}, {capture: ...} or {implementation: ...}"},
	{.key = NULL},
};

const char *const vector_answers[] = {"any",  "reading", "yes",     "no",
				      "busy", "error",   "nothing", NULL};

const char vector_no_answer[] = "no answer to the request";

const struct conf_schema vector_schema = {"test", vector_rows, sizeof(struct vector), NULL};

int vector_bytes(const struct conf_node *node, struct buf *out, struct conf_errors *errors)
{
	static const struct conf_row row = {.key = "bytes", .type = CONF_BYTES};
	const struct conf_node *hex = node->kind == CONF_MAP ? conf_get(node, "hex") : NULL;
	struct conf_bytes bytes = {0};
	ssize_t n;

	if (hex && hex->kind == CONF_SCALAR) {
		n = hex_parse(hex->text, buf_room(out, MAX_BYTES), MAX_BYTES);
		if (n >= 0) {
			buf_grown(out, (size_t)n);
			return 0;
		}
		conf_error(errors, hex, "expected bytes in hexadecimal, as \"aa c0\"");
		return -1;
	}
	if (node->kind != CONF_SCALAR) {
		conf_error(errors, node, "expected a text with escapes, or {hex: \"aa c0\"}");
		return -1;
	}
	if (conf_read_value(&row, node, &bytes, errors) < 0)
		return -1;
	buf_add(out, bytes.data, bytes.len);
	free(bytes.data);
	return 0;
}

static const struct request *find_request(const struct request *list, size_t n, const char *name)
{
	for (size_t i = 0; name && i < n; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

const struct request *vector_request(const struct profile *p, const struct vector *v)
{
	return v->command ? find_request(p->commands, p->n_commands, v->command)
			  : find_request(p->requests, p->n_requests, v->request);
}

const struct reading *vector_reading(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->n_readings; i++)
		if (name ? p->readings[i].name && !strcmp(p->readings[i].name, name)
			 : !p->readings[i].name || p->n_readings == 1)
			return &p->readings[i];
	return NULL;
}

static const struct tag *find_tag(const struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->n_tags; i++)
		if (!strcmp(reading->tags[i].declared.name, name))
			return &reading->tags[i];
	return NULL;
}

/* Which of the sources it is, or NULL. */
const char *vector_source(const struct conf_node *source)
{
	static const char *const kinds[] = {"manual", "capture", "implementation"};

	for (size_t i = 0; i < 3; i++)
		if (source && conf_get(source, kinds[i]))
			return kinds[i];
	return NULL;
}

static void check_values(const struct profile *p, const struct conf_node *node,
			 const char *reading_name, const struct conf_node *values,
			 struct conf_errors *errors)
{
	const struct reading *reading = vector_reading(p, reading_name);

	if (!reading) {
		conf_error(errors, node, "%s%s",
			   reading_name
				   ? "there is no reading "
				   : "the profile has several readings: say which, reading: NAME",
			   reading_name ? reading_name : "");
		return;
	}
	if (!values || values->kind != CONF_MAP) {
		conf_error(errors, values ? values : node, "expected values: {tag: value}");
		return;
	}
	for (const struct conf_node *n = values->first; n; n = n->next)
		if (!find_tag(reading, n->key))
			conf_error_key(errors, n, "the reading has no tag %s", n->key);
}

/* The request or command, and what goes with it. */
static void check_request(const struct profile *p, const struct conf_node *node,
			  const struct vector *v, struct conf_errors *errors)
{
	const struct request *r = vector_request(p, v);
	const struct conf_node *place = conf_get(node, v->command ? "command" : "request");

	if (v->command && v->request)
		conf_error(errors, node, "expected either request or command");
	else if (place && !r)
		conf_error(errors, place, "there is no %s %s", place->key, place->text);
	else if (!r && (v->sent || v->answer || v->read_back || v->arguments))
		conf_error(errors, node,
			   "expected request or command: whose are these bytes, arguments or "
			   "answer?");
	else if (v->reason && !v->answer)
		conf_error(errors, node, "reason goes with answer: no, busy or error");
	else if (v->read_back && !r->verify)
		conf_error(errors, conf_get(node, "read_back"),
			   "%s says no request by which it is verified (verify:)", r->name);
}

static void check_bytes(const struct conf_node *node, struct conf_errors *errors)
{
	struct buf bytes = {0};

	if (node)
		vector_bytes(node, &bytes, errors);
	buf_fini(&bytes);
}

static void check_turn(const struct conf_node *turn, struct conf_errors *errors)
{
	const struct conf_node *bytes = turn->kind == CONF_MAP && turn->n == 1 ? turn->first : NULL;

	if (!bytes || (strcmp(bytes->key, "sent") != 0 && strcmp(bytes->key, "received") != 0))
		conf_error(errors, turn, "expected {sent: bytes} or {received: bytes}");
	else
		check_bytes(bytes, errors);
}

/* Those that run a function have a dialogue in their tests, and only they. */
static void check_dialogue(const struct profile *p, const struct conf_node *node,
			   const struct vector *v, struct conf_errors *errors)
{
	const struct request *r = vector_request(p, v);

	if (!v->dialogue) {
		if (r && r->run)
			conf_error(errors, node, "%s runs a function: expected dialogue", r->name);
		return;
	}
	if (v->sent || v->received)
		conf_error(errors, node, "what is sent and received stands in the dialogue");
	if (r && !r->run)
		conf_error(errors, v->dialogue,
			   "%s does not run a function: expected sent or received", r->name);
	else if (!r && !v->request && !v->command)
		conf_error(errors, node, "expected request or command: whose dialogue is it?");
	if (v->dialogue->kind != CONF_LIST || !v->dialogue->n) {
		conf_error(errors, v->dialogue, "expected a list of {sent} and {received}");
		return;
	}
	for (const struct conf_node *n = v->dialogue->first; n; n = n->next)
		check_turn(n, errors);
}

static bool is_verdict(const char *name)
{
	bool is = !strcmp(name, vector_no_answer);

	for (int v = DRAGOMAN_UNKNOWN; v <= DRAGOMAN_UNSOLICITED; v++)
		is |= v != DRAGOMAN_PART && !strcmp(name, adapter_verdict_name(v));
	for (int v = 0; v < LINK_VERDICTS; v++)
		is |= !strcmp(name, link_verdict_name(v));
	return is;
}

static void check_vector(const struct profile *p, const struct conf_node *node,
			 const struct vector *v, struct conf_errors *errors)
{
	if (!v->received && !v->sent && !v->dialogue)
		conf_error(errors, node, "expected received, sent, or both");
	check_bytes(v->received, errors);
	check_bytes(v->sent, errors);
	check_bytes(v->read_back, errors);
	check_request(p, node, v, errors);
	check_dialogue(p, node, v, errors);
	if (v->values)
		check_values(p, node, v->reading, v->values, errors);
	if (v->received && !v->values && !v->readings && !v->verdict && !v->frame && !v->answer)
		conf_error(errors, node, "expected values, readings, frame, answer or verdict");
	if (v->verdict && !is_verdict(v->verdict))
		conf_error(
			errors, conf_get(node, "verdict"),
			"no verdict %s; there are unknown, foreign, short, long, check, format, range, "
			"unsolicited, no answer to the request, and of links garbage, too long, too "
			"short, bad check, bad length, bad escape and cut",
			v->verdict);
	if (!vector_source(v->source))
		conf_warning(errors, node,
			     "does not say where its bytes are from (source: {manual: ...}, "
			     "{capture: ...} or {implementation: ...})");
}

bool vector_is_of(const struct vector *v, const struct profile *p)
{
	return !v->variant || !p->variant ? v->variant == p->variant
					  : !strcmp(v->variant, p->variant);
}

static void check_variant(const struct profile *p, const struct conf_node *node,
			  const struct vector *v, struct conf_errors *errors)
{
	const struct conf_node *variants = conf_get(p->root, "variants");

	if (v->variant && !p->variant && !conf_get(variants, v->variant))
		conf_error(errors, conf_get(node, "variant"), "the profile has no variant %s",
			   v->variant);
}

void vectors_check(const struct profile *profile, struct conf_errors *errors)
{
	if (profile->tests->kind != CONF_LIST) {
		conf_error(errors, profile->tests, "tests: expected a list");
		return;
	}
	for (const struct conf_node *n = profile->tests->first; n; n = n->next) {
		struct vector v = {0};

		if (conf_read(&vector_schema, n, &v, errors) == 0) {
			check_variant(profile, n, &v, errors);
			if (vector_is_of(&v, profile))
				check_vector(profile, n, &v, errors);
		}
		conf_fini(&vector_schema, &v);
	}
}
