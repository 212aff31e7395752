/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the functions of a script that drive exchanges ask for, as far as that can be seen: names that stand in the
 * text, ask("name"), are looked up when the profile is loaded; all others when they are asked. A parameter that stands
 * in remember("name", ...) is one that changes.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/exchange.h"
#include "profile/known.h"
#include "profile/load.h"
#include "profile/program.h"

/* Where in the script it is. */
struct scan {
	struct loader *loader;
	const struct conf_node *node;
	const char *at, *end;
	int line;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool begins(const struct scan *s, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(s->end - s->at) >= len && !memcmp(s->at, text, len);
}

static void go_on(struct scan *s, size_t n)
{
	for (; n && s->at < s->end; n--, s->at++)
		s->line += *s->at == '\n';
}

static void pass_until(struct scan *s, const char *text)
{
	while (s->at < s->end && !begins(s, text))
		go_on(s, 1);
	go_on(s, strlen(text));
}

static void pass_blanks(struct scan *s)
{
	while (s->at < s->end && isspace((unsigned char)*s->at))
		go_on(s, 1);
}

/* A text in quotes: where it begins, and how long it is. */
static const char *pass_text(struct scan *s, size_t *len_out)
{
	char quote = *s->at;
	const char *begin;

	go_on(s, 1);
	begin = s->at;
	while (s->at < s->end && *s->at != quote && *s->at != '\n')
		go_on(s, *s->at == '\\' ? 2 : 1);
	*len_out = (size_t)(s->at - begin);
	go_on(s, 1);
	return begin;
}

static void say_unknown(struct scan *s, const char *name)
{
	const char *nearest = known_nearest_request(s->loader->profile, name);

	conf_error_at(s->loader->errors, s->node->file, s->line, 1,
		      "ask: no request or command %s%s%s%s", name, nearest ? "; did you mean " : "",
		      nearest ? nearest : "", nearest ? "?" : "");
}

static void look_at_ask(struct scan *s, const char *name)
{
	const struct request *found = request_find(s->loader->profile, name);

	if (!found)
		say_unknown(s, name);
	else if (found->run)
		conf_error_at(s->loader->errors, s->node->file, s->line, 1,
			      "ask: %s runs a function itself, and cannot be asked for by one",
			      name);
}

static void look_at_remember(struct scan *s, const char *name)
{
	struct profile *p = s->loader->profile;

	for (size_t i = 0; i < p->n_parameters; i++)
		if (!strcmp(p->parameters[i].name, name)) {
			p->parameters[i].is_remembered = true;
			return;
		}
	conf_error_at(s->loader->errors, s->node->file, s->line, 1, "remember: no parameter %s",
		      name);
}

/* Behind the word: ("name") or ("name", ...; anything else is known only when it runs. */
static void look_at_call(struct scan *s, void look(struct scan *s, const char *name))
{
	const char *text;
	char *name;
	size_t len;

	pass_blanks(s);
	if (!begins(s, "("))
		return;
	go_on(s, 1);
	pass_blanks(s);
	if (!begins(s, "\"") && !begins(s, "'"))
		return;
	text = pass_text(s, &len);
	pass_blanks(s);
	if (!begins(s, ")") && !begins(s, ","))
		return;
	name = xstrndup(text, len);
	look(s, name);
	free(name);
}

static void pass_word(struct scan *s)
{
	const char *begin = s->at;
	size_t len;

	while (s->at < s->end && is_word(*s->at))
		go_on(s, 1);
	len = (size_t)(s->at - begin);
	if (len == 3 && !memcmp(begin, "ask", 3))
		look_at_call(s, look_at_ask);
	else if (len == 8 && !memcmp(begin, "remember", 8))
		look_at_call(s, look_at_remember);
}

static void scan(struct scan *s)
{
	size_t ignored;

	while (s->at < s->end) {
		if (begins(s, "--[["))
			pass_until(s, "]]");
		else if (begins(s, "--"))
			pass_until(s, "\n");
		else if (begins(s, "[["))
			pass_until(s, "]]");
		else if (*s->at == '"' || *s->at == '\'')
			pass_text(s, &ignored);
		else if (is_word(*s->at))
			pass_word(s);
		else
			go_on(s, 1);
	}
}

static bool runs(const struct conf_node *section)
{
	for (const struct conf_node *n = section ? section->first : NULL; n; n = n->next)
		if (conf_get(n, "run"))
			return true;
	return false;
}

static bool has_runs(const struct profile *p)
{
	return p->script &&
	       (runs(conf_get(p->root, "requests")) || runs(conf_get(p->root, "commands")));
}

bool load_run_says(const struct profile *p, const char *word)
{
	const struct conf_node *script = has_runs(p) ? conf_get(p->root, "script") : NULL;
	const char *text = script ? script->text : NULL;
	size_t len = strlen(word);

	for (const char *at = text; at && (at = strstr(at, word)); at += len)
		if ((at == text || !is_word(at[-1])) && !is_word(at[len]))
			return true;
	return false;
}

void load_runs(struct loader *l, const struct conf_node *script)
{
	struct scan s = {.loader = l, .node = script};

	if (!has_runs(l->profile))
		return;
	s.at = script->text;
	s.end = script->text + script->text_len;
	/* The lines of a text behind a | begin with the next one. */
	s.line = script->line + (memchr(script->text, '\n', script->text_len) != NULL);
	scan(&s);
}
