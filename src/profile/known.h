/* SPDX-License-Identifier: Apache-2.0 */
/* Things of a profile that are found by their names, and what is said of a name that none of them has. */
#ifndef PROFILE_KNOWN_H
#define PROFILE_KNOWN_H

#include <stddef.h>
#include <sys/types.h>

struct conf_errors;
struct conf_node;
struct profile;
struct tag;

/* Structs in a row; their names, which may be NULL, are a member of them. */
struct known {
	const void *list;
	size_t n, size, offset;
};
#define KNOWN(things, count, struct_tag, member)                                                   \
	(&(struct known){(things), (count), sizeof(struct struct_tag),                             \
			 offsetof(struct struct_tag, member)})

/* Which of them has the name; -1: none. */
ssize_t known_find(const struct known *known, const char *name);
/* Adds the error "<what> <name>; did you mean <the nearest one>?", or with the hint behind it where none is near
 * (it may be NULL). */
void known_error(const struct known *known, const char *name, struct conf_errors *errors,
		 const struct conf_node *node, const char *what, const char *hint);
/* The same at the node's key. */
void known_error_key(const struct known *known, const char *name, struct conf_errors *errors,
		     const struct conf_node *node, const char *what);

/* The request or command with the name nearest to this one; NULL: none is near. */
const char *known_nearest_request(const struct profile *profile, const char *name);
/* The first tag of that name in any of the readings; NULL with "<what> <name>" at the node's key. */
struct tag *known_tag(const struct profile *profile, const char *name, struct conf_errors *errors,
		      const struct conf_node *node, const char *what);

#endif
