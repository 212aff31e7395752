/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames as they were once encoded, the files of tests/golden/wire: each must decode for ever and encode to the
 * same bytes again, and there is one of each kind. Lines with '#' say what is in it
 * (tests/system/11-golden.py compares). Files may be added, never changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/hex.h"
#include "wire/frame.h"

enum { FILE_MAX = 65536, BODY_MAX = 256 };

static bool seen[BODY_MAX];

/* The bytes of a file: its lines without '#'. */
static size_t read_golden(const char *path, uint8_t *out, size_t size)
{
	size_t len = 0, text_len;
	char *text = fd_read_path(path, FILE_MAX, &text_len, NULL), *rest = text, *line;

	assert_non_null(text);
	while ((line = strsep(&rest, "\n"))) {
		ssize_t n = *line == '#' ? 0 : hex_parse(line, out + len, size - len);

		assert_true(n >= 0);
		len += (size_t)n;
	}
	free(text);
	return len;
}

static void check_file(const char *path)
{
	static uint8_t bytes[FILE_MAX];
	size_t size = read_golden(path, bytes, sizeof bytes), len;
	const uint8_t *payload;
	struct buf again = {0};
	Dragoman__V1__Frame *frame;

	assert_int_equal(frame_next(bytes, size, FRAME_MAX, &payload, &len), size);
	frame = frame_parse(payload, len);
	assert_non_null(frame);
	assert_int_not_equal(frame->body_case, DRAGOMAN__V1__FRAME__BODY__NOT_SET);
	seen[frame->body_case] = true;
	frame_pack(&again, &frame->base);
	assert_int_equal(again.len, size);
	assert_memory_equal(buf_bytes(&again), bytes, size);
	buf_fini(&again);
	frame_free(&frame);
}

static const char *directory(void)
{
	static char path[4096];
	const char *top = getenv("top_srcdir");

	snprintf(path, sizeof path, "%s/tests/golden/wire", top ? top : "../..");
	return path;
}

static void old_frames_decode_and_encode_to_the_same_bytes(void **state)
{
	DIR *dir = opendir(directory());
	const struct dirent *entry;
	char path[8192];

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".hex"))
			continue;
		snprintf(path, sizeof path, "%s/%s", directory(), entry->d_name);
		check_file(path);
	}
	closedir(dir);
}

/* The oneof's members are the fields from 3 and 10 on. */
static void each_kind_of_frame_has_one(void **state)
{
	const ProtobufCMessageDescriptor *frame = &dragoman__v1__frame__descriptor;

	(void)state;
	for (unsigned i = 0; i < frame->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &frame->fields[i];

		if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
			continue;
		if (!seen[field->id])
			fail_msg("no file for %s", field->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_frames_decode_and_encode_to_the_same_bytes),
		cmocka_unit_test(each_kind_of_frame_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
