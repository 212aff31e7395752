/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of devices that their profiles call secret. */
#ifndef CONFIG_SECRETS_H
#define CONFIG_SECRETS_H

#include "config/verify.h"

/* Puts "(secret)" in their place, in the configuration that is to be printed; it is of no other use then. */
void secrets_hide(struct verified *verified);

#endif
