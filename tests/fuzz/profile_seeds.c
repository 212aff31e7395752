/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the tests of all profiles as inputs of profile_frame into a directory: what a device says, for the
 * gateway, and what it is asked, for the device that is played.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "library.h"
#include "profile/vectors.h"

static void write_seed(const char *dir, size_t profile, size_t test, int role,
		       const struct buf *bytes)
{
	const uint8_t head[2] = {(uint8_t)profile, (uint8_t)role};
	char *path = xasprintf("%s/%03zu-%03zu-%d", dir, profile, test, role);
	FILE *f = fopen(path, "we");

	must(f);
	must(fwrite(head, 1, sizeof head, f) == sizeof head);
	must(fwrite(buf_bytes(bytes), 1, bytes->len, f) == bytes->len);
	must(fclose(f) == 0);
	free(path);
}

static void write_bytes(const char *dir, size_t profile, size_t test, int role,
			const struct conf_node *node)
{
	struct conf_errors errors = {0};
	struct buf bytes = {0};

	if (node && vector_bytes(node, &bytes, &errors) == 0)
		write_seed(dir, profile, test, role, &bytes);
	buf_fini(&bytes);
	conf_errors_fini(&errors);
}

int main(int argc, char **argv)
{
	static struct conf_node *roots[LIBRARY_MAX];
	size_t n = library_load(roots);

	must(argc == 2);
	for (size_t i = 0; i < n; i++) {
		const struct conf_node *tests = conf_get(roots[i], "tests");
		size_t k = 0;

		for (const struct conf_node *t = tests ? tests->first : NULL; t; t = t->next, k++) {
			write_bytes(argv[1], i, k, 0, conf_get(t, "received"));
			write_bytes(argv[1], i, k, 1, conf_get(t, "sent"));
		}
		conf_free(&roots[i]);
	}
	return 0;
}
