/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a device says, a terminal is not steered by it and JSON stays JSON. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/must.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "cli/jsonl.h"
#include "cli/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xstrndup((const char *)data, len);
	struct buf shown = {0}, quoted = {0};
	struct jsonl j = {.out = &quoted};

	text_safe(&shown, text);
	jsonl_text(&j, NULL, text);
	must(utf8_is_valid(buf_str(&shown), shown.len));
	must(utf8_is_valid(buf_str(&quoted), quoted.len));
	for (size_t i = 0; i < shown.len; i++)
		must(buf_bytes(&shown)[i] >= 0x20 && buf_bytes(&shown)[i] != 0x7f);
	for (size_t i = 0; i < quoted.len; i++)
		must(buf_bytes(&quoted)[i] >= 0x20);
	buf_fini(&shown);
	buf_fini(&quoted);
	free(text);
	return 0;
}
