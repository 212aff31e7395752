/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and messages of a gateway that is not to be trusted. Two bytes say how long the descriptors are. */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/event_json.h"
#include "cli/typed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct dragoman_field bad = {
		.number = 2, .quality = DRAGOMAN_QUALITY_BAD, .reason = "overload"};
	struct dragoman_event event = {.kind = DRAGOMAN_EVENT_READING, .device = "d"};
	struct dragoman_bytes set = {0};
	struct typed_view view = {0};
	struct types types = {0};
	struct units units = {0};
	struct buf line = {0};

	if (len < 2)
		return 0;
	set.len = data[0] | (size_t)data[1] << 8;
	data += 2;
	len -= 2;
	if (set.len > len)
		set.len = len;
	set.data = data;
	event.publisher = "";
	event.as.reading.key = event.as.reading.stale_reason = "";
	event.as.reading.type = "dragoman.profile.mt_sics.Weight";
	event.as.reading.message = (struct dragoman_bytes){data + set.len, len - set.len};
	event.as.reading.fields = &bad;
	event.as.reading.n_fields = 1;
	types_learn(&types, &set);
	types_lack(&types, &event);
	event_json(&line, typed_view(&view, &types, &units, &event), &units);
	typed_view_fini(&view);
	types_fini(&types);
	units_fini(&units);
	buf_fini(&line);
	return 0;
}
