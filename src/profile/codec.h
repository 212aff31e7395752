/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the bytes of a frame to its raw fields and back: operations, a regular expression, or records that are
 * lists of operations. Nothing is allocated while a frame is decoded.
 */
#ifndef PROFILE_CODEC_H
#define PROFILE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dragoman/adapter.h>

#include "base/buf.h"
#include "profile/ops.h"

struct pattern;

enum codec_kind { CODEC_OPS, CODEC_PATTERN, CODEC_RECORDS };

struct codec {
	enum codec_kind kind;
	struct field *fields;
	size_t n_fields;
	struct ops ops;             /* OPS; PATTERN: how it is written, if can_encode */
	struct pattern *pattern;    /* PATTERN */
	struct field *written;      /* PATTERN: the fields with the types of how they are written */
	struct codec *pattern_next; /* of the profile's, whose patterns are freed with it */
	struct {
		const uint8_t *separator;
		size_t separator_len;
		struct ops *list;
		size_t n;
		bool strict;           /* a record of no known kind refuses the frame */
		const uint16_t *needs; /* fields without which it is another kind of frame */
		size_t n_needs;
	} records;
	bool can_encode;
	bool has_computed; /* lengths or counts */
	size_t min_len, max_len;
	bool first[256]; /* bytes that a frame may start with */
};

/* What a codec is run with: the device's parameters, one for each of the profile's. */
struct parameters {
	struct raw *list;
	size_t n;
	const bool *is_open; /* those for which anything is good, or NULL: none */
};

/* How well the bytes fitted. */
struct match {
	enum dragoman_verdict verdict; /* TAKEN: all of it; FOREIGN: but for a parameter */
	size_t known; /* how many bytes of constants had matched: how sure it is that it is this frame */
	size_t at; /* where it failed */
};

/* Fills raw[0 .. n_fields) if the verdict is TAKEN. */
struct match codec_decode(const struct codec *codec, const struct parameters *parameters,
			  const uint8_t *data, size_t len, struct raw *raw);
/* What the operations made of the bytes, one after the other, for those who look at a single frame. */
struct codec_trace {
	struct codec_piece {
		const struct op *op;
		const uint8_t *bytes; /* in the frame */
		size_t len;
	} * list;
	size_t n;
	const struct op *failed; /* that did not fit where the match failed; NULL: none */
};
/* The same as codec_decode, and fills the trace, which is zeroed or used before. */
struct match codec_trace(const struct codec *codec, const struct parameters *parameters,
			 const uint8_t *data, size_t len, struct raw *raw,
			 struct codec_trace *trace);
void codec_trace_fini(struct codec_trace *trace);
/* 0, or -1 if it cannot be written: a value that does not fit, one that is missing. */
int codec_encode(const struct codec *codec, const struct parameters *parameters,
		 const struct raw *raw, struct buf *out);
/* Fills in first. */
void codec_finish(struct codec *codec);

#endif
