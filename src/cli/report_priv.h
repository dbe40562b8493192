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
/* report_parts.c: rows that nothing else has. */
/* phase, episode, since_ms, until_ms (null: now), seconds, actor, why: every
 * phase the alert has been in. */
void report_phase_rows(struct rows *to, const struct case_view *v);
/* What LOOK_EVIDENCE gave, with the digest of the bytes in place of them. */
void report_revision_rows(struct rows *to, const struct rows *contents);
/* episode, clock, state, margin_ms: by how much it was met (positive) or
 * missed, text: that in words. */
void report_clock_rows(struct rows *to, const struct case_view *v);

/* report_words.c: what both documents are made of. */
/* "2026-11-22 07:58:51 CET (06:58:51 UTC)" */
void report_say_time(struct writer *w, int64_t ms);
void report_say_text(struct writer *w, const char *text);
void report_say_number(struct writer *w, int64_t n);
void report_heading(struct writer *w, int level, const char *text);
/* When and by what it was written. */
void report_say_origin(struct writer *w, const struct session *session);

#endif
