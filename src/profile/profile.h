/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles: devices described in one YAML file (dragoman-profile(5)), compiled once into a compact program.
 *
 *	bytes  <- codec ->  raw fields  <- values ->  tags
 *
 * Both steps work in both directions, so the same file reads the device and plays it. What runs is the
 * adapter "profile"; the rest of this header is for those who look at a profile itself: the check of a
 * configuration, the command line and the tests.
 */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include <dragoman/adapter.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/conf.h"

/* The adapter. Its tree (adapter_definition) is the profile's; its options are
 *	parameters   a map: what the profile wants to know of one device, its address for example
 *	variant      which of the profile's variants it is, in place of what it says itself
 *	every        a map: request to interval, instead of the profile's
 *	report       which readings are sent, instead of the profile's; of all of them, or a map by reading
 *	deadband     a map: tag to what is no change of it, instead of the profile's
 * and in the DEVICE role
 *	set          a map: tag to the value that it keeps
 *	seed         of the values that vary */
extern const struct dragoman_adapter profile_adapter;

struct profile;

/* Compiles a profile's tree, which must outlive it. All mistakes are added to errors, a lack of tests as a
 * warning; NULL if there were errors. */
struct profile *profile_compile(const struct conf_node *root, struct conf_errors *errors);
/* The tree of a profile's file, with its lock (profile_lock_path) put in under `lock`; that there is none is a
 * warning. The caller's. NULL with errors added. */
struct conf_node *profile_read(const char *path, struct conf_errors *errors);
/* The same compiled, with a tree of its own. */
struct profile *profile_load(const char *path, struct conf_errors *errors);
/* The same, of one of its variants; NULL: as it stands. */
struct profile *profile_load_variant(const char *path, const char *variant,
				     struct conf_errors *errors);
void profile_free(struct profile **profile);

/* Makes of a profile's tree that of the variant which a node names. Without a node, or with "auto", it stays as it
 * is. with_family: the tree says what the other variants are like as well,
 * for typed messages, which are those of all. -1 with an error at the node. */
int profile_choose(struct conf_node **root, const struct conf_node *name, bool with_family,
		   struct conf_errors *errors);

/* The file of a profile: name is a path if it has a '/' or ends in ".yaml", else it is looked for as
 * NAME.yaml in the directories in order. Allocated. NULL with err, naming the nearest known profile. */
char *profile_find(const char *name, const struct conf_texts *dirs, struct err *err);

/* Where the lock of a profile's file is: NAME.lock beside it. Allocated. */
char *profile_lock_path(const char *path);
/* The lock's text, brought up to date: each tag keeps its field number, a new one gets the next, and that of
 * a tag that is gone is never given again. */
void profile_lock_text(const struct profile *profile, struct buf *out);
/* The messages of the profile as a .proto. -1 with errors added: it has no lock, or an old one. */
int profile_proto(const struct profile *profile, struct buf *out, struct conf_errors *errors);
/* The same as an encoded FileDescriptorSet. */
int profile_descriptor(const struct profile *profile, struct buf *out, struct conf_errors *errors);

/* What `category` and `maturity` may be; the first is meant if they are left out. NULL at the end. */
extern const char *const profile_categories[], *const profile_maturities[];

const char *profile_title(const struct profile *profile);
/* Its tree. */
const struct conf_node *profile_root(const struct profile *profile);
/* The node behind its `link:`; NULL: it has none. */
const struct conf_node *profile_link(const struct profile *profile);

/* Runs the tests in the profile through its link and the adapter. One line for each failure is added to
 * report ("name.yaml:80:5: ..."). */
struct profile_result {
	size_t passed, failed;
	size_t unproven; /* of the passed ones, those whose bytes are another implementation's */
};
struct profile_result profile_test(const struct profile *profile, struct buf *report);

/* Checks decode(encode(x)) = x for every kind of frame and request, n times each, with values from all over
 * each field's domain. What is decode-only is named in *decode_only (allocated, or NULL if none). Returns the
 * number of failures, each with a line in report. */
size_t profile_round_trip(const struct profile *profile, size_t n, uint64_t seed,
			  struct buf *report, char **decode_only);

#endif
