/* SPDX-License-Identifier: Apache-2.0 */
/* Date and time in parts; see moment.h. The calendar is Gregorian throughout. */
#include "profile/moment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "profile/constant.h"
#include "profile/raw.h"
#include "profile/type.h"

enum { FIRST_YEAR = 1900, LAST_YEAR = 2200, DAY_S = 86400, LEAP_YEAR = 2000 };

/* What the parts say, before it is looked at whether there is such a day. */
struct civil {
	int64_t year, month, day, hour, minute;
	int64_t ns; /* of the minute */
	bool has_year, has_date;
};

/* ---- the calendar ---- */

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_in(int64_t year, int64_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Since 1970-01-01. */
static int64_t days_before(int64_t year)
{
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

static int64_t civil_days(const struct civil *c)
{
	int64_t days = days_before(c->year) + c->day - 1;

	for (int64_t m = 1; m < c->month; m++)
		days += days_in(c->year, m);
	return days;
}

static void civil_set_days(struct civil *c, int64_t days)
{
	c->year = 1970 + days / 366 - 1;
	while (days_before(c->year + 1) <= days)
		c->year++;
	c->day = days - days_before(c->year) + 1;
	c->month = 1;
	while (c->day > days_in(c->year, c->month))
		c->day -= days_in(c->year, c->month++);
}

static int64_t civil_seconds(const struct civil *c)
{
	return civil_days(c) * DAY_S + c->hour * 3600 + c->minute * 60;
}

static bool is_valid(const struct civil *c)
{
	bool midnight = c->hour == 24 && !c->minute && !c->ns;

	return c->year >= FIRST_YEAR && c->year <= LAST_YEAR && c->month >= 1 && c->month <= 12 &&
	       c->day >= 1 && c->day <= days_in(c->year, c->month) && c->hour >= 0 &&
	       (c->hour <= 23 || midnight) && c->minute >= 0 && c->minute <= 59 && c->ns >= 0 &&
	       c->ns < 61 * NS_PER_S; /* a leap second is the first one of the next minute */
}

/* ---- zones ---- */

static int64_t local_to_utc(const struct civil *c)
{
	struct tm tm = {.tm_year = (int)c->year - 1900,
			.tm_mon = (int)c->month - 1,
			.tm_mday = (int)c->day,
			.tm_hour = (int)c->hour,
			.tm_min = (int)c->minute,
			.tm_isdst = -1};

	return (int64_t)mktime(&tm);
}

static int64_t local_offset(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

static int two_digits(const char *at)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return -1;
	return (at[0] - '0') * 10 + at[1] - '0';
}

int moment_offset(const char *text, size_t len, int *out_s)
{
	int hours, minutes = 0;

	*out_s = 0;
	if ((len == 1 && (*text | 0x20) == 'z') || (len == 3 && !memcmp(text, "utc", 3)))
		return 0;
	if ((len != 3 && len != 5 && len != 6) || (*text != '+' && *text != '-') ||
	    (len == 6 && text[3] != ':'))
		return -1;
	hours = two_digits(text + 1);
	if (len > 3)
		minutes = two_digits(text + len - 2);
	if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59)
		return -1;
	*out_s = (*text == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return 0;
}

/* ---- text ---- */

size_t moment_to_str(int64_t ns, char out[MOMENT_TEXT_SIZE])
{
	int digits = ns % NS_PER_S == 0 ? 0 : ns % NS_PER_MS == 0 ? 3 : 9;

	return strlen(clock_text(ns, digits, out));
}

static int read_clock(const char *at, size_t len, size_t *used, struct civil *c)
{
	int64_t unit = NS_PER_S / 10;
	size_t i = 9;

	if (len < 9 || (*at != 'T' && *at != ' ') || at[3] != ':' || at[6] != ':')
		return -1;
	c->hour = two_digits(at + 1);
	c->minute = two_digits(at + 4);
	c->ns = two_digits(at + 7) * NS_PER_S;
	if (i < len && at[i] == '.')
		for (i++; i < len && at[i] >= '0' && at[i] <= '9'; i++, unit /= 10)
			c->ns += (at[i] - '0') * unit;
	*used = i;
	return 0;
}

int moment_from_str(const char *text, size_t len, int64_t *out_ns)
{
	struct civil c = {0};
	size_t used = 0;
	int offset = 0;

	if (len < 10 || text[4] != '-' || text[7] != '-' || two_digits(text) < 0 ||
	    two_digits(text + 2) < 0)
		return -1;
	c.year = two_digits(text) * 100 + two_digits(text + 2);
	c.month = two_digits(text + 5);
	c.day = two_digits(text + 8);
	if (len > 10 && read_clock(text + 10, len - 10, &used, &c) < 0)
		return -1;
	used += 10;
	if (!is_valid(&c))
		return -1;
	if (used == len && len > 10)
		*out_ns = local_to_utc(&c) * NS_PER_S + c.ns;
	else if (used < len && moment_offset(text + used, len - used, &offset) < 0)
		return -1;
	else
		*out_ns = (civil_seconds(&c) - offset) * NS_PER_S + c.ns;
	return 0;
}

/* ---- from fields ---- */

bool moment_uses(const struct moment *m, size_t field)
{
	for (int i = 0; i < MOMENT_PARTS; i++)
		if (m->parts[i].field == field)
			return true;
	return false;
}

/* The part's number. GOOD with fallback if it is not described. */
static enum moment_end part_value(const struct moment_part *p, const struct raw *raw,
				  int64_t fallback, int64_t *out)
{
	const struct table_row *row;
	int64_t value;

	*out = fallback;
	if (p->field == NO_FIELD)
		return MOMENT_GOOD;
	raw += p->field;
	if (raw->kind == RAW_ABSENT || raw->kind == RAW_SPECIAL)
		return MOMENT_ABSENT;
	if (p->table) {
		row = table_find(p->table, raw);
		*out = row ? row->value.integer : 0;
		return row ? MOMENT_GOOD : MOMENT_INVALID;
	}
	if (raw->kind != RAW_INTEGER)
		return MOMENT_INVALID;
	value = raw->as.integer / p->divide;
	if (p->modulo)
		value %= p->modulo;
	if (p->add && (value > INT32_MAX || value < -INT32_MAX))
		return MOMENT_INVALID;
	*out = value + p->add;
	return MOMENT_GOOD;
}

static enum moment_end worst(enum moment_end a, enum moment_end b)
{
	return a > b ? a : b;
}

/* The seconds, which may have decimals. */
static enum moment_end read_seconds(const struct moment *m, const struct raw *raw, int64_t *ns)
{
	const struct moment_part *p = &m->parts[MOMENT_SECOND];
	enum moment_end end;
	int64_t seconds, ms;
	double number;

	end = part_value(&m->parts[MOMENT_MILLISECOND], raw, 0, &ms);
	if (ms < 0 || ms > 999)
		end = MOMENT_INVALID;
	*ns = ms * NS_PER_MS;
	if (p->field != NO_FIELD && !p->table && raw[p->field].kind == RAW_NUMBER) {
		number = raw[p->field].as.number;
		if (!(number >= 0 && number < 61))
			return MOMENT_INVALID;
		*ns += llround(number * 1e6) * 1000;
		return end;
	}
	end = worst(end, part_value(p, raw, 0, &seconds));
	if (seconds < 0 || seconds > 60)
		return worst(end, MOMENT_INVALID);
	*ns += seconds * NS_PER_S;
	return end;
}

static enum moment_end read_hour(const struct moment *m, const struct raw *raw, struct civil *c)
{
	const struct moment_part *pm = &m->parts[MOMENT_PM];
	enum moment_end end = part_value(&m->parts[MOMENT_HOUR], raw, 0, &c->hour);
	int64_t afternoon;

	if (pm->field == NO_FIELD || end != MOMENT_GOOD)
		return end;
	end = part_value(pm, raw, 0, &afternoon);
	if (c->hour < 1 || c->hour > 12)
		return worst(end, MOMENT_INVALID);
	c->hour = c->hour % 12 + (afternoon ? 12 : 0);
	return end;
}

static enum moment_end read_year(const struct moment *m, const struct raw *raw, struct civil *c)
{
	enum moment_end end = part_value(&m->parts[MOMENT_YEAR], raw, LEAP_YEAR, &c->year);

	c->has_year = m->parts[MOMENT_YEAR].field != NO_FIELD;
	if (c->year >= 0 && c->year < 100)
		c->year += m->century >= 0 ? m->century : c->year < 70 ? 2000 : 1900;
	return c->year < FIRST_YEAR || c->year > LAST_YEAR ? worst(end, MOMENT_INVALID) : end;
}

static enum moment_end read_date(const struct moment *m, const struct raw *raw, struct civil *c)
{
	enum moment_end end = read_year(m, raw, c);
	int64_t day;

	c->has_date = m->parts[MOMENT_DAY_OF_YEAR].field != NO_FIELD ||
		      m->parts[MOMENT_DAY].field != NO_FIELD;
	end = worst(end, part_value(&m->parts[MOMENT_MONTH], raw, 1, &c->month));
	end = worst(end, part_value(&m->parts[MOMENT_DAY], raw, 1, &c->day));
	if (m->parts[MOMENT_DAY_OF_YEAR].field == NO_FIELD || end != MOMENT_GOOD)
		return end;
	end = part_value(&m->parts[MOMENT_DAY_OF_YEAR], raw, 1, &day);
	if (day < 1 || day > 365 + is_leap(c->year))
		return worst(end, MOMENT_INVALID);
	civil_set_days(c, days_before(c->year) + day - 1);
	return end;
}

static enum moment_end read_zone(const struct moment *m, const struct raw *raw, int *offset)
{
	const struct moment_part *p = &m->parts[MOMENT_ZONE];
	enum moment_end end;
	int64_t value;

	*offset = m->offset_s;
	if (m->zone != ZONE_FIELD)
		return MOMENT_GOOD;
	if (!p->table && raw[p->field].kind == RAW_TEXT)
		return moment_offset((const char *)raw[p->field].as.text.bytes,
				     raw[p->field].as.text.len, offset) < 0
			       ? MOMENT_INVALID
			       : MOMENT_GOOD;
	end = part_value(p, raw, 0, &value);
	*offset = (int)value;
	return value < -DAY_S || value > DAY_S ? worst(end, MOMENT_INVALID) : end;
}

static int64_t to_utc(const struct moment *m, const struct civil *c, int offset)
{
	int64_t seconds = m->zone == ZONE_LOCAL ? local_to_utc(c) : civil_seconds(c) - offset;

	return seconds * NS_PER_S + c->ns;
}

/* The year, or the day, that brings it nearest to when it was received. */
static int64_t complete(const struct moment *m, const struct civil *c, int offset,
			int64_t received_ns)
{
	int64_t local_s = received_ns / NS_PER_S +
			  (m->zone == ZONE_LOCAL ? local_offset(received_ns / NS_PER_S) : offset);
	int64_t best = 0;
	bool any = false;

	for (int step = -1; step <= 1; step++) {
		struct civil try = *c;
		int64_t ns;

		if (c->has_date) {
			civil_set_days(&try, local_s / DAY_S);
			try.year += step;
			try.month = c->month;
			try.day = c->day;
			if (!is_valid(&try))
				continue;
		} else {
			civil_set_days(&try, local_s / DAY_S + step);
		}
		ns = to_utc(m, &try, offset);
		if (!any || llabs(ns - received_ns) < llabs(best - received_ns))
			best = ns;
		any = true;
	}
	return best;
}

static enum moment_end decode_ticks(const struct moment *m, const struct raw *raw, int64_t *out_ns)
{
	int64_t ticks;
	enum moment_end end = part_value(&m->parts[MOMENT_TICKS], raw, 0, &ticks);

	if (end != MOMENT_GOOD || ticks < 0 || ticks > (INT64_MAX / 2) / m->tick_ns)
		return worst(end, end == MOMENT_GOOD ? MOMENT_INVALID : end);
	*out_ns = m->epoch_ns + ticks * m->tick_ns;
	return MOMENT_GOOD;
}

enum moment_end moment_decode(const struct moment *m, const struct raw *raw, int64_t received_ns,
			      int64_t *out_ns)
{
	struct civil c = {0};
	enum moment_end end;
	int offset;

	*out_ns = 0;
	if (m->parts[MOMENT_TICKS].field != NO_FIELD)
		return decode_ticks(m, raw, out_ns);
	end = read_date(m, raw, &c);
	end = worst(end, read_hour(m, raw, &c));
	end = worst(end, part_value(&m->parts[MOMENT_MINUTE], raw, 0, &c.minute));
	end = worst(end, read_seconds(m, raw, &c.ns));
	end = worst(end, read_zone(m, raw, &offset));
	if (end == MOMENT_GOOD && !is_valid(&c))
		end = MOMENT_INVALID;
	if (end != MOMENT_GOOD)
		return end;
	if (c.has_year || !received_ns)
		*out_ns = to_utc(m, &c, offset);
	else
		*out_ns = complete(m, &c, offset, received_ns);
	return MOMENT_GOOD;
}

/* ---- to fields ---- */

static int write_part(const struct moment_part *p, int64_t value, struct raw *raw)
{
	struct raw *out = &raw[p->field];

	if (p->field == NO_FIELD)
		return 0;
	for (size_t i = 0; p->table && i < p->table->n; i++)
		if (p->table->rows[i].value.integer == value) {
			raw_from_row(&p->table->rows[i], out);
			return 0;
		}
	if (p->table)
		return -1;
	if (out->kind != RAW_INTEGER)
		*out = (struct raw){.kind = RAW_INTEGER};
	out->as.integer += (value - p->add) * p->divide;
	return 0;
}

/* Whether a year of four digits has no room in the field. */
static bool is_short_year(const struct moment *m, const struct field *field)
{
	const struct type *t = &field->type;

	if (m->century >= 0)
		return true;
	switch ((enum type_kind)t->kind) {
	case TYPE_UNSIGNED:
	case TYPE_SIGNED: return t->bits < 11;
	case TYPE_BCD:
	case TYPE_DIGITS: return t->digits < 4;
	case TYPE_HEX: return t->digits < 3;
	default: return t->size && t->size < 4;
	}
}

static int write_year(const struct moment *m, const struct field *fields, int64_t year,
		      struct raw *raw)
{
	const struct moment_part *p = &m->parts[MOMENT_YEAR];

	if (p->field != NO_FIELD && !p->add && !p->modulo && is_short_year(m, &fields[p->field]))
		year %= 100;
	return write_part(p, year, raw);
}

static int write_seconds(const struct moment *m, const struct field *fields, int64_t ns,
			 struct raw *raw)
{
	const struct moment_part *p = &m->parts[MOMENT_SECOND];
	bool fraction = p->field != NO_FIELD && !p->table &&
			fields[p->field].type.kind == TYPE_NUMBER &&
			fields[p->field].type.decimals > 0 &&
			m->parts[MOMENT_MILLISECOND].field == NO_FIELD;
	double unit = fraction ? pow(10, fields[p->field].type.decimals) : 1;

	if (write_part(&m->parts[MOMENT_MILLISECOND], ns % NS_PER_S / NS_PER_MS, raw) < 0)
		return -1;
	if (!fraction)
		return write_part(p, ns / NS_PER_S, raw);
	raw[p->field] = (struct raw){.kind = RAW_NUMBER,
				     .as.number = floor((double)ns / NS_PER_S * unit) / unit};
	return 0;
}

/* The offset that is in force, or the first that the field can say. */
static int write_zone(const struct moment *m, int64_t seconds, struct raw *raw, int64_t *offset)
{
	const struct moment_part *p = &m->parts[MOMENT_ZONE];
	int64_t local = local_offset(seconds);

	*offset = m->zone == ZONE_LOCAL ? local : m->offset_s;
	if (m->zone != ZONE_FIELD)
		return 0;
	*offset = local;
	if (p->table && write_part(p, local, raw) == 0)
		return 0;
	*offset = p->table ? p->table->rows[0].value.integer : 0;
	if (p->table || raw[p->field].kind == RAW_INTEGER)
		return write_part(p, *offset, raw);
	raw_set_text(&raw[p->field], (const uint8_t *)"+0000", 5);
	return 0;
}

static int write_clock(const struct moment *m, const struct field *fields, int64_t second_of_day,
		       int64_t ns, struct raw *raw)
{
	bool has_pm = m->parts[MOMENT_PM].field != NO_FIELD;
	int64_t hour = second_of_day / 3600;
	int bad = write_part(&m->parts[MOMENT_PM], hour >= 12, raw);

	bad |= write_part(&m->parts[MOMENT_HOUR], has_pm ? (hour + 11) % 12 + 1 : hour, raw);
	bad |= write_part(&m->parts[MOMENT_MINUTE], second_of_day / 60 % 60, raw);
	return bad | write_seconds(m, fields, second_of_day % 60 * NS_PER_S + ns, raw);
}

int moment_encode(const struct moment *m, const struct field *fields, int64_t ns, struct raw *raw)
{
	struct civil c = {0};
	int64_t seconds = ns / NS_PER_S, offset;
	int bad;

	for (int i = 0; i < MOMENT_PARTS; i++)
		if (m->parts[i].field != NO_FIELD)
			raw[m->parts[i].field] = (struct raw){.kind = RAW_INTEGER};
	if (m->parts[MOMENT_TICKS].field != NO_FIELD)
		return ns < m->epoch_ns ? -1
					: write_part(&m->parts[MOMENT_TICKS],
						     (ns - m->epoch_ns) / m->tick_ns, raw);
	if (ns < 0 || write_zone(m, seconds, raw, &offset) < 0)
		return -1;
	seconds += offset;
	civil_set_days(&c, seconds / DAY_S);
	bad = write_year(m, fields, c.year, raw);
	bad |= write_part(&m->parts[MOMENT_MONTH], c.month, raw);
	bad |= write_part(&m->parts[MOMENT_DAY], c.day, raw);
	bad |= write_part(&m->parts[MOMENT_DAY_OF_YEAR], civil_days(&c) - days_before(c.year) + 1,
			  raw);
	return bad | write_clock(m, fields, seconds % DAY_S, ns % NS_PER_S, raw);
}
