/* SPDX-License-Identifier: Apache-2.0 */
/* Frames out of the tests in a profile; see samples.h. */
#include "profile/samples.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "link/link.h"
#include "profile/codec.h"
#include "profile/program.h"
#include "profile/raw.h"
#include "profile/vectors.h"

struct sample {
	const struct frame *frame;
	uint8_t *bytes;
	size_t len;
};

struct samples {
	const struct profile *profile;
	const struct parameters *parameters;
	struct raw *raw;
	struct sample *list;
	size_t n;
	size_t at;                     /* the one that was given last */
	const struct request *request; /* that the bytes answer */
};

static void on_frame(void *arg, const uint8_t *payload, size_t len, int64_t received_ns)
{
	struct samples *s = arg;
	const struct frame *frame = NULL;

	(void)received_ns;
	if (profile_decode(s->profile, s->request, s->parameters, payload, len, s->raw, &frame) !=
		    DRAGOMAN_TAKEN ||
	    frame->codec.can_encode)
		return;
	s->list = xreallocarray(s->list, s->n + 1, sizeof(*s->list));
	s->list[s->n++] = (struct sample){frame, xmemdup(payload, len), len};
}

static void on_refused(void *arg, enum link_verdict verdict, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)verdict;
	(void)bytes;
	(void)len;
}

static void on_write(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
}

static const struct link_sink link_sink = {.frame = on_frame,
					   .refused = on_refused,
					   .write = on_write};

static void take_vector(struct samples *s, struct link *link, const struct vector *v)
{
	struct conf_errors ignored = {0}; /* its mistakes were told when the profile was loaded */
	struct buf bytes = {0};

	s->request = vector_request(s->profile, v);
	if (vector_bytes(v->received, &bytes, &ignored) == 0)
		link_receive(link, buf_bytes(&bytes), bytes.len, 1, 1);
	while (link_deadline(link))
		link_expire(link, link_deadline(link));
	buf_fini(&bytes);
	conf_errors_fini(&ignored);
}

static void take_vectors(struct samples *s, struct link *link)
{
	const struct conf_node *tests = s->profile->tests;

	for (const struct conf_node *n = tests ? tests->first : NULL; n; n = n->next) {
		struct conf_errors ignored = {0};
		struct vector v = {0};

		if (conf_read(&vector_schema, n, &v, &ignored) == 0 && v.received && !v.verdict &&
		    vector_is_of(&v, s->profile))
			take_vector(s, link, &v);
		conf_fini(&vector_schema, &v);
		conf_errors_fini(&ignored);
	}
}

struct samples *samples_new(const struct profile *profile, const struct parameters *parameters)
{
	struct samples *s = xcalloc(1, sizeof(*s));
	struct conf_errors errors = {0};
	const struct link_line line = {0};
	struct link *link = link_new(profile->link, &line, &errors);

	s->profile = profile;
	s->parameters = parameters;
	s->raw = xcalloc(profile->max_fields + 1, sizeof(*s->raw));
	if (link) {
		link_set_sink(link, &link_sink, s);
		take_vectors(s, link);
		link_free(&link);
	}
	conf_errors_fini(&errors);
	return s;
}

void samples_free(struct samples **samples)
{
	struct samples *s = *samples;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].bytes);
	free(s->list);
	free(s->raw);
	free(s);
	*samples = NULL;
}

const uint8_t *samples_next(struct samples *s, const struct frame *frame, size_t *len_out)
{
	for (size_t i = 1; i <= s->n; i++) {
		const struct sample *sample = &s->list[(s->at + i) % s->n];

		if (sample->frame != frame)
			continue;
		s->at = (size_t)(sample - s->list);
		*len_out = sample->len;
		return sample->bytes;
	}
	return NULL;
}

static bool has_sample(const struct samples *s, const struct frame *frame)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].frame == frame)
			return true;
	return false;
}

void samples_list(const struct samples *s, bool has_samples, struct buf *out)
{
	for (size_t i = 0; i < s->profile->n_frames; i++) {
		const struct frame *frame = &s->profile->frames[i];

		if (!frame->codec.can_encode && has_sample(s, frame) == has_samples)
			buf_addf(out, "%s%s", out->len ? ", " : "", frame->name);
	}
}
