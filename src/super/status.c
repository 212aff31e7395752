/* SPDX-License-Identifier: Apache-2.0 */
/* How a process ended, in words; see status.h. */
#include "super/status.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

char *status_text(const siginfo_t *info, char out[REASON_SIZE])
{
	const char *name;

	if (info->si_code == CLD_EXITED) {
		snprintf(out, REASON_SIZE, "exited with status %d", info->si_status);
		return out;
	}
	name = strsignal(info->si_status);
	snprintf(out, REASON_SIZE, "killed by signal %d (%c%s)%s", info->si_status,
		 tolower((unsigned char)name[0]), name + 1,
		 info->si_code == CLD_DUMPED ? ", core dumped" : "");
	return out;
}
