/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NMEA 0183: GPS receivers, marine and weather instruments. A sentence is looked up (rows.c), cut into its
 * fields (sentence.c) and becomes one reading under the key of its formatter (decode.c); satellites and
 * transducers have files of their own. The manual page dragoman-nmea0183(7) has what a user may rely on.
 */
#include <stdlib.h>
#include <string.h>

#include "nmea.h"

static const char *const check_names[] = {"accept", "require", "ignore", NULL};

static const struct dragoman_option options[] = {
	{.key = "checksum",
	 .type = DRAGOMAN_OPTION_CHOICE,
	 .fallback = "accept",
	 .choices = check_names,
	 .help = "accept: sentences without one are taken, from instruments that do not send it; require: "
		 "not taken; ignore: a wrong one is taken too"},
	{.key = "talkers",
	 .type = DRAGOMAN_OPTION_TEXT,
	 .help = "two letters each, such as \"GP GN\": other talkers' sentences are left to the next device "
		 "of the line; all if left out"},
	{.key = NULL},
};

/* Reads "GP GN". 0, or -1 if it is no such list. */
static int read_talkers(struct nmea *nmea, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ,");

		if (len) {
			if (len != 2 || nmea->n_talkers == TALKERS)
				return -1;
			memcpy(nmea->talkers[nmea->n_talkers++], text, 2);
		}
		text += len + (text[len] != '\0');
	}
	return 0;
}

static int nmea_create(struct dragoman_host *host, void **self_out)
{
	const struct dragoman_host_ops *ops = host->ops;
	const struct dragoman_node *talkers = ops->option(host, "talkers");
	const char *check = ops->node_text(ops->option(host, "checksum"));
	struct nmea *nmea = calloc(1, sizeof(*nmea));

	if (!nmea)
		abort();
	nmea->host = host;
	nmea->ops = ops;
	while (strcmp(check_names[nmea->check], check) != 0)
		nmea->check++;
	if (talkers && read_talkers(nmea, ops->node_text(talkers)) < 0) {
		ops->node_error(host, talkers,
				"expected up to 16 talkers of two letters, such as \"GP GN\"");
		free(nmea);
		return -1;
	}
	*self_out = nmea;
	return 0;
}

static void nmea_destroy(void *self)
{
	slots_free(self);
	free(self);
}

/* What the instrument said before the line was lost is no word on what it says after. */
static void nmea_line(void *self, bool up, const char *reason)
{
	struct nmea *nmea = self;

	(void)up;
	(void)reason;
	nmea->calendar = (struct calendar){0};
	memset(nmea->fix, 0, sizeof(nmea->fix));
	nmea->group.next = 0;
	nmea->fixed_systems = 0;
	nmea->is_flat = nmea->was_gsa = false;
}

static bool is_listened_to(const struct nmea *nmea, const struct sentence *s)
{
	for (size_t i = 0; i < nmea->n_talkers; i++)
		if (s->talker.len == 2 ? memcmp(nmea->talkers[i], s->talker.s, 2) == 0
				       : nmea->talkers[i][0] == 'P')
			return true;
	return nmea->n_talkers == 0;
}

/* Whether the checksum lets the sentence pass. One that is missing is taken from instruments that never send
 * it: a sentence that came with one before has lost its end. */
static bool is_whole(const struct nmea *nmea, const struct sentence *s, const struct row *row)
{
	bool has_had = nmea->checked_rows >> (row - rows) & 1;

	if (nmea->check == CHECK_IGNORE || s->check == CHECK_RIGHT)
		return true;
	return s->check == CHECK_ABSENT && nmea->check == CHECK_ACCEPT && !has_had;
}

static enum dragoman_verdict decode(struct nmea *nmea, const struct row *row,
				    const struct sentence *s)
{
	struct slot *slot;

	if (row->decode)
		return row->decode(nmea, row, s);
	slot = slot_get(nmea, row, NULL);
	if (!slot)
		return DRAGOMAN_UNKNOWN;
	return decode_fields(nmea, slot, s);
}

static enum dragoman_verdict nmea_frame(void *self, const struct dragoman_frame *frame)
{
	struct nmea *nmea = self;
	enum dragoman_verdict verdict;
	const struct row *row;
	struct sentence s;

	if (sentence_cut(frame->data, frame->len, &s) < 0)
		return DRAGOMAN_FORMAT;
	if (!is_listened_to(nmea, &s))
		return DRAGOMAN_FOREIGN;
	if (s.check == CHECK_WRONG && nmea->check != CHECK_IGNORE)
		return DRAGOMAN_CHECK;
	row = s.start == '$' ? row_find(&s) : NULL;
	if (!row)
		return DRAGOMAN_UNKNOWN;
	if (!is_whole(nmea, &s, row))
		return DRAGOMAN_CHECK;
	if (s.n < row->least)
		return DRAGOMAN_SHORT;
	if (s.check == CHECK_RIGHT)
		nmea->checked_rows |= (uint64_t)1 << (row - rows);
	nmea->frame = frame;
	verdict = decode(nmea, row, &s);
	nmea->was_gsa = row->decode == decode_gsa;
	return verdict;
}

const struct dragoman_adapter dragoman_adapter = {
	.abi = DRAGOMAN_ABI,
	.size = sizeof(struct dragoman_adapter),
	.name = "nmea0183",
	.title = "NMEA 0183: GPS receivers, marine and weather instruments",
	.version = "1.0",
	.maturity = DRAGOMAN_CAPTURED,
	.options = options,
	.default_link =
		"{start_end: {start: ['$', '!'], end: [\"\\r\", \"\\n\"], strip: false, max: 1024}}",
	.create = nmea_create,
	.destroy = nmea_destroy,
	.line = nmea_line,
	.frame = nmea_frame,
};
