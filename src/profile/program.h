/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a profile becomes when it is compiled. Inside of src/profile only.
 *
 * A frame has a codec and steps from its raw fields to the tags of its reading. Everything is allocated once, in
 * the profile's arena.
 */
#ifndef PROFILE_PROGRAM_H
#define PROFILE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dragoman/adapter.h>

#include "conf/conf.h"
#include "profile/codec.h"
#include "profile/constant.h"

struct lock;
struct moment;
struct request;
struct rule;
struct script_use;
struct step;

enum {
	MAX_TAGS = 512,   /* of a reading */
	SUFFIX_SIZE = 24, /* of ".12", behind the names of an element's fields */
};

struct tag {
	struct dragoman_tag declared;
	bool has_typical;
	double low, high;             /* numbers: where it usually is */
	const struct constant *usual; /* what it usually is one of; of numbers with a range NULL */
	size_t n_usual;
	double deadband;   /* a number that is no farther from the last one has not changed */
	const char *write; /* the command that sets it, or NULL */
	const struct conf_node *node, *write_node;
};

/* Readings that say nothing new are held back, whole. */
struct report {
	bool on_change;
	int64_t at_least_ns; /* then it is sent anyway */
};

struct reading {
	struct report report;
	size_t first_slot; /* of what is remembered of its tags, in all of the profile's */
	const char *name;  /* NULL: the only one */
	const char *description;
	struct tag *tags;
	size_t n_tags;
};

enum means { MEANS_READING, MEANS_YES, MEANS_NO, MEANS_BUSY, MEANS_ERROR, MEANS_NOTHING };

struct frame {
	const char *name;
	const struct conf_node *node;
	struct codec codec;
	enum means means;
	const char *reason;      /* NO, BUSY, ERROR */
	struct reading *reading; /* NULL: it gives none */
	struct step *steps;
	size_t n_steps;
	struct rule *rules;
	size_t n_rules;
	enum dragoman_quality quality; /* of all tags */
	const char *quality_reason;
	const struct moment *time; /* the device's own; NULL: it says none */
	bool is_answer;            /* it counts only as one */
	int64_t every_ms;          /* a device sends it by itself; 0: it does not */
	bool on_connect;           /* and once, as a greeting */
	bool is_framed;            /* false: it is sent past the link */
	struct remember *remember;
	size_t n_remember;
	/* Each element of its list gives a reading of its own. The frame is then that of the first element, and
	 * the others, which have its codec and fields, follow it here. */
	struct frame *more;
	size_t n_more;
	const bool *
		determined; /* of each field: a value or the time says what it holds; NULL until all is compiled */
	const uint16_t *own; /* the fields of the element */
	size_t n_own;
};
/* The i-th element's, from 0; its one reading, if it is no list. NULL: there are no more. */
const struct frame *frame_element(const struct frame *frame, size_t i);
/* Whether the element came. */
bool frame_is_there(const struct frame *element, const struct raw *raw);

/* A field that goes into a parameter, for what is sent later. */
struct remember {
	uint16_t field;
	uint16_t parameter;
	struct script_use *script; /* what makes it of the field; NULL: it is the field */
};

struct parameter {
	const char *name;
	const char *help;
	enum dragoman_type type;  /* INTEGER, NUMBER or TEXT */
	struct constant fallback; /* NONE: it must be given */
	double min, max;
	bool is_secret;     /* it is told to nobody */
	bool is_remembered; /* frames or repeats change it */
};

struct profile {
	struct arena arena;
	struct conf_node *own_root; /* if profile_load made it */
	const struct conf_node *root;
	const char *title;
	enum dragoman_maturity maturity;
	const struct conf_node *link, *line, *tests;
	struct parameter *parameters;
	size_t n_parameters;
	struct reading *readings;
	size_t n_readings;
	struct frame *frames;
	size_t n_frames;
	struct request *requests, *commands; /* exchange.h, as what follows */
	size_t n_requests, n_commands;
	struct session *session; /* or NULL */
	struct wake *wake;       /* or NULL */
	const char *variant;     /* that it is, or NULL */
	struct profile **variants;
	size_t n_variants;
	struct identify *identify; /* or NULL */
	const struct lock *lock;   /* message.h; NULL: it has none */
	size_t max_fields, max_tags;
	size_t n_slots;        /* the tags of all readings */
	struct script *script; /* NULL: it has none */
	struct script_use *script_uses;
	bool takes_longest; /* of the frames that fit, not the first */
	struct check_op *checks;
	struct codec *patterns;
};

/* The parameters of one device: those in given (a map, may be NULL), else their fallbacks. list is the
 * caller's, n_parameters long. -1 with errors added at `given`, or at no place. */
int parameters_read(const struct profile *profile, const struct conf_node *given, struct raw *list,
		    struct conf_errors *errors);

/* Finds the frame that fits, among the replies of the request that was asked (NULL: none was) before all
 * others: its verdict is TAKEN and *frame_out and raw are set, else the verdict of the one that came nearest. */
enum dragoman_verdict profile_decode(const struct profile *profile, const struct request *asked,
				     const struct parameters *parameters, const uint8_t *data,
				     size_t len, struct raw *raw, const struct frame **frame_out);

#endif
