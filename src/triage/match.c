/*
 * `when` blocks against alerts. Called by rules.c and ladder.c. Knows nothing
 * of what follows from a match.
 */
#include "triage/match.h"

#include <string.h>
#include "util/compiler.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The next code point of valid UTF-8. */
static const char *next_char(const char *s)
{
	do
		s++;
	while (((unsigned char)*s & 0xc0) == 0x80);
	return s;
}

bool match_glob(const char *glob, const char *text)
{
	const char *star = NULL, *retry = NULL;

	/* Only the last star is ever tried again: linear in practice, never
	 * more than the product of the lengths. */
	while (*text) {
		if (*glob == '*') {
			star = ++glob;
			retry = text;
		} else if (*glob == '?') {
			glob++;
			text = next_char(text);
		} else if (lower(*glob) == lower(*text)) {
			glob++;
			text++;
		} else if (star) {
			glob = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

/* Absent is not the same as any text: "*" asks for a value. */
static bool any_glob(const struct strlist *globs, const char *text)
{
	if (!text || !*text)
		return false;
	for (size_t i = 0; i < globs->n; i++) {
		if (match_glob(globs->v[i], text))
			return true;
	}
	return false;
}

#define WORD_MAX 256

/* One word of a comma-separated list; blanks around it do not count. */
static bool any_word(const struct strlist *globs, const char *list)
{
	char word[WORD_MAX];

	while (list && *list) {
		size_t len = strcspn(list, ","), skip = strspn(list, " ");
		size_t used;

		if (skip > len)
			skip = len;
		used = MIN(len - skip, sizeof(word) - 1);
		memcpy(word, list + skip, used);
		while (used > 0 && word[used - 1] == ' ')
			used--;
		word[used] = '\0';
		if (any_glob(globs, word))
			return true;
		list += len;
		list += *list == ',';
	}
	return false;
}

static bool any_entity(const struct strlist *globs, const struct alert *a)
{
	if (any_glob(globs, a->entity))
		return true;
	for (size_t i = 0; i < a->n_entities; i++) {
		if (any_glob(globs, a->entities[i].value))
			return true;
	}
	return false;
}

static bool any_account(const struct strlist *globs, const struct alert *a)
{
	for (size_t i = 0; i < a->n_entities; i++) {
		const struct entity *e = &a->entities[i];

		if (strcmp(e->kind, "account") == 0 &&
		    any_glob(globs, e->value))
			return true;
	}
	return false;
}

/* The source's word, or ours for it, so that one rule serves every source:
 * Defender for Cloud writes "InProgress", Graph "inProgress". */
static bool any_status(const struct strlist *globs, const struct alert *a)
{
	return any_glob(globs, a->source_status) ||
	       any_glob(globs, source_state_name(a->source_state));
}

static bool any_tag(const struct strlist *globs, const struct strlist *tags)
{
	for (size_t i = 0; tags && i < tags->n; i++) {
		if (any_glob(globs, tags->v[i]))
			return true;
	}
	return false;
}

static bool key_matches(enum match_key key, const struct strlist *globs,
			const struct match_subject *s)
{
	const struct alert *a = s->alert;

	switch (key) {
	case MATCH_SEVERITY:
		return any_glob(globs, severity_name(s->severity));
	case MATCH_SOURCE:
		return any_glob(globs, a->source);
	case MATCH_PROVIDER:
		return any_glob(globs, a->provider);
	case MATCH_TENANT:
		return any_glob(globs, a->tenant);
	case MATCH_SUBSCRIPTION:
		return any_glob(globs, a->subscription);
	case MATCH_RESOURCE:
		return any_glob(globs, a->resource_id);
	case MATCH_RESOURCE_TYPE:
		return any_glob(globs, a->resource_type);
	case MATCH_ALERT_TYPE:
		return any_glob(globs, a->alert_type);
	case MATCH_TITLE:
		return any_glob(globs, a->title);
	case MATCH_ENTITY:
		return any_entity(globs, a);
	case MATCH_TACTIC:
		return any_word(globs, a->tactics);
	case MATCH_TECHNIQUE:
		return any_word(globs, a->techniques);
	case MATCH_STATUS:
		return any_status(globs, a);
	case MATCH_TAG:
		return any_tag(globs, s->tags);
	case MATCH_INCIDENT:
		return any_glob(globs, a->is_incident ? "yes" : "no");
	case MATCH_CATEGORY:
		return any_glob(globs, a->category);
	case MATCH_POLICY:
		return any_glob(globs, a->policy);
	case MATCH_ACCOUNT:
		return any_account(globs, a);
	}
	return false;
}

static int first_given(const struct match *m)
{
	int i = 0;

	while (i < MATCH_KEY_MAX && m->globs[i].n == 0)
		i++;
	return i;
}

bool match_find_miss(const struct match *m, const struct match_subject *s,
		     struct match_miss *ret)
{
	int first;

	for (int i = 0; i < MATCH_KEY_MAX; i++) {
		const struct strlist *globs = &m->globs[i];

		if (globs->n == 0 || key_matches((enum match_key)i, globs, s))
			continue;
		*ret = (struct match_miss){ .key = (enum match_key)i,
					    .globs = globs };
		return true;
	}
	if (!m->deny || !match_covers(m->deny, s))
		return false;
	first = first_given(m->deny);
	*ret = (struct match_miss){ .denied = true };
	if (first < MATCH_KEY_MAX) {
		ret->key = (enum match_key)first;
		ret->globs = &m->deny->globs[first];
	}
	return true;
}

bool match_covers(const struct match *m, const struct match_subject *s)
{
	struct match_miss miss;

	return !match_find_miss(m, s, &miss);
}

static const char *first_account(const struct alert *a)
{
	for (size_t i = 0; i < a->n_entities; i++) {
		if (strcmp(a->entities[i].kind, "account") == 0)
			return a->entities[i].value;
	}
	return NULL;
}

const char *match_value(enum match_key key, const struct match_subject *s)
{
	const struct alert *a = s->alert;
	const char *const values[MATCH_KEY_MAX] = {
		[MATCH_SEVERITY] = severity_name(s->severity),
		[MATCH_SOURCE] = a->source,
		[MATCH_PROVIDER] = a->provider,
		[MATCH_TENANT] = a->tenant,
		[MATCH_SUBSCRIPTION] = a->subscription,
		[MATCH_RESOURCE] = a->resource_id,
		[MATCH_RESOURCE_TYPE] = a->resource_type,
		[MATCH_ALERT_TYPE] = a->alert_type,
		[MATCH_TITLE] = a->title,
		[MATCH_ENTITY] = a->entity,
		[MATCH_TACTIC] = a->tactics,
		[MATCH_TECHNIQUE] = a->techniques,
		[MATCH_STATUS] = a->source_status
					 ? a->source_status
					 : source_state_name(a->source_state),
		[MATCH_TAG] = s->tags && s->tags->n ? s->tags->v[0] : NULL,
		[MATCH_INCIDENT] = a->is_incident ? "yes" : "no",
		[MATCH_CATEGORY] = a->category,
		[MATCH_POLICY] = a->policy,
		[MATCH_ACCOUNT] = first_account(a),
	};

	return values[key] && *values[key] ? values[key] : NULL;
}
