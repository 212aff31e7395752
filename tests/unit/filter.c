/* SPDX-License-Identifier: Apache-2.0 */
/* Interned filters over devices that come and stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "hub/device.h"
#include "hub/filter.h"

static struct devices devices;
static struct filters filters;

static int set_up(void **state)
{
	(void)state;
	devices_init(&devices);
	filters_init(&filters, &devices);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	filters_fini(&filters);
	devices_fini(&devices);
	return 0;
}

static struct device *add(const char *name)
{
	struct device *device = devices_add(&devices, name);

	filters_add_device(&filters, device);
	return device;
}

static struct filter *get(char *a, char *b, unsigned kinds)
{
	char *patterns[] = {a, b};

	return filters_get(&filters, patterns, b ? 2 : a ? 1 : 0, kinds);
}

static void the_same_in_another_order_is_one_filter(void **state)
{
	char a[] = "a/+", b[] = "b";
	struct filter *first = get(a, b, 0), *second = get(b, a, 0), *third = get(b, a, 1 << 6);

	(void)state;
	assert_ptr_equal(first, second);
	assert_ptr_not_equal(first, third);
	assert_int_equal(first->refs, 2);
	filters_release(&filters, &first);
	filters_release(&filters, &second);
	filters_release(&filters, &third);
	assert_null(first);
	assert_null(filters.by_text);
}

static void a_pattern_that_stands_twice_counts_once(void **state)
{
	char a[] = "a", again[] = "a";
	struct filter *one = get(a, NULL, 0), *two = get(a, again, 0);

	(void)state;
	assert_ptr_equal(one, two);
	filters_release(&filters, &one);
	filters_release(&filters, &two);
}

static void devices_are_matched_before_and_after_the_filter(void **state)
{
	char pattern[] = "hall/+";
	struct device *before = add("hall/a"), *other = add("yard");
	struct filter *filter = get(pattern, NULL, 0);
	struct device *after = add("hall/b");

	(void)state;
	assert_true(filter_matches(filter, slot_of(before->id, 6)));
	assert_true(filter_matches(filter, slot_of(after->id, 7)));
	assert_true(filter_matches(filter, slot_of(after->id, 9)));
	assert_false(filter_matches(filter, slot_of(before->id, 8))); /* Raw is not asked for */
	assert_false(filter_matches(filter, slot_of(other->id, 6)));
	assert_int_equal(before->n_filters, 1);
	assert_int_equal(other->n_filters, 0);
	filters_release(&filters, &filter);
	assert_int_equal(before->n_filters, 0);
	assert_int_equal(after->n_filters, 0);
}

static void no_pattern_is_every_device_but_the_gateways_own(void **state)
{
	struct device *device = add("scale"), *line = add("$channel/line");
	struct filter *filter = get(NULL, NULL, 0);

	(void)state;
	assert_true(filter_matches(filter, slot_of(device->id, 6)));
	assert_false(filter_matches(filter, slot_of(line->id, 7)));
	filters_release(&filters, &filter);
}

static void many_devices_know_their_filters(void **state)
{
	struct filter *list[20];
	char pattern[20][8], name[16];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(pattern[i], sizeof pattern[i], "%d/#", i % 10);
		list[i] = get(pattern[i], NULL, i < 10 ? 0 : 1 << 6);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "%d/%d", i % 10, i);
		assert_int_equal(add(name)->n_filters, 2);
	}
	for (int i = 0; i < 20; i += 3)
		filters_release(&filters, &list[i]);
	for (uint32_t id = 1; id <= devices.last_id; id++) {
		const struct device *device = devices_get(&devices, id);

		for (size_t i = 1; i < device->n_filters; i++)
			assert_true(device->filters[i - 1]->id < device->filters[i]->id);
		for (size_t i = 0; i < device->n_filters; i++)
			assert_true(filter_selects(device->filters[i], device->name));
	}
	for (int i = 0; i < 20; i++)
		filters_release(&filters, &list[i]);
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(the_same_in_another_order_is_one_filter),
		EACH(a_pattern_that_stands_twice_counts_once),
		EACH(devices_are_matched_before_and_after_the_filter),
		EACH(no_pattern_is_every_device_but_the_gateways_own),
		EACH(many_devices_know_their_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
