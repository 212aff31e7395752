/* SPDX-License-Identifier: Apache-2.0 */
/* What dragoman-config hands back, from the first byte to the plan. */
#include <stddef.h>
#include <stdint.h>

#include "super/plan.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct plan *plan = plan_new();
	const uint8_t *payload;
	size_t payload_len;
	ssize_t used;

	while ((used = frame_next(data, len, PARTS_MESSAGE_MAX, &payload, &payload_len)) > 0) {
		struct parts_message message;
		int failed;

		if (parts_parse(payload, payload_len, &message))
			break;
		failed = plan_add(plan, &message, NULL);
		parts_release(&message);
		if (failed)
			break;
		data += used;
		len -= (size_t)used;
	}
	plan_free(&plan);
	return 0;
}
