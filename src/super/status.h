/* SPDX-License-Identifier: Apache-2.0 */
/* How a process ended, in words. */
#ifndef SUPER_STATUS_H
#define SUPER_STATUS_H

#include <signal.h>

#include "wire/control.h"

/* From what waitid filled in: "exited with status 1", "killed by signal 9 (killed)". Returns out. */
char *status_text(const siginfo_t *info, char out[REASON_SIZE]);

#endif
