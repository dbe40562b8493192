/*
 * Messages, routes and failed matches as words. Called by the files of
 * `triagectl why`.
 *
 * tested with: test_why
 */
#include <inttypes.h>
#include <string.h>
#include "cli/localtime.h"
#include "cli/pick.h"
#include "cli/why_priv.h"
#include "util/timefmt.h"

/* Below this a message went out as fast as one can ask. */
#define LATE_MS 60000

void why_add_route(struct strbuf *sb, const char *name)
{
	/* One without a name is called "route 2". */
	if (strncmp(name, "route ", 6) != 0)
		strbuf_addstr(sb, "route ");
	strbuf_addstr(sb, name);
}

void why_add_list(struct strbuf *sb, const struct strlist *l, const char *last)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0 && i + 1 == l->n)
			strbuf_addf(sb, " %s ", last);
		else if (i > 0)
			strbuf_addstr(sb, ", ");
		strbuf_addstr(sb, l->v[i]);
	}
}

void why_add_miss(struct strbuf *sb, const struct match_miss *miss,
		  const struct match_subject *s)
{
	const char *has;

	if (!miss->globs) {
		strbuf_addstr(sb, "its `not` excludes everything");
		return;
	}
	has = match_value(miss->key, s);
	strbuf_addf(sb, "%s is %s", match_key_name(miss->key),
		    has ? has : "not known");
	strbuf_addstr(sb,
		      miss->denied ? ", its `not` excludes " : ", it wants ");
	why_add_list(sb, miss->globs, "or");
}

static void add_after(struct strbuf *sb, const char *before, const char *text)
{
	if (text && *text)
		strbuf_addf(sb, "%s%s", before, text);
}

void why_add_target(struct strbuf *sb, const struct rows *deliveries,
		    size_t row)
{
	const char *target = rows_text(deliveries, row, "target");

	strbuf_addstr(sb, target ? target : "nobody");
	add_after(sb, ", ", rows_text(deliveries, row, "recipient"));
}

static void add_tries(struct strbuf *sb, int64_t n)
{
	strbuf_addf(sb, "%" PRId64 " %s", n, n == 1 ? "try" : "tries");
}

static void add_sent(struct strbuf *sb, const struct rows *r, size_t row)
{
	int64_t took_ms = rows_integer(r, row, "sent_ms") -
			  rows_integer(r, row, "created_ms");
	char span[TIMEFMT_MAX], local[LOCALTIME_MAX];

	if (took_ms < LATE_MS) {
		strbuf_addstr(sb, "delivered");
	} else {
		strbuf_addf(sb, "delivered %s late, at %s",
			    timefmt_span(took_ms, span),
			    localtime_minute(rows_integer(r, row, "sent_ms"),
					     local));
	}
	if (rows_integer(r, row, "attempts") > 1) {
		strbuf_addstr(sb, " after ");
		add_tries(sb, rows_integer(r, row, "attempts"));
	}
	if (rows_integer(r, row, "maybe_duplicate"))
		strbuf_addstr(sb, ", maybe twice");
}

static void add_outcome(struct strbuf *sb, const struct rows *r, size_t row,
			int64_t now_ms)
{
	const char *error = rows_text(r, row, "last_error");

	if (pick_is(r, row, "state", "sent")) {
		add_sent(sb, r, row);
		return;
	}
	if (pick_is(r, row, "state", "superseded")) {
		strbuf_addstr(sb, "not sent");
	} else if (pick_is(r, row, "state", "dead")) {
		strbuf_addstr(sb, "given up after ");
		add_tries(sb, rows_integer(r, row, "attempts"));
	} else if (pick_is(r, row, "state", "leased")) {
		strbuf_addstr(sb, "being sent");
	} else {
		strbuf_addstr(sb, "not sent yet, ");
		add_tries(sb, rows_integer(r, row, "attempts"));
		strbuf_addstr(sb, " so far, next ");
		why_add_when(sb, rows_integer(r, row, "not_before_ms"), now_ms);
	}
	add_after(sb, ": ", error);
}

void why_add_delivery(struct strbuf *sb, const struct rows *deliveries,
		      size_t row, int64_t now_ms)
{
	const char *kind = rows_text(deliveries, row, "kind");
	const char *reason = rows_text(deliveries, row, "reason");

	why_add_target(sb, deliveries, row);
	strbuf_addf(sb, ": \"%s\" ", kind ? kind : "message");
	add_outcome(sb, deliveries, row, now_ms);
	if (reason && *reason)
		strbuf_addf(sb, " (%s)", reason);
}
