/* SPDX-License-Identifier: Apache-2.0 */
/* What a gateway sends, as a client takes it: a stream of frames, with everything asked for. */
#include <stddef.h>
#include <stdint.h>

#include "client/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dragoman *d = dragoman_new("/nowhere");

	dragoman_set_retry(d, 0, 0);
	dragoman_subscribe(d, NULL);
	d->sub_phase = SUB_ASKED;
	for (uint64_t id = 2; id < 6; id++)
		d->requests[d->n_requests++] = (struct request){.id = id};
	d->phase = PHASE_ENDING; /* closed already: what came is taken to its end */
	buf_add(&d->in, data, len);
	while (dragoman_take(d))
		continue;
	dragoman_free(&d);
	return 0;
}
