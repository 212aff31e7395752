/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units of UCUM by its grammar (its section 2.2):
 *
 *	unit      = ["/"] component {("." | "/") component}
 *	component = number | "(" unit ")" | {annotation} | symbol [exponent] [{annotation}]
 *	symbol    = [prefix] metric | other
 */
#include "profile/unit.h"

#include <stddef.h>
#include <string.h>

enum { MAX_PARENTHESES = 4 };

static const char *const prefixes[] = {"da", "Ki", "Mi", "Gi", "Ti", "Y", "Z", "E", "P",
				       "T",  "G",  "M",  "k",  "h",  "d", "c", "m", "u",
				       "n",  "p",  "f",  "a",  "z",  "y", NULL};

static const char *const metric[] = {
	"m",    "s",     "g",     "rad",  "K",     "C",     "cd",     "mol", "sr",  "Hz",  "N",
	"Pa",   "J",     "W",     "A",    "V",     "F",     "Ohm",    "S",   "Wb",  "Cel", "T",
	"H",    "lm",    "lx",    "Bq",   "Gy",    "Sv",    "l",      "L",   "ar",  "t",   "bar",
	"u",    "eV",    "pc",    "B",    "Np",    "bit",   "By",     "Bd",  "cal", "Ci",  "Gal",
	"R",    "RAD",   "REM",   "Mx",   "G",     "Oe",    "dyn",    "erg", "P",   "St",  "kat",
	"U",    "[iU]",  "[IU]",  "eq",   "osm",   "m[Hg]", "m[H2O]", "g%",  "gf",  "Bi",  "B[SPL]",
	"B[V]", "B[mV]", "B[uV]", "B[W]", "B[kW]", "var",   NULL};

static const char *const others[] = {
	"%",          "[ppth]",    "[ppm]",     "[ppb]",    "[pptr]",   "10*",      "10^",
	"[pi]",       "deg",       "'",         "''",       "gon",      "circ",     "min",
	"h",          "d",         "wk",        "mo",       "a",        "[in_i]",   "[ft_i]",
	"[yd_i]",     "[mi_i]",    "[nmi_i]",   "[kn_i]",   "[mil_i]",  "[sin_i]",  "[sft_i]",
	"[cin_i]",    "[cft_i]",   "[cyd_i]",   "[acr_us]", "[lb_av]",  "[oz_av]",  "[gr]",
	"[dr_av]",    "[ston_av]", "[lton_av]", "[lb_tr]",  "[oz_tr]",  "[pwt_tr]", "[car_m]",
	"[lbf_av]",   "[psi]",     "[degF]",    "[degR]",   "[gal_us]", "[qt_us]",  "[pt_us]",
	"[foz_us]",   "[gal_br]",  "[bbl_us]",  "[HP]",     "[Btu]",    "[Btu_IT]", "[Cal]",
	"[in_i'H2O]", "[in_i'Hg]", "[pH]",      "[c]",      "[g]",      "[k]",      "[h]",
	"[e]",        "[ly]",      "atm",       "att",      "AU",       "b",        "st",
	"[drp]",      "[arb'U]",   "[todd'U]",  "[CFU]",    NULL};

/* The length of the longest one that the text begins with. */
static size_t longest(const char *text, const char *const *list)
{
	size_t best = 0;

	for (; *list; list++) {
		size_t len = strlen(*list);

		if (len > best && !strncmp(text, *list, len))
			best = len;
	}
	return best;
}

static bool ends_symbol(char c)
{
	return !c || strchr("./){+-0123456789", c);
}

/* A symbol and nothing more: "min" is the minute, and no prefix with "in". */
static const char *read_symbol(const char *text)
{
	size_t len = longest(text, others);

	if (len && ends_symbol(text[len]))
		return text + len;
	len = longest(text, metric);
	if (len && ends_symbol(text[len]))
		return text + len;
	for (const char *const *p = prefixes; *p; p++) {
		size_t prefix = strlen(*p);

		if (strncmp(text, *p, prefix) != 0)
			continue;
		len = longest(text + prefix, metric);
		if (len && ends_symbol(text[prefix + len]))
			return text + prefix + len;
	}
	return NULL;
}

static const char *read_digits(const char *text)
{
	return text + strspn(text, "0123456789");
}

static const char *read_exponent(const char *text)
{
	const char *digits = text + (*text == '+' || *text == '-');
	const char *end = read_digits(digits);

	return end > digits ? end : text;
}

static const char *read_annotation(const char *text)
{
	const char *end = *text == '{' ? strchr(text, '}') : NULL;

	return end ? end + 1 : text;
}

static const char *read_unit(const char *text, int depth);

static const char *read_component(const char *text, int depth)
{
	const char *end = *text == '{' ? read_annotation(text) : read_digits(text);

	if (end > text && (*text == '{' || strncmp(text, "10*", 3)) && strncmp(text, "10^", 3))
		return end;
	if (*text == '(' && depth < MAX_PARENTHESES) {
		end = read_unit(text + 1, depth + 1);
		return end && *end == ')' ? end + 1 : NULL;
	}
	end = read_symbol(text);
	return end ? read_annotation(read_exponent(end)) : NULL;
}

static const char *read_unit(const char *text, int depth)
{
	const char *at = read_component(text + (*text == '/'), depth);

	while (at && (*at == '.' || *at == '/'))
		at = read_component(at + 1, depth);
	return at;
}

bool unit_is_known(const char *text)
{
	const char *end = read_unit(text, 0);

	return end && !*end;
}
