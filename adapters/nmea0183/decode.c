/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the fields of a sentence to the values of a reading.
 *
 * A field that is empty is left out as long as it never was anything else; then it is BAD, "empty", so that
 * each reading has every tag of the one before it. Where the receiver says that there is no fix (validity.c),
 * what depends on one has no value at all.
 */
#include <string.h>

#include "number.h"
#include "nmea.h"

static const struct state not_valid = {DRAGOMAN_BAD, "not valid"};

/* ---------------------------------------------------------------------------------------------
 * Values
 */

static const struct unit {
	enum quantity quantity;
	char letter;
	int64_t num, den, zero; /* (value - zero) * num / den */
} units[] = {
	{SPEED, 'N', 463, 900, 0},
	{SPEED, 'K', 5, 18, 0},
	{SPEED, 'M', 1, 1, 0},
	{SPEED, 'S', 1397, 3125, 0}, /* miles an hour: 0.44704 */
	{DEPTH, 'M', 1, 1, 0},
	{DEPTH, 'm', 1, 1, 0},
	{DEPTH, 'f', 381, 1250, 0}, /* 0.3048 */
	{DEPTH, 'F', 1143, 625, 0}, /* fathoms: 1.8288 */
	{DISTANCE, 'N', 1852, 1, 0},
	{DISTANCE, 'K', 1000, 1, 0},
	{TEMPERATURE, 'C', 1, 1, 0},
	{TEMPERATURE, 'F', 5, 9, 32},
	{PRESSURE, 'B', 100000, 1, 0},
	{PRESSURE, 'P', 1, 1, 0},
	{PRESSURE, 'I', 3386389, 1000, 0}, /* inches of mercury */
};

static int unit_scale(enum quantity quantity, char letter, struct decimal value, double *out)
{
	for (const struct unit *u = units; u < units + sizeof(units) / sizeof(units[0]); u++) {
		int64_t zero = u->zero;

		if (u->quantity != quantity || u->letter != letter)
			continue;
		for (int i = 0; zero && i < value.places; i++)
			zero *= 10;
		value.mantissa -= zero;
		*out = decimal_scale(value, u->num, u->den);
		return 0;
	}
	return -1;
}

static struct dragoman_value *add(struct nmea *nmea, const struct slot *slot, size_t i)
{
	struct dragoman_value *value =
		&nmea->values[nmea->n_values < VALUES - 1 ? nmea->n_values++ : VALUES - 1];

	value->tag = slot->fields[i].tag;
	value->quality = DRAGOMAN_GOOD;
	value->reason = NULL;
	return value;
}

void reading_begin(struct nmea *nmea)
{
	nmea->n_values = 0;
	nmea->text_len = 0;
}

void reading_none(struct nmea *nmea, const struct slot *slot, size_t i, const char *reason)
{
	struct dragoman_value *value = add(nmea, slot, i);

	value->type = DRAGOMAN_NONE;
	value->quality = DRAGOMAN_BAD;
	value->reason = reason;
}

void reading_integer(struct nmea *nmea, const struct slot *slot, size_t i, int64_t integer)
{
	struct dragoman_value *value = add(nmea, slot, i);

	value->type = DRAGOMAN_INTEGER;
	value->as.integer = integer;
}

void reading_number(struct nmea *nmea, const struct slot *slot, size_t i, double number)
{
	struct dragoman_value *value = add(nmea, slot, i);

	value->type = DRAGOMAN_NUMBER;
	value->as.number = number;
}

/* The text is copied, and is ASCII there: what is not becomes '?'. */
void reading_text(struct nmea *nmea, const struct slot *slot, size_t i, const char *s, size_t len)
{
	struct dragoman_value *value = add(nmea, slot, i);
	char *to = nmea->text + nmea->text_len;

	if (len > TEXT_SIZE - nmea->text_len)
		len = TEXT_SIZE - nmea->text_len;
	for (size_t j = 0; j < len; j++)
		to[j] = (uint8_t)s[j] < 0x80 ? s[j] : '?';
	nmea->text_len += len;
	value->type = DRAGOMAN_TEXT;
	value->as.text.bytes = to;
	value->as.text.len = len;
}

void reading_emit(struct nmea *nmea, const struct slot *slot, int64_t device_time_ns)
{
	const struct dragoman_reading reading = {.key = slot->key,
						 .received_ns = nmea->frame->received_ns,
						 .device_time_ns = device_time_ns,
						 .values = nmea->values,
						 .n_values = nmea->n_values};

	nmea->ops->emit(nmea->host, &reading);
}

/* -1 for S, W and L, 1 for N, E and R, 0 for anything else. */
static int direction(struct text text)
{
	switch (text_letter(text)) {
	case 'N':
	case 'E':
	case 'R': return 1;
	case 'S':
	case 'W':
	case 'L': return -1;
	default: return 0;
	}
}

/* The number that a field is; NULL, or why it is none. */
static const char *read_number(const struct field *field, const struct sentence *s, double *out)
{
	struct text unit = field_at(s, field->at + 1u);
	struct decimal value;
	int sign = 1;

	if (decimal_read(field_at(s, field->at), &value) < 0)
		return "malformed";
	if (field->kind == QUANTITY && field->at + 1u >= s->n)
		return "no unit"; /* the sentence's end may be lost */
	if (field->kind == QUANTITY) {
		char letter = unit.len ? unit.s[0] : field->letter;

		return unit_scale(field->quantity, letter, value, out) < 0 ? "unknown unit" : NULL;
	}
	if (field->kind != NUMBER) {
		sign = direction(unit);
		if (!sign)
			return "no direction";
	}
	if (field->kind == LATITUDE || field->kind == LONGITUDE) {
		if (decimal_degrees(value, out) < 0 || *out > (field->kind == LATITUDE ? 90 : 180))
			return "out of range";
	} else {
		*out = decimal_scale(value, field->num ? field->num : 1,
				     field->den ? field->den : 1);
	}
	*out *= sign;
	return NULL;
}

static void add_number(struct nmea *nmea, const struct slot *slot, size_t i,
		       const struct sentence *s)
{
	double number;
	const char *problem = read_number(&slot->fields[i], s, &number);

	if (problem)
		reading_none(nmea, slot, i, problem);
	else
		reading_number(nmea, slot, i, number);
}

static void add_field(struct nmea *nmea, const struct slot *slot, size_t i,
		      const struct sentence *s)
{
	struct text text = field_at(s, slot->fields[i].at);
	const char *word;
	int64_t integer;

	switch (slot->fields[i].kind) {
	case INTEGER:
		if (integer_read(text, &integer) < 0)
			reading_none(nmea, slot, i, "malformed");
		else
			reading_integer(nmea, slot, i, integer);
		break;
	case MODE:
		word = mode_word(text_letter(text));
		reading_text(nmea, slot, i, word ? word : text.s, word ? strlen(word) : text.len);
		break;
	case WORD: reading_text(nmea, slot, i, text.s, text.len); break;
	default: add_number(nmea, slot, i, s);
	}
}

/* The tag was there once, whichever place it came from. */
static void note_seen(struct slot *slot, size_t i)
{
	slot->seen |= (uint64_t)1 << i;
	for (; i && slot->fields[i].flags & ELSE; i--)
		slot->seen |= (uint64_t)1 << (i - 1);
}

void reading_field(struct nmea *nmea, struct slot *slot, size_t i, const struct sentence *s)
{
	const struct field *field = &slot->fields[i];

	if (field_at(s, field->at).len) {
		note_seen(slot, i);
		add_field(nmea, slot, i, s);
	} else if (slot->seen >> i & 1 || field->flags & MAIN) {
		reading_none(nmea, slot, i, "empty");
	}
}

/* ---------------------------------------------------------------------------------------------
 * A sentence
 */

/* The time and date of a sentence. */
struct moment {
	struct state state;
	bool is_there;
	int64_t ns;        /* of the tag */
	int64_t device_ns; /* of the reading; 0 if it cannot be trusted */
};

static int read_days(const struct row *row, const struct sentence *s, int64_t *out)
{
	if (row->date_kind == DDMMYY)
		return calendar_date(field_at(s, row->date), out);
	return calendar_day(field_at(s, row->date), field_at(s, row->date + 1u),
			    field_at(s, row->date + 2u), out);
}

static struct moment full_moment(struct nmea *nmea, const struct row *row, const struct sentence *s,
				 int64_t time_of_day, struct state fix)
{
	struct moment m = {.state = {DRAGOMAN_BAD, "malformed"}};
	const char *reason;
	int64_t days;

	if (!field_at(s, row->date).len)
		m.state.reason = "empty";
	if (read_days(row, s, &days) < 0)
		return m;
	m.is_there = true;
	if (calendar_full(&nmea->calendar, days, time_of_day, nmea->frame->received_ns, &m.ns,
			  &reason) == CALENDAR_DOUBTFUL) {
		m.state = (struct state){DRAGOMAN_UNCERTAIN, reason};
		return m;
	}
	m.device_ns = m.ns;
	/* Without a fix the time is that of the receiver's own clock. */
	m.state = good;
	if (fix.quality != DRAGOMAN_GOOD || fix_is_doubted(nmea))
		m.state = (struct state){DRAGOMAN_UNCERTAIN, fix.reason ? fix.reason : "no fix"};
	return m;
}

static struct moment find_moment(struct nmea *nmea, const struct row *row, const struct sentence *s,
				 struct state fix)
{
	struct moment m = {.state = {DRAGOMAN_BAD, "empty"}};
	struct text text = field_at(s, row->time);
	int64_t time_of_day;

	if (!row->time || !text.len)
		return m;
	if (calendar_time(text, &time_of_day) < 0) {
		m.state.reason = "malformed";
		return m;
	}
	if (row->date)
		return full_moment(nmea, row, s, time_of_day, fix);
	m.device_ns = calendar_complete(&nmea->calendar, time_of_day, nmea->frame->received_ns);
	return m;
}

static void add_moment(struct nmea *nmea, const struct slot *slot, size_t i, const struct moment *m)
{
	struct dragoman_value *value;

	if (!m->is_there) {
		reading_none(nmea, slot, i, m->state.reason);
		return;
	}
	value = add(nmea, slot, i);
	value->type = DRAGOMAN_TIME;
	value->as.time_ns = m->ns;
	value->quality = m->state.quality;
	value->reason = m->state.reason;
}

/* How good one field is. */
static struct state state_of(const struct nmea *nmea, const struct field *field,
			     const struct sentence *s, struct state fix)
{
	struct text status = field_at(s, field->status);

	if (field->status && status.len && status.s[0] != 'A')
		return not_valid;
	if (field->flags & HEIGHT && fix.quality == DRAGOMAN_GOOD && nmea->is_flat)
		return (struct state){DRAGOMAN_UNCERTAIN, "fix in two dimensions"};
	return field->flags & FIX ? fix : good;
}

/* Whether the field is another place of a tag, and not the one to look at. An empty place before it may have
 * left a BAD value, which goes when there is something here. */
static bool is_passed_over(struct nmea *nmea, const struct field *field, const struct sentence *s)
{
	const struct dragoman_value *last =
		nmea->n_values ? &nmea->values[nmea->n_values - 1] : NULL;
	bool is_there = last && strcmp(last->tag, field->tag) == 0;

	if (!(field->flags & ELSE))
		return false;
	if (!field_at(s, field->at).len || (is_there && last->type != DRAGOMAN_NONE))
		return true;
	if (is_there)
		nmea->n_values--;
	return false;
}

static void decode_field(struct nmea *nmea, struct slot *slot, size_t i, const struct sentence *s,
			 struct state fix)
{
	const struct field *field = &slot->fields[i];
	struct state state = state_of(nmea, field, s, fix);
	size_t before;

	if (is_passed_over(nmea, field, s))
		return;
	if (state.quality == DRAGOMAN_BAD) {
		if (field->flags & FIX || field_at(s, field->at).len)
			note_seen(slot, i);
		if (field->flags & MAIN || slot->seen >> i & 1)
			reading_none(nmea, slot, i, state.reason);
		return;
	}
	before = nmea->n_values;
	reading_field(nmea, slot, i, s);
	if (nmea->n_values > before && nmea->values[before].quality < state.quality) {
		nmea->values[before].quality = state.quality;
		nmea->values[before].reason = state.reason;
	}
}

enum dragoman_verdict decode_fields(struct nmea *nmea, struct slot *slot, const struct sentence *s)
{
	const struct row *row = slot->row;
	struct state fix = fix_judge(nmea, row, s);
	struct moment moment = find_moment(nmea, row, s, fix);

	reading_begin(nmea);
	for (size_t i = 0; i < slot->n_fields; i++)
		if (slot->fields[i].kind == FULL_TIME)
			add_moment(nmea, slot, i, &moment);
		else
			decode_field(nmea, slot, i, s, fix);
	reading_emit(nmea, slot, moment.device_ns);
	return DRAGOMAN_TAKEN;
}
