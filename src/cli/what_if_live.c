/*
 * One alert once more under the other policy: its bytes are read again, and
 * the replay is given what happened. Called by cmd_what_if.c.
 *
 * tested with: test_what_if
 */
#include "cli/what_if_priv.h"

#include <stdlib.h>
#include <string.h>
#include "source/normalize.h"
#include "store/surroundings.h"
#include "util/xmalloc.h"

static int on_decision(void *ctx, int64_t episode, const struct decision *d,
		       int64_t now_ms, struct err *err)
{
	struct live *l = ctx;

	(void)err;
	tale_add_decision(l->tale, &(struct tale_decision){
					   .at_ms = now_ms,
					   .episode = episode,
					   .transition = d->transition,
					   .severity = d->severity,
					   .rule = xstrdup(d->rule),
				   });
	return 0;
}

static int on_clock(void *ctx, const struct clock_row *row, struct err *err)
{
	struct live *l = ctx;

	(void)err;
	tale_put_clock(l->tale, row);
	return 0;
}

static int on_route(void *ctx, int64_t episode, const char *route,
		    struct err *err)
{
	struct live *l = ctx;

	(void)err;
	tale_put_route(l->tale, episode, route);
	return 0;
}

static bool is_of_call(const struct past_notice *n, const struct call *c)
{
	return n->episode == c->file->episode && n->kind == c->kind &&
	       n->step == c->step;
}

/*
 * Whether a message got there is no matter of policy: what was said then was
 * heard when it was heard then, if ever. What was not said to this target is
 * heard like what was said to others by the same step.
 */
static int64_t heard_then(struct live *l, const struct replay_page *page)
{
	const struct past_notice *like = NULL;

	for (size_t i = 0; i < l->past->n_notices; i++) {
		const struct past_notice *n = &l->past->notices[i];

		if (!is_of_call(n, page->call))
			continue;
		if (!l->taken[i] && strcmp(n->target, page->target) == 0) {
			l->taken[i] = true;
			return n->heard_ms;
		}
		like = n;
	}
	return like ? like->heard_ms : page->heard_ms;
}

static int on_page(void *ctx, struct replay_page *page, struct err *err)
{
	struct live *l = ctx;
	const struct call *c = page->call;

	(void)err;
	page->heard_ms = heard_then(l, page);
	tale_add_page(l->tale, &(struct tale_page){
				       .at_ms = c->now_ms,
				       .episode = c->file->episode,
				       .kind = c->kind,
				       .step = c->step,
				       .target = xstrdup(page->target),
			       });
	return 0;
}

struct replay_out live_out(struct live *l)
{
	return (struct replay_out){
		.ctx = l,
		.decision = on_decision,
		.clock = on_clock,
		.route = on_route,
		.page = on_page,
	};
}

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

static int read_again(struct live *l, const struct past_alert *p,
		      const struct past_revision *r, struct item *it,
		      struct err *err)
{
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
	count_read_anew(l, r, &it->alert);
	return 0;
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
static int look_around(struct live *l, const struct past_item *it,
		       struct replay_item *happens, struct err *err)
{
	const struct tracked *known = replay_standing(l->replay);
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
	happens->around.other_high_type = asks_around(l->policy, it->rule);
	if (happens->around.other_high_type)
		return 0;
	rc = surroundings_other_high(l->store, &h, it->at_ms - 1, err);
	happens->around.other_high_type = rc > 0;
	return rc;
}

static int live_item(struct live *l, struct past_alert *p,
		     const struct past_item *it, struct err *err)
{
	struct replay_item happens = {
		.kind = it->kind,
		.at_ms = it->at_ms,
		.who = it->who,
		.owner = it->owner,
		.until_ms = it->until_ms,
		.alert = &p->now.alert,
	};
	struct item item = { 0 };
	size_t n = l->tale->n_decisions;
	int rc = 0;

	alert_init(&item.alert);
	if (it->kind == REPLAY_SAID &&
	    strcmp(p->now.alert.kind, ALERT_KIND_SELF) != 0) {
		rc = read_again(l, p, it->revision, &item, err);
		happens.alert = &item.alert;
	} else if (it->kind == REPLAY_SAID) {
		say_self(&p->now.alert, it);
	}
	if (rc >= 0 && it->kind == REPLAY_SAID)
		rc = look_around(l, it, &happens, err);
	if (rc >= 0)
		rc = replay_happen(l->replay, &happens, err);
	alert_release(&item.alert);
	/* The words of both tales stand side by side. */
	if (rc >= 0 && it->kind == REPLAY_SAID && l->tale->n_decisions == n)
		tale_add_decision(l->tale,
				  &(struct tale_decision){
					  .at_ms = it->at_ms,
					  .severity = replay_standing(l->replay)
							      ->severity,
				  });
	return rc < 0 ? rc : 0;
}

int live_again(struct live *l, struct past_alert *p,
	       const struct past_items *items, struct tale *ret,
	       struct err *err)
{
	CLEANUP(free_ptr) bool *taken = xcalloc(p->n_notices + 1, 1);
	int rc = 0;

	l->tale = ret;
	l->past = p;
	l->taken = taken;
	replay_begin(l->replay, p->now.tracked.id);
	for (size_t i = 0; i < items->n && rc >= 0; i++)
		rc = live_item(l, p, &items->v[i], err);
	if (rc >= 0)
		rc = replay_run(l->replay, l->end_ms, err);
	l->tale = NULL;
	l->past = NULL;
	l->taken = NULL;
	return rc;
}
