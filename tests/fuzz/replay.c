/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target once over each file of its corpus, tests/fuzz/corpus/<target>, and over nothing at
 * all: what "make check" does where libFuzzer is not linked. Says so in TAP.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16 << 20 };

static int replay_file(const char *path)
{
	struct err err;
	size_t len;
	char *bytes, *exact;

	bytes = fd_read_path(path, INPUT_MAX, &len, &err);
	if (!bytes) {
		printf("# %s\n", err.text);
		return -1;
	}
	/* Of the very size, so that the sanitizer sees one byte too many. */
	exact = malloc(len ? len : 1);
	if (!exact)
		abort();
	memcpy(exact, bytes, len);
	free(bytes);
	LLVMFuzzerTestOneInput((const uint8_t *)exact, len);
	free(exact);
	return 0;
}

static int replay_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d))) {
		char path[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		printf("# %s\n", path);
		fflush(stdout);
		if (replay_file(path) < 0) {
			n = -1;
			break;
		}
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/'), *top = getenv("top_srcdir");
	char dir[2048];
	int n;

	name = name ? name + 1 : argv[0];
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	printf("1..1\n");
	fflush(stdout);
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	n = replay_dir(argc > 1 ? argv[1] : dir);
	printf("%sok 1 - %d inputs replayed\n", n < 0 ? "not " : "", n);
	return n < 0;
}
