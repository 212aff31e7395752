/* SPDX-License-Identifier: Apache-2.0 */
/* Which readings say something new; see news.h. */
#include "profile/news.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "conf/conf.h"
#include "profile/constant.h"
#include "profile/known.h"
#include "profile/load.h"
#include "profile/program.h"

/* What is remembered of one tag: as it was sent. */
struct sent {
	enum dragoman_quality quality;
	enum dragoman_type type;
	uint64_t reason, bits; /* hashes; an integer is itself */
	double number;
	double deadband;
};

struct news {
	const struct profile *profile;
	struct sent *sent;      /* a slot for each tag */
	struct report *reports; /* of each reading */
	int64_t *sent_ns;       /* of each reading; 0: none was */
};

struct news *news_new(const struct profile *profile)
{
	struct news *news = xcalloc(1, sizeof(*news));

	news->profile = profile;
	news->sent = xcalloc(profile->n_slots + 1, sizeof(*news->sent));
	news->reports = xcalloc(profile->n_readings + 1, sizeof(*news->reports));
	news->sent_ns = xcalloc(profile->n_readings + 1, sizeof(*news->sent_ns));
	for (size_t r = 0; r < profile->n_readings; r++) {
		const struct reading *reading = &profile->readings[r];

		news->reports[r] = reading->report;
		for (size_t t = 0; t < reading->n_tags; t++)
			news->sent[reading->first_slot + t].deadband = reading->tags[t].deadband;
	}
	return news;
}

void news_free(struct news **news)
{
	if (!*news)
		return;
	free((*news)->sent);
	free((*news)->reports);
	free((*news)->sent_ns);
	free(*news);
	*news = NULL;
}

void news_forget(struct news *news)
{
	memset(news->sent_ns, 0, news->profile->n_readings * sizeof(*news->sent_ns));
}

/* ---- the device's own ---- */

/* "name", or one of name.1, name.2 ... */
static bool is_named(const char *wanted, const char *name)
{
	size_t len = strlen(wanted);

	return name && !strncmp(name, wanted, len) &&
	       (!name[len] || (name[len] == '.' && isdigit((unsigned char)name[len + 1])));
}

/* name: NULL, of all of them. */
static int read_report(struct news *news, const struct conf_node *node, const char *name,
		       struct conf_errors *errors)
{
	const struct profile *p = news->profile;
	struct report report;
	bool any = false;
	int bad = report_read(node, &report, errors);

	for (size_t r = 0; r < p->n_readings && !bad; r++) {
		if (name && !is_named(name, p->readings[r].name))
			continue;
		news->reports[r] = report;
		any = true;
	}
	if (bad || any)
		return bad;
	known_error_key(KNOWN(p->readings, p->n_readings, reading, name), name, errors, node,
			"the profile has no reading");
	return -1;
}

static int read_reports(struct news *news, const struct conf_node *node, struct conf_errors *errors)
{
	int bad = 0;

	if (node->kind != CONF_MAP || !node->first || node->first->kind != CONF_MAP)
		return read_report(news, node, NULL, errors);
	for (const struct conf_node *n = node->first; n; n = n->next)
		bad |= read_report(news, n, n->key, errors);
	return bad;
}

static int read_deadband(struct news *news, const struct conf_node *node,
			 struct conf_errors *errors)
{
	static const struct conf_row row = {
		.key = "deadband", .type = CONF_NUMBER, .min = 0, .max = 1e300};
	const struct profile *p = news->profile;
	double deadband = 0;
	bool any = false;

	if (conf_read_value(&row, node, &deadband, errors) < 0)
		return -1;
	for (size_t r = 0; r < p->n_readings; r++)
		for (size_t t = 0; t < p->readings[r].n_tags; t++) {
			const struct dragoman_tag *tag = &p->readings[r].tags[t].declared;

			if (!is_named(node->key, tag->name))
				continue;
			any = true;
			news->sent[p->readings[r].first_slot + t].deadband = deadband;
			if (!value_is_number(tag->type)) {
				conf_error_key(errors, node, "%s is no number", tag->name);
				return -1;
			}
		}
	return any || known_tag(p, node->key, errors, node, "the profile has no tag") ? 0 : -1;
}

int news_read(struct news *news, const struct conf_node *report, const struct conf_node *deadband,
	      struct conf_errors *errors)
{
	int bad = report ? read_reports(news, report, errors) : 0;

	if (deadband && deadband->kind != CONF_MAP) {
		conf_error(errors, deadband, "expected {tag: number}");
		return -1;
	}
	for (const struct conf_node *n = deadband ? deadband->first : NULL; n; n = n->next)
		bad |= read_deadband(news, n, errors);
	return bad;
}

/* ---- what is new ---- */

static uint64_t hash(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 0x100000001b3u;
	return h;
}

/* As a number, and as bits, by which integers and texts are told apart. */
static void keep(struct sent *sent, const struct dragoman_value *v)
{
	sent->quality = v->quality;
	sent->type = v->type;
	sent->reason = v->reason ? hash(v->reason, strlen(v->reason)) : 0;
	sent->bits = 0;
	sent->number = value_as_number(v);
	switch (v->type) {
	case DRAGOMAN_BOOLEAN: sent->bits = v->as.boolean; break;
	case DRAGOMAN_INTEGER: sent->bits = (uint64_t)v->as.integer; break;
	case DRAGOMAN_NATURAL: sent->bits = v->as.natural; break;
	case DRAGOMAN_TEXT:
	case DRAGOMAN_DATA: sent->bits = hash(v->as.text.bytes, v->as.text.len); break;
	default: break;
	}
}

static bool has_changed(const struct sent *before, const struct sent *now)
{
	if (before->quality != now->quality || before->type != now->type ||
	    before->reason != now->reason)
		return true;
	if (value_is_number(now->type) && before->deadband > 0)
		return fabs(before->number - now->number) > before->deadband;
	return before->bits != now->bits || before->number != now->number;
}

bool news_is(struct news *news, const struct reading *reading, const struct dragoman_value *values,
	     int64_t received_ns)
{
	const struct report *report = &news->reports[reading - news->profile->readings];
	int64_t *sent_ns = &news->sent_ns[reading - news->profile->readings];
	struct sent *sent = &news->sent[reading->first_slot];
	bool is_new = !*sent_ns || received_ns - *sent_ns >= report->at_least_ns ||
		      received_ns < *sent_ns;

	if (!report->on_change)
		return true;
	for (size_t i = 0; i < reading->n_tags && !is_new; i++) {
		struct sent now = {0};

		keep(&now, &values[i]);
		is_new = has_changed(&sent[i], &now);
	}
	if (!is_new)
		return false;
	for (size_t i = 0; i < reading->n_tags; i++)
		keep(&sent[i], &values[i]);
	*sent_ns = received_ns;
	return true;
}
