/* SPDX-License-Identifier: Apache-2.0 */
/* The table of byte stuffing; see stuffing.h. */
#include "link/stuffing.h"

#include <string.h>

#include "link/marks.h"

static void add_code(struct stuffing *s, uint8_t byte, uint8_t code)
{
	s->is_stuffed[byte] = true;
	s->code[byte] = code;
	s->means[code] = byte;
}

static void use_table(struct stuffing *s, const struct conf_node *node, const bool is_special[256],
		      struct conf_errors *errors)
{
	struct marks pairs;

	marks_init(&pairs, node, false, errors);
	for (size_t i = 0; i < pairs.n; i++)
		if (pairs.list[i].len == 2)
			add_code(s, pairs.list[i].data[0], pairs.list[i].data[1]);
		else
			conf_error(errors, node,
				   "expected pairs of two bytes, such as \"\\xC0\\xDC\"");
	marks_fini(&pairs);
	for (unsigned b = 0; b < 256; b++)
		if (is_special[b] && !s->is_stuffed[b])
			conf_error(errors, node,
				   "\\x%02X is the escape or begins a mark, and no pair says "
				   "what stands for it as data",
				   b);
}

/* Any code is read, but for a mark: that ends a frame which was given up. */
static void use_mask(struct stuffing *s, uint8_t mask, const struct conf_bytes *also,
		     const bool is_special[256])
{
	for (unsigned b = 0; b < 256; b++) {
		s->is_stuffed[b] = is_special[b];
		s->code[b] = (uint8_t)(b ^ mask);
		if (!mask || !is_special[b] || b == s->escape)
			s->means[b] = (int16_t)(b ^ mask);
	}
	for (size_t i = 0; i < also->len; i++)
		s->is_stuffed[also->data[i]] = true;
}

int stuffing_init(struct stuffing *s, const struct stuffing_options *o, const bool is_special[256],
		  const struct conf_node *node, struct conf_errors *errors)
{
	size_t before = errors->n_errors;

	s->escape = o->escape.data[0];
	s->is_doubled = !o->xor.len && !o->table;
	for (size_t code = 0; code < 256; code++)
		s->means[code] = -1;
	if (o->xor.len && o->table)
		conf_error(errors, node, "expected xor or table, not both");
	else if (o->table)
		use_table(s, o->table, is_special, errors);
	else if (o->xor.len)
		use_mask(s, o->xor.data[0], &o->also, is_special);
	else
		add_code(s, s->escape, s->escape);
	if (o->also.len && !o->xor.len)
		conf_error(errors, node, "\"also\" goes with \"xor\"");
	return errors->n_errors > before ? -1 : 0;
}

void stuffing_write(const struct stuffing *s, const uint8_t *data, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (s->is_stuffed[data[i]])
			buf_add(out, &s->escape, 1);
		buf_add(out, s->is_stuffed[data[i]] ? &s->code[data[i]] : &data[i], 1);
	}
}
