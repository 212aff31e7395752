/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What passes between the loop and a worker's thread: one letter, one allocation, everything in it a
 * copy.
 */
#ifndef CHANNEL_LETTER_H
#define CHANNEL_LETTER_H

#include <stdbool.h>
#include <stdint.h>

#include <dragoman/adapter.h>

#include "channel/line.h"

enum letter_kind {
	/* to the thread */
	LETTER_LINE,
	LETTER_FRAME,
	LETTER_ENDED,
	LETTER_TIMER,
	LETTER_KEPT,
	/* from the thread */
	LETTER_VERDICT, /* the frame comes back with it: it may go on to the next device */
	LETTER_DECLARED,
	LETTER_READING,
	LETTER_ASK,
	LETTER_SEND,
	LETTER_TIMER_SET,
	LETTER_TIMER_CLEAR,
	LETTER_STATE,
	LETTER_LOG,
};

struct letter {
	struct letter *prev, *next;
	enum letter_kind kind;
	union {
		struct {
			bool is_up;
		} line;
		struct {
			struct offer offer;
			uint64_t cookie;
			enum dragoman_verdict verdict;
		} frame;
		struct {
			uint64_t cookie;
			enum dragoman_end end;
		} ended;
		struct {
			uint32_t id, delay_ms;
		} timer;
		struct {
			uint64_t cookie;
			bool is_kept;
		} kept;
		struct dragoman_reading reading;
		struct {
			struct dragoman_ask ask;
			struct dragoman_line before, after;
		} ask;
		enum dragoman_state state;
		enum dragoman_level level;
	} of;
	const char *text; /* a reason, a log line; NULL if there is none */
	const uint8_t *data;
	size_t len;
};

struct letter *letter_new(enum letter_kind kind);
struct letter *letter_new_text(enum letter_kind kind, const char *text);
struct letter *letter_new_data(enum letter_kind kind, const uint8_t *data, size_t len);
struct letter *letter_new_reading(const struct dragoman_reading *reading);
struct letter *letter_new_ask(const struct dragoman_ask *ask);
/* Released with free(). */

#endif
