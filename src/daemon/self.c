/*
 * Alerts about triaged itself: silence is explained by the same rows, clocks
 * and notices as everything else. The identity is the slug, so a condition
 * that lasts is one alert, and one that returns re-opens it.
 *
 * tested with: test_pipeline
 */
#include <string.h>

#include "daemon/owe.h"
#include "daemon/pipeline_priv.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/xmalloc.h"

static void self_fill(struct alert *a, const struct self_alert *s,
		      int64_t now_ms)
{
	uint8_t hash[DIGEST_SIZE];

	alert_init(a);
	a->source = xstrdup(SELF_SOURCE);
	a->kind = xstrdup(ALERT_KIND_SELF);
	a->provider = xstrdup(ALERT_KIND_SELF);
	a->tenant = xstrdup("");
	a->native_id = xstrdup(s->slug);
	a->title = xstrdup(s->title);
	a->description = xstrdup(s->description);
	a->alert_type =
		xasprintf("triaged/%.*s", (int)strcspn(s->slug, "/"), s->slug);
	a->source_severity = xstrdup(severity_name(s->severity));
	a->base = s->severity;
	a->source_status = xstrdup(s->resolved ? "resolved" : "active");
	a->source_state = s->resolved ? SOURCE_RESOLVED : SOURCE_ACTIVE;
	a->remediation = xstrdup(s->remediation);
	a->created_ms = now_ms;
	a->raw = xasprintf("{\"self\":\"%s\",\"status\":\"%s\"}", a->alert_type,
			   a->source_status);
	a->raw_len = strlen(a->raw);
	digest_sha256(a->raw, a->raw_len, hash);
	memcpy(a->raw_hash, hash, sizeof(a->raw_hash));
}

/* The target in trouble cannot carry the news of its trouble. */
static int self_avoid(struct pipeline *p, const struct self_alert *s,
		      const struct alert *a, int64_t now_ms, struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct alert_key key;
	struct owing o = {
		.alert = a,
		.severity = s->severity,
		.kind = NOTICE_OPENED,
		.transition = now_ms,
		.reason = "another target is in trouble, so you are told",
		.now_ms = now_ms,
	};
	int rc;

	alert_key(a->kind, a->tenant, a->native_id, &key);
	rc = alerts_find(p->store, &key, 1, &t, err);
	if (rc <= 0)
		return rc;
	o.alert_id = t.id;
	o.episode = t.episode;
	for (size_t i = 0; i < p->conf->n_targets; i++) {
		const char *name = p->conf->targets[i].name;

		if (strcmp(name, s->avoid_target) == 0)
			continue;
		rc = owe_target(p, &o, name, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Is it there, does it last, and did somebody put it away? */
static int self_look(struct pipeline *p, const struct self_alert *s,
		     bool *ret_lasts, bool *ret_closed, struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct alert_key key;
	int rc;

	alert_key(ALERT_KIND_SELF, "", s->slug, &key);
	rc = alerts_find(p->store, &key, 1, &t, err);
	*ret_lasts = rc > 0 && !source_state_is_closed(t.source_state);
	*ret_closed = rc > 0 && t.state == ALERT_CLOSED;
	return rc;
}

static int self_put(struct pipeline *p, const struct self_alert *s,
		    int64_t now_ms, struct err *err)
{
	CLEANUP(alert_release) struct alert a;
	struct sighting at = { .poll = 0, .now_ms = now_ms };
	enum transition t;
	int rc;

	self_fill(&a, s, now_ms);
	rc = pipeline_accept(p, &a, &at, &t, err);
	if (rc < 0)
		return rc;
	if (s->avoid_target &&
	    (t == TRANSITION_OPENED || t == TRANSITION_REOPENED))
		return self_avoid(p, s, &a, now_ms, err);
	return 0;
}

/* Of what somebody has put away the end is kept all the same: without one it
 * could not begin again. */
int self_accept(struct pipeline *p, const struct self_alert *s, int64_t now_ms,
		struct err *err)
{
	struct self_alert end = *s;
	bool lasts, closed;
	int rc = self_look(p, s, &lasts, &closed, err);

	if (rc < 0 || (s->resolved && !lasts))
		return MIN(rc, 0);
	end.resolved = true;
	if (s->happened && lasts && closed)
		rc = self_put(p, &end, now_ms, err);
	return rc < 0 ? rc : self_put(p, s, now_ms, err);
}

int pipeline_self_alert(struct pipeline *p, const struct self_alert *s,
			struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	rc = self_accept(p, s, clock_wall_ms(), err);
	if (rc < 0)
		return rc;
	rc = txn_commit(&txn, err);
	if (rc >= 0)
		p->on_commit(p->arg);
	return rc;
}
