/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of src/conf share about rows; conf.h is for everybody else. */
#ifndef CONF_ROWS_H
#define CONF_ROWS_H

#include "conf/conf.h"

/* The row for a key, or NULL. The key main, if not NULL, stands for the main row (conf_read_kind). */
const struct conf_row *rows_find(const struct conf_schema *schema, const char *key,
				 const char *main);
/* The main row of a kind of this name, or NULL. */
const struct conf_row *rows_main(const struct conf_schema *schema, const char *kind);
/* A main row whose own value is a map or a list of maps; else a map behind the kind's name is all its
 * options. */
bool rows_takes_map(const struct conf_row *row);

/* As conf_read, with the key main for the main row. map may be NULL: everything was left out, at place. */
int rows_read(const struct conf_schema *schema, const struct conf_node *map,
	      const struct conf_node *place, const char *main, void *object,
	      struct conf_errors *errors);

/* "a duration such as 250ms or 1.5s"; of choices so many at most. */
void rows_expected(const struct conf_row *row, size_t most_choices, struct buf *out);
/* "1ms to 10s", "at least 16"; nothing if there are no bounds. */
void rows_bounds(const struct conf_row *row, struct buf *out);

#endif
