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
#include "util/log.h"
#include "util/xmalloc.h"

static struct settlement settlement_of(const struct flight *f)
{
	return (struct settlement){
		.id = f->notice.id,
		.state = f->state,
		.not_before_ms = f->not_before_ms,
		.error = f->state == NOTICE_SENT ? NULL : f->error,
	};
}

static int store_ended(struct deliver *d)
{
	CLEANUP(free_ptr) struct settlement *v = NULL;
	size_t n = 0;
	size_t n_alloc = 0;
	struct err err = ERR_INIT;
	struct flight *f;
	int rc;

	TAILQ_FOREACH (f, &d->ended, link) {
		GROW(v, n + 1, n_alloc);
		v[n++] = settlement_of(f);
	}
	rc = outbox_settle(d->env.store, v, n, clock_wall_ms(), &err);
	if (rc < 0)
		log_debug("outcomes of %zu notices kept, not stored: %s", n,
			  err.text);
	return rc;
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
	if (f->disables)
		tell(d, f, DELIVER_TARGET_DISABLED);
	if (f->state == NOTICE_SENT)
		tell(d, f, DELIVER_SENT);
	else if (f->state == NOTICE_RETRY)
		tell(d, f, DELIVER_RETRY);
	else
		tell(d, f, DELIVER_DEAD);
}

void deliver_settle(struct deliver *d)
{
	struct flights stored = TAILQ_HEAD_INITIALIZER(stored);
	struct flight *f;

	if (TAILQ_EMPTY(&d->ended))
		return;
	d->store_failed = store_ended(d) < 0;
	if (d->store_failed)
		return;
	/* Whoever is told may put new notices and wake us. */
	TAILQ_CONCAT(&stored, &d->ended, link);
	while ((f = TAILQ_FIRST(&stored))) {
		TAILQ_REMOVE(&stored, f, link);
		tell_ended(d, f);
		flight_free(f);
	}
}
