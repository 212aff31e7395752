/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of recordings: any bytes, in whichever pieces they come, end in packets or a verdict. */
#include "base/must.h"
#include "transport/pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pcapng reader = {0};
	struct pcapng_packet packet;
	size_t at = 0;
	ssize_t n;

	while ((n = pcapng_next(&reader, data + at, size - at, &packet)) > 0) {
		must((size_t)n <= size - at);
		if (packet.event && packet.len)
			must(packet.bytes >= data + at &&
			     packet.bytes + packet.len <= data + at + n);
		at += (size_t)n;
	}
	if (n < 0)
		must(pcapng_problem((int)n) != NULL);
	return 0;
}
