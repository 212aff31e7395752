/* SPDX-License-Identifier: Apache-2.0 */
/* How the command line shows things to people; see text.h. */
#include "cli/text.h"

#include <errno.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

/* ---- characters ---- */

size_t text_char_len(const char *text)
{
	/* First byte: its length, and the bounds of the second byte (no overlong, no surrogates). */
	static const struct {
		uint8_t from, to, len, low, high;
	} rows[] = {
		{0x01, 0x7f, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf},
		{0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
		{0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
		{0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf},
		{0xf4, 0xf4, 4, 0x80, 0x8f},
	};
	const uint8_t *p = (const uint8_t *)text;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (p[0] < rows[i].from || p[0] > rows[i].to)
			continue;
		if (rows[i].len > 1 && (p[1] < rows[i].low || p[1] > rows[i].high))
			return 0;
		for (size_t k = 2; k < rows[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return rows[i].len;
	}
	return 0;
}

size_t text_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static bool is_control(const char *text, size_t len)
{
	unsigned char c = (unsigned char)*text;

	return c < 0x20 || c == 0x7f ||
	       (len == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0); /* C1 */
}

void text_safe(struct buf *out, const char *text)
{
	while (*text) {
		size_t len = text_char_len(text), n = len ? len : 1;

		if (len && !is_control(text, len))
			buf_add(out, text, len);
		else
			for (size_t i = 0; i < n; i++)
				buf_addf(out, "\\x%02x", (unsigned char)text[i]);
		text += n;
	}
}

/* ---- values ---- */

char *text_number(double value, char out[TEXT_NUMBER_SIZE])
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, TEXT_NUMBER_SIZE, "%.*g", digits, value);
		if (strtod(out, NULL) == value)
			break;
	}
	return out;
}

/* Whether a device's bytes are text: plain ASCII, with no more than a control character (a line end, a mark)
 * in four. */
static bool is_text(struct dragoman_bytes data)
{
	size_t n_controls = 0;

	for (size_t i = 0; i < data.len; i++) {
		if (data.data[i] == 0 || data.data[i] >= 0x7f)
			return false;
		n_controls += data.data[i] < 0x20;
	}
	return 4 * n_controls <= data.len;
}

/* Escaped as the configuration has it: what is seen can be written there. */
static void put_text_byte(struct buf *out, uint8_t byte)
{
	switch (byte) {
	case '\r': buf_add_str(out, "\\r"); break;
	case '\n': buf_add_str(out, "\\n"); break;
	case '\t': buf_add_str(out, "\\t"); break;
	case '"':
	case '\\': buf_addf(out, "\\%c", byte); break;
	default: buf_addf(out, byte < 0x20 ? "\\x%02x" : "%c", byte); break;
	}
}

static void put_data(struct buf *out, struct dragoman_bytes data)
{
	if (is_text(data)) {
		buf_add_str(out, "\"");
		for (size_t i = 0; i < data.len; i++)
			put_text_byte(out, data.data[i]);
		buf_add_str(out, "\"");
		return;
	}
	for (size_t i = 0; i < data.len; i++)
		buf_addf(out, i ? " %02x" : "%02x", data.data[i]);
}

static const char *label_of(const struct dragoman_device_tag *tag, int64_t value)
{
	for (size_t i = 0; tag && i < tag->n_labels; i++)
		if (tag->labels[i].value == value)
			return tag->labels[i].name;
	return NULL;
}

void text_value(struct buf *out, const struct dragoman_datum *datum,
		const struct dragoman_device_tag *tag)
{
	char text[CLOCK_TEXT_SIZE];
	const char *label;

	switch (datum->type) {
	case DRAGOMAN_VALUE_BOOLEAN: buf_add_str(out, datum->as.boolean ? "true" : "false"); break;
	case DRAGOMAN_VALUE_INTEGER:
		label = label_of(tag, datum->as.integer);
		if (label)
			text_safe(out, label);
		else
			buf_addf(out, "%" PRId64, datum->as.integer);
		break;
	case DRAGOMAN_VALUE_NATURAL: buf_addf(out, "%" PRIu64, datum->as.natural); break;
	case DRAGOMAN_VALUE_NUMBER: buf_addf(out, "%.10g", datum->as.number); break;
	case DRAGOMAN_VALUE_TEXT: text_safe(out, datum->as.text); break;
	case DRAGOMAN_VALUE_DATA: put_data(out, datum->as.data); break;
	case DRAGOMAN_VALUE_TIME: buf_add_str(out, clock_text(datum->as.time_ns, 3, text)); break;
	default: buf_add_str(out, "-"); break;
	}
}

const char *text_unit(const char *ucum)
{
	static const struct {
		const char *ucum, *people;
	} rows[] = {
		{"Cel", "°C"},    {"[degF]", "°F"},   {"deg", "°"},       {"deg/s", "°/s"},
		{"Ohm", "Ω"},     {"kOhm", "kΩ"},     {"m2", "m²"},       {"m3", "m³"},
		{"m3/h", "m³/h"}, {"m/s2", "m/s²"},   {"ug/m3", "µg/m³"}, {"ug", "µg"},
		{"um", "µm"},     {"us", "µs"},       {"uS/cm", "µS/cm"}, {"[kn_i]", "kn"},
		{"[ppm]", "ppm"}, {"[nmi_i]", "nmi"}, {"V.A", "VA"},      {"W.h", "Wh"},
		{"kW.h", "kWh"},  {"kV.A", "kVA"},    {"[lb_av]", "lb"},  {"[ft_i]", "ft"},
		{"{count}", ""},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!strcmp(rows[i].ucum, ucum))
			return rows[i].people;
	return ucum;
}

/* ---- names ---- */

const char *text_quality(enum dragoman_value_quality quality)
{
	static const char *const names[] = {"good", "uncertain", "bad", "stale"};

	return (unsigned)quality < 4 ? names[quality] : "unknown";
}

const char *text_state(enum dragoman_state_code code)
{
	static const char *const names[] = {"unknown", "starting", "online", "stale", "removed"};

	return (unsigned)code < 5 ? names[code] : "unknown";
}

const char *text_type(enum dragoman_value_type type)
{
	static const char *const names[] = {"none", "boolean", "integer", "number",
					    "text", "data",    "time",    "natural"};

	return (unsigned)type < 8 ? names[type] : "none";
}

const char *text_storage(enum dragoman_storage storage)
{
	static const char *const names[] = {"unknown", "memory", "disk", "failing"};

	return (unsigned)storage < 4 ? names[storage] : "unknown";
}

/* ---- times and sizes ---- */

char *text_age(int64_t ns, char out[TEXT_SHORT_SIZE])
{
	static const struct {
		int64_t below_s, s;
		const char *name;
	} rows[] = {
		{120, 1, "s"},
		{2 * 3600, 60, "min"},
		{48 * 3600, 3600, "h"},
		{INT64_MAX, 86400, "d"},
	};
	int64_t s;
	size_t i = 0;

	if (ns < 0)
		ns = 0;
	s = ns / NS_PER_S;
	if (s < 10) {
		snprintf(out, TEXT_SHORT_SIZE, "%.1f s", (double)ns / NS_PER_S);
		return out;
	}
	while (s >= rows[i].below_s)
		i++;
	snprintf(out, TEXT_SHORT_SIZE, "%lld %s", (long long)(s / rows[i].s), rows[i].name);
	return out;
}

char *text_size(uint64_t bytes, char out[TEXT_SHORT_SIZE])
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1024 && i < 6) {
		value /= 1024;
		i++;
	}
	snprintf(out, TEXT_SHORT_SIZE, i ? "%.1f %s" : "%.0f %s", value, names[i]);
	return out;
}

static struct tm local_time(int64_t wall_ns)
{
	time_t t = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;

	localtime_r(&t, &tm);
	return tm;
}

char *text_seq(uint64_t seq, char out[TEXT_SHORT_SIZE])
{
	if (seq >> 32)
		snprintf(out, TEXT_SHORT_SIZE, "%u-%u", (unsigned)(seq >> 32), (unsigned)seq);
	else
		snprintf(out, TEXT_SHORT_SIZE, "%u", (unsigned)seq);
	return out;
}

int text_parse_seq(const char *text, uint64_t *out)
{
	uint64_t run;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1])) {
		run = *out;
		*out = strtoull(end + 1, &end, 10);
		if (run > UINT32_MAX || *out > UINT32_MAX)
			return -1;
		*out |= run << 32;
	}
	return *end || errno ? -1 : 0;
}

char *text_clock(int64_t wall_ns, char out[TEXT_SHORT_SIZE])
{
	struct tm tm = local_time(wall_ns);
	size_t n = strftime(out, TEXT_SHORT_SIZE, "%H:%M:%S", &tm);

	snprintf(out + n, TEXT_SHORT_SIZE - n, ".%03d",
		 (int)(wall_ns % NS_PER_S / NS_PER_MS % 1000 + 1000) % 1000);
	return out;
}

char *text_date(int64_t wall_ns, char out[TEXT_SHORT_SIZE])
{
	struct tm tm = local_time(wall_ns);

	strftime(out, TEXT_SHORT_SIZE, "%Y-%m-%d", &tm);
	return out;
}

/* "90s", "5min", "1.5h" ago. */
static int parse_ago(const char *text, int64_t now_ns, int64_t *out_ns)
{
	static const struct {
		const char *name;
		double s;
	} rows[] = {{"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	char *end;
	double value = strtod(text, &end);

	if (end == text || !(value >= 0) || value > 1e9)
		return -1;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(end, rows[i].name))
			continue;
		*out_ns = now_ns - (int64_t)(value * rows[i].s * NS_PER_S);
		return 0;
	}
	return -1;
}

/* What may stand behind a time: nothing (local), Z, +01:00. */
static int parse_zone(const char *text, struct tm *tm, int64_t *out_ns)
{
	int hours, minutes, len = 0;
	char sign[2];

	if (!*text) {
		*out_ns = (int64_t)mktime(tm) * NS_PER_S;
		return 0;
	}
	*out_ns = (int64_t)timegm(tm) * NS_PER_S;
	if (!strcmp(text, "Z") || !strcmp(text, "z"))
		return 0;
	if (sscanf(text, "%1[+-]%2d:%2d%n", sign, &hours, &minutes, &len) != 3 || text[len])
		return -1;
	*out_ns -= (*sign == '-' ? -1 : 1) * (hours * 3600LL + minutes * 60) * NS_PER_S;
	return 0;
}

static int parse_fraction(const char **text, int64_t *ns_out)
{
	int64_t unit = NS_PER_S / 10;

	*ns_out = 0;
	if (**text != '.')
		return 0;
	for (++*text; **text >= '0' && **text <= '9'; ++*text) {
		*ns_out += (**text - '0') * unit;
		unit /= 10;
	}
	return unit == NS_PER_S / 10 ? -1 : 0;
}

int text_parse_time(const char *text, int64_t now_ns, int64_t *out_ns)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					    "%Y-%m-%dT%H:%M",    "%Y-%m-%d %H:%M",
					    "%H:%M:%S",          "%H:%M",
					    "%Y-%m-%d"};

	if (!parse_ago(text, now_ns, out_ns))
		return 0;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct tm tm = local_time(now_ns);
		int64_t fraction;
		const char *end;

		tm.tm_sec = 0;
		if (!strchr(forms[i], 'H'))
			tm.tm_hour = tm.tm_min = 0;
		end = strptime(text, forms[i], &tm);
		tm.tm_isdst = -1;
		if (!end || parse_fraction(&end, &fraction) || parse_zone(end, &tm, out_ns))
			continue;
		*out_ns += fraction;
		return 0;
	}
	return -1;
}

/* ---- the terminal ---- */

bool text_has_colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

void text_coloured(struct buf *out, enum text_colour colour, const char *text)
{
	static const char *const codes[] = {"",         "\033[32m", "\033[33m",
					    "\033[31m", "\033[2m",  "\033[1m"};

	buf_add_str(out, codes[colour]);
	buf_add_str(out, text);
	if (colour)
		buf_add_str(out, "\033[0m");
}

void text_write(struct buf *out)
{
	if (out->len)
		fwrite(buf_bytes(out), 1, out->len, stdout);
	buf_clear(out);
}

size_t text_terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

/* ---- tables ---- */

struct table_row {
	char *cells[TABLE_COLUMNS_MAX];
};

void table_init(struct table *table, size_t n_columns, const char *const *heads)
{
	*table = (struct table){.n_columns = n_columns};
	if (heads)
		table_add(table, heads);
}

void table_add(struct table *table, const char *const *cells)
{
	struct table_row *row;

	if (table->n_rows == table->size) {
		table->size = table->size ? 2 * table->size : 16;
		table->rows = xreallocarray(table->rows, table->size, sizeof *table->rows);
	}
	row = &table->rows[table->n_rows++];
	for (size_t i = 0; i < table->n_columns; i++) {
		struct buf cell = {0};

		text_safe(&cell, cells[i] ? cells[i] : "");
		row->cells[i] = xstrdup(buf_str(&cell));
		buf_fini(&cell);
	}
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t most = 0;

	for (size_t i = 0; i < table->n_rows; i++) {
		size_t width = text_width(table->rows[i].cells[column]);

		if (width > most)
			most = width;
	}
	return most;
}

static void put_row(struct buf *out, const struct table *table, const struct table_row *row,
		    const size_t *widths)
{
	size_t pending = 0;

	for (size_t i = 0; i < table->n_columns; i++) {
		if (*row->cells[i]) {
			buf_addf(out, "%*s%s", (int)pending, "", row->cells[i]);
			pending = 0;
		}
		pending += widths[i] - text_width(row->cells[i]) + (widths[i] ? 2 : 0);
	}
	buf_add(out, "\n", 1);
}

void table_print(struct table *table, size_t indent)
{
	size_t widths[TABLE_COLUMNS_MAX];
	struct buf out = {0};

	for (size_t i = 0; i < table->n_columns; i++)
		widths[i] = column_width(table, i);
	for (size_t i = 0; i < table->n_rows; i++) {
		buf_addf(&out, "%*s", (int)indent, "");
		put_row(&out, table, &table->rows[i], widths);
	}
	text_write(&out);
	buf_fini(&out);
	table_free(table);
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->n_rows; i++)
		for (size_t k = 0; k < table->n_columns; k++)
			free(table->rows[i].cells[k]);
	free(table->rows);
	*table = (struct table){0};
}
