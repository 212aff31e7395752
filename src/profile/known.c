/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are known, and those that are not; see known.h. */
#include "profile/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "conf/conf.h"
#include "profile/exchange.h"
#include "profile/program.h"

static const char *name_of(const struct known *known, size_t i)
{
	const char *name;

	memcpy(&name, (const char *)known->list + i * known->size + known->offset, sizeof(name));
	return name;
}

ssize_t known_find(const struct known *known, const char *name)
{
	for (size_t i = 0; i < known->n; i++) {
		const char *own = name_of(known, i);

		if (own && !strcmp(own, name))
			return (ssize_t)i;
	}
	return -1;
}

static const char *nearest(const struct known *known, const char *name)
{
	const char **names = xcalloc(known->n + 1, sizeof(*names)), *found;
	size_t n = 0;

	for (size_t i = 0; i < known->n; i++)
		if ((names[n] = name_of(known, i)))
			n++;
	found = conf_nearest(name, names, n);
	free(names);
	return found;
}

void known_error(const struct known *known, const char *name, struct conf_errors *errors,
		 const struct conf_node *node, const char *what, const char *hint)
{
	const char *meant = nearest(known, name);

	conf_error(errors, node, "%s %s%s%s%s", what, name, meant ? "; did you mean " : "",
		   meant  ? meant
		   : hint ? hint
			  : "",
		   meant ? "?" : "");
}

void known_error_key(const struct known *known, const char *name, struct conf_errors *errors,
		     const struct conf_node *node, const char *what)
{
	const char *meant = nearest(known, name);

	conf_error_key(errors, node, "%s %s%s%s%s", what, name, meant ? "; did you mean " : "",
		       meant ? meant : "", meant ? "?" : "");
}

struct tag *known_tag(const struct profile *p, const char *name, struct conf_errors *errors,
		      const struct conf_node *node, const char *what)
{
	const char **names = xcalloc(p->n_slots + 1, sizeof(*names));
	struct tag *found = NULL;

	for (size_t r = 0; r < p->n_readings && !found; r++) {
		const struct reading *reading = &p->readings[r];
		const struct known *tags =
			KNOWN(reading->tags, reading->n_tags, tag, declared.name);
		ssize_t at = known_find(tags, name);

		found = at < 0 ? NULL : &reading->tags[at];
		for (size_t t = 0; t < reading->n_tags; t++)
			names[reading->first_slot + t] = reading->tags[t].declared.name;
	}
	if (!found)
		known_error_key(&(struct known){names, p->n_slots, sizeof(*names), 0}, name, errors,
				node, what);
	free(names);
	return found;
}

const char *known_nearest_request(const struct profile *p, const char *name)
{
	size_t n = p->n_requests + p->n_commands;
	const char **names = xcalloc(n + 1, sizeof(*names)), *found;

	for (size_t i = 0; i < n; i++)
		names[i] = i < p->n_requests ? p->requests[i].name
					     : p->commands[i - p->n_requests].name;
	found = conf_nearest(name, names, n);
	free(names);
	return found;
}
