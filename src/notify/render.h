/*
 * From a leased notice and the present state of its alert to words. Text is
 * for people at 03:00: the first line says what, where, how bad, due when, and
 * the first step. Foreign text is escaped for its target here and nowhere else.
 */
#ifndef NOTIFY_RENDER_H
#define NOTIFY_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/bundle.h"
#include "core/decision.h"
#include "core/notice.h"
#include "notify/template.h"
#include "store/store.h"
#include "util/strbuf.h"
#include "util/strlist.h"

/* Seconds east of UTC at @ms in @zone; false when the zone is unknown. The
 * daemon passes calendar_zone_offset: this room may not include triage/. */
typedef bool zone_offset_fn(const char *zone, int64_t ms, int *ret_offset_s);

/* A digest is gathered up to here; the rest is a number. */
#define RENDER_DIGEST_MAX 1000

/* Everything a renderer may say, gathered once. */
struct render_alert {
	struct alert_view view;
	struct clock_row clock; /* due_ms 0: none */
	enum severity opened; /* at first sight: the subject keeps it */
};

struct render_job {
	const struct notice *notice; /* borrowed */
	struct render_alert *alerts; /* one, or those of a digest, worst first;
					none: a test, or it is gone */
	size_t n_alerts;
	int64_t n_total; /* a digest may carry more than are gathered */
	enum noise_cause
		cause; /* why they come together; NOISE_NONE: unknown */
	char *cause_name; /* of which group ...; NULL none */
	const char *timezone; /* IANA name for local times; NULL UTC */
	zone_offset_fn *zone_offset; /* NULL: UTC alone */
	int64_t now_ms;
	bool paced; /* it waited for the rate of its target */
	/* Its target heard last that somebody has the alert, and nobody has. */
	bool was_taken;
	/* Keys of messages about several alerts whose last one closes here. */
	struct strlist over;
	const char *host; /* who sends; NULL: not said */
	/* How to acknowledge, where that is asked for; borrowed. */
	const char *ack_url; /* NULL: no link */
	int64_t ack_expires_ms; /* of the link */
	const char *ack_code; /* "1042-K7PMX"; NULL: none */
	struct custom *custom; /* the target's templates; NULL: none */
	bool brief; /* templates get the payload that says the least */
};

/*
 * Gather what a notice is about: the alerts as they are now. What only the
 * caller knows (timezone, zone_offset, now_ms, host, ack_...) is left 0 in *ret
 * and filled in by him. 0 or a negative code.
 */
int render_gather(struct store *s, const struct notice *n,
		  struct render_job *ret, struct err *err) must_check;
/* The same for alerts @ids as they come, without a notice, which the caller
 * fills in too; who is gone is left out. */
int render_gather_alerts(struct store *s, const int64_t *ids, size_t n,
			 struct render_job *ret, struct err *err) must_check;
void render_job_release(struct render_job *j);
/* Is @j news of one alert that nobody has, which its receiver should take? */
bool render_asks(const struct render_job *j);

struct render_mail {
	char *subject; /* constant for one alert */
	char *text, *html;
	char *alert_key; /* the alert's name for strangers, hex; NULL none. The
			    thread's root is alert-KEY@DOMAIN. */
	const char *importance; /* "high", "normal" or "low" */
};
/* Always succeeds: what cannot be said nicely is said plainly. */
void render_mail(const struct render_job *j, struct render_mail *ret);
void render_mail_release(struct render_mail *m);

/* The documented JSON payload (include/triaged/payload.h), under 20 kB; with
 * @brief under 2 kB. */
void render_json(const struct render_job *j, bool brief, struct strbuf *out);
/* The same as a tree for those who wrap it; NULL out of memory. */
json_t *render_payload(const struct render_job *j, bool brief) must_check;

/* Where a template may stand for our words. */
enum template_slot {
	SLOT_SUBJECT,
	SLOT_TEXT,
	SLOT_HTML,
	SLOT_TITLE,
	SLOT_BODY,
};
#define TEMPLATE_SLOT_MAX (SLOT_BODY + 1)
/*
 * Append what the target's template for @slot makes of @j. False, and @out as
 * it was: use the built-in words, because there is no template, it says nothing
 * of this kind of message, or it failed (custom_take_fault() knows).
 */
bool render_custom(const struct render_job *j, enum template_slot slot,
		   template_escape_fn *escape, struct strbuf *out) must_check;

/* One line, for logs and the demo: "high  VM_SuspiciousLogin on vm-1, due 14:05
 * UTC". */
void render_line(const struct render_job *j, struct strbuf *out);

#endif
