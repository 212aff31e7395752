/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a profile: its sections in the order in which they lean on each other (parameters, tags, frames,
 * requests), each by the rows of its own file. All mistakes are gathered.
 */
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/xalloc.h"
#include "link/link.h"
#include "profile/arena.h"
#include "profile/codec.h"
#include "profile/exchange.h"
#include "profile/load.h"
#include "profile/message.h"
#include "profile/ops.h"
#include "profile/pattern.h"
#include "profile/profile.h"
#include "profile/program.h"
#include "profile/scripted.h"
#include "profile/unit.h"
#include "profile/vectors.h"
#include "transport/serial_options.h"

enum { LANGUAGE = 1 };

struct profile_source {
	struct conf_item item;
	int64_t version;
	char *title, *maker, *description;
	struct conf_texts models, omits;
	const struct conf_node *source, *parameters, *line, *link, *tags, *readings, *report,
		*script, *frames, *requests, *commands, *session, *wake, *variants, *identify,
		*tests, *lock, *family;
	char *variant;
	int category, maturity, match;
};

static const char *const matches[] = {"first", "longest", NULL};

const char *const profile_categories[] = {
	"other",      "scale",      "power",     "meter", "weather",        "sensor", "instrument",
	"laboratory", "automation", "telephone", "radio", "identification", "av",     NULL,
};

const char *const profile_maturities[] = {"unproven", "documented", "captured", "proven", NULL};

static const struct conf_row profile_rows[] = {
	{.key = "profile",
	 .type = CONF_INT,
	 .offset = offsetof(struct profile_source, version),
	 .flags = CONF_REQUIRED,
	 .min = 1,
	 .max = 1000,
	 .help = "version of this language: 1"},
	{.key = "title",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct profile_source, title),
	 .flags = CONF_REQUIRED,
	 .help = "what it is, in one line"},
	{.key = "category",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct profile_source, category),
	 .fallback = "other",
	 .choices = profile_categories,
	 .help = "what kind of device it is"},
	{.key = "maker",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct profile_source, maker),
	 .help = "who makes the devices"},
	{.key = "models",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct profile_source, models),
	 .help = "which devices it is for"},
	{.key = "description",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct profile_source, description),
	 .help = "what a user should know: settings of the device, wiring"},
	{.key = "source",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, source),
	 .help = "where the facts are from: manual, edition, pages"},
	{.key = "maturity",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct profile_source, maturity),
	 .fallback = "unproven",
	 .choices = profile_maturities,
	 .help = "how far it has been shown to be right"},
	{.key = "omits",
	 .type = CONF_TEXTS,
	 .offset = offsetof(struct profile_source, omits),
	 .help = "what the chapter named by source has and the profile does not"},
	{.key = "parameters",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, parameters),
	 .help = "what a user sets for each device"},
	{.key = "line",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, line),
	 .help = "the device's factory settings: baud, format, flow"},
	{.key = "link",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, link),
	 .help = "from bytes to frames: a link and its options"},
	{.key = "tags",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, tags),
	 .help = "the values, of a device with one kind of reading"},
	{.key = "readings",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, readings),
	 .help = "the kinds of reading, each with its tags"},
	{.key = "report",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, report),
	 .help = "with tags: which readings are sent: {on_change, at_least}"},
	{.key = "script",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, script),
	 .help = "functions in Lua, for what cannot be described"},
	{.key = "match",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct profile_source, match),
	 .fallback = "first",
	 .choices = matches,
	 .help = "of several frames that fit: the first, or the longest, by its constants"},
	{.key = "frames",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, frames),
	 .flags = CONF_REQUIRED,
	 .help = "what the device says"},
	{.key = "requests",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, requests),
	 .help = "what it is asked"},
	{.key = "commands",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, commands),
	 .help = "what it can be told"},
	{.key = "session",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, session),
	 .help = "what opens, keeps and closes a session with it"},
	{.key = "wake",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, wake),
	 .help = "what wakes it up"},
	{.key = "variants",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, variants),
	 .help = "models that differ: each a map that is merged over the rest"},
	{.key = "identify",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, identify),
	 .help = "a request by whose answer the variant is chosen"},
	{.key = "variant",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct profile_source, variant),
	 .help = "put in by the gateway: which of the variants it is"},
	{.key = "family",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, family),
	 .help = "put in by the gateway: the profile with all of its variants"},
	{.key = "tests",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, tests),
	 .help = "bytes and what they mean"},
	{.key = "lock",
	 .type = CONF_ANY,
	 .offset = offsetof(struct profile_source, lock),
	 .help = "field numbers of the tags; left out where they stand in a file beside the profile"},
	{.key = NULL},
};

static const struct conf_schema profile_schema = {"profile", profile_rows,
						  sizeof(struct profile_source), NULL};

/* The settings of the line as the device leaves the factory: what the user sets counts more. */
struct line_source {
	struct conf_item item;
	int64_t baud;
	char *format;
	int flow;
};

static const char *const flows[] = {"none", "xonxoff", "rtscts", "dtrdsr", NULL};

static const struct conf_row line_rows[] = {
	{.key = "baud",
	 .type = CONF_INT,
	 .offset = offsetof(struct line_source, baud),
	 .fallback = "9600",
	 .min = 50,
	 .max = 4000000,
	 .help = "bits a second"},
	{.key = "format",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct line_source, format),
	 .fallback = "8N1",
	 .help = "data bits, parity and stop bits"},
	{.key = "flow",
	 .type = CONF_CHOICE,
	 .offset = offsetof(struct line_source, flow),
	 .fallback = "none",
	 .choices = flows,
	 .help = "flow control"},
	{.key = NULL},
};

static const struct conf_schema line_schema = {"line", line_rows, sizeof(struct line_source), NULL};

const struct conf_schema *const profile_schemas[] = {
	&profile_schema,
	&profile_parameter_schema,
	&line_schema,
	&profile_reading_schema,
	&profile_report_schema,
	&profile_tag_schema,
	&profile_frame_schema,
	&profile_remember_schema,
	&profile_item_schema,
	&profile_bits_schema,
	&profile_check_schema,
	&profile_length_schema,
	&profile_size_schema,
	&profile_tagged_schema,
	&profile_records_schema,
	&profile_time_schema,
	&profile_part_schema,
	&profile_value_schema,
	&profile_special_schema,
	&profile_rule_schema,
	&profile_request_schema,
	&profile_lock_schema,
	&profile_repeat_schema,
	&profile_command_schema,
	&profile_argument_schema,
	&profile_busy_schema,
	&profile_line_change_schema,
	&profile_session_schema,
	&profile_wake_schema,
	&profile_identify_schema,
	&vector_schema,
	NULL,
};

char *load_keep(struct loader *l, const char *text)
{
	return text ? arena_str(&l->profile->arena, text, strlen(text)) : NULL;
}

char *load_unit(struct loader *l, const struct conf_node *node, const char *unit)
{
	if (unit && *unit && !unit_is_known(unit))
		conf_warning(
			l->errors, conf_get(node, "unit"),
			"\"%s\" is no unit of UCUM that is known; such are Cel, kW.h, /min, [psi], "
			"%%, {drops}",
			unit);
	return load_keep(l, unit);
}

bool load_is_section(struct loader *l, const struct conf_node *node)
{
	if (!node)
		return false;
	if (node->kind == CONF_MAP)
		return true;
	conf_error(l->errors, node, "%s: expected a map of names", node->key);
	return false;
}

bool load_check_name(struct loader *l, const struct conf_node *node)
{
	const char *problem = name_problem(node->key, false);

	if (problem)
		conf_error_key(l->errors, node, "\"%s\" is no good name: %s", node->key, problem);
	return !problem;
}

/* What the channel will read: the line's settings and the link. */
static void check_line(struct loader *l, const struct profile_source *s)
{
	struct link_line line = {0};
	struct line_source source = {0};
	struct serial_format format;
	struct link *link = s->link ? link_new(s->link, &line, l->errors) : NULL;

	if (link)
		link_free(&link);
	if (s->line && conf_read(&line_schema, s->line, &source, l->errors) == 0 &&
	    serial_format_parse(source.format, &format) < 0)
		conf_error(l->errors, conf_get(s->line, "format"), SERIAL_FORMAT_PROBLEM,
			   source.format);
	conf_fini(&line_schema, &source);
}

static void load_all(struct loader *l, const struct profile_source *s, size_t before)
{
	struct profile *p = l->profile;

	if (s->version && s->version != LANGUAGE)
		conf_error(l->errors, conf_get(p->root, "profile"),
			   "this dragoman knows version %d of the profile language", LANGUAGE);
	p->title = load_keep(l, s->title);
	p->maturity = (enum dragoman_maturity)s->maturity;
	p->takes_longest = s->match;
	p->link = s->link;
	p->line = s->line;
	p->tests = s->tests;
	p->variant = load_keep(l, s->variant);
	check_line(l, s);
	p->script = scripted_load(l, s->script);
	load_parameters(l, s->parameters);
	load_readings(l, s->tags, s->readings, s->report);
	load_lock(l, s->lock);
	load_frames(l, s->frames);
	load_requests(l, s->requests);
	load_commands(l, s->commands);
	load_runs(l, s->script);
	load_session(l, s->session);
	load_wake(l, s->wake);
	if (l->errors->n_errors == before) /* else each would say the same again */
		load_variants(l, s->variants);
	if (l->errors->n_errors == before && !p->variant)
		load_check_given(l);
	load_identify(l, s->identify);
	load_check_lock(l, s->lock);
	if (s->tests)
		vectors_check(p, l->errors);
	if (!s->tests || !s->tests->n)
		conf_warning(l->errors, p->root,
			     "the profile has no tests, so nothing shows that it is right");
	if (!s->source)
		conf_warning(l->errors, p->root,
			     "the profile does not say where its facts are from (source:)");
}

struct profile *profile_compile(const struct conf_node *root, struct conf_errors *errors)
{
	struct profile *p = xcalloc(1, sizeof(*p));
	struct loader l = {p, errors};
	struct profile_source s = {0};
	size_t before = errors->n_errors;

	p->root = root;
	/* Past a wrong key the rest is looked at as well, where there is something to compare it with. */
	if (conf_read(&profile_schema, root, &s, errors) == 0 ||
	    (s.frames && (s.tags || s.readings)))
		load_all(&l, &s, before);
	conf_fini(&profile_schema, &s);
	if (errors->n_errors > before)
		profile_free(&p);
	return p;
}

struct profile *profile_load(const char *path, struct conf_errors *errors)
{
	return profile_load_variant(path, NULL, errors);
}

static int choose(struct conf_node **root, const char *variant, struct conf_errors *errors)
{
	struct conf_node *name = conf_new("variant", CONF_SCALAR, variant, strlen(variant));
	int bad = profile_choose(root, name, false, errors);

	conf_free(&name);
	return bad;
}

struct profile *profile_load_variant(const char *path, const char *variant,
				     struct conf_errors *errors)
{
	size_t before = errors->n_errors;
	struct conf_node *root = profile_read(path, errors);
	struct profile *p = NULL;

	if (root && (!variant || choose(&root, variant, errors) == 0))
		p = profile_compile(root, errors);
	if (p && errors->n_errors > before) /* a key that stands twice does not keep it from that */
		profile_free(&p);
	if (p)
		p->own_root = root;
	else
		conf_free(&root);
	return p;
}

void profile_free(struct profile **profile)
{
	struct profile *p = *profile;

	if (!p)
		return;
	for (size_t i = 0; i < p->n_variants; i++)
		profile_free(&p->variants[i]);
	for (struct check_op *c = p->checks; c; c = c->next)
		if (c->sum)
			checksum_free(&c->sum);
	for (struct codec *c = p->patterns; c; c = c->pattern_next)
		pattern_free(c->pattern);
	scripted_fini(p);
	arena_fini(&p->arena);
	conf_free(&p->own_root);
	free(p);
	*profile = NULL;
}

const char *profile_title(const struct profile *profile)
{
	return profile->title;
}

const struct conf_node *profile_link(const struct profile *profile)
{
	return profile->link;
}

const struct conf_node *profile_root(const struct profile *profile)
{
	return profile->root;
}
