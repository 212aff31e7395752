/* SPDX-License-Identifier: Apache-2.0 */
/* Units as UCUM writes them (The Unified Code for Units of Measure, https://ucum.org), case sensitive. */
#ifndef PROFILE_UNIT_H
#define PROFILE_UNIT_H

#include <stdbool.h>

/* Whether the text is a unit: products, quotients, exponents and annotations of those units of UCUM that instruments have,
 * with prefixes where they take them; and var, the reactive power of IEC 60027-1, which UCUM lacks. */
bool unit_is_known(const char *text);

#endif
