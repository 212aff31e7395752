/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC by table; see crc.h. With refin the register is kept reflected and shifts right; without, it is
 * kept at the top of 64 bits and shifts left, so that one loop serves every width.
 */
#include "link/crc.h"

#include "base/must.h"

static uint64_t reflect(uint64_t value, unsigned width)
{
	uint64_t out = 0;

	for (unsigned i = 0; i < width; i++)
		out |= (value >> i & 1) << (width - 1 - i);
	return out;
}

static uint64_t entry_right(uint64_t poly, unsigned byte)
{
	uint64_t r = byte;

	for (int bit = 0; bit < 8; bit++)
		r = r & 1 ? r >> 1 ^ poly : r >> 1;
	return r;
}

static uint64_t entry_left(uint64_t poly, unsigned byte)
{
	uint64_t r = (uint64_t)byte << 56;

	for (int bit = 0; bit < 8; bit++)
		r = r >> 63 ? r << 1 ^ poly : r << 1;
	return r;
}

void crc_init(struct crc *crc, const struct crc_model *model)
{
	unsigned width = model->width, unused = 64 - width;

	must(width >= 8 && width <= 64);
	crc->model = *model;
	crc->first = model->refin ? reflect(model->init, width) : model->init << unused;
	for (unsigned i = 0; i < 256; i++)
		crc->table[i] = model->refin ? entry_right(reflect(model->poly, width), i)
					     : entry_left(model->poly << unused, i);
}

uint64_t crc_compute(const struct crc *crc, const uint8_t *bytes, size_t len)
{
	const struct crc_model *m = &crc->model;
	uint64_t r = crc->first;

	if (m->refin) {
		for (size_t i = 0; i < len; i++)
			r = crc->table[(r ^ bytes[i]) & 0xff] ^ r >> 8;
	} else {
		for (size_t i = 0; i < len; i++)
			r = crc->table[r >> 56 ^ bytes[i]] ^ r << 8;
		r >>= 64 - m->width;
	}
	if (m->refin != m->refout)
		r = reflect(r, m->width);
	return r ^ m->xorout;
}
