/*
 * The alerts of the past once more under the other policy: their bytes are read
 * again, the replay is given what happened, and what it makes of it is written
 * down. Called by cmd_what_if.c.
 *
 * tested with: test_what_if
 */
#include "cli/what_if_priv.h"

#include <stdlib.h>
#include <string.h>
#include "source/normalize.h"
#include "store/surroundings.h"
#include "util/xmalloc.h"

/* --- what comes out --- */

static int on_decision(void *ctx, void *of, int64_t episode,
		       const struct decision *d, int64_t now_ms,
		       struct err *err)
{
	struct tried *t = of;

	(void)ctx;
	(void)err;
	tale_add_decision(&t->now, &(struct tale_decision){
					   .at_ms = now_ms,
					   .episode = episode,
					   .transition = d->transition,
					   .severity = d->severity,
					   .rule = xstrdup(d->rule),
				   });
	return 0;
}

static int on_clock(void *ctx, void *of, const struct clock_row *row,
		    struct err *err)
{
	struct tried *t = of;

	(void)ctx;
	(void)err;
	tale_put_clock(&t->now, row);
	return 0;
}

static int on_route(void *ctx, void *of, int64_t episode, const char *route,
		    struct err *err)
{
	struct tried *t = of;

	(void)ctx;
	(void)err;
	tale_put_route(&t->now, episode, route);
	return 0;
}

/* The notice of the past that this one is, from 1; 0: there was none. */
static size_t find_like(const struct tried *t, const struct replay_notice *of)
{
	for (size_t i = 0; i < t->past.n_notices; i++) {
		const struct past_notice *n = &t->past.notices[i];

		if (!t->taken[i] && n->episode == of->episode &&
		    n->kind == of->kind && n->step == of->step &&
		    strcmp(n->target, of->target) == 0)
			return i + 1;
	}
	return 0;
}

static int on_notice(void *ctx, struct replay_notice *n, struct err *err)
{
	struct tried *t = n->of;
	size_t like = find_like(t, n);

	(void)ctx;
	(void)err;
	if (like)
		t->taken[like - 1] = true;
	n->mark = t->now.n_pages;
	tale_add_page(&t->now, &(struct tale_page){
				       .at_ms = n->at_ms,
				       .episode = n->episode,
				       .kind = n->kind,
				       .step = n->step,
				       .target = xstrdup(n->target),
				       .like = like,
			       });
	return 0;
}

static struct tale_page *page_of(const struct replay_notice *n)
{
	struct tried *t = n->of;

	return &t->now.pages[n->mark];
}

static int on_held(void *ctx, const struct replay_notice *n,
		   const struct bundle_place *place, struct err *err)
{
	(void)ctx;
	(void)err;
	tale_page_hold(page_of(n), place->cause, place->name);
	return 0;
}

/* What else the same step said and sent then; NULL nothing. */
static const struct past_notice *find_beside(const struct tried *t,
					     const struct replay_notice *of)
{
	const struct past_notice *like = NULL;

	for (size_t i = 0; i < t->past.n_notices; i++) {
		const struct past_notice *n = &t->past.notices[i];

		if (n->episode == of->episode && n->kind == of->kind &&
		    n->step == of->step && n->outcome == BUNDLE_CARRIED &&
		    n->to)
			like = n;
	}
	return like;
}

/*
 * Whether a message got there is no matter of policy: what went then and goes
 * now needs as long as it did then, or never gets there. What did not go to
 * this target is heard like what went to others by the same step, and at once
 * where nothing did.
 */
static int64_t heard_then(const struct tried *t, const struct replay_notice *of,
			  int64_t at_ms)
{
	size_t like = page_of(of)->like;
	const struct past_notice *n = like ? &t->past.notices[like - 1] : NULL;

	if (!n || n->outcome != BUNDLE_CARRIED || !n->to)
		n = find_beside(t, of);
	if (!n)
		return at_ms;
	return n->heard_ms ? at_ms + MAX(n->heard_ms - n->ended_ms, 0) : 0;
}

static int on_sent(void *ctx, const struct replay_notice *n,
		   struct replay_message *m, struct err *err)
{
	struct tale_page *p = page_of(n);

	(void)ctx;
	(void)err;
	m->heard_ms = heard_then(n->of, n, m->at_ms);
	p->outcome = BUNDLE_CARRIED;
	p->ended_ms = m->at_ms;
	p->message = m->number;
	p->to = xstrdup(m->target);
	p->heard_ms = m->heard_ms;
	return 0;
}

static int on_dropped(void *ctx, const struct replay_notice *n,
		      enum bundle_outcome outcome, int64_t now_ms,
		      struct err *err)
{
	struct tale_page *p = page_of(n);

	(void)ctx;
	(void)err;
	p->outcome = outcome;
	p->ended_ms = now_ms;
	return 0;
}

struct replay_out live_out(struct live *l)
{
	return (struct replay_out){
		.ctx = l,
		.decision = on_decision,
		.clock = on_clock,
		.route = on_route,
		.notice = on_notice,
		.held = on_held,
		.sent = on_sent,
		.dropped = on_dropped,
	};
}

/* --- what goes in --- */

/* Which API the bytes came from; of a file their shape tells. */
static enum door door_of(const char *source_kind)
{
	static const struct {
		const char *kind;
		enum door door;
	} doors[] = {
		{ ALERT_KIND_ARM, DOOR_ARM },
		{ ALERT_KIND_GRAPH, DOOR_GRAPH },
		{ ALERT_KIND_CLOUD_APPS, DOOR_CLOUD_APPS },
		{ ALERT_KIND_BEHAVIOR, DOOR_BEHAVIOR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(doors); i++) {
		if (strcmp(source_kind, doors[i].kind) == 0)
			return doors[i].door;
	}
	return DOOR_ANY;
}

static void count_read_anew(struct live *l, const struct past_revision *r,
			    const struct alert *a)
{
	uint8_t hash[ALERT_HASH_SIZE];

	alert_content_hash(a, hash);
	l->n_read_anew += memcmp(hash, r->content_hash, sizeof(hash)) != 0;
}

static int read_again(struct live *l, const struct tried *t,
		      const struct past_revision *r, struct item *it,
		      struct err *err)
{
	const struct past_alert *p = &t->past;
	CLEANUP(free_ptr) char *raw = NULL;
	size_t len = 0;
	int rc;

	rc = history_raw(l->history, p->now.tracked.id, r->revision, &raw, &len,
			 err);
	if (rc <= 0)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	normalize_item(door_of(r->source_kind), p->now.alert.tenant,
		       (struct span){ raw, len }, it);
	if (it->kind != ITEM_ALERT)
		return ERR_SCHEMA;
	free(it->alert.source);
	it->alert.source = xstrdup(r->source);
	return 0;
}

static bool is_self(const struct tried *t)
{
	return strcmp(t->past.now.alert.kind, ALERT_KIND_SELF) == 0;
}

int live_check(struct live *l, const struct tried *t, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < t->items.n && rc >= 0; i++) {
		const struct past_item *it = &t->items.v[i];
		struct item item = { 0 };

		if (it->kind != REPLAY_SAID || is_self(t))
			continue;
		alert_init(&item.alert);
		rc = read_again(l, t, it->revision, &item, err);
		if (rc >= 0)
			count_read_anew(l, it->revision, &item.alert);
		alert_release(&item.alert);
	}
	return rc;
}

/*
 * Alerts about triaged itself came through no API. What they say today stands
 * for what they said then, but for their state; that there were other words is
 * known from the revision.
 */
static void say_self(struct alert *a, const struct past_item *it)
{
	bool closed = it->transition == TRANSITION_CLOSED ||
		      it->transition == TRANSITION_SEEN_CLOSED;

	a->source_state = closed ? SOURCE_RESOLVED : SOURCE_ACTIVE;
	free(a->source_status);
	a->source_status = xstrdup(closed ? "resolved" : "active");
	free(a->description);
	a->description =
		xasprintf("revision %lld", (long long)it->revision->revision);
}

/* A rule of this name asks for another high detector nearby. */
static bool asks_around(const struct policy *p, const char *rule)
{
	for (size_t i = 0; rule && i < p->n_rules; i++) {
		if (strcmp(p->rules[i].name, rule) == 0)
			return p->rules[i].other_high_type;
	}
	return false;
}

/*
 * What was near it, then. The decision of then knew, if it was that rule's;
 * else the store is asked for what was seen before that moment: of the same
 * page the order is not known.
 */
static int look_around(struct live *l, const struct tried *t,
		       const struct past_item *it, struct replay_item *happens,
		       struct err *err)
{
	const struct tracked *known = replay_standing(t->life);
	const struct alert *a = happens->alert;
	const struct high_sight h = {
		.alert_id = known->id,
		.alert = a,
		.seen_ms = known->episode ? known->seen_ms : it->at_ms,
	};
	enum severity base =
		known->episode && a->severity_absent ? known->base : a->base;
	int rc;

	if (base != SEVERITY_HIGH || !alert_is_detected(a))
		return 0;
	happens->around.other_high_type =
		asks_around(&l->conf->policy, it->rule);
	if (happens->around.other_high_type)
		return 0;
	rc = surroundings_other_high(l->store, &h, it->at_ms - 1, err);
	happens->around.other_high_type = rc > 0;
	return rc;
}

/* The words of both tales stand side by side. */
static void fill_decision(struct tried *t, const struct past_item *it, size_t n)
{
	if (it->kind != REPLAY_SAID || t->now.n_decisions > n)
		return;
	tale_add_decision(&t->now,
			  &(struct tale_decision){
				  .at_ms = it->at_ms,
				  .severity =
					  replay_standing(t->life)->severity,
			  });
}

int live_item(struct live *l, struct tried *t, const struct past_item *it,
	      struct err *err)
{
	struct replay_item happens = {
		.kind = it->kind,
		.at_ms = it->at_ms,
		.who = it->who,
		.owner = it->owner,
		.until_ms = it->until_ms,
		.is_news = it->is_news,
		.alert = &t->past.now.alert,
	};
	size_t n = t->now.n_decisions;
	struct item item = { 0 };
	int rc = 0;

	if (!t->life)
		t->life = replay_begin(l->replay, t->past.now.tracked.id, t);
	if (it->kind == REPLAY_TOLD && !conf_target(l->conf, it->who))
		return 0;
	alert_init(&item.alert);
	if (it->kind == REPLAY_SAID && !is_self(t)) {
		rc = read_again(l, t, it->revision, &item, err);
		happens.alert = &item.alert;
	} else if (it->kind == REPLAY_SAID) {
		say_self(&t->past.now.alert, it);
	}
	if (rc >= 0 && it->kind == REPLAY_SAID)
		rc = look_around(l, t, it, &happens, err);
	if (rc >= 0)
		rc = replay_happen(l->replay, t->life, &happens, err);
	alert_release(&item.alert);
	if (rc >= 0)
		fill_decision(t, it, n);
	return rc < 0 ? rc : 0;
}

struct tried *tried_free(struct tried *t)
{
	past_items_release(&t->items);
	past_alert_release(&t->past);
	tale_release(&t->then);
	tale_release(&t->now);
	free(t->taken);
	free(t);
	return NULL;
}
