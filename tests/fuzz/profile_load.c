/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a profile ends in a profile or in errors; a profile is asked for its tests and round trips, for its
 * messages, and for all that is shown of it. */
#include <stdlib.h>
#include <string.h>

#include "profile/outline.h"
#include "profile/profile.h"
#include "profile/typed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct profile *profile, const struct conf_node *root)
{
	struct conf_errors errors = {0};
	struct outline *outline = outline_new(profile);
	struct typed *typed = typed_new(root, root, false, &errors);
	struct buf proto = {0};

	outline_free(&outline);
	typed_free(&typed);
	profile_proto(profile, &proto, &errors);
	buf_clear(&proto);
	profile_lock_text(profile, &proto);
	buf_fini(&proto);
	conf_errors_fini(&errors);
}

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
		show(profile, root);
	}
	free(decode_only);
	buf_fini(&report);
	profile_free(&profile);
	conf_free(&root);
	conf_errors_fini(&errors);
	return 0;
}
