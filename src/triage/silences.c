/*
 * What a silence may be and what it covers. Called by noise.c for every
 * message, by the daemon when somebody asks for one, and by triagectl for a
 * preview. Knows no database: who keeps the silences, and ends them, is
 * elsewhere.
 *
 * tested with: test_silences
 */
#include "triage/silences.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/suggest.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define TEXT_MAX 2000
#define GLOB_MAX 500
#define HOUR_MS INT64_C(3600000)
#define LONGEST_MS (7 * 24 * HOUR_MS)
#define LONGEST_HIGH_MS (24 * HOUR_MS)
#define LONGEST_CRITICAL_MS (4 * HOUR_MS)
#define ANNOUNCE_MS HOUR_MS

/* Reading `when`. */

/* An enum match_key, or ERR_CONF. */
static int find_key(const char *word, size_t len, struct err *err)
{
	CLEANUP(free_ptr) char *key = xstrndup(word, len);
	struct suggest s = { .word = key };
	char meant[SUGGEST_TEXT_MAX];

	for (int i = 0; i < MATCH_KEY_MAX; i++) {
		const char *name = match_key_name((enum match_key)i);

		if (strcmp(name, key) == 0)
			return i;
		suggest_offer(&s, name);
	}
	return err_set(err, ERR_CONF,
		       "'%.40s' is no key to match an alert by%s", key,
		       suggest_text(&s, meant));
}

static bool covers_a_severity(const char *glob)
{
	for (int i = 0; i < SEVERITY_MAX; i++) {
		if (match_glob(glob, severity_name((enum severity)i)))
			return true;
	}
	return false;
}

/* The words that triage/match.h compares `incident` with. */
static const char *incident_word(const char *glob)
{
	if (strcmp(glob, "yes") == 0 || strcmp(glob, "true") == 0)
		return "yes";
	if (strcmp(glob, "no") == 0 || strcmp(glob, "false") == 0)
		return "no";
	return NULL;
}

static int add_glob(struct match *m, enum match_key key, const char *from,
		    size_t len, struct err *err)
{
	CLEANUP(free_ptr) char *glob = xstrndup(from, len);
	const char *word = glob;

	if (len == 0)
		return err_set(err, ERR_CONF,
			       "%s= has an empty glob; use * for any text",
			       match_key_name(key));
	if (len > GLOB_MAX)
		return err_set(err, ERR_CONF,
			       "a glob of %s= is longer than %d bytes",
			       match_key_name(key), GLOB_MAX);
	if (key == MATCH_SEVERITY && !covers_a_severity(glob))
		return err_set(err, ERR_CONF,
			       "severity=%.40s matches no severity (critical, "
			       "high, medium, low, info)",
			       glob);
	if (key == MATCH_INCIDENT)
		word = incident_word(glob);
	if (!word)
		return err_set(err, ERR_CONF,
			       "incident= must be yes or no, not '%.40s'",
			       glob);
	strlist_add(&m->globs[key], word);
	return 0;
}

/* The globs of one key, up to the blank behind them; *text moves there. */
static int read_globs(const char **text, struct match *m, enum match_key key,
		      struct err *err)
{
	const char *p = *text;
	int rc;

	for (;;) {
		bool quoted = *p == '"';
		size_t len = strcspn(p += quoted, quoted ? "\"" : ", \t");

		if (quoted && p[len] != '"')
			return err_set(
				err, ERR_CONF,
				"the quotation mark of %s= is not closed",
				match_key_name(key));
		rc = add_glob(m, key, p, len, err);
		if (rc < 0)
			return rc;
		p += len + quoted;
		if (*p != ',')
			break;
		p++;
	}
	*text = p;
	return 0;
}

static int read_word(const char **text, struct match *when, struct err *err)
{
	size_t len = strcspn(*text, "= \t");
	const char *word = *text;
	struct match *m = when;
	int key, rc;

	if (word[len] != '=')
		return err_set(err, ERR_CONF,
			       "'%.*s' is no key=glob, such as severity=low or "
			       "title=*scan*",
			       (int)MIN(len, 40), word);
	*text += len + 1;
	if (strncmp(word, "not.", 4) == 0) {
		if (!when->deny)
			when->deny = xcalloc(1, sizeof(*when->deny));
		m = when->deny;
		word += 4;
		len -= 4;
	}
	key = find_key(word, len, err);
	if (key < 0)
		return key;
	rc = read_globs(text, m, (enum match_key)key, err);
	if (rc < 0)
		return rc;
	if (**text && !strchr(" \t", **text))
		return err_set(err, ERR_CONF,
			       "a blank must stand between %s=\"...\" and "
			       "'%.20s'",
			       match_key_name((enum match_key)key), *text);
	return 0;
}

int silence_parse_when(const char *text, struct silence *ret, struct err *err)
{
	CLEANUP(match_release) struct match when = { .deny = NULL };
	size_t len = strlen(text);
	char *copy;
	int rc;

	if (len > TEXT_MAX)
		return err_set(err, ERR_CONF,
			       "what the silence matches is longer than %d "
			       "bytes",
			       TEXT_MAX);
	if (!utf8_valid(text, len))
		return err_set(err, ERR_CONF,
			       "what the silence matches is not UTF-8");
	for (const char *p = text; *(p += strspn(p, " \t"));) {
		rc = read_word(&p, &when, err);
		if (rc < 0)
			return rc;
	}
	match_release(&ret->when);
	ret->when = when;
	when = (struct match){ .deny = NULL };
	copy = xstrdup(text); /* it may be @ret's own */
	free(ret->when_text);
	ret->when_text = copy;
	return 0;
}

/* The rules of semantics 6. */

static bool is_given(const char *s)
{
	return s && s[strspn(s, " \t\r\n")];
}

static bool has_keys(const struct match *m)
{
	for (int i = 0; i < MATCH_KEY_MAX; i++) {
		if (m->globs[i].n > 0)
			return true;
	}
	return false;
}

static bool names_level(const struct match *m, enum severity level)
{
	const struct strlist *globs = &m->globs[MATCH_SEVERITY];

	for (size_t i = 0; i < globs->n; i++) {
		if (match_glob(globs->v[i], severity_name(level)))
			return true;
	}
	return globs->n == 0;
}

/* A `not:` block of severities alone: with other keys beside them it lets some
 * alerts of the level through. */
static bool denies_level(const struct match *deny, enum severity level)
{
	if (!deny || deny->deny)
		return false;
	for (int i = 0; i < MATCH_KEY_MAX; i++) {
		if (i != MATCH_SEVERITY && deny->globs[i].n > 0)
			return false;
	}
	return names_level(deny, level);
}

bool silence_can_match(const struct silence *s, enum severity level)
{
	if (level == SEVERITY_CRITICAL && !s->covers_critical)
		return false;
	return names_level(&s->when, level) &&
	       !denies_level(s->when.deny, level);
}

static int check_length(const struct silence *s, struct err *err)
{
	int64_t length_ms = s->ends_ms - s->starts_ms;

	if (s->covers_critical && length_ms > LONGEST_CRITICAL_MS)
		return err_set(err, ERR_CONF,
			       "a silence that covers critical alerts may last "
			       "4 hours at most");
	if (silence_can_match(s, SEVERITY_HIGH) && length_ms > LONGEST_HIGH_MS)
		return err_set(err, ERR_CONF,
			       "a silence that can match high alerts may last "
			       "24 hours at most: shorten it, or add "
			       "severity=medium,low");
	if (length_ms > LONGEST_MS)
		return err_set(err, ERR_CONF,
			       "a silence may last 7 days at most");
	return 0;
}

int silence_check(const struct silence *s, int64_t now_ms, struct err *err)
{
	if (!is_given(s->author))
		return err_set(err, ERR_CONF, "a silence needs an author");
	if (!is_given(s->reason))
		return err_set(err, ERR_CONF,
			       "a silence needs a reason: whoever is not told "
			       "of an alert will ask for it");
	if (!has_keys(&s->when))
		return err_set(err, ERR_CONF,
			       "a silence must say what it matches, such as "
			       "severity=low or title=*scan*");
	if (s->covers_critical && !silence_can_match(s, SEVERITY_CRITICAL))
		return err_set(err, ERR_CONF,
			       "the silence is to cover critical alerts, but "
			       "its severity= matches none");
	if (s->ends_ms <= now_ms)
		return err_set(err, ERR_CONF,
			       "the end of the silence has passed already");
	if (s->ends_ms <= s->starts_ms)
		return err_set(err, ERR_CONF,
			       "the silence would end before it begins");
	if (s->starts_ms > now_ms + LONGEST_MS)
		return err_set(err, ERR_CONF,
			       "a silence may begin 7 days ahead at most: put "
			       "planned work under 'maintenance' of the "
			       "configuration");
	return check_length(s, err);
}

bool silence_is_active(const struct silence *s, int64_t now_ms)
{
	return s->starts_ms <= now_ms && now_ms < s->ends_ms &&
	       (s->ended_ms == 0 || now_ms < s->ended_ms);
}

bool silence_covers(const struct silence *s, const struct match_subject *m,
		    int64_t now_ms)
{
	if (m->severity == SEVERITY_CRITICAL && !s->covers_critical)
		return false;
	return silence_is_active(s, now_ms) && match_covers(&s->when, m);
}

int64_t silence_announce_ms(const struct silence *s)
{
	return MAX(s->starts_ms, s->ends_ms - ANNOUNCE_MS);
}
