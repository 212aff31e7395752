/* SPDX-License-Identifier: Apache-2.0 */
/* The loader of a profile: its sections, and the rows of what may stand where. */
#ifndef PROFILE_LOAD_H
#define PROFILE_LOAD_H

#include <stdbool.h>

#include "conf/conf.h"

struct profile;
struct report;

struct loader {
	struct profile *profile;
	struct conf_errors *errors;
};

/* The rows of what may stand where; each is its file's own. */
extern const struct conf_schema profile_parameter_schema;
extern const struct conf_schema profile_tag_schema;
extern const struct conf_schema profile_reading_schema;
extern const struct conf_schema profile_frame_schema;
extern const struct conf_schema profile_remember_schema;
extern const struct conf_schema profile_item_schema;
extern const struct conf_schema profile_check_schema;
extern const struct conf_schema profile_bits_schema;
extern const struct conf_schema profile_length_schema;
extern const struct conf_schema profile_size_schema;
extern const struct conf_schema profile_tagged_schema;
extern const struct conf_schema profile_records_schema;
extern const struct conf_schema profile_time_schema;
extern const struct conf_schema profile_part_schema;
extern const struct conf_schema profile_value_schema;
extern const struct conf_schema profile_report_schema;
extern const struct conf_schema profile_special_schema;
extern const struct conf_schema profile_rule_schema;
extern const struct conf_schema profile_request_schema;
extern const struct conf_schema profile_lock_schema;
/* All of them, NULL at the end, for the manual's test. */
extern const struct conf_schema *const profile_schemas[];

/* `report:` of a reading, or of a device. -1 with errors added. */
int report_read(const struct conf_node *node, struct report *out, struct conf_errors *errors);

/* The sections; each may be NULL. */
void load_parameters(struct loader *l, const struct conf_node *section);
void load_readings(struct loader *l, const struct conf_node *tags, const struct conf_node *readings,
		   const struct conf_node *report);
/* Warns of tags that no frame gives, of the profile as it stands or of one of its variants. */
void load_check_given(struct loader *l);
void load_frames(struct loader *l, const struct conf_node *section);
void load_requests(struct loader *l, const struct conf_node *section);
/* A copy of a profile's tree without these entries (NULL ends them); the caller's. */
struct conf_node *load_without(const struct conf_node *root, const char *const *keys);
/* A copy in the arena; NULL of NULL. */
char *load_keep(struct loader *l, const char *text);
/* The same of a unit of what node describes; a warning if it is none of UCUM. */
char *load_unit(struct loader *l, const struct conf_node *node, const char *unit);
/* Whether it is a map of names; an error otherwise. NULL is none, and good. */
bool load_is_section(struct loader *l, const struct conf_node *node);
/* Whether the node's key is a good name; an error otherwise. */
bool load_check_name(struct loader *l, const struct conf_node *node);

/* The parameter of that name: its index, or -1 with an error at node. */
int parameter_find(struct loader *loader, const struct conf_node *node, const char *name);

#endif
