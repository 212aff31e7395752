/* SPDX-License-Identifier: Apache-2.0 */
/* Paths in a configuration: those that are not absolute are seen from the directory of the file that they
 * stand in, whatever directory a process runs in. */
#ifndef CONFIG_PATHS_H
#define CONFIG_PATHS_H

#include <stdbool.h>

#include "conf/conf.h"

/* Allocated. */
char *path_beside(const char *file, const char *path);

/* Is it the path of a file rather than a name to be looked for? It has a '/', or ends in ".yaml". */
bool path_is_file(const char *text);

/* The directories, and behind them the one that is built in. */
void paths_resolve(struct conf_texts *out, const struct conf_texts *dirs, const char *file,
		   const char *builtin);
void paths_free(struct conf_texts *dirs);

#endif
