/* SPDX-License-Identifier: Apache-2.0 */
/* Units of UCUM, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/unit.h"

static void check(const char *const *list, bool expected)
{
	for (; *list; list++)
		if (unit_is_known(*list) != expected)
			fail_msg("%s", *list);
}

/* Most are examples of the specification, and units of instruments. */
static void units_of_ucum_are_known(void **state)
{
	static const char *const units[] = {
		"m",       "kg",       "Cel",         "%",         "[ppm]",   "m/s",      "m/s2",
		"kg.m/s2", "/min",     "10*3/uL",     "10*-6",     "hPa",     "mbar",     "kW.h",
		"V.A",     "kvar.h",   "mm[Hg]",      "[in_i'Hg]", "''/s",    "deg",      "[degF]",
		"W/m2",    "uSv/h",    "dB",          "dB[SPL]",   "KiBy",    "Mbit/s",   "min",
		"mmol/L",  "{counts}", "/{tot}",      "m{left}",   "g/(8.h)", "kg/(m.s)", "m2.s-1",
		"1/m",     "dar",      "mol/kg{dry}", "[mi_i]/h",  "10",      NULL};

	(void)state;
	check(units, true);
}

static void other_texts_are_not(void **state)
{
	static const char *const texts[] = {
		"",    "kgg", "C/",  "°C", "kwh",           "in", "m//s",
		"m s", "(m",  "m)",  "{a", "kdeg",          "k%", "mmin",
		"psi", "rpm", "m^2", ".m", "((((((m))))))", NULL};

	(void)state;
	check(texts, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_of_ucum_are_known),
		cmocka_unit_test(other_texts_are_not),
	};

	return cmocka_run_group_tests_name("profile unit", tests, NULL, NULL);
}
