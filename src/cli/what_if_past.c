/*
 * The past of an alert in order: which word of a source, which act of a person
 * came when, and what was made of it. Called by cmd_what_if.c. The audit log
 * gives the order; each word of a source in it has a revision with its bytes.
 *
 * tested with: test_what_if
 */
#include "cli/what_if_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* The beginning of what an alert about triaged itself says to targets that no
 * ladder of it names. */
#define BESIDE_THE_LADDER "another target is in trouble"

void past_items_release(struct past_items *items)
{
	for (size_t i = 0; i < items->n; i++)
		free(items->v[i].owner);
	free(items->v);
	*items = (struct past_items){ 0 };
}

static void items_add(struct past_items *items, const struct past_item *it)
{
	GROW(items->v, items->n + 1, items->n_alloc);
	items->v[items->n++] = *it;
}

/* What a source's word was taken for; false: the event is no such word. */
static bool event_transition(const struct past_event *e, const json_t *detail,
			     enum transition *ret)
{
	static const struct {
		const char *kind;
		bool first; /* else it says what changed */
		enum transition transition;
	} words[] = {
		{ "opened", true, TRANSITION_OPENED },
		{ "seen-closed", true, TRANSITION_SEEN_CLOSED },
		{ "updated", false, TRANSITION_UPDATED },
		{ "closed", false, TRANSITION_CLOSED },
		{ "reopened", false, TRANSITION_REOPENED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(e->kind, words[i].kind) != 0)
			continue;
		/* People close, too, and tell no change. */
		if (!words[i].first && !jsonx_get(detail, "changed"))
			return false;
		*ret = words[i].transition;
		return true;
	}
	return false;
}

/* What a person did; false: the event is nothing of the kind. */
static bool event_act(const struct past_event *e, const json_t *detail,
		      struct past_item *ret)
{
	static const struct {
		const char *kind;
		enum replay_kind act;
	} words[] = {
		{ "acknowledged", REPLAY_ACKNOWLEDGED },
		{ "assigned", REPLAY_ASSIGNED },
		{ "phase", REPLAY_PHASED },
		{ "held", REPLAY_HELD },
		{ "hold-ended", REPLAY_HELD },
		{ "closed", REPLAY_CLOSED },
		{ "reopened", REPLAY_REOPENED },
		{ "merged", REPLAY_MERGED },
	};
	const char *until = jsonx_str(detail, "until_at");
	size_t i = 0;

	while (i < ARRAY_SIZE(words) && strcmp(e->kind, words[i].kind) != 0)
		i++;
	if (i == ARRAY_SIZE(words))
		return false;
	ret->kind = words[i].act;
	/* The other row of the two goes on. */
	if (ret->kind == REPLAY_MERGED)
		return jsonx_get(detail, "into") != NULL;
	if (ret->kind == REPLAY_ASSIGNED)
		ret->owner = xstrdup(jsonx_str(detail, "to"));
	if (ret->kind == REPLAY_HELD && until &&
	    timefmt_parse(until, strlen(until), &ret->until_ms) != 1)
		return false;
	return true;
}

static void tell_decision(struct tale *t, const struct past_event *e,
			  enum transition transition, const json_t *detail)
{
	const char *severity = jsonx_str(detail, "severity");
	struct tale_decision d = {
		.at_ms = e->at_ms,
		.episode = 1,
		.transition = transition,
		.rule = xstrdup(jsonx_str(detail, "rule")),
	};

	if (!severity)
		severity = jsonx_str(detail, "severity_to");
	if (severity)
		(void)severity_parse(severity, &d.severity); /* else info */
	(void)jsonx_int(detail, "episode", &d.episode); /* else the first */
	tale_add_decision(t, &d);
}

/* The next revision that changed something; NULL: there is none. */
static const struct past_revision *next_revision(const struct past_alert *p,
						 size_t *at)
{
	while (*at < p->n_revisions && p->revisions[*at].stale)
		(*at)++;
	return *at < p->n_revisions ? &p->revisions[(*at)++] : NULL;
}

/*
 * An alert about triaged itself may be told to targets that no ladder of it
 * names: to all others when one of them is in trouble. No policy decides that.
 */
static void tell_beside(const struct past_alert *p,
			const struct past_item *said, struct past_items *items)
{
	struct past_item it = { .kind = REPLAY_TOLD,
				.order = said->order,
				.at_ms = said->at_ms };

	if (strcmp(p->now.alert.kind, ALERT_KIND_SELF) != 0)
		return;
	for (size_t i = 0; i < p->n_notices; i++) {
		const struct past_notice *n = &p->notices[i];

		it.who = n->target;
		if (n->at_ms == said->at_ms && n->kind == NOTICE_OPENED &&
		    n->reason &&
		    strncmp(n->reason, BESIDE_THE_LADDER,
			    strlen(BESIDE_THE_LADDER)) == 0)
			items_add(items, &it);
	}
}

static int read_event(const struct past_alert *p, const struct past_event *e,
		      size_t *at, struct past_items *items, struct tale *tale)
{
	CLEANUP(jsonx_unref)
	json_t *detail = jsonx_parse(e->detail, strlen(e->detail), 0, NULL);
	struct past_item it = { .order = e->id,
				.at_ms = e->at_ms,
				.who = e->actor };

	if (event_transition(e, detail, &it.transition)) {
		it.kind = REPLAY_SAID;
		it.revision = next_revision(p, at);
		if (!it.revision || it.revision->seen_ms != e->at_ms)
			return ERR_NOT_FOUND;
		tell_decision(tale, e, it.transition, detail);
		it.rule = tale->decisions[tale->n_decisions - 1].rule;
		it.is_news = !jsonx_bool(detail, "historical");
	} else if (!event_act(e, detail, &it)) {
		return 0;
	}
	items_add(items, &it);
	if (it.kind == REPLAY_SAID)
		tell_beside(p, &it, items);
	return 0;
}

static void tell_notice(struct tale *tale, const struct past_notice *n,
			int64_t end_ms)
{
	bool ended = n->ended_ms != 0 && n->ended_ms <= end_ms;
	struct tale_page p = {
		.at_ms = n->at_ms,
		.episode = n->episode,
		.kind = n->kind,
		.step = n->step,
		.target = xstrdup(n->target),
		.outcome = ended ? n->outcome : BUNDLE_WAITING,
	};

	if (ended) {
		p.ended_ms = n->ended_ms;
		p.message = n->message;
		p.to = xstrdup(n->to);
		p.heard_ms = n->heard_ms;
	}
	for (size_t i = 0; i < n->n_holds; i++) {
		if (n->holds[i].at_ms <= end_ms)
			tale_page_hold(&p, n->holds[i].cause, n->holds[i].name);
	}
	tale_add_page(tale, &p);
}

static void tell_rest(const struct past_alert *p, int64_t end_ms,
		      struct tale *tale)
{
	for (size_t i = 0; i < p->n_clocks; i++) {
		struct clock_row c = p->clocks[i];

		if (c.breached_ms > end_ms)
			c.breached_ms = 0;
		if (c.stopped_ms > end_ms)
			c.stopped_ms = 0;
		if (c.started_ms <= end_ms)
			tale_put_clock(tale, &c);
	}
	for (size_t i = 0; i < p->n_notices; i++) {
		if (p->notices[i].at_ms <= end_ms)
			tell_notice(tale, &p->notices[i], end_ms);
	}
	for (size_t i = 0; i < p->n_routes; i++)
		tale_put_route(tale, p->routes[i].episode, p->routes[i].name);
}

int past_read_items(const struct past_alert *p, int64_t end_ms,
		    struct past_items *ret, struct tale *ret_tale)
{
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < p->n_events && rc == 0; i++) {
		if (p->events[i].at_ms <= end_ms)
			rc = read_event(p, &p->events[i], &at, ret, ret_tale);
	}
	if (rc == 0 && ret->n > 0 && ret->v[0].kind != REPLAY_SAID)
		rc = ERR_NOT_FOUND;
	if (rc == 0)
		tell_rest(p, end_ms, ret_tale);
	return rc;
}

/* Only who had heard of it gets these, but for the fallback. */
static bool is_follow_up(const struct past_notice *n)
{
	return n->kind == NOTICE_ACKNOWLEDGED || n->kind == NOTICE_CLOSED ||
	       n->kind == NOTICE_WARNING || n->kind == NOTICE_BREACHED;
}

/* The last message to that target before the follow-up; NULL: it had one by
 * then, or there is none. */
static struct past_notice *find_unheard(struct past_alert *p,
					const struct past_notice *follows)
{
	struct past_notice *last = NULL;

	for (size_t i = 0; i < p->n_notices; i++) {
		struct past_notice *n = &p->notices[i];

		if (n->episode != follows->episode || !n->to || n == follows ||
		    n->ended_ms > follows->at_ms ||
		    strcmp(n->to, follows->target) != 0)
			continue;
		if (n->heard_ms && n->heard_ms <= follows->at_ms)
			return NULL;
		if (n->heard_ms)
			last = n;
	}
	return last;
}

void past_mend_heard(struct past_alert *p)
{
	for (size_t i = 0; i < p->n_notices; i++) {
		struct past_notice *n;

		if (!is_follow_up(&p->notices[i]))
			continue;
		n = find_unheard(p, &p->notices[i]);
		if (n)
			n->heard_ms = p->notices[i].at_ms;
	}
}
