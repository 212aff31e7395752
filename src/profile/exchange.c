/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and commands as bytes, their arguments, and what is remembered for them. */
#include "profile/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/codec.h"
#include "profile/constant.h"
#include "profile/known.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/scripted.h"
#include "profile/values.h"

int request_encode(const struct request *request, const struct parameters *parameters,
		   const struct dragoman_value *arguments, struct raw *raw, struct buf *out)
{
	if (!request->has_send)
		return 0;
	if (values_encode(&request->message, parameters, arguments ? arguments : request->with,
			  raw) < 0)
		return -1;
	return codec_encode(&request->message.codec, parameters, raw, out);
}

const struct request *request_find(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->n_requests; i++)
		if (!strcmp(p->requests[i].name, name))
			return &p->requests[i];
	for (size_t i = 0; i < p->n_commands; i++)
		if (!strcmp(p->commands[i].name, name))
			return &p->commands[i];
	return NULL;
}

size_t request_index(const struct profile *p, const struct request *r)
{
	return r->is_command ? p->n_requests + (size_t)(r - p->commands)
			     : (size_t)(r - p->requests);
}

bool frame_is_refusal(const struct frame *frame)
{
	return frame->means == MEANS_NO || frame->means == MEANS_BUSY ||
	       frame->means == MEANS_ERROR;
}

bool frame_is_in(const struct frame *frame, const struct frame *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == frame)
			return true;
	return false;
}

void frame_remember(const struct frame *frame, const struct raw *raw, struct parameters *parameters,
		    struct buf *kept)
{
	for (size_t i = 0; i < frame->n_remember; i++) {
		const struct remember *r = &frame->remember[i];
		struct raw *out = &parameters->list[r->parameter];
		struct buf *text = &kept[r->parameter];

		if (!r->script)
			*out = raw[r->field];
		else if (scripted_raw(r->script, &frame->codec, raw, r->field, parameters, out) < 0)
			continue;
		if (out->kind != RAW_TEXT)
			continue;
		buf_clear(text);
		buf_add(text, out->as.text.bytes, out->as.text.len);
		out->as.text.bytes = buf_bytes(text);
	}
}

/* ---- arguments ---- */

static bool is_choice(const struct argument *a, const struct dragoman_value *value)
{
	for (size_t i = 0; i < a->n_choices; i++) {
		const struct constant *k = &a->choices[i];

		if (value->type == DRAGOMAN_TEXT
			    ? k->text_len == value->as.text.len &&
				      !memcmp(k->text, value->as.text.bytes, k->text_len)
		    : value->type == DRAGOMAN_BOOLEAN ? k->boolean == value->as.boolean
		    : value->type == DRAGOMAN_INTEGER ? k->integer == value->as.integer
		    : value->type == DRAGOMAN_NATURAL ? k->natural == value->as.natural
						      : k->number == value->as.number)
			return true;
	}
	return !a->n_choices;
}

const char *argument_problem(const struct request *request, size_t i,
			     const struct dragoman_value *value)
{
	const struct argument *a = &request->arguments[i];
	double number = value_as_number(value);

	if (value->type != request->message.reading->tags[i].declared.type)
		return "is of another type";
	if (a->has_limits && (number < a->min || number > a->max))
		return "is outside of its limits";
	return is_choice(a, value) ? NULL : "is none of its choices";
}

static int read_argument(const struct request *request, size_t i, const struct conf_node *given,
			 struct dragoman_value *out, struct conf_errors *errors)
{
	const struct dragoman_tag *tag = &request->message.reading->tags[i].declared;
	const struct conf_node *node = given ? conf_get(given, tag->name) : NULL;
	const struct conf_node *place = node ? node : given ? given : request->node;
	struct constant value = request->arguments[i].fallback;
	const char *problem;

	if (node && constant_read(node, tag->type, &value) < 0) {
		conf_error(errors, node, "%s: that is no value of its type", tag->name);
		return -1;
	}
	if (value.type == DRAGOMAN_NONE) {
		conf_error(errors, place, "%s needs the argument %s", request->name, tag->name);
		return -1;
	}
	*out = (struct dragoman_value){.tag = tag->name};
	value_from_constant(&value, tag->type, out);
	problem = argument_problem(request, i, out);
	if (problem)
		conf_error(errors, place, "the argument %s %s", tag->name, problem);
	return problem ? -1 : 0;
}

static int check_known(const struct request *request, const struct conf_node *given,
		       struct conf_errors *errors)
{
	const struct reading *reading = request->message.reading;
	const struct known *arguments = KNOWN(reading->tags, reading->n_tags, tag, declared.name);
	char what[160];
	int bad = 0;

	snprintf(what, sizeof(what), "%s has no argument", request->name);
	for (const struct conf_node *n = given->first; n; n = n->next) {
		if (known_find(arguments, n->key) >= 0)
			continue;
		known_error_key(arguments, n->key, errors, n, what);
		bad = -1;
	}
	return bad;
}

int arguments_read(const struct request *request, const struct conf_node *given,
		   struct dragoman_value *out, struct conf_errors *errors)
{
	int bad = 0;

	if (given && given->kind != CONF_MAP) {
		conf_error(errors, given, "expected {argument: value}");
		return -1;
	}
	for (size_t i = 0; i < request->message.reading->n_tags; i++)
		bad |= read_argument(request, i, given, &out[i], errors);
	return given ? bad | check_known(request, given, errors) : bad;
}
