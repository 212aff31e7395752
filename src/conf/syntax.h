/* SPDX-License-Identifier: Apache-2.0 */
/* What broken YAML means, in words that help. Only load.c and syntax.c know libyaml. */
#ifndef CONF_SYNTAX_H
#define CONF_SYNTAX_H

#include <yaml.h>

#include "conf/conf.h"

/* Adds the error that the parser stopped with. text is the whole input. */
void syntax_error(const yaml_parser_t *parser, const char *file, const char *text, size_t len,
		  struct conf_errors *errors);

#endif
