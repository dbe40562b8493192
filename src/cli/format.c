/*
 * Values to words. Called by the writers for people; programs get the values
 * themselves. Knows no layout.
 */
#include "cli/format.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include "cli/escape.h"
#include "cli/localtime.h"
#include "triaged/ctl.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define DETAIL_HEAP (1024 * 1024)
#define BRIEF_WIDTH 400

/* Above a minute seconds are noise on a screen. */
static void add_span(struct strbuf *sb, int64_t ms)
{
	char buf[TIMEFMT_MAX];

	if (ms >= 60000)
		ms = (ms + 30000) / 60000 * 60000;
	strbuf_addstr(sb, timefmt_span(ms, buf));
}

static void add_due(struct strbuf *sb, int64_t ms, int64_t now_ms)
{
	if (ms >= now_ms)
		strbuf_addstr(sb, "in ");
	add_span(sb, ms >= now_ms ? ms - now_ms : now_ms - ms);
	if (ms < now_ms)
		strbuf_addstr(sb, " late");
}

static void add_ago(struct strbuf *sb, int64_t ms, int64_t now_ms)
{
	if (ms > now_ms)
		strbuf_addstr(sb, "in ");
	add_span(sb, ms > now_ms ? ms - now_ms : now_ms - ms);
	if (ms <= now_ms)
		strbuf_addstr(sb, " ago");
}

/* Local time for the reader, UTC for whom they call. */
static void add_both(struct strbuf *sb, int64_t ms)
{
	char local[LOCALTIME_MAX], utc[TIMEFMT_MAX];

	strbuf_addstr(sb, localtime_minute(ms, local));
	if (strcmp(localtime_zone(ms, local), "UTC") == 0)
		return;
	/* "2026-11-21 22:04": the local date stands beside it. */
	timefmt_minute(ms, 0, utc);
	strbuf_addf(sb, " (%s UTC)", utc + strlen("2026-11-21 "));
}

static void add_size(struct strbuf *sb, int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	int64_t tenths = bytes * 10;
	size_t i = 0;

	while (tenths >= 10240 && i + 1 < ARRAY_SIZE(units)) {
		tenths /= 1024;
		i++;
	}
	if (i == 0 || tenths >= 1000)
		strbuf_addf(sb, "%" PRId64 " %s", tenths / 10, units[i]);
	else
		strbuf_addf(sb, "%" PRId64 ".%" PRId64 " %s", tenths / 10,
			    tenths % 10, units[i]);
}

/* ARM ids are paths; people know the thing by its last name. */
static void add_resource(struct strbuf *sb, const char *text, size_t len)
{
	const char *slash = text[0] == '/' ? strrchr(text, '/') : NULL;

	if (slash && slash[1]) {
		len -= (size_t)(slash + 1 - text);
		text = slash + 1;
	}
	escape_add(sb, text, len, ESCAPE_LINE);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* "late_ms" reads "late", "source_severity" reads "source severity". */
static void add_key(struct strbuf *sb, const char *key)
{
	size_t len = strlen(key);
	size_t start = sb->len;

	if (ends_with(key, "_ms") || ends_with(key, "_at"))
		len -= 3;
	escape_add(sb, key, len, ESCAPE_LINE);
	for (size_t i = start; i < sb->len; i++) {
		if (sb->buf[i] == '_')
			sb->buf[i] = ' ';
	}
}

static void add_member_value(struct strbuf *sb, const char *key,
			     const json_t *value)
{
	CLEANUP(free_ptr) char *dump = NULL;
	const char *text = json_string_value(value);
	char local[LOCALTIME_MAX];
	int64_t ms;

	if (text && ends_with(key, "_at") &&
	    timefmt_parse(text, strlen(text), &ms) == 1)
		text = localtime_second(ms, local);
	if (json_is_integer(value) && ends_with(key, "_ms")) {
		add_span(sb, json_integer_value(value));
		return;
	}
	if (!text)
		text = dump = jsonx_dump(value);
	if (text)
		escape_add(sb, text, strlen(text), ESCAPE_LINE);
}

/* What says nothing to a person: absent, no, zero time, a fingerprint. */
static bool is_noise(const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	return json_is_null(value) || json_is_false(value) ||
	       (text && !*text) || strcmp(key, "policy_hash") == 0 ||
	       (ends_with(key, "_ms") && json_integer_value(value) < 1000);
}

static void add_member(struct strbuf *sb, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	if (is_noise(key, value))
		return;
	if (sb->len > 0)
		strbuf_addstr(sb, ", ");
	/* An unnamed route is called "route 2": not "route route 2". */
	if (!text || strncmp(text, key, strlen(key)) != 0) {
		add_key(sb, key);
		strbuf_addch(sb, ' ');
	}
	if (json_is_true(value))
		strbuf_setlen(sb, sb->len - 1);
	else
		add_member_value(sb, key, value);
}

/* {"from":"high","to":"critical"} reads "from high, to critical". A hash is for
 * programs. */
static void add_detail(struct strbuf *sb, const char *text, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *object = NULL;
	const char *key;
	json_t *value;

	object = jsonx_parse(text, len, DETAIL_HEAP, NULL);
	if (!json_is_object(object)) {
		escape_add(sb, text, len, ESCAPE_LINE);
		return;
	}
	json_object_foreach(object, key, value)
	{
		if (strcmp(key, "sha256") != 0)
			add_member(&words, key, value);
	}
	strbuf_addstr(sb, words.len > 0 ? words.buf : "-");
}

static void add_brief(struct strbuf *sb, const char *text, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	escape_add(&safe, text, len, ESCAPE_TEXT);
	for (size_t i = 0; i < safe.len; i++) {
		if (safe.buf[i] == '\n')
			safe.buf[i] = ' ';
	}
	escape_add_cut(sb, safe.buf, BRIEF_WIDTH);
}

static void add_text(struct strbuf *sb, enum as as, const struct cell *c)
{
	if (c->len == 0)
		strbuf_addch(sb, '-');
	else if (as == AS_RESOURCE)
		add_resource(sb, c->text, c->len);
	else if (as == AS_DETAIL)
		add_detail(sb, c->text, c->len);
	else if (as == AS_BRIEF)
		add_brief(sb, c->text, c->len);
	else if (as == AS_STATE && strcmp(c->text, "acknowledged") == 0)
		strbuf_addstr(sb, "acked");
	else
		escape_add(sb, c->text, c->len,
			   as == AS_LINES ? ESCAPE_TEXT : ESCAPE_LINE);
}

static void add_integer(struct strbuf *sb, enum as as, int64_t value,
			int64_t now_ms)
{
	char buf[LOCALTIME_MAX];

	switch (as) {
	case AS_DUE:
	case AS_NEXT:
	case AS_AGO:
	case AS_LAST:
	case AS_LOCAL:
	case AS_SECOND:
	case AS_BOTH:
		if (value == 0)
			strbuf_addch(sb, '-');
		else if (as == AS_DUE)
			add_due(sb, value, now_ms);
		else if (as == AS_NEXT && value <= now_ms)
			strbuf_addstr(sb, "now");
		else if (as == AS_AGO || as == AS_LAST || as == AS_NEXT)
			add_ago(sb, value, now_ms);
		else if (as == AS_BOTH)
			add_both(sb, value);
		else if (as == AS_LOCAL)
			strbuf_addstr(sb, localtime_minute(value, buf));
		else
			strbuf_addstr(sb, localtime_second(value, buf));
		return;
	case AS_SIZE:
		add_size(sb, value);
		return;
	case AS_TEXT:
	case AS_OPTIONAL:
	case AS_SEVERITY:
	case AS_STATE:
	case AS_DELIVERY:
	case AS_RESULT:
	case AS_ERROR:
	case AS_COMMAND:
	case AS_RESOURCE:
	case AS_DETAIL:
	case AS_BRIEF:
	case AS_LINES:
	case AS_BAD_COUNT:
		break;
	}
	strbuf_addf(sb, "%" PRId64, value);
}

void format_value(struct strbuf *sb, enum as as, const struct cell *c,
		  int64_t now_ms)
{
	if (as == AS_OPTIONAL && c->len == 0 && c->type != CELL_INTEGER)
		return;
	switch (c->type) {
	case CELL_NULL:
		strbuf_addstr(sb, as == AS_LAST ? "never" : "-");
		break;
	case CELL_INTEGER:
		add_integer(sb, as, c->integer, now_ms);
		break;
	case CELL_REAL:
		strbuf_addf(sb, "%.15g", c->real);
		break;
	case CELL_TEXT:
	case CELL_BYTES:
		add_text(sb, as, c);
		break;
	}
}

static bool is_word(const struct cell *c, const char *word)
{
	return c->type == CELL_TEXT && strcmp(c->text, word) == 0;
}

static enum tint severity_tint(const struct cell *c)
{
	enum severity s;

	if (c->type != CELL_TEXT || !severity_parse(c->text, &s))
		return TINT_NONE;
	switch (s) {
	case SEVERITY_CRITICAL:
		return TINT_WORST;
	case SEVERITY_HIGH:
		return TINT_BAD;
	case SEVERITY_MEDIUM:
		return TINT_WARN;
	case SEVERITY_LOW:
		return TINT_NONE;
	case SEVERITY_INFO:
		return TINT_DIM;
	}
	return TINT_NONE;
}

/* Colour is for severity, lateness and failure; anything else is plain. */
enum tint format_tint(enum as as, const struct cell *c, int64_t now_ms)
{
	if (c->type == CELL_NULL)
		return TINT_NONE;
	switch (as) {
	case AS_SEVERITY:
		return severity_tint(c);
	case AS_DUE:
		return c->integer > 0 && c->integer < now_ms ? TINT_BAD
							     : TINT_NONE;
	case AS_DELIVERY:
		return is_word(c, "dead")    ? TINT_BAD
		       : is_word(c, "retry") ? TINT_WARN
					     : TINT_NONE;
	case AS_RESULT:
		return is_word(c, CTL_OK) ? TINT_NONE : TINT_BAD;
	case AS_ERROR:
		return c->len > 0 ? TINT_BAD : TINT_NONE;
	case AS_BAD_COUNT:
		return c->integer > 0 ? TINT_BAD : TINT_NONE;
	case AS_TEXT:
	case AS_OPTIONAL:
	case AS_STATE:
	case AS_COMMAND:
	case AS_RESOURCE:
	case AS_DETAIL:
	case AS_BRIEF:
	case AS_LINES:
	case AS_SIZE:
	case AS_NEXT:
	case AS_AGO:
	case AS_LAST:
	case AS_LOCAL:
	case AS_SECOND:
	case AS_BOTH:
		break;
	}
	return TINT_NONE;
}

const char *tint_start(enum tint t)
{
	switch (t) {
	case TINT_NONE:
		return "";
	case TINT_DIM:
		return "\033[2m";
	case TINT_STRONG:
		return "\033[1m";
	case TINT_WARN:
		/* Yellow cannot be read on white, nor blue on black. */
		return "\033[35m";
	case TINT_BAD:
		return "\033[31m";
	case TINT_WORST:
		return "\033[1;31m";
	}
	return "";
}
