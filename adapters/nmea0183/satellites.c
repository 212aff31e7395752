/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Satellites used (GSA) and in view (GSV). Each constellation has readings of its own, GSV also each signal
 * (NMEA 4.10 and later). A group of GSV sentences becomes one reading; a group with a hole, none.
 */
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "nmea.h"

/* Which constellation: by the talker, by the system id of NMEA 4.10, or by the ids of the satellites. */
static const struct system {
	const char *name;
	char talkers[4][3];
	char id;
	int first, last; /* satellites as NMEA 0183 numbers them */
} systems[] = {
	{"gps", {"GP"}, '1', 1, 32},
	{"glonass", {"GL"}, '2', 65, 99},
	{"galileo", {"GA"}, '3', 301, 336},
	{"beidou", {"GB", "BD"}, '4', 401, 464},
	{"qzss", {"GQ", "QZ", "PQ"}, '5', 193, 202},
	{"navic", {"GI"}, '6', 0, 0},
	{"sbas", {""}, 0, 33, 64},
};

#define EACH_SYSTEM(s) for (const struct system *s = systems; s < systems + 7; s++)

static const char *by_talker(struct text talker)
{
	EACH_SYSTEM(system)
	for (int i = 0; i < 4; i++)
		if (talker.len == 2 && memcmp(system->talkers[i], talker.s, 2) == 0)
			return system->name;
	return NULL;
}

static const char *by_id(char id)
{
	EACH_SYSTEM(system)
	if (id && system->id == id)
		return system->name;
	return NULL;
}

static const char *by_satellite(struct text satellite)
{
	int64_t n;

	if (integer_read(satellite, &n) < 0)
		return NULL;
	EACH_SYSTEM(system)
	if (n >= system->first && n <= system->last && n)
		return system->name;
	return NULL;
}

/* One bit for each constellation. */
enum { ANY_SYSTEM = 1 << 7 };

static uint32_t bit_of(const char *name)
{
	EACH_SYSTEM(system)
	if (strcmp(system->name, name) == 0)
		return (uint32_t)1 << (system - systems);
	return ANY_SYSTEM;
}

static struct slot *slot_of(struct nmea *nmea, const struct row *row, const char *system,
			    char signal)
{
	char key[KEY_SIZE];

	if (signal && signal != '0' && signal != '1')
		snprintf(key, sizeof(key), "%s-%s-%c", row->key, system, signal);
	else
		snprintf(key, sizeof(key), "%s-%s", row->key, system);
	return slot_get(nmea, row, key);
}

/* ---------------------------------------------------------------------------------------------
 * GSA
 */

enum { GSA_MODE = 2, GSA_FIRST = 3, GSA_SATELLITES = 12, GSA_SYSTEM = 18 };
enum { GSA_DIMENSIONS, GSA_USED, GSA_PDOP, GSA_HDOP, GSA_VDOP, GSA_LIST };

static const char *gsa_system(const struct sentence *s)
{
	const char *system = by_talker(s->talker);

	if (!system)
		system = by_id(text_letter(field_at(s, GSA_SYSTEM)));
	for (size_t i = 0; i < GSA_SATELLITES && !system; i++)
		system = by_satellite(field_at(s, GSA_FIRST + i));
	return system ? system : "any";
}

/* The ids of those used, with blanks between; returns how many. */
static int64_t list_used(const struct sentence *s, char *out, size_t size, size_t *len_out)
{
	int64_t n = 0;

	*len_out = 0;
	for (size_t i = 0; i < GSA_SATELLITES; i++) {
		struct text id = field_at(s, GSA_FIRST + i);

		if (!id.len || *len_out + id.len + 1 > size)
			continue;
		if (n++)
			out[(*len_out)++] = ' ';
		memcpy(out + *len_out, id.s, id.len);
		*len_out += id.len;
	}
	return n;
}

/* Several sentences are about one fix, one for each constellation, and it is there as long as one of them says
 * so. One without any satellite, of no constellation, speaks for all unless it follows others. */
static void say(struct nmea *nmea, const char *system, char mode)
{
	static const struct state none = {DRAGOMAN_BAD, "no fix"};
	uint32_t bit = bit_of(system);

	if (mode == '2' || mode == '3') {
		nmea->fixed_systems |= bit;
		nmea->is_flat = mode == '2';
	} else if (mode == '1' && bit != ANY_SYSTEM) {
		nmea->fixed_systems &= ~bit;
	} else if (mode == '1' && !nmea->was_gsa) {
		nmea->fixed_systems = 0;
	} else {
		return;
	}
	fix_say(nmea, FIX_SATELLITES, nmea->fixed_systems ? good : none);
}

enum dragoman_verdict decode_gsa(struct nmea *nmea, const struct row *row, const struct sentence *s)
{
	const char *system = gsa_system(s);
	struct slot *slot = slot_of(nmea, row, system, 0);
	char list[160];
	size_t len;
	int64_t used = list_used(s, list, sizeof(list), &len);

	say(nmea, system, text_letter(field_at(s, GSA_MODE)));
	if (!slot)
		return DRAGOMAN_UNKNOWN;
	reading_begin(nmea);
	reading_field(nmea, slot, GSA_DIMENSIONS, s);
	reading_integer(nmea, slot, GSA_USED, used);
	reading_field(nmea, slot, GSA_PDOP, s);
	reading_field(nmea, slot, GSA_HDOP, s);
	reading_field(nmea, slot, GSA_VDOP, s);
	reading_text(nmea, slot, GSA_LIST, list, len);
	reading_emit(nmea, slot, 0);
	return DRAGOMAN_TAKEN;
}

/* ---------------------------------------------------------------------------------------------
 * GSV
 */

enum { GSV_COUNT = 1, GSV_NUMBER, GSV_IN_VIEW, GSV_FIRST, GSV_EACH = 4 };
enum { IN_VIEW, TRACKED, SNR_MAX, SNR_MEAN, LIST };

static const char *gsv_system(const struct sentence *s)
{
	const char *system = by_talker(s->talker);

	if (!system)
		system = by_satellite(field_at(s, GSV_FIRST));
	return system ? system : "any";
}

static void add_satellite(struct group *group, const struct sentence *s, size_t at)
{
	struct decimal snr;
	size_t need = 5;

	for (size_t i = 0; i < GSV_EACH; i++)
		need += field_at(s, at + i).len;
	if (need > sizeof(group->text) - group->len)
		return;
	for (size_t i = 0; i < GSV_EACH; i++) {
		struct text text = field_at(s, at + i);

		if (i || group->len)
			group->text[group->len++] = i ? '/' : ' ';
		memcpy(group->text + group->len, text.s, text.len);
		group->len += text.len;
	}
	if (decimal_read(field_at(s, at + 3), &snr) < 0 || snr.mantissa <= 0 || snr.mantissa > 999)
		return;
	group->tracked++;
	group->snr_sum += snr.mantissa;
	if (snr.mantissa > group->snr_max)
		group->snr_max = snr.mantissa;
}

/* A digit of the signal id of NMEA 4.10. */
static bool is_signal(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* Puts a sentence to its group. Returns whether the group is whole. */
static bool gather(struct group *group, const struct sentence *s, int64_t count, int64_t number)
{
	struct text last = field_at(s, s->n - 1);
	bool has_signal =
		(s->n - GSV_FIRST) % GSV_EACH == 1 && last.len == 1 && is_signal(last.s[0]);
	char signal = has_signal ? last.s[0] : 0;
	const char *system = gsv_system(s);

	if (number == 1) {
		*group = (struct group){
			.system = system, .signal = signal, .count = count, .next = 1};
		if (integer_read(field_at(s, GSV_IN_VIEW), &group->in_view) < 0)
			group->in_view = 0;
	}
	if (number != group->next || count != group->count || signal != group->signal) {
		group->next = 0;
		return false;
	}
	group->next++;
	for (size_t at = GSV_FIRST; at < s->n - has_signal; at += GSV_EACH)
		if (field_at(s, at).len)
			add_satellite(group, s, at);
	return number == count;
}

static void emit_group(struct nmea *nmea, struct slot *slot)
{
	const struct group *group = &nmea->group;

	reading_begin(nmea);
	reading_integer(nmea, slot, IN_VIEW, group->in_view);
	reading_integer(nmea, slot, TRACKED, group->tracked);
	if (group->tracked) {
		reading_number(nmea, slot, SNR_MAX, (double)group->snr_max);
		reading_number(nmea, slot, SNR_MEAN,
			       (double)group->snr_sum / (double)group->tracked);
	} else {
		reading_none(nmea, slot, SNR_MAX, "none tracked");
		reading_none(nmea, slot, SNR_MEAN, "none tracked");
	}
	reading_text(nmea, slot, LIST, group->text, group->len);
	reading_emit(nmea, slot, 0);
}

enum dragoman_verdict decode_gsv(struct nmea *nmea, const struct row *row, const struct sentence *s)
{
	int64_t count, number;
	struct slot *slot;

	if (integer_read(field_at(s, GSV_COUNT), &count) < 0 ||
	    integer_read(field_at(s, GSV_NUMBER), &number) < 0)
		return DRAGOMAN_FORMAT;
	if (number < 1 || number > count)
		return DRAGOMAN_RANGE;
	if (!gather(&nmea->group, s, count, number))
		return DRAGOMAN_TAKEN;
	slot = slot_of(nmea, row, nmea->group.system, nmea->group.signal);
	if (!slot)
		return DRAGOMAN_UNKNOWN;
	emit_group(nmea, slot);
	return DRAGOMAN_TAKEN;
}
