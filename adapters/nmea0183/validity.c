/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sentences say of the fix, and of themselves. Receivers contradict themselves: one sentence has a position
 * while another says that there is no fix. Such a position is UNCERTAIN.
 */
#include "nmea.h"
#include "number.h"

static const int64_t fix_word_ns = 5000000000; /* how long a word about the fix holds */

static const struct state no_fix = {DRAGOMAN_BAD, "no fix"};
static const struct state not_valid = {DRAGOMAN_BAD, "not valid"};

static const struct mode {
	char letter;
	struct state state;
	const char *word;
} modes[] = {
	{'A', {DRAGOMAN_GOOD, NULL}, "autonomous"},
	{'D', {DRAGOMAN_GOOD, NULL}, "differential"},
	{'R', {DRAGOMAN_GOOD, NULL}, "rtk"},
	{'F', {DRAGOMAN_GOOD, NULL}, "float rtk"},
	{'P', {DRAGOMAN_GOOD, NULL}, "precise"},
	{'O', {DRAGOMAN_GOOD, NULL}, "omnistar"},
	{'E', {DRAGOMAN_UNCERTAIN, "estimated"}, "estimated"},
	{'M', {DRAGOMAN_UNCERTAIN, "manual input"}, "manual input"},
	{'S', {DRAGOMAN_UNCERTAIN, "simulator"}, "simulator"},
	{'C', {DRAGOMAN_UNCERTAIN, "caution"}, "caution"},
	{'U', {DRAGOMAN_UNCERTAIN, "unsafe"}, "unsafe"},
	{'N', {DRAGOMAN_BAD, "no fix"}, "no fix"},
};

static const struct mode *find_mode(char letter)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (modes[i].letter == letter)
			return &modes[i];
	return NULL;
}

const char *mode_word(char letter)
{
	const struct mode *mode = find_mode(letter);

	return mode ? mode->word : NULL;
}

/* Older receivers have no mode: then the other words count. */
static struct state by_mode(char letter)
{
	const struct mode *mode = find_mode(letter);

	if (!letter)
		return good;
	return mode ? mode->state : (struct state){DRAGOMAN_UNCERTAIN, "unknown mode"};
}

static struct state by_status(struct text status)
{
	switch (text_letter(status)) {
	case 'A': return good;
	case 'D': return good; /* differential, some Trimble and Leica */
	case 'V': return no_fix;
	case '\0': return (struct state){DRAGOMAN_UNCERTAIN, "no status"};
	default: return (struct state){DRAGOMAN_BAD, "unknown status"};
	}
}

static struct state by_fixtype(struct text quality)
{
	static const struct state states[] = {
		{DRAGOMAN_BAD, "no fix"},
		{DRAGOMAN_GOOD, NULL},
		{DRAGOMAN_GOOD, NULL},
		{DRAGOMAN_GOOD, NULL},
		{DRAGOMAN_GOOD, NULL},
		{DRAGOMAN_GOOD, NULL},
		{DRAGOMAN_UNCERTAIN, "estimated"},
		{DRAGOMAN_UNCERTAIN, "manual input"},
		{DRAGOMAN_UNCERTAIN, "simulator"},
		{DRAGOMAN_GOOD, NULL}, /* 9: SBAS, NovAtel */
	};
	int64_t n;

	if (integer_read(quality, &n) < 0 || n > 9)
		return no_fix;
	return states[n];
}

/* The best of a letter for each constellation. */
static struct state by_modes(struct text letters)
{
	struct state best = no_fix;

	for (size_t i = 0; i < letters.len; i++) {
		struct state state = by_mode(letters.s[i]);

		if (state.quality < best.quality)
			best = state;
	}
	return best;
}

static struct state by_heading(char letter)
{
	return letter == 'V' || !letter ? (struct state){DRAGOMAN_BAD, "not valid"}
					: by_mode(letter);
}

static struct state one_word(const struct validity *validity, const struct sentence *s)
{
	struct text field = field_at(s, validity->at);

	switch (validity->kind) {
	case STATUS: return by_status(field);
	case SENSOR: return text_letter(field) == 'A' ? good : not_valid;
	case FAA: return by_mode(text_letter(field));
	case FIXTYPE: return by_fixtype(field);
	case MODES: return by_modes(field);
	case HEADING: return by_heading(text_letter(field));
	case GARMIN: return text_letter(field) == '1' || text_letter(field) == '2' ? good : no_fix;
	case NOTHING: break;
	}
	return good;
}

static struct state worse(struct state a, struct state b)
{
	return b.quality > a.quality ? b : a;
}

static bool is_about_the_fix(enum validity_kind kind)
{
	return kind == STATUS || kind == FIXTYPE || kind == MODES || kind == GARMIN;
}

void fix_say(struct nmea *nmea, enum fix_source source, struct state state)
{
	nmea->fix[source] = (struct fix_word){state, nmea->frame->received_ns};
}

/* What the sentences of the other kinds said last. */
static bool is_doubted(const struct nmea *nmea, int self)
{
	for (int i = 0; i < FIX_SOURCES; i++) {
		int64_t age = nmea->frame->received_ns - nmea->fix[i].at_ns;

		if (i != self && nmea->fix[i].state.quality == DRAGOMAN_BAD && age >= 0 &&
		    age <= fix_word_ns)
			return true;
	}
	return false;
}

bool fix_is_doubted(const struct nmea *nmea)
{
	return is_doubted(nmea, -1);
}

struct state fix_judge(struct nmea *nmea, const struct row *row, const struct sentence *s)
{
	struct state state = worse(one_word(&row->validity[0], s), one_word(&row->validity[1], s));
	enum validity_kind kind = row->validity[0].kind;
	int self = -1;

	if (is_about_the_fix(kind)) {
		self = kind == STATUS ? FIX_STATUS : FIX_QUALITY;
		fix_say(nmea, (enum fix_source)self, state);
	}
	/* Of a heading or a wind nobody else says anything. */
	if ((self >= 0 || kind == FAA) && state.quality == DRAGOMAN_GOOD && is_doubted(nmea, self))
		return (struct state){DRAGOMAN_UNCERTAIN, "another sentence says no fix"};
	return state;
}
