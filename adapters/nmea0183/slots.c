/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of readings of an instrument. They are declared as they come: an instrument sends a dozen of the
 * hundreds of sentences there are, and the catalogue has what it sends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nmea.h"

static enum dragoman_type type_of(enum field_kind kind)
{
	switch (kind) {
	case INTEGER: return DRAGOMAN_INTEGER;
	case MODE:
	case WORD: return DRAGOMAN_TEXT;
	case FULL_TIME: return DRAGOMAN_TIME;
	default: return DRAGOMAN_NUMBER;
	}
}

static size_t list_tags(const struct slot *slot, struct dragoman_tag *out)
{
	size_t n = 0;

	for (size_t i = 0; i < slot->n_fields; i++) {
		const struct field *f = &slot->fields[i];

		if (f->flags & ELSE)
			continue;
		out[n++] = (struct dragoman_tag){.name = f->tag,
						 .type = type_of(f->kind),
						 .unit = f->unit,
						 .access = DRAGOMAN_READ,
						 .description = f->help,
						 .key = slot->key};
	}
	return n;
}

static int declare(struct nmea *nmea)
{
	struct dragoman_key keys[SLOTS];
	struct dragoman_tag *tags;
	size_t n = 0;
	int status;

	for (size_t i = 0; i < nmea->n_slots; i++) {
		keys[i] = (struct dragoman_key){nmea->slots[i].key, nmea->slots[i].row->title};
		n += nmea->slots[i].n_fields;
	}
	tags = calloc(n + 1, sizeof(*tags));
	if (!tags)
		abort();
	n = 0;
	for (size_t i = 0; i < nmea->n_slots; i++)
		n += list_tags(&nmea->slots[i], tags + n);
	status = nmea->ops->declare(nmea->host, tags, n, keys, nmea->n_slots);
	free(tags);
	return status;
}

struct slot *slot_find(struct nmea *nmea, const char *key)
{
	for (size_t i = 0; i < nmea->n_slots; i++)
		if (strcmp(nmea->slots[i].key, key) == 0)
			return &nmea->slots[i];
	return NULL;
}

/* A new slot that has yet to be declared; NULL if there is no room. */
static struct slot *add(struct nmea *nmea, const struct row *row, const char *key)
{
	struct slot *slot = &nmea->slots[nmea->n_slots];

	if (nmea->n_slots == SLOTS) {
		if (!nmea->is_full_told)
			nmea->ops->log(
				nmea->host, DRAGOMAN_LOG_WARNING,
				"more kinds of sentences than a device may have; further ones are "
				"left raw");
		nmea->is_full_told = true;
		return NULL;
	}
	*slot = (struct slot){.row = row, .fields = row->fields};
	snprintf(slot->key, sizeof(slot->key), "%s", key);
	nmea->n_slots++;
	return slot;
}

static struct slot *finish(struct nmea *nmea, struct slot *slot)
{
	if (declare(nmea) == 0)
		return slot;
	free(slot->own);
	nmea->n_slots--;
	return NULL;
}

struct slot *slot_get(struct nmea *nmea, const struct row *row, const char *key)
{
	struct slot **known = &nmea->row_slots[row - rows], *slot;

	if (!key && *known)
		return *known;
	slot = slot_find(nmea, key ? key : row->key);
	if (slot)
		return slot;
	slot = add(nmea, row, key ? key : row->key);
	if (!slot)
		return NULL;
	while (row->fields[slot->n_fields].tag)
		slot->n_fields++;
	slot = finish(nmea, slot);
	if (!key)
		*known = slot;
	return slot;
}

struct slot *slot_add(struct nmea *nmea, const struct row *row, const char *key,
		      const struct field *fields, size_t n)
{
	struct slot *slot = add(nmea, row, key);

	if (!slot)
		return NULL;
	slot->own = calloc(n, sizeof(*slot->own));
	if (!slot->own)
		abort();
	memcpy(slot->own, fields, n * sizeof(*slot->own));
	slot->fields = slot->own;
	slot->n_fields = n;
	for (size_t i = 0; i < n; i++) {
		slot->own[i].tag = strdup(fields[i].tag);
		if (!slot->own[i].tag)
			abort();
	}
	return finish(nmea, slot);
}

void slots_free(struct nmea *nmea)
{
	for (size_t i = 0; i < nmea->n_slots; i++) {
		struct slot *slot = &nmea->slots[i];

		for (size_t j = 0; slot->own && j < slot->n_fields; j++)
			free((void *)(uintptr_t)slot->own[j].tag);
		free(slot->own);
	}
	nmea->n_slots = 0;
}
