/*
 * Small pieces of documents. Called by report_case and report_shift.
 *
 * tested with: test_report
 */
#include <stdio.h>
#include <string.h>
#include "cli/localtime.h"
#include "cli/pick.h"
#include "cli/report_priv.h"
#include "util/timefmt.h"
#include "version.h"

void report_say_text(struct writer *w, const char *text)
{
	struct cell c = cell_text(text);

	writer_value(w, AS_TEXT, &c);
}

void report_say_number(struct writer *w, int64_t n)
{
	struct cell c = cell_integer(n);

	writer_value(w, AS_TEXT, &c);
}

void report_say_time(struct writer *w, int64_t ms)
{
	char local[LOCALTIME_MAX], zone[LOCALTIME_MAX], utc[TIMEFMT_MAX];

	if (ms == 0) {
		writer_words(w, "never");
		return;
	}
	report_say_text(w, localtime_second(ms, local));
	if (strcmp(localtime_zone(ms, zone), "UTC") == 0)
		return;
	/* Only the time: the local date stands beside it. */
	timefmt_utc(ms, utc);
	utc[strlen("2026-11-22T06:58:51")] = '\0';
	writer_words(w, " (");
	report_say_text(w, utc + strlen("2026-11-22T"));
	writer_words(w, " UTC)");
}

static int64_t sum(const struct rows *r, const char *severity, const char *key,
		   const char *word)
{
	int64_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (pick_is(r, i, "severity", severity) &&
		    (!word || pick_is(r, i, key, word)))
			n += rows_integer(r, i, "n");
	}
	return n;
}

bool report_say_severities(struct writer *w, const struct rows *r,
			   const char *key, const char *word)
{
	bool any = false;

	for (int i = SEVERITY_MAX - 1; i >= 0; i--) {
		const char *name = severity_name((enum severity)i);
		int64_t n = sum(r, name, key, word);

		if (n == 0)
			continue;
		if (any)
			writer_words(w, ", ");
		report_say_number(w, n);
		writer_words(w, " ");
		report_say_text(w, name);
		any = true;
	}
	return any;
}

void report_heading(struct writer *w, int level, const char *text)
{
	writer_heading(w, level);
	writer_words(w, text);
}

void report_say_origin(struct writer *w, const struct session *session)
{
	writer_instant(w, "written", session->now_ms);
	writer_field(w, "version", cell_text(TRIAGED_VERSION));
	writer_line(w, NULL);
	writer_words(w, "Written ");
	report_say_time(w, session->now_ms);
	writer_words(w, " by triagectl " TRIAGED_VERSION ".");
}
