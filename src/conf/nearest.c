/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the known word that a misspelt one most likely stands for. */
#include <string.h>

#include "conf/conf.h"

enum { WORD_MAX = 40 };

static char plain(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' || c == ' ' ? '_' : c;
}

static int min3(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment: insertions, deletions, replacements and swapped neighbours, each 1. Case and
 * the difference between - and _ cost nothing here. */
static int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int rows[3][WORD_MAX + 1], *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = (int)j;
	for (size_t i = 1; i <= a_len; i++) {
		int *next = before;

		row[0] = (int)i;
		for (size_t j = 1; j <= b_len; j++) {
			char x = plain(a[i - 1]), y = plain(b[j - 1]);

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == plain(b[j - 2]) && plain(a[i - 2]) == y &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = next;
	}
	return above[b_len];
}

/* A word that starts like the other one ("timeout" for "timeout_ms") is near as well. */
static bool is_start_of(const char *word, size_t len, const char *longer, size_t longer_len)
{
	return len >= 3 && len < longer_len && !strncmp(word, longer, len);
}

const char *conf_nearest(const char *word, const char *const *known, size_t n)
{
	size_t len = strlen(word);
	int best_distance = len < 4 ? 1 : len < 6 ? 2 : 3; /* still near */
	const char *best = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t known_len = strlen(known[i]);
		int d;

		if (known_len > WORD_MAX)
			continue;
		d = distance(word, len, known[i], known_len);
		if (is_start_of(word, len, known[i], known_len) ||
		    is_start_of(known[i], known_len, word, len))
			d = min3(d, 2, best_distance);
		if ((size_t)d < known_len && (d < best_distance || (d == best_distance && !best))) {
			best = known[i];
			best_distance = d;
		}
	}
	return best;
}
