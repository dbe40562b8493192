/*
 * From a leased notice and the present state of its alert to words. Text is
 * for people at 03:00: the first line says what, where, how bad, due when, and
 * the first step. Foreign text is escaped for its target here and nowhere else.
 */
#ifndef NOTIFY_RENDER_H
#define NOTIFY_RENDER_H

#include "core/decision.h"
#include "core/notice.h"
#include "store/store.h"
#include "util/strbuf.h"
#include "util/strlist.h"

/* Everything a renderer may say, gathered once. */
struct render_alert {
	struct alert_view view;
	struct clock_row clock; /* due_ms 0: none */
};

struct render_job {
	const struct notice *notice;
	struct render_alert *alerts; /* one, or those of a digest */
	size_t n_alerts;
	int64_t n_total; /* a digest may carry more than are listed */
	const char *timezone; /* IANA name for local times; NULL UTC */
	int64_t now_ms;
	const char *host; /* who sends */
};

/* Gather what a notice is about. 0 or a negative code. */
int render_gather(struct store *s, const struct notice *n,
		  struct render_job *ret, struct err *err) must_check;
void render_job_release(struct render_job *j);

struct render_mail {
	char *subject; /* constant for one alert */
	char *text, *html;
	char *thread; /* local part of the thread's first Message-ID; NULL none
		       */
	const char *importance; /* "high", "normal" or "low" */
};
/* Always succeeds: what cannot be said nicely is said plainly. */
void render_mail(const struct render_job *j, struct render_mail *ret);
void render_mail_release(struct render_mail *m);

/* The documented JSON payload (include/triaged/payload.h), under 20 kB. */
void render_json(const struct render_job *j, struct strbuf *out);

/* One line, for logs and the demo: "high  VM_SuspiciousLogin on vm-1, due 14:05
 * UTC". */
void render_line(const struct render_job *j, struct strbuf *out);

#endif
