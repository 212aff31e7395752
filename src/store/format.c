/* SPDX-License-Identifier: Apache-2.0 */
/* Headers and heads of groups, byte by byte; see format.h. */
#include "store/format.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/must.h"

static const uint8_t header_magic[8] = "DRAGOMAN";
static const uint8_t group_magic[4] = "DRGP";

/* ---- numbers, least significant byte first ---- */

struct writer {
	uint8_t *at;
};

static void put(struct writer *w, uint64_t n, size_t bytes)
{
	while (bytes--) {
		*w->at++ = (uint8_t)n;
		n >>= 8;
	}
}

static void put_bytes(struct writer *w, const void *bytes, size_t len)
{
	memcpy(w->at, bytes, len);
	w->at += len;
}

struct reader {
	const uint8_t *at;
};

static uint64_t get(struct reader *r, size_t bytes)
{
	uint64_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n |= (uint64_t)*r->at++ << (8 * i);
	return n;
}

static bool get_magic(struct reader *r, const uint8_t *magic, size_t len)
{
	r->at += len;
	return !memcmp(r->at - len, magic, len);
}

uint64_t format_checksum(uint64_t nonce, const uint8_t *bytes, size_t len)
{
	return XXH3_64bits_withSeed(bytes, len, nonce);
}

/* ---- the header ---- */

void header_pack(struct header *header, uint8_t block[STORE_BLOCK])
{
	struct writer w = {block + 8};

	memset(block, 0, STORE_BLOCK);
	put_bytes(&w, header_magic, sizeof header_magic);
	put(&w, header->version, 4);
	put(&w, STORE_BLOCK, 4);
	put(&w, header->id, 8);
	put(&w, header->size, 8);
	put(&w, header->nonce, 8);
	put_bytes(&w, header->stream, STORE_STREAM_SIZE);
	put(&w, header->begun, 8);
	put(&w, header->age, 8);
	put(&w, header->from, 8);
	put(&w, header->previous.id, 8);
	put(&w, header->previous.end, 8);
	put(&w, header->previous.last, 8);
	put(&w, header->previous.newest_time, 8);
	put(&w, header->previous.events, 8);
	header->checksum = format_checksum(0, block + 8, STORE_BLOCK - 8);
	w.at = block;
	put(&w, header->checksum, 8);
}

static bool header_makes_sense(const struct header *h)
{
	return h->id && h->size % STORE_BLOCK == 0 && h->size >= 4 * STORE_BLOCK &&
	       h->previous.id < h->id && h->previous.end % STORE_BLOCK == 0;
}

/* A later version keeps checksum, magic and version where they are. */
enum header_found header_parse(const uint8_t block[STORE_BLOCK], struct header *out)
{
	struct reader r = {block};
	uint64_t block_size;

	*out = (struct header){.checksum = get(&r, 8)};
	if (!get_magic(&r, header_magic, sizeof header_magic) ||
	    out->checksum != format_checksum(0, block + 8, STORE_BLOCK - 8))
		return HEADER_BAD;
	out->version = (uint32_t)get(&r, 4);
	if (out->version != FORMAT_VERSION)
		return out->version > FORMAT_VERSION ? HEADER_NEWER : HEADER_BAD;
	block_size = get(&r, 4);
	out->id = get(&r, 8);
	out->size = get(&r, 8);
	out->nonce = get(&r, 8);
	memcpy(out->stream, r.at, STORE_STREAM_SIZE);
	r.at += STORE_STREAM_SIZE;
	out->begun = get(&r, 8);
	out->age = get(&r, 8);
	out->from = get(&r, 8);
	out->previous.id = get(&r, 8);
	out->previous.end = get(&r, 8);
	out->previous.last = get(&r, 8);
	out->previous.newest_time = get(&r, 8);
	out->previous.events = get(&r, 8);
	return block_size == STORE_BLOCK && header_makes_sense(out) ? HEADER_GOOD : HEADER_BAD;
}

/* ---- the head of a group ---- */

static size_t slots_listed(const struct group *g)
{
	return g->n_slots > STORE_SLOTS_MAX ? 0 : g->n_slots;
}

size_t group_notes_at(const struct group *g)
{
	return FORMAT_GROUP_HEAD + 4 * slots_listed(g);
}

uint64_t group_size(const struct group *g)
{
	return round_up(group_notes_at(g) + (uint64_t)g->notes_len + g->frames_len, STORE_BLOCK);
}

size_t group_pack(struct group *g, uint64_t nonce, uint8_t block[STORE_BLOCK])
{
	struct writer w = {block + 8};

	must(g->n_slots <= STORE_SLOTS_MAX + 1);
	g->notes_checksum = format_checksum(nonce, g->notes, g->notes_len);
	g->frames_checksum = format_checksum(nonce, g->frames, g->frames_len);
	put_bytes(&w, group_magic, sizeof group_magic);
	put(&w, g->flags, 2);
	put(&w, g->n_slots, 2);
	put(&w, g->notes_len, 4);
	put(&w, g->frames_len, 4);
	put(&w, g->events, 4);
	put(&w, 0, 4);
	put(&w, g->offset, 8);
	put(&w, g->previous, 8);
	put(&w, g->first, 8);
	put(&w, g->last, 8);
	put(&w, g->newest_time, 8);
	put(&w, g->written, 8);
	put(&w, g->age, 8);
	put(&w, g->notes_checksum, 8);
	put(&w, g->frames_checksum, 8);
	must(w.at == block + FORMAT_GROUP_HEAD);
	for (size_t i = 0; i < slots_listed(g); i++)
		put(&w, g->slots[i], 4);
	g->checksum = format_checksum(nonce, block + 8, (size_t)(w.at - block) - 8);
	put(&(struct writer){block}, g->checksum, 8);
	return (size_t)(w.at - block);
}

bool group_parse(const uint8_t block[STORE_BLOCK], uint64_t nonce, uint64_t offset, uint64_t end,
		 struct group *out)
{
	struct reader r = {block};

	out->checksum = get(&r, 8);
	if (!get_magic(&r, group_magic, sizeof group_magic))
		return false;
	*out = (struct group){.checksum = out->checksum};
	out->flags = (uint16_t)get(&r, 2);
	out->n_slots = get(&r, 2);
	out->notes_len = (uint32_t)get(&r, 4);
	out->frames_len = (uint32_t)get(&r, 4);
	out->events = (uint32_t)get(&r, 4);
	get(&r, 4);
	out->offset = get(&r, 8);
	if (out->offset != offset || out->n_slots > STORE_SLOTS_MAX + 1 ||
	    out->checksum != format_checksum(nonce, block + 8, group_notes_at(out) - 8))
		return false;
	out->previous = get(&r, 8);
	out->first = get(&r, 8);
	out->last = get(&r, 8);
	out->newest_time = get(&r, 8);
	out->written = get(&r, 8);
	out->age = get(&r, 8);
	out->notes_checksum = get(&r, 8);
	out->frames_checksum = get(&r, 8);
	for (size_t i = 0; i < slots_listed(out); i++)
		out->slots[i] = (uint32_t)get(&r, 4);
	return offset <= end && group_size(out) <= end - offset && out->first <= out->last &&
	       !out->first == !out->events;
}
