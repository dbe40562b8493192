/*
 * See condition.h. Called by the page, the watchdog, heartbeats and metrics.
 *
 * tested with: scenario/test_health
 */
#include "daemon/condition.h"

#include "daemon/app_priv.h"
#include "store/txn.h"
#include "util/clock.h"

static const struct {
	const char *name, *trouble, *next;
	bool stuck;
} parts[] = {
	[PART_SOURCES] = { "sources", "a source makes no progress",
			   "systemctl restart triaged", true },
	[PART_DELIVERY] = { "delivery", "delivery makes no progress",
			    "systemctl restart triaged", true },
	[PART_DATABASE] = { "database", "the database refuses changes",
			    "triagectl doctor", false },
	[PART_DAEMON] = { "daemon", "stopping", "systemctl status triaged",
			  false },
};
_Static_assert(ARRAY_SIZE(parts) == PART_MAX, "a part lacks");

const char *part_name(enum part p)
{
	return parts[p].name;
}

/* NULL: nothing is wrong; else which one, or what was said. */
static const char *trouble_about(const struct app *a, enum part p)
{
	switch (p) {
	case PART_SOURCES:
		return poller_stuck(a->poller, clock_mono_ms());
	case PART_DELIVERY:
		return deliver_stuck(a->deliver, clock_mono_ms()) ? "" : NULL;
	case PART_DATABASE:
		return a->store_err.code ? a->store_err.text : NULL;
	case PART_DAEMON:
		return a->stopping ? "" : NULL;
	}
	return NULL;
}

void condition_of(const struct app *a, enum part p, struct condition *ret)
{
	const char *about = trouble_about(a, p);

	*ret = (struct condition){ .about = about ? about : "" };
	if (!about)
		return;
	ret->trouble = parts[p].trouble;
	ret->next = parts[p].next;
	ret->stuck = parts[p].stuck;
}

bool app_is_healthy(struct app *a, const char **ret_why)
{
	struct condition c;
	bool alive = true;

	*ret_why = NULL;
	/* One that is told to stop is well. */
	for (enum part p = PART_SOURCES; p < PART_DAEMON; p++) {
		condition_of(a, p, &c);
		if (!*ret_why)
			*ret_why = c.trouble;
		/* A full disk heals without a restart: only what is stuck is
		 * killed. */
		alive &= !c.stuck;
	}
	return alive;
}

void condition_try_store(struct app *a, int64_t every_ms)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;
	int64_t mono_ms = clock_mono_ms();
	int rc;

	if (a->stopping || mono_ms < a->store_tried_mono_ms + every_ms)
		return;
	a->store_tried_mono_ms = mono_ms;
	rc = txn_begin(&txn, a->store, &err);
	if (rc >= 0)
		rc = store_meta_set(a->store, "tried_ms", clock_wall_ms(),
				    &err);
	if (rc >= 0)
		rc = txn_commit(&txn, &err);
	app_store_trouble(a, rc < 0 ? &err : NULL);
}

static void add_trouble(struct strbuf *out, enum part p,
			const struct condition *c)
{
	strbuf_addf(out, "%s: %s%s%s\n  next: %s\n", parts[p].name, c->trouble,
		    c->about[0] ? ": " : "", c->about, c->next);
}

bool condition_write(const struct app *a, bool ready, struct strbuf *out)
{
	bool well = true;

	for (enum part p = PART_SOURCES; p < PART_MAX; p++) {
		struct condition c;

		condition_of(a, p, &c);
		if (!c.trouble || (!ready && !c.stuck))
			continue;
		if (well)
			strbuf_addstr(out,
				      ready ? "not ready\n" : "not healthy\n");
		well = false;
		add_trouble(out, p, &c);
	}
	if (well)
		strbuf_addstr(out, ready ? "ready\n" : "ok\n");
	return well;
}
