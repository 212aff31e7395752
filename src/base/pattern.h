/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device names and the patterns that select them, as MQTT does it: levels are separated by '/', '+'
 * stands for one level, '#' for the rest (its own level included: "hall2/#" matches "hall2" too).
 * Names that start with '$' are the gateway's own ("$channel/scale-line"); a pattern reaches them only
 * if it starts with '$' itself.
 */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <stdbool.h>

enum { NAME_MAX_LEN = 120 };

/* 1 to 120 bytes of [A-Za-z0-9_.:-] and '/', no empty level, not starting with '-'. NULL if the
 * name is good, else what is wrong with it. Tag, channel and key names follow the same rule,
 * without '/'. */
const char *name_problem(const char *name, bool levels);

/* NULL if the pattern is good, else what is wrong with it. */
const char *pattern_problem(const char *pattern);

/* Both must be good. */
bool pattern_matches(const char *pattern, const char *name);

#endif
