/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a profile's description calls its script: a value out of fields and back, a checksum. What a script does
 * wrong costs the value or the frame, and is said once, with its place.
 */
#ifndef PROFILE_SCRIPTED_H
#define PROFILE_SCRIPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "profile/script.h"

struct codec;
struct conf_node;
struct dragoman_value;
struct field;
struct frame;
struct loader;
struct parameters;
struct profile;
struct raw;
struct step;

struct script_use {
	struct script_use *next; /* of the profile's */
	struct script *script;
	const char *decode,
		*encode; /* functions; encode: NULL if there is no way back. A check has decode only */
	struct script_field *fields;  /* room for those of the frame, and for the parameters */
	const char **parameter_names; /* "@password" ... */
	size_t n_parameters;
	struct buf text, reason; /* of the last value */
	struct buf written;
	struct err err;
	bool has_failed; /* since somebody looked */
	bool is_told;    /* and nothing has gone well since */
};

/* Runs the profile's text. NULL: there is none, or errors were added at node. */
struct script *scripted_load(struct loader *l, const struct conf_node *node);
/* What calls these functions; each of them must be there. NULL with errors at node. */
struct script_use *scripted_use(struct loader *l, const struct conf_node *node, const char *decode,
				const char *encode, size_t n_fields);
/* -1 with an error at node: it is not there. */
int scripted_check_function(struct loader *l, const struct conf_node *node, const char *name);
void scripted_fini(struct profile *profile);

void scripted_decode(const struct frame *frame, const struct step *step, const struct raw *raw,
		     struct dragoman_value *value);
/* What the function makes of a field and of all, the device's parameters among them as "@name", for
 * frame_remember. Texts are good until the next call. 0, or -1 if it fails. */
int scripted_raw(struct script_use *use, const struct codec *codec, const struct raw *raw,
		 uint16_t field, const struct parameters *parameters, struct raw *out);
/* 0, or -1 if there is no way back for it. */
int scripted_encode(const struct step *step, const struct field *field,
		    const struct dragoman_value *value, struct raw *out);
/* The bytes of a check over these, exactly size of them. NULL: it fails, or returns others. */
const uint8_t *scripted_check(struct script_use *use, const uint8_t *data, size_t len, size_t size);

/* A raw field, or an argument, as a script sees it. */
struct script_value scripted_value(const struct raw *raw);
struct script_value scripted_argument(const struct dragoman_value *value);
/* The fields that are there, with their names: how many. out has room for all of the codec's. */
size_t scripted_fields(const struct codec *codec, const struct raw *raw, struct script_field *out);

/* The next error that nobody has been told yet, or NULL. */
const char *scripted_error(const struct profile *profile);

#endif
