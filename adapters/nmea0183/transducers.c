/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transducers (XDR): groups of type, value, unit and name. What a transducer is called is up to its maker, so
 * its tag is made of that name; pitch and roll have the names they have elsewhere. A sentence is known by its
 * first transducer. Engines (RPM) are told apart by their source and number.
 */
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "nmea.h"

enum { XDR_EACH = 4, XDR_MAX = 15, XDR_TAG_SIZE = 32 };

static const struct transducer {
	char type, unit;
	const char *ucum;
	int32_t num, den, zero; /* (value - zero) * num / den */
	const char *help;
} transducers[] = {
	{'A', 'D', "deg", 1, 1, 0, "angle"},
	{'A', 'P', "%", 1, 1, 0, "position"},
	{'C', 'C', "Cel", 1, 1, 0, "temperature"},
	{'C', 'F', "Cel", 5, 9, 32, "temperature"},
	{'C', 'K', "K", 1, 1, 0, "temperature"},
	{'D', 'M', "m", 1, 1, 0, "depth or distance"},
	{'D', 'f', "m", 381, 1250, 0, "depth or distance"},
	{'E', 'P', "%", 1, 1, 0, "level"},
	{'F', 'H', "Hz", 1, 1, 0, "frequency"},
	{'G', 0, NULL, 1, 1, 0, "generic"},
	{'G', 'P', "%", 1, 1, 0, "generic"},
	{'G', 'V', "V", 1, 1, 0, "generic"},
	{'H', 'P', "%", 1, 1, 0, "relative humidity"},
	{'I', 'A', "A", 1, 1, 0, "current"},
	{'L', 'S', "[ppth]", 1, 1, 0, "salinity"},
	{'N', 'N', "N", 1, 1, 0, "force"},
	{'P', 'B', "Pa", 100000, 1, 0, "pressure"},
	{'P', 'P', "Pa", 1, 1, 0, "pressure"},
	{'P', 'H', "Pa", 100, 1, 0, "pressure"},
	{'R', 'M', "mm/h", 1, 1, 0, "rain intensity"},
	{'R', 'l', "L/s", 1, 1, 0, "flow"},
	{'S', 0, NULL, 1, 1, 0, "switch"},
	{'S', 'K', "m/s", 5, 18, 0, "wind speed"},
	{'S', 'M', "m/s", 1, 1, 0, "wind speed"},
	{'S', 'N', "m/s", 463, 900, 0, "wind speed"},
	{'T', 'R', "/min", 1, 1, 0, "revolutions"},
	{'U', 'V', "V", 1, 1, 0, "voltage"},
	{'V', 'M', "m3", 1, 1, 0, "volume"},
	{'V', 'P', "%", 1, 1, 0, "volume"},
};

/* Names under which the same is found in other sentences. */
static const struct {
	const char *name, *tag;
} known[] = {
	{"PTCH", "pitch"},
	{"PITCH", "pitch"},
	{"ROLL", "roll"},
	{"HEEL", "roll"},
};

static const struct transducer *find(char type, char unit)
{
	for (size_t i = 0; i < sizeof(transducers) / sizeof(transducers[0]); i++)
		if (transducers[i].type == type && transducers[i].unit == unit)
			return &transducers[i];
	return NULL;
}

static char type_at(const struct sentence *s, size_t i)
{
	return text_letter(field_at(s, 1 + XDR_EACH * i));
}

static char unit_at(const struct sentence *s, size_t i)
{
	return text_letter(field_at(s, 3 + XDR_EACH * i));
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 'a' - 'A');
	return is_name_char(c) ? c : '_';
}

/* Names that are numbers, or empty, are used anew for each type (Vaisala, Airmar). */
static bool is_number(struct text name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.s[i] < '0' || name.s[i] > '9')
			return false;
	return true;
}

/* The tag of the number-th transducer of a sentence. */
static void make_tag(const struct sentence *s, size_t number, char out[XDR_TAG_SIZE])
{
	struct text name = field_at(s, 4 + XDR_EACH * number);
	bool is_angle = type_at(s, number) == 'A' && unit_at(s, number) == 'D';
	size_t n = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (is_angle && name.len == strlen(known[i].name) &&
		    strncasecmp(name.s, known[i].name, name.len) == 0) {
			strcpy(out, known[i].tag);
			return;
		}
	n = (size_t)snprintf(out, XDR_TAG_SIZE, "xdr.");
	if (is_number(name))
		n += (size_t)snprintf(out + n, XDR_TAG_SIZE - n, "%c", lower(type_at(s, number)));
	if (!name.len)
		n += (size_t)snprintf(out + n, XDR_TAG_SIZE - n, "%zu", number + 1);
	for (size_t i = 0; i < name.len && n < XDR_TAG_SIZE - 1; i++) {
		out[n++] = lower(name.s[i]);
	}
	out[n] = '\0';
}

static size_t count_groups(const struct sentence *s)
{
	size_t n = (s->n - 1) / XDR_EACH;

	return n < XDR_MAX ? n : XDR_MAX;
}

/* The unit of a transducer: the one it was declared with first, under whichever key. */
static const char *unit_of(const struct nmea *nmea, const char *tag, const char *unit)
{
	for (size_t i = 0; i < nmea->n_slots; i++) {
		const struct slot *slot = &nmea->slots[i];

		for (size_t j = 0; slot->own && j < slot->n_fields; j++)
			if (strcmp(slot->fields[j].tag, tag) == 0)
				return slot->fields[j].unit;
	}
	return unit;
}

/* A slot for the transducers of this sentence. */
static struct slot *make_slot(struct nmea *nmea, const struct row *row, const struct sentence *s,
			      const char *key)
{
	char tags[XDR_MAX][XDR_TAG_SIZE];
	struct field fields[XDR_MAX];
	size_t n = 0;

	for (size_t i = 0; i < count_groups(s); i++) {
		const struct transducer *t = find(type_at(s, i), unit_at(s, i));
		size_t same = 0;

		make_tag(s, i, tags[n]);
		while (same < n && strcmp(tags[same], tags[n]) != 0)
			same++;
		if (same < n)
			continue;
		fields[n] = (struct field){.tag = tags[n],
					   .unit = unit_of(nmea, tags[n], t ? t->ucum : NULL),
					   .help = t ? t->help : "transducer of an unknown type",
					   .kind = NUMBER};
		n++;
	}
	return slot_add(nmea, row, key, fields, n);
}

/* The slot's field with this tag, or n_fields. */
static size_t field_of(const struct slot *slot, const char *tag)
{
	size_t i = 0;

	while (i < slot->n_fields && strcmp(slot->fields[i].tag, tag) != 0)
		i++;
	return i;
}

static bool is_same_unit(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void add_transducer(struct nmea *nmea, struct slot *slot, size_t i, const struct sentence *s,
			   size_t at)
{
	const struct transducer *t =
		find(text_letter(field_at(s, at)), text_letter(field_at(s, at + 2)));
	struct decimal value;

	if (!field_at(s, at + 1).len) {
		reading_none(nmea, slot, i, "empty");
		return;
	}
	if (decimal_read(field_at(s, at + 1), &value) < 0) {
		reading_none(nmea, slot, i, "malformed");
		return;
	}
	if (!is_same_unit(slot->fields[i].unit, t ? t->ucum : NULL)) {
		reading_none(nmea, slot, i, "unit has changed");
		return;
	}
	if (t && t->zero)
		reading_number(nmea, slot, i,
			       (decimal_scale(value, 1, 1) - t->zero) * t->num / t->den);
	else
		reading_number(nmea, slot, i, decimal_scale(value, t ? t->num : 1, t ? t->den : 1));
}

enum dragoman_verdict decode_xdr(struct nmea *nmea, const struct row *row, const struct sentence *s)
{
	char tag[XDR_TAG_SIZE], key[KEY_SIZE];
	uint32_t given = 0;
	struct slot *slot;

	make_tag(s, 0, tag);
	snprintf(key, sizeof(key), "XDR-%s", strncmp(tag, "xdr.", 4) == 0 ? tag + 4 : tag);
	slot = slot_find(nmea, key);
	if (!slot)
		slot = make_slot(nmea, row, s, key);
	if (!slot)
		return DRAGOMAN_UNKNOWN;
	reading_begin(nmea);
	for (size_t i = 0; i < count_groups(s); i++) {
		size_t field;

		make_tag(s, i, tag);
		field = field_of(slot, tag);
		if (field == slot->n_fields || given >> field & 1)
			continue;
		given |= (uint32_t)1 << field;
		add_transducer(nmea, slot, field, s, 1 + XDR_EACH * i);
	}
	for (size_t field = 0; field < slot->n_fields; field++)
		if (!(given >> field & 1))
			reading_none(nmea, slot, field, "not sent");
	reading_emit(nmea, slot, 0);
	return DRAGOMAN_TAKEN;
}

enum dragoman_verdict decode_rpm(struct nmea *nmea, const struct row *row, const struct sentence *s)
{
	char key[KEY_SIZE];
	char source = text_letter(field_at(s, 1)) == 'S' ? 'S' : 'E';
	int64_t number;
	struct slot *slot;

	if (integer_read(field_at(s, 2), &number) < 0)
		number = 0;
	snprintf(key, sizeof(key), "RPM-%c%d", source, (int)(number % 100));
	slot = slot_get(nmea, row, key);
	return slot ? decode_fields(nmea, slot, s) : DRAGOMAN_UNKNOWN;
}
