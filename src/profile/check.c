/* SPDX-License-Identifier: Apache-2.0 */
/* `check:` of a binary field or of lines: a checksum, by name, by parameters or by a function of the script. */
#include "profile/scripted.h"

#include "profile/arena.h"
#include "profile/load.h"
#include "profile/ops.h"
#include "profile/program.h"
#include "profile/scope.h"

struct check_source {
	struct conf_item item;
	struct checksum_options checksum;
	int64_t from, before, size;
	char *script;
};

static const struct conf_row check_rows[] = {
	CHECKSUM_ROWS(struct check_source, checksum),
	{.key = "from",
	 .type = CONF_INT,
	 .offset = offsetof(struct check_source, from),
	 .fallback = "0",
	 .min = 0,
	 .max = 65535,
	 .help = "first byte it is over, from 0"},
	{.key = "before",
	 .type = CONF_INT,
	 .offset = offsetof(struct check_source, before),
	 .fallback = "0",
	 .min = 0,
	 .max = 65535,
	 .help = "how many bytes just before it are left out"},
	{.key = "script",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct check_source, script),
	 .help = "in place of an algorithm: the function of the script that computes it"},
	{.key = "size",
	 .type = CONF_INT,
	 .offset = offsetof(struct check_source, size),
	 .fallback = "0",
	 .min = 0,
	 .max = 64,
	 .help = "of what the function returns, in bytes"},
	{.key = NULL},
};
const struct conf_schema profile_check_schema = {"check", check_rows, sizeof(struct check_source),
						 NULL};

/* What computes it. */
static int read_check(struct loader *loader, const struct conf_node *node,
		      const struct check_source *s, struct check_op *check)
{
	if (!s->script == (s->checksum.algorithm == CHECKSUM_NONE) || !s->script != !s->size) {
		conf_error(loader->errors, node,
			   "needs an algorithm: sum8, xor, CRC-16/MODBUS ...; or script and size");
		return -1;
	}
	if (s->script)
		check->script = scripted_use(loader, node, s->script, NULL, 0);
	else
		check->sum = checksum_new(&s->checksum, node, loader->errors);
	return check->sum || check->script ? 0 : -1;
}

int check_compile(struct loader *loader, const struct conf_node *node, struct op *out)
{
	struct profile *profile = loader->profile;
	struct check_source source = {0};
	struct check_op *check = arena_alloc(&profile->arena, sizeof(*check));
	int bad = conf_read(&profile_check_schema, node, &source, loader->errors);

	if (!bad)
		bad = read_check(loader, node, &source, check);
	check->from = (size_t)source.from;
	check->before = (size_t)source.before;
	check->next = profile->checks;
	profile->checks = check;
	*out = (struct op){.code = OP_CHECK, .more.check = check};
	out->len = check->sum ? (uint32_t)checksum_len(check->sum) : (uint32_t)source.size;
	conf_fini(&profile_check_schema, &source);
	return bad;
}
