/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a profile ends in a profile or in errors; a profile is asked for its tests and round trips. */
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_errors errors = {0};
	struct conf_node *root = conf_parse("fuzzed.yaml", (const char *)data, size, &errors);
	struct profile *profile = root ? profile_compile(root, &errors) : NULL;
	struct buf report = {0};
	char *decode_only = NULL;

	if (profile) {
		profile_test(profile, &report);
		profile_round_trip(profile, 3, 1, &report, &decode_only);
	}
	free(decode_only);
	buf_fini(&report);
	profile_free(&profile);
	conf_free(&root);
	conf_errors_fini(&errors);
	return 0;
}
