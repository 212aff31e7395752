/* SPDX-License-Identifier: Apache-2.0 */
/* A profile as a schema: field numbers that stay, and readings as messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "profile/profile.h"
#include "profile/typed.h"
#include "wire/frame.h"

#define HEAD "profile: 1\ntitle: t\nsource: here\n"
#define READINGS                                                                                   \
	"readings:\n  net: {tags: {weight: {}, state: {type: text}}}\n  total: {tags: {total: {type: integer}}}\n"
#define FRAMES                                                                                     \
	"frames: {net: {text: 'N {weight:number} {state}'}, total: {text: 'T {total:integer}'}}\n"
#define LOCK                                                                                       \
	"lock: {lock: 1, package: p.q, fields: {weight: 7 number, state: 2 text, total: 3 integer}}\n"

/* What is made of a text, until the test is over. */
struct made {
	struct conf_errors errors;
	struct conf_node *root;
	struct profile *profile;
	struct typed *typed;
};

static void make(struct made *m, const char *text)
{
	*m = (struct made){0};
	m->root = conf_parse("test.yaml", text, strlen(text), &m->errors);
	assert_non_null(m->root);
	m->profile = profile_compile(m->root, &m->errors);
	assert_int_equal(m->errors.n_errors, 0);
	m->typed = typed_new(m->root, m->root, true, &m->errors);
}

static void forget(struct made *m)
{
	typed_free(&m->typed);
	profile_free(&m->profile);
	conf_free(&m->root);
	conf_errors_fini(&m->errors);
}

static bool has_error(const struct made *m, const char *text)
{
	for (size_t i = 0; i < m->errors.n; i++)
		if (strstr(m->errors.list[i].text, text))
			return true;
	return false;
}

static void each_key_has_its_message(void **state)
{
	const struct event_type *type;
	struct made m;

	(void)state;
	make(&m, HEAD READINGS FRAMES LOCK);
	assert_non_null(m.typed);
	type = typed_find(m.typed, "net");
	assert_non_null(type);
	assert_string_equal(type->name, "p.q.Net");
	assert_int_equal(type->n, 2);
	assert_string_equal(type->fields[0].tag, "weight");
	assert_int_equal(type->fields[0].number, 7);
	assert_string_equal(typed_find(m.typed, "total")->name, "p.q.Total");
	assert_null(typed_find(m.typed, "nothing"));
	assert_null(typed_find(m.typed, NULL));
	assert_int_equal(typed_field(m.typed, "state", DRAGOMAN_TEXT), 2);
	assert_int_equal(typed_field(m.typed, "state", DRAGOMAN_NUMBER), 0);
	assert_true(typed_descriptor(m.typed)->len > 0);
	forget(&m);
}

static void the_only_kind_of_reading_is_reading(void **state)
{
	struct made m;

	(void)state;
	make(&m, HEAD "tags: {a: {}}\nframes: {f: {text: '{a:number}'}}\n"
		      "lock: {lock: 1, package: p, fields: {a: 1 number}}\n");
	assert_non_null(m.typed);
	assert_string_equal(typed_find(m.typed, NULL)->name, "p.Reading");
	assert_null(typed_find(m.typed, "f"));
	forget(&m);
}

static void without_a_lock_there_are_no_messages(void **state)
{
	struct conf_errors errors = {0};
	struct made m;

	(void)state;
	make(&m, HEAD READINGS FRAMES);
	assert_null(m.typed);
	assert_true(has_error(&m, "has no lock"));
	assert_null(typed_new(NULL, m.root, true, &errors));
	assert_int_equal(errors.n_errors, 1);
	conf_errors_fini(&errors);
	forget(&m);
}

static void a_lock_that_is_behind_gives_none(void **state)
{
	struct made m;

	(void)state;
	make(&m, HEAD READINGS FRAMES "lock: {lock: 1, package: p, fields: {weight: 1 number}}\n");
	assert_null(m.typed);
	assert_true(has_error(&m, "the lock is behind: state"));
	assert_true(has_error(&m, "the tag total has no field number"));
	forget(&m);
}

static const char *lock_of(struct made *m, struct buf *text)
{
	buf_clear(text);
	profile_lock_text(m->profile, text);
	return buf_str(text);
}

static void numbers_that_protobuf_keeps_are_not_given(void **state)
{
	struct buf text = {0};
	struct made m;

	(void)state;
	make(&m, HEAD READINGS FRAMES
	     "lock: {lock: 1, package: p, fields: {weight: 18999 number}, removed: {5: old text}}\n");
	assert_non_null(strstr(lock_of(&m, &text), "weight: 18999 number"));
	assert_non_null(strstr(buf_str(&text), "state: 20000 text"));
	assert_non_null(strstr(buf_str(&text), "total: 20001 integer"));
	assert_non_null(strstr(buf_str(&text), "5: old text"));
	buf_fini(&text);
	forget(&m);
}

/* From the profile's own types to the bytes of an event, and what a stock reader of it sees first. */
static void a_reading_is_packed_as_its_message(void **state)
{
	static const struct dragoman_value values[] = {
		{.tag = "weight", .type = DRAGOMAN_NUMBER, .as.number = 12.5},
		{.tag = "state", .quality = DRAGOMAN_BAD, .reason = "absent"},
	};
	static const uint8_t message[] = {0x39, 0, 0, 0, 0, 0, 0, 0x29, 0x40};
	const struct dragoman_reading reading = {.key = "net", .values = values, .n_values = 2};
	const Dragoman__V1__Typed *typed;
	const uint8_t *bytes, *payload;
	Dragoman__V1__Frame *frame;
	size_t len, payload_len;
	struct event_head head;
	struct event_room room = {0};
	struct made m;

	(void)state;
	make(&m, HEAD READINGS FRAMES LOCK);
	event_head_init(&head, "line", 1, "scale");
	bytes = event_pack_reading(&room, &head, 1, 1, &reading, typed_find(m.typed, "net"), &len);
	assert_non_null(bytes);
	assert_true(frame_next(bytes, len, FRAME_MAX, &payload, &payload_len) == (ssize_t)len);
	frame = frame_parse(payload, payload_len);
	assert_non_null(frame);
	typed = frame->event->reading->typed;
	assert_int_equal(frame->event->reading->n_values, 0);
	assert_string_equal(typed->type, "p.q.Net");
	assert_int_equal(typed->message.len, sizeof message);
	assert_memory_equal(typed->message.data, message, sizeof message);
	assert_int_equal(typed->n_qualities, 1);
	assert_int_equal(typed->qualities[0]->field, 2);
	assert_string_equal(typed->qualities[0]->reason, "absent");
	frame_free(&frame);
	event_head_fini(&head);
	event_room_fini(&room);
	forget(&m);
}

/* Devices of several variants stand beside each other, and a message has one description. */
static void variants_share_their_messages(void **state)
{
	static const char profile[] = HEAD
		"tags: {a: {}, b: {type: integer}}\n"
		"frames: {f: {text: '{a:number} {b:integer}'}}\n"
		"lock: {lock: 1, package: p.q, fields: {a: '1 number, 3 text', b: 2 integer, c: 4 number}}\n"
		"tests: [{received: 'x', verdict: format, source: {manual: here}}]\n"
		"variants:\n"
		"  small: {tags: {a: {type: text}, b: ~, c: {}}, frames: {f: {text: '{a} {c:number}'}}}\n"
		"  large: {tags: {c: {}}, frames: {f: {text: '{a:number} {b:integer} {c:number}'}}}\n";
	static const char *const names[] = {"small", "large"};
	static const struct dragoman_value values[] = {
		{.tag = "a", .type = DRAGOMAN_TEXT, .as.text = {"x", 1}},
		{.tag = "c", .type = DRAGOMAN_NUMBER, .as.number = 12.5},
	};
	static const uint8_t message[] = {0x1a, 1, 'x', 0x21, 0, 0, 0, 0, 0, 0, 0x29, 0x40};
	const struct dragoman_reading reading = {.values = values, .n_values = 2};
	struct event_head head;
	struct event_room room = {0};
	Dragoman__V1__Frame *frame;
	const uint8_t *bytes, *payload;
	size_t len, payload_len;
	struct made all;

	(void)state;
	make(&all, profile);
	assert_non_null(all.typed);
	event_head_init(&head, "line", 1, "scale");
	for (size_t i = 0; i < 2; i++) {
		struct conf_errors errors = {0};
		struct conf_node *tree = conf_parse("test.yaml", profile, strlen(profile), &errors);
		struct conf_node *name =
			conf_new("variant", CONF_SCALAR, names[i], strlen(names[i]));
		struct profile *p;
		struct typed *typed;

		assert_int_equal(profile_choose(&tree, name, true, &errors), 0);
		p = profile_compile(tree, &errors);
		assert_non_null(p);
		typed = typed_new(tree, tree, true, &errors);
		assert_int_equal(errors.n_errors, 0);
		assert_non_null(typed);
		assert_int_equal(typed_descriptor(typed)->len, typed_descriptor(all.typed)->len);
		assert_memory_equal(buf_bytes(typed_descriptor(typed)),
				    buf_bytes(typed_descriptor(all.typed)),
				    typed_descriptor(typed)->len);
		assert_int_equal(typed_field(typed, "a", DRAGOMAN_NUMBER), 1);
		assert_int_equal(typed_field(typed, "a", DRAGOMAN_TEXT), 3);
		bytes = event_pack_reading(&room, &head, 1, 1, &reading, typed_find(typed, NULL),
					   &len);
		assert_true(frame_next(bytes, len, FRAME_MAX, &payload, &payload_len) ==
			    (ssize_t)len);
		frame = frame_parse(payload, payload_len);
		assert_int_equal(frame->event->reading->typed->message.len, sizeof message);
		assert_memory_equal(frame->event->reading->typed->message.data, message,
				    sizeof message);
		frame_free(&frame);
		typed_free(&typed);
		profile_free(&p);
		conf_free(&name);
		conf_free(&tree);
		conf_errors_fini(&errors);
	}
	event_head_fini(&head);
	event_room_fini(&room);
	forget(&all);
}

static void a_natural_is_a_uint64(void **state)
{
	struct conf_errors errors = {0};
	struct buf proto = {0}, lock = {0};
	struct made m;

	(void)state;
	make(&m, HEAD "tags: {n: {type: natural}}\nframes: {f: {text: '{n:integer}'}}\n"
		      "lock: {lock: 1, package: p, fields: {n: 1 natural}}\n");
	assert_non_null(m.typed);
	assert_int_equal(typed_field(m.typed, "n", DRAGOMAN_NATURAL), 1);
	assert_int_equal(profile_proto(m.profile, &proto, &errors), 0);
	assert_non_null(strstr(buf_str(&proto), "optional uint64 n = 1;"));
	assert_non_null(strstr(lock_of(&m, &lock), "n: 1 natural"));
	buf_fini(&proto);
	buf_fini(&lock);
	forget(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_has_its_message),
		cmocka_unit_test(the_only_kind_of_reading_is_reading),
		cmocka_unit_test(without_a_lock_there_are_no_messages),
		cmocka_unit_test(a_lock_that_is_behind_gives_none),
		cmocka_unit_test(numbers_that_protobuf_keeps_are_not_given),
		cmocka_unit_test(a_reading_is_packed_as_its_message),
		cmocka_unit_test(variants_share_their_messages),
		cmocka_unit_test(a_natural_is_a_uint64),
	};

	return cmocka_run_group_tests_name("profile typed", tests, NULL, NULL);
}
