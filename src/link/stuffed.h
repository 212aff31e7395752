/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames with byte stuffing: marks stand between them, and a byte of the data that would look like a mark is
 * written as an escape byte and a code (stuffing.h).
 *
 * So a mark within a frame is never data. A start mark there begins a new frame, and what is a frame of its
 * own (DLE ACK) may stand within another one: it was put between by the other end, and is handed out first.
 *
 * Where the start mark is the end mark too (the flag of HDLC), or where there is none (SLIP), one mark between
 * two frames is enough.
 *
 * The check is over what is called the plain frame: marks without their escape byte, data without stuffing.
 */
#ifndef LINK_STUFFED_H
#define LINK_STUFFED_H

#include "link/framer.h"
#include "link/stuffing.h"

enum over { OVER_DATA, OVER_LINE };

struct stuffed {
	struct framer framer;
	struct marks starts, ends;
	struct marks sent; /* the start mark of the other direction */
	struct stuffing stuffing;
	bool is_special[256];  /* the escape, and first bytes of marks */
	bool has_shared_marks; /* the end of a frame may be the start of the next one */
	enum over over;

	bool has_begun;    /* an end mark was seen: what follows is a frame */
	struct buf plain;  /* of the frame at the front, as far as framer.seen */
	size_t plain_mark; /* length of its start mark in it */
	struct buf within; /* frames of their own that stood in it: size_t index of the mark */
	bool is_broken;    /* by a code that means nothing */
	struct buf frame;  /* that is sent */
};

/* What a frame of the line is; as struct framer has them. stuffed_cut.c */
enum cut_result stuffed_cut(struct framer *f, const uint8_t *bytes, size_t len, bool is_final,
			    struct cut *out);
/* The frame that was just cut: its plain form is checked, or the bytes of the line are. */
int stuffed_open(struct framer *f, const uint8_t *bytes, const struct cut *cut, struct payload *out,
		 enum link_verdict *verdict_out);
/* The length of a mark in the plain frame. */
size_t stuffed_plain_len(const struct stuffed *s, size_t mark_len);

#endif
