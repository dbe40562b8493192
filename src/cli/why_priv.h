/* What the files of `triagectl why` share: sentences, and rows of them. All
 * text is raw; the writers make it safe. */
#ifndef CLI_WHY_PRIV_H
#define CLI_WHY_PRIV_H

#include <jansson.h>
#include "cli/case_view.h"
#include "util/strbuf.h"

/* Sentences have no full stop. */

/* why_severity.c: a line for people, an object for programs. */
void why_say_severity(struct writer *w, const struct case_view *v);
void why_severity_data(struct writer *w, const struct case_view *v);

/* why_events.c: what an event of the audit log means. */
void why_add_event(struct strbuf *sb, const struct rows *events, size_t row);

/* why_responses.c: the same, of a response; nothing when @kind is none. */
void why_add_response(struct strbuf *sb, const char *kind,
		      const json_t *detail);

/* why_words.c */
/* To whom a message went, what it was about, and how that ended. */
void why_add_delivery(struct strbuf *sb, const struct rows *deliveries,
		      size_t row, int64_t now_ms);
/* "oncall, ada@example.org" */
void why_add_target(struct strbuf *sb, const struct rows *deliveries,
		    size_t row);
/* "route night", or "route 2" for one without a name. */
void why_add_route(struct strbuf *sb, const char *name);
/* "severity is medium, it wants critical or high" */
void why_add_miss(struct strbuf *sb, const struct match_miss *miss,
		  const struct match_subject *s);
/* "a, b or c" */
void why_add_list(struct strbuf *sb, const struct strlist *l, const char *last);

/*
 * why_names.c: names of a `notify` at an instant: targets, and rotations of
 * targets. Without settings every name is a target's.
 */
/* "soc and anna (rotation primary)" */
void why_add_names(struct strbuf *sb, const struct case_view *v,
		   const struct strlist *names, int64_t at_ms);
/* The targets, joined by commas; heap. */
char *why_targets(const struct case_view *v, const struct strlist *names,
		  int64_t at_ms) must_check;
/* Is @target among them at @at_ms? */
bool why_names_tell(const struct case_view *v, const struct strlist *names,
		    const char *target, int64_t at_ms);
/* Or a member of a rotation among them, whenever its turn is? */
bool why_names_know(const struct case_view *v, const struct strlist *names,
		    const char *target);

/* why_next.c: what happens at a moment, and how long until then. */
void why_add_moment(struct strbuf *sb, const struct case_view *v,
		    const struct forecast_moment *m);
/* "in 4 min, 2026-11-22 03:21 CET" */
void why_add_when(struct strbuf *sb, int64_t at_ms, int64_t now_ms);
/* Rows: at_ms, kind, route, step, repeat, percent, targets, text. @target NULL:
 * all. */
void why_next_rows(struct rows *to, const struct case_view *v,
		   const char *target);

/* why_story.c: rows at_ms, actor, kind, target, text; the past in order. */
void why_story_rows(struct rows *to, const struct case_view *v,
		    const char *target);

/* why_routes.c: rows place, name, carries, key, wants, has, targets, selected
 * (does it name @target?), text. None without settings. */
void why_route_rows(struct rows *to, const struct case_view *v,
		    const char *target);
/* Does any step or digest of @r tell @target, at its turn? */
bool why_route_names(const struct case_view *v, const struct route *r,
		     const char *target);

/* why_ladder.c: rows route, step, due_ms, taken_ms, state ("taken", "next",
 * "later", "not taken"), stopped_why, repeats, targets, text. */
void why_ladder_rows(struct rows *to, const struct case_view *v,
		     const char *target);

/* why_held.c: rows target, kind, cause, cause_name, since_ms, until_ms, outcome
 * ("waiting", "carried", "moved", "needless"), ended_ms, ended_why, episode,
 * text. */
void why_held_rows(struct rows *to, const struct case_view *v,
		   const char *target);
/* Is that row of v->held for @target, when it ends? */
bool why_held_is_for(const struct case_view *v, size_t row, const char *target);
/* "silence 3 of anna (reason)"; of a row of LOOK_SUPPRESSIONS. */
void why_add_cause(struct strbuf *sb, const struct rows *held, size_t row);

/* why_answer.c: was @target told, and why or why not, in one sentence. */
struct why_answer {
	bool told;
	int64_t at_ms; /* when; 0 not */
	char *text; /* owned */
};
void why_answer(struct why_answer *ret, const struct case_view *v,
		const char *target);

#endif
