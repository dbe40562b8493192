/*
 * Targets that are out of order: gone for good (410), or refusing our
 * credentials. Called by deliver.c, and by deliver_send.c when an answer says
 * so. What lasts beyond a restart is stored with the settlement.
 *
 * tested with: test_deliver test_deliver_trouble
 */
#include "notify/deliver_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "store/targets.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/log.h"

/*
 * Short on purpose: enough to tell that an address was changed, not enough to
 * find out an address that is a secret.
 */
static int64_t print_of(const struct target_conf *c)
{
	struct digest *d = digest_new();
	uint8_t sum[DIGEST_SIZE];

	digest_add_field(d, c->server);
	digest_add_field(d, c->path);
	digest_add_field(d, c->url.value ? secret_peek(c->url.value) : NULL);
	digest_add_field(d, c->webhook.key.value
				    ? secret_peek(c->webhook.key.value)
				    : NULL);
	digest_finish(d, sum);
	return (int64_t)sum[0] << 24 | (int64_t)sum[1] << 16 |
	       (int64_t)sum[2] << 8 | sum[3];
}

static int forget(struct deliver *d, const char *name, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, d->env.store, err);

	if (rc >= 0)
		rc = targets_enable(d->env.store, name, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int recall(struct deliver *d, struct target *t, struct err *err)
{
	CLEANUP(target_state_release) struct target_state s = { 0 };
	int rc = targets_get(d->env.store, t->name, &s, err);

	if (rc < 0)
		return rc;
	if (s.disabled_ms && s.print != t->print)
		return forget(d, t->name, err);
	t->refused = s.refused_ms != 0;
	if (s.disabled_ms)
		snprintf(t->disabled, sizeof(t->disabled), "%s",
			 s.disabled_why ? s.disabled_why : "it is gone");
	return 0;
}

void targets_recall(struct deliver *d, struct targets *list)
{
	struct err err = ERR_INIT;
	struct target *t;

	TAILQ_FOREACH (t, list, link) {
		t->print = print_of(t->conf);
		target_start_rate(t);
		/* Not known: it is tried, and says so again. */
		if (recall(d, t, &err) < 0)
			log_debug("target %s: %s", t->name, err.text);
	}
}

static void refuse(struct target *t, struct flight *f)
{
	f->news = SETTLE_REFUSED;
	f->begins = !t->refused;
	t->refused = true;
	t->n_refused++;
	t->paused_mono_ms = clock_mono_ms() + OUTCOME_REFUSED_PAUSE_MS;
}

static void disable(struct target *t, struct flight *f)
{
	f->news = SETTLE_DISABLES;
	f->print = t->print;
	snprintf(t->disabled, sizeof(t->disabled), "%s", f->error);
}

void target_asked(const struct target *t, struct flight *f)
{
	f->n_refused = t->n_refused;
}

/*
 * Several are asked at once. What was let in before the credentials were
 * revoked may be answered well after the first refusal: that is no proof, and
 * would begin a round of refusals every time. So the answer counts that was
 * asked for since. An answer of another kind, "busy" say, proves nothing in any
 * case.
 */
static bool proves_it_works(const struct target *t, const struct flight *f)
{
	if (t->refused)
		return f->n_refused == t->n_refused;
	return t->disabled[0] && f->notice.kind == NOTICE_TEST;
}

void target_heard(struct target *t, struct flight *f,
		  const struct outcome_report *r)
{
	if (r->refused) {
		refuse(t, f);
	} else if (r->outcome == OUTCOME_DISABLE && !t->disabled[0]) {
		disable(t, f);
	} else if (r->outcome == OUTCOME_SENT && proves_it_works(t, f)) {
		f->news = SETTLE_WORKS;
		target_enable(t);
	}
}

void target_enable(struct target *t)
{
	t->refused = false;
	t->disabled[0] = '\0';
	t->paused_mono_ms = 0;
}
