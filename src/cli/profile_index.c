/* SPDX-License-Identifier: Apache-2.0 */
/* The library on one page: which devices there are, by category, and how far each is covered and proven. */
#include <string.h>

#include "cli/library.h"
#include "cli/profile.h"
#include "profile/profile.h"

static const struct {
	const char *category, *head;
} heads[] = {
	{"scale", "Scales and balances"},
	{"power", "UPSes, inverters and batteries"},
	{"meter", "Meters"},
	{"weather", "Weather"},
	{"sensor", "Sensors"},
	{"instrument", "Bench instruments"},
	{"laboratory", "Laboratory and vacuum"},
	{"automation", "PLCs, drives and controllers"},
	{"telephone", "Telephone systems"},
	{"radio", "Radios, rotators and telescopes"},
	{"identification", "Point of sale, barcode and access"},
	{"av", "Sound and vision"},
	{"other", "Others"},
};

enum { N_HEADS = sizeof heads / sizeof heads[0] };

static size_t all_tests(const struct library_entry *e)
{
	size_t n = 0;

	for (int k = 0; k < LIBRARY_PROOFS; k++)
		n += e->tests[k];
	return n;
}

static void put_summary(struct buf *out, const struct library *library)
{
	size_t whole = 0, unchecked = 0, tests = 0, other = 0;

	for (size_t i = 0; i < library->n; i++) {
		const struct library_entry *e = &library->entries[i];

		whole += !*e->omits;
		unchecked += !*e->omits && *e->note;
		tests += all_tests(e);
		other += e->tests[LIBRARY_IMPLEMENTATION];
	}
	buf_addf(
		out,
		"# Devices\n\n%zu profiles; %zu of them cover each reading, command and error reply of the "
		"chapter that they cite,\nthough something in %zu of these was not checked against it; of "
		"the others it is said what they omit.\n%zu tests, %zu of them on bytes from makers' "
		"manuals and from recordings of devices; the other %zu, on bytes of\nother programs or made "
		"by the manual's rules, are no proof.\n",
		library->n, whole, unchecked, tests, tests - other, other);
}

static void put_entry(struct buf *out, const struct library_entry *e, bool has_pages)
{
	size_t tests = all_tests(e);

	buf_addf(out, has_pages ? "| [%s](%s.md) | " : "| `%s` | ", e->name, e->name);
	profile_put_plain(out, e->title);
	buf_addf(out, " | %zu", tests - e->tests[LIBRARY_IMPLEMENTATION]);
	if (e->tests[LIBRARY_IMPLEMENTATION])
		buf_addf(out, " + %zu", e->tests[LIBRARY_IMPLEMENTATION]);
	buf_add_str(out, " | ");
	profile_put_plain(out, e->omits);
	if (*e->note) {
		buf_add_str(out, *e->omits ? "; note: " : "note: ");
		profile_put_plain(out, e->note);
	}
	buf_add_str(out, " |\n");
}

static void put_category(struct buf *out, const struct library *library, size_t head,
			 bool has_pages)
{
	bool is_first = true;

	for (size_t i = 0; i < library->n; i++) {
		const struct library_entry *e = &library->entries[i];

		if (strcmp(e->category, heads[head].category) != 0)
			continue;
		if (is_first)
			buf_addf(out,
				 "\n## %s\n\n| profile | devices | tests (+ no proof) | omits |\n"
				 "| --- | --- | --- | --- |\n",
				 heads[head].head);
		is_first = false;
		put_entry(out, e, has_pages);
	}
}

void profile_index(const struct library *library, bool has_pages, struct buf *out)
{
	put_summary(out, library);
	for (size_t i = 0; i < N_HEADS; i++)
		put_category(out, library, i, has_pages);
}
