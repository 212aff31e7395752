/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as each kind of value: what is read is written, and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "conf/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void bytes(const char *text, size_t len)
{
	struct conf_bytes first, second;
	struct buf written = {0};
	struct err err;

	if (value_bytes(text, len, &first, &err) < 0)
		return;
	value_bytes_text(&first, &written);
	must(value_bytes(buf_str(&written), written.len, &second, &err) == 0);
	must(first.len == second.len && !memcmp(first.data, second.data, first.len));
	free(first.data);
	free(second.data);
	buf_fini(&written);
}

static void numbers(const char *text)
{
	char written[VALUE_TEXT_SIZE];
	double number, number_again;
	int64_t ns, ns_again, mode;
	uint64_t bytes_read, bytes_again;
	struct err err;
	bool flag;

	if (value_number(text, &number, &err) == 0)
		must(value_number(value_number_text(number, written), &number_again, &err) == 0 &&
		     number == number_again);
	if (value_duration(text, &ns, &err) == 0)
		must(value_duration(value_duration_text(ns, written), &ns_again, &err) == 0 &&
		     ns == ns_again);
	if (value_size(text, &bytes_read, &err) == 0)
		must(value_size(value_size_text(bytes_read, written), &bytes_again, &err) == 0 &&
		     bytes_read == bytes_again);
	if (value_mode(text, &mode, &err) == 0)
		must(mode >= 0 && mode <= 07777);
	(void)value_bool(text, &flag, &err);
	(void)value_int(text, &ns, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	bytes(text, size);
	numbers(text);
	free(text);
	return 0;
}
