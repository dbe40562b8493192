/*
 * From a decision to what is owed: which targets and recipients get a notice,
 * for which reason, with which key. What it owes goes through the funnel (see
 * funnel.h) inside the caller's transaction; sends nothing.
 */
#ifndef DAEMON_OWE_H
#define DAEMON_OWE_H

#include "core/notice.h"
#include "daemon/pipeline_priv.h"

/* A notice about one alert, for anybody. */
struct owing {
	int64_t alert_id, episode;
	const struct alert *alert; /* tenant, kind and native id make the key */
	const struct strlist *tags; /* NULL none */
	enum severity severity;
	enum notice_kind kind;
	int step;
	int64_t transition; /* tells apart events of one kind */
	const char *reason; /* why this person gets it, one line */
	int64_t now_ms;
};

/* Owe it to every recipient of @target. A target that is gone goes to the
 * fallback. */
int owe_target(struct pipeline *p, const struct owing *o, const char *target,
	       struct err *err) must_check;
/*
 * Owe it to whom @name of a `notify` means now: a target, or the member of a
 * rotation who has the duty, which the reason then says. 1, or 0 when that is
 * nobody.
 */
int owe_named(struct pipeline *p, const struct owing *o, const char *name,
	      struct err *err) must_check;
/* Owe it to everybody told about this episode; to the fallback when nobody was
 * and @or_fallback. */
int owe_told(struct pipeline *p, const struct owing *o, bool or_fallback,
	     struct err *err) must_check;

struct told;
/* Owe it to these alone, each target's together. 1 when any target is still
 * configured, 0 none. */
int owe_those(struct pipeline *p, const struct owing *o,
	      const struct told *told, size_t n, struct err *err) must_check;

/* It waits for the digest of @route to @target, which is sent at @due_ms. */
int owe_digest(struct pipeline *p, const struct owing *o, const char *route,
	       const char *target, int64_t due_ms, struct err *err) must_check;

/* Closed: unsent notices are superseded, those told hear of it. */
int owe_closed(struct pipeline *p, const struct subject *s,
	       struct err *err) must_check;
/* An alert from before the import horizon goes into one summary. */
int owe_import_summary(struct pipeline *p, const struct subject *s,
		       struct err *err) must_check;
#endif
