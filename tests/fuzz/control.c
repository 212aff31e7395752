/* SPDX-License-Identifier: Apache-2.0 */
/* The lifeline's messages, as either end would read them; what is read is written again. */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "wire/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	for (int side = CONTROL_SUPERVISOR; side <= CONTROL_CHILD; side++) {
		struct control control, again;
		struct buf b = {0};

		if (control_parse(data, len, side, &control))
			continue;
		control_pack(&b, &control);
		/* A message of this size has a length of one or two bytes in front. */
		buf_consume(&b, b.len > 128 ? 2 : 1);
		must(!control_parse(buf_bytes(&b), b.len, side, &again));
		must(again.kind == control.kind && again.number == control.number);
		buf_fini(&b);
	}
	return 0;
}
