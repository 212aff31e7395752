/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are neither lists nor maps, by their rows; for read.c. */
#ifndef CONF_SCALAR_H
#define CONF_SCALAR_H

#include "conf/conf.h"

/* Whether the row's type is one of them. */
bool scalar_is(const struct conf_row *row);
/* Reads it into out, which is zeroed. 0, or -1 with the error added and out as it was. */
int scalar_read(const struct conf_row *row, const struct conf_node *node, void *out,
		struct conf_errors *errors);

/* Each adds an error and returns -1: "KEY: expected ..., found ..." with more behind it, and "KEY: ... is
 * out of range; expected ..." with a unit behind it. */
int scalar_expected(const struct conf_row *row, const struct conf_node *node, const char *more,
		    struct conf_errors *errors);
int scalar_out_of_range(const struct conf_row *row, const struct conf_node *node, const char *unit,
			struct conf_errors *errors);
bool scalar_is_within(const struct conf_row *row, double value);

#endif
