/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile would send and expect, piece by piece, for people: dragoman profile show and doc. */
#ifndef PROFILE_OUTLINE_H
#define PROFILE_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

struct outline_piece {
	bool has_place;   /* else what stands before it is not always as long */
	size_t at, len;   /* len 0: as far as it goes */
	const char *name; /* of the field; "" for what is none */
	const char *type; /* "number(10)", "constant", "ignored", "checksum", "bits 4-6" */
	const char *
		text; /* of a constant: its bytes; of a field: the tags that come from it, with units */
	unsigned depth; /* of the optional parts it stands in */
};

enum outline_kind { OUTLINE_REQUEST, OUTLINE_COMMAND, OUTLINE_FRAME, OUTLINE_KINDS };

struct outline_part {
	const char *name; /* of the frame or request; of a further record "" */
	enum outline_kind kind;
	bool is_decode_only; /* it is read, and not written by the simulator */
	const char *
		says; /* of a frame: "reading weight", "error: not understood"; of a request: when it
			      * is sent, and what answers it */
	const char *pattern; /* a regular expression in place of pieces at known places, or NULL */
	struct outline_piece *pieces;
	size_t n_pieces;
};

struct outline {
	struct outline_part *parts; /* requests, commands, frames */
	size_t n_parts;
	struct outline_store *store; /* of its texts */
};

struct outline *outline_new(const struct profile *profile);
void outline_free(struct outline **outline);

/* Each tag of each reading, in order. */
typedef void outline_tag_fn(void *arg, const char *reading, const char *description,
			    const struct dragoman_tag *tag, uint32_t field);
void outline_tags(const struct profile *profile, outline_tag_fn *each, void *arg);

#endif
