/* SPDX-License-Identifier: Apache-2.0 */
/* The tests in a profile: bytes on the line and what they mean, requests and their bytes. */
#ifndef PROFILE_VECTORS_H
#define PROFILE_VECTORS_H

#include "profile/program.h"

extern const struct conf_schema vector_schema;

/* Looks at the tests without running them: keys, names, sources. */
void vectors_check(const struct profile *profile, struct conf_errors *errors);

#endif
