/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any cyclic redundancy check of 8 to 64 bits, described as the catalogue of CRC algorithms does
 * (reveng.sourceforge.io/crc-catalogue): compiled once into a table of 256 entries.
 */
#ifndef LINK_CRC_H
#define LINK_CRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crc_model {
	unsigned width; /* 8 to 64 */
	uint64_t poly;  /* without the highest term, not reflected */
	uint64_t init;  /* not reflected */
	bool refin, refout;
	uint64_t xorout;
};

struct crc {
	struct crc_model model;
	uint64_t first; /* the register before the first byte */
	uint64_t table[256];
};

void crc_init(struct crc *crc, const struct crc_model *model);
uint64_t crc_compute(const struct crc *crc, const uint8_t *bytes, size_t len);

#endif
