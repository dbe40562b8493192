/* What the files of `triagectl report` share. */
#ifndef CLI_REPORT_PRIV_H
#define CLI_REPORT_PRIV_H

#include "cli/case_view.h"

/*
 * report_case.c: everything there is about one alert, as a document. @w is a
 * writer of documents, or of JSON.
 */
int report_case(struct session *session, const char *word, struct writer *w,
		struct err *err) must_check;
/* report_shift.c: what happened from @since_ms to @until_ms, and what is left
 * to do. */
struct report_span {
	int64_t since_ms, until_ms;
};
int report_shift(struct session *session, const struct report_span *span,
		 struct writer *w, struct err *err) must_check;

/* All that a hand-over tells of. */
struct shift {
	struct report_span span;
	int64_t now_ms;
	/* By LOOK_SHIFT_*. */
	struct rows came, done, breached, told;
	/* What the lists, which are cut, would count: see LOOK_SHIFT_TOTALS;
	 * and clocks that run out soon. */
	struct rows totals, soon_count;
	struct rows unattended; /* the first of LOOK_UNATTENDED */
	/* Now: counts, clocks past due, the most urgent alerts, clocks that run
	 * out soon, what keeps quiet, targets, what was given up. */
	struct rows counts, overdue, urgent, soon, silences, maintenance,
		targets, dead;
	struct rows responding, responded; /* see LOOK_RESPONSES_OPEN,
					      LOOK_SHIFT_RESPONDED */
	struct rows unproven; /* source, scope, holes, gaps, error, seconds */
	struct rows oncall;
	struct err missing; /* why there is nothing of the settings */
};

/* So many alerts are told of one by one. */
#define SHIFT_ALERTS_FIRST 5
/* How many there are, which may be more than the list of them has. */
int64_t shift_total(const struct shift *s, const char *what);

/* report_first.c: rows text, command; what the next shift does first. */
void report_first_rows(struct rows *to, const struct shift *s);
/* One of them: "triagectl VERB ID" and @how, "" or an option. */
void report_first_keep(struct rows *to, const char *text, const char *verb,
		       int64_t id, const char *how);

/* report_parts.c: rows that nothing else has. */
/* phase, episode, since_ms, until_ms (null: now), seconds, actor, why: every
 * phase the alert has been in. */
void report_phase_rows(struct rows *to, const struct case_view *v);
/* What LOOK_CONTENTS gave, with the digest of the bytes in place of them. */
void report_revision_rows(struct rows *to, const struct rows *contents);
/* episode, clock, state, margin_seconds: by how much it was met (positive) or
 * missed, text: that in words. */
void report_clock_rows(struct rows *to, const struct case_view *v);

/* report_responses.c: an item of a list for each row of v_responses; @alert:
 * with the alert it is about. */
void report_say_responses(struct writer *w, const struct rows *r, bool alert);
/* Those that wait, and those of which nobody knows what became of them. */
void report_responses_first(struct rows *to, const struct shift *s);

/* report_words.c: what both documents are made of. */
/* "2026-11-22 07:58:51 CET (06:58:51 UTC)" */
void report_say_time(struct writer *w, int64_t ms);
void report_say_text(struct writer *w, const char *text);
void report_say_number(struct writer *w, int64_t n);
/* "1 critical, 3 high" of the rows whose @key is @word (NULL: of all); false,
 * and nothing said, when there are none. */
bool report_say_severities(struct writer *w, const struct rows *r,
			   const char *key, const char *word);
void report_heading(struct writer *w, int level, const char *text);
/* When and by what it was written. */
void report_say_origin(struct writer *w, const struct session *session);

#endif
