/* SPDX-License-Identifier: Apache-2.0 */
/* Where a check stands and what it covers; see check.h. */
#include "link/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static const char *const place_names[] = {"before-end", "after-end", NULL};
static const char *const from_names[] = {"start", "payload", NULL};
static const char *const to_names[] = {"payload", "marker", "end", NULL};

static const struct conf_row rows[] = {
	CHECKSUM_ROWS(struct check_options, checksum),
	{.key = "place",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct check_options, place),
	 .fallback = "before-end",
	 .choices = place_names,
	 .help = "before the end mark (or at the end of a frame without one), or after it"},
	{.key = "from",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct check_options, from),
	 .fallback = "start",
	 .choices = from_names,
	 .help = "the first byte covered: of the frame, or behind its start mark"},
	{.key = "skip",
	 .type = CONF_INT,
	 .offset = offsetof(struct check_options, skip),
	 .fallback = "0",
	 .max = 65536,
	 .help = "so many bytes behind from are not covered"},
	{.key = "to",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct check_options, to),
	 .fallback = "payload",
	 .choices = to_names,
	 .help = "the last byte covered: of the payload, of the marker, or of the end mark"},
	{.key = "marker",
	 .type = CONF_BYTES,
	 .offset = offsetof(struct check_options, marker),
	 .help = "bytes between payload and check, such as \"*\""},
	{.key = "required",
	 .type = CONF_BOOL,
	 .offset = offsetof(struct check_options, required),
	 .fallback = "true",
	 .help = "false: a frame without the check is good; one with a wrong check is not"},
	{.key = NULL},
};

const struct conf_schema check_schema = {
	.name = "check",
	.rows = rows,
	.size = sizeof(struct check_options),
};

struct check {
	struct checksum *sum;
	enum check_place place;
	enum check_from from;
	enum check_to to;
	size_t skip;
	bool is_required;
	uint8_t *marker;
	size_t marker_len;
	/* What check_verify refused last; the bytes are the caller's. */
	const uint8_t *refused;
	struct cut refused_cut;
};

/* Where the parts of a check are in a frame. */
struct spot {
	size_t payload_end, field, field_len;
};

static void check_options(const struct check_options *o, const struct conf_node *node,
			  struct conf_errors *errors)
{
	if (o->to == CHECK_TO_END && o->place == CHECK_BEFORE_END)
		conf_error(errors, node,
			   "a check that covers the end mark stands after it; expected "
			   "place: after-end, or another to");
	if (o->to == CHECK_TO_MARKER && !o->marker.len)
		conf_error(errors, node,
			   "there is no marker that the check could cover; expected marker, "
			   "or another to");
	if (o->marker.len && o->place == CHECK_AFTER_END)
		conf_error(errors, node,
			   "a marker stands before the end mark; expected place: before-end");
	if (!o->required && !o->marker.len && o->place == CHECK_BEFORE_END)
		conf_error(errors, node,
			   "whether a check before the end mark is absent can only be seen by "
			   "its marker; expected marker, or required: true");
}

struct check *check_new(const struct check_options *options, const struct conf_node *node,
			struct conf_errors *errors)
{
	size_t before = errors->n_errors;
	struct checksum *sum = checksum_new(&options->checksum, node, errors);
	struct check *check;

	if (sum)
		check_options(options, node, errors);
	if (!sum || errors->n_errors > before) {
		checksum_free(&sum);
		return NULL;
	}
	check = xcalloc(1, sizeof(*check));
	check->sum = sum;
	check->place = (enum check_place)options->place;
	check->from = (enum check_from)options->from;
	check->to = (enum check_to)options->to;
	check->skip = (size_t)options->skip;
	check->is_required = options->required;
	check->marker_len = options->marker.len;
	if (check->marker_len)
		check->marker = xmemdup(options->marker.data, options->marker.len);
	return check;
}

void check_free(struct check **check)
{
	if (!*check)
		return;
	checksum_free(&(*check)->sum);
	free((*check)->marker);
	free(*check);
	*check = NULL;
}

size_t check_len_before(const struct check *check)
{
	if (!check || check->place != CHECK_BEFORE_END)
		return 0;
	return check->marker_len + checksum_len(check->sum);
}

size_t check_len_after(const struct check *check)
{
	return check && check->place == CHECK_AFTER_END ? checksum_len(check->sum) : 0;
}

bool check_may_be_absent(const struct check *check)
{
	return check && !check->is_required;
}

/* Where the last marker in the payload begins, or end. */
static size_t find_marker(const struct check *check, const uint8_t *frame, const struct cut *cut)
{
	for (size_t at = cut->end; at-- > cut->mark;)
		if (at + check->marker_len <= cut->end &&
		    memcmp(frame + at, check->marker, check->marker_len) == 0)
			return at;
	return cut->end;
}

/* 1 with the spot, 0 if the check is absent, -1 if it is missing. */
static int locate(const struct check *check, const uint8_t *frame, const struct cut *cut,
		  struct spot *out)
{
	size_t len = checksum_len(check->sum);

	*out = (struct spot){.payload_end = cut->end};
	if (check->place == CHECK_AFTER_END) {
		out->field = cut->end + cut->end_len;
		out->field_len = len;
		return cut->is_bare ? 0 : 1;
	}
	if (check->marker_len) {
		out->payload_end = find_marker(check, frame, cut);
		out->field = out->payload_end + check->marker_len;
		if (out->payload_end == cut->end)
			return check->is_required ? -1 : 0;
		out->field_len = cut->end - out->field;
		return 1;
	}
	if (cut->end - cut->mark < len)
		return -1;
	out->payload_end = out->field = cut->end - len;
	out->field_len = len;
	return 1;
}

/* The bytes that the check at spot covers; false if the frame is too short to have them. */
static bool covered(const struct check *check, const struct cut *cut, const struct spot *spot,
		    size_t *from_out, size_t *len_out)
{
	size_t from = (check->from == CHECK_FROM_START ? 0 : cut->mark) + check->skip;
	size_t to = spot->payload_end;

	if (check->to == CHECK_TO_MARKER)
		to += check->marker_len;
	else if (check->to == CHECK_TO_END)
		to = cut->end + cut->end_len;
	*from_out = from;
	*len_out = from <= to ? to - from : 0;
	return from <= to;
}

static bool is_right(const struct check *check, const uint8_t *frame, const struct cut *cut,
		     const struct spot *spot)
{
	size_t from, len;

	return covered(check, cut, spot, &from, &len) &&
	       checksum_verify(check->sum, frame + from, len, frame + spot->field, spot->field_len);
}

bool check_stands_at(const struct check *check, const uint8_t *frame, const struct cut *cut)
{
	struct spot spot;

	return locate(check, frame, cut, &spot) > 0 && is_right(check, frame, cut, &spot);
}

int check_verify(struct check *check, const uint8_t *frame, const struct cut *cut,
		 size_t *payload_end_out, enum link_verdict *verdict_out)
{
	struct spot spot;
	int found;

	*payload_end_out = cut->end;
	if (!check)
		return 0;
	found = locate(check, frame, cut, &spot);
	*payload_end_out = spot.payload_end;
	if (found == 0 || (found > 0 && is_right(check, frame, cut, &spot)))
		return 0;
	*verdict_out = found < 0 && !check->marker_len ? LINK_TOO_SHORT : LINK_BAD_CHECK;
	check->refused = frame;
	check->refused_cut = *cut;
	return -1;
}

void check_explain(const struct check *check, char out[LINK_PROBLEM_SIZE])
{
	const uint8_t *frame = check->refused;
	char expected[CHECKSUM_WORDS_SIZE], found[CHECKSUM_WORDS_SIZE];
	struct spot spot;
	size_t from, len;

	if (locate(check, frame, &check->refused_cut, &spot) < 0)
		snprintf(out, LINK_PROBLEM_SIZE, "expected a check behind its marker, found none");
	else if (!covered(check, &check->refused_cut, &spot, &from, &len))
		snprintf(out, LINK_PROBLEM_SIZE, "the frame ends before what the check is over");
	else
		snprintf(out, LINK_PROBLEM_SIZE, "expected %.180s, found %.100s",
			 checksum_expected(check->sum, frame, from, len, expected),
			 checksum_found(check->sum, frame + spot.field, spot.field_len, found));
}

int check_put(const struct check *check, uint8_t *frame, const struct cut *cut)
{
	struct spot spot = {.payload_end = cut->end};
	size_t from, len;

	if (!check)
		return 0;
	spot.field_len = checksum_len(check->sum);
	if (check->place == CHECK_AFTER_END) {
		spot.field = cut->end + cut->end_len;
	} else {
		if (cut->end - cut->mark < check_len_before(check))
			return -1;
		spot.payload_end = cut->end - check_len_before(check);
		spot.field = spot.payload_end + check->marker_len;
		if (check->marker_len)
			memcpy(frame + spot.payload_end, check->marker, check->marker_len);
	}
	if (!covered(check, cut, &spot, &from, &len))
		return -1;
	checksum_render(check->sum, checksum_compute(check->sum, frame + from, len),
			frame + spot.field);
	return 0;
}
