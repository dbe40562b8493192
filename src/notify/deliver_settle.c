/*
 * How flights ended, into the store: all of one turn in one transaction, and
 * told only once it is there. Called by deliver.c. What the store refuses is
 * kept and offered again: that a message went out must not be forgotten while
 * the process lives.
 *
 * tested with: test_deliver
 */
#include "notify/deliver_priv.h"

#include <stdlib.h>
#include "store/outbox.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* A program of the site was run: what it did is for the record. */
static char *runbook_detail(const struct flight *f)
{
	CLEANUP(jsonx_unref)
	json_t *o = json_pack("{s:s, s:s, s:i, s:I, s:s}", "target",
			      f->notice.target, "notice",
			      notice_kind_name(f->notice.kind), "attempt",
			      (int)f->notice.attempts, "elapsed_ms",
			      (json_int_t)f->elapsed_ms, "output", f->output);

	if (o && f->error[0])
		(void)json_object_set_new(o, "error", json_string(f->error));
	return o ? jsonx_dump(o) : NULL;
}

static struct settlement settlement_of(struct flight *f, int64_t now_ms)
{
	if (f->output && !f->detail)
		f->detail = runbook_detail(f);
	f->event = (struct audit_event){
		.alert_id = f->notice.alert_id,
		.at_ms = now_ms,
		.actor = "triaged",
		.kind = "runbook",
		.detail = f->detail,
	};
	return (struct settlement){
		.event = f->output ? &f->event : NULL,
		.id = f->notice.id,
		.state = f->state,
		.not_before_ms = f->not_before_ms,
		.error = f->state == NOTICE_SENT ? NULL : f->error,
		.news = f->news,
		.print = f->print,
	};
}

int deliver_settle(struct deliver *d, struct err *err)
{
	CLEANUP(free_ptr) struct settlement *v = NULL;
	int64_t now_ms = clock_wall_ms();
	size_t n = 0;
	size_t n_alloc = 0;
	struct flight *f;
	int rc;

	if (TAILQ_EMPTY(&d->ended))
		return 0;
	TAILQ_FOREACH (f, &d->ended, link) {
		GROW(v, n + 1, n_alloc);
		v[n++] = settlement_of(f, now_ms);
	}
	rc = outbox_settle(d->env.store, v, n, now_ms, err);
	if (rc < 0)
		log_debug("outcomes of %zu notices kept, not stored", n);
	return rc;
}

/* What ended is stored with others that end within so long, or when it is so
 * many. A crash meanwhile repeats them, under the same keys. */
#define COMPANY_MS 20
#define COMPANY_MAX 256

void deliver_note_ended(struct deliver *d)
{
	if (d->n_ended++ == 0)
		loop_timer_set(d->company, COMPANY_MS);
	if (d->n_ended >= COMPANY_MAX || d->draining)
		d->must_settle = true;
	deliver_wake(d);
}

static void tell(const struct deliver *d, const struct flight *f,
		 enum deliver_news news)
{
	struct deliver_event e = {
		.news = news,
		.target = f->notice.target,
		.notice = &f->notice,
		.error = f->state == NOTICE_SENT ? NULL : f->error,
		.elapsed_ms = f->elapsed_ms,
	};

	if (d->env.fn)
		d->env.fn(d->env.arg, &e);
}

static void tell_ended(const struct deliver *d, const struct flight *f)
{
	if (f->news == SETTLE_DISABLES)
		tell(d, f, DELIVER_TARGET_DISABLED);
	if (f->news == SETTLE_REFUSED && f->begins)
		tell(d, f, DELIVER_TARGET_REFUSED);
	if (f->news == SETTLE_WORKS)
		tell(d, f, DELIVER_TARGET_WORKS);
	if (f->state == NOTICE_SENT)
		tell(d, f, DELIVER_SENT);
	else if (f->state == NOTICE_RETRY)
		tell(d, f, f->astray ? DELIVER_ASTRAY : DELIVER_RETRY);
	else
		tell(d, f, DELIVER_DEAD);
}

void deliver_tell(struct deliver *d)
{
	struct flights stored = TAILQ_HEAD_INITIALIZER(stored);
	struct flight *f;

	/* Whoever is told may put new notices and wake us. */
	TAILQ_CONCAT(&stored, &d->ended, link);
	d->n_ended = 0;
	d->must_settle = false;
	loop_timer_stop(d->company);
	while ((f = TAILQ_FIRST(&stored))) {
		TAILQ_REMOVE(&stored, f, link);
		tell_ended(d, f);
		flight_free(f);
	}
}
