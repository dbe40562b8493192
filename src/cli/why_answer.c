/*
 * "Why was I (not) paged?" in one sentence: the first thing in the chain from
 * the alert to the target that decided it. Called by cmd_why.
 *
 * tested with: test_why
 */
#include <inttypes.h>
#include <string.h>
#include "cli/localtime.h"
#include "cli/pick.h"
#include "cli/why_priv.h"
#include "triage/rotation.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define LATE_MS 60000

struct asked {
	const struct case_view *v;
	const char *target;
	struct strbuf *text;
};

/* --- what the outbox says --- */

/* How much a message answers: that it arrived is more than that it is owed. */
enum rank { RANK_NONE, RANK_SUPERSEDED, RANK_DEAD, RANK_OWED, RANK_SENT };

static enum rank rank_of(const struct rows *r, size_t i)
{
	if (pick_is(r, i, "state", "sent"))
		return RANK_SENT;
	if (pick_is(r, i, "state", "dead"))
		return RANK_DEAD;
	return pick_is(r, i, "state", "superseded") ? RANK_SUPERSEDED
						    : RANK_OWED;
}

/* A digest belongs to no episode. */
static bool is_asked(const struct asked *q, size_t i)
{
	const struct rows *r = &q->v->deliveries;
	int64_t episode = rows_integer(r, i, "episode");

	return pick_is(r, i, "target", q->target) &&
	       (episode == 0 || episode == q->v->file.episode);
}

/* The first of the best ones; false: there is none. */
static bool find_message(const struct asked *q, size_t *ret)
{
	const struct rows *r = &q->v->deliveries;
	enum rank best = RANK_NONE;

	for (size_t i = 0; i < r->n; i++) {
		if (!is_asked(q, i) || rank_of(r, i) <= best)
			continue;
		best = rank_of(r, i);
		*ret = i;
	}
	return best != RANK_NONE;
}

static void add_minute(struct strbuf *sb, int64_t ms)
{
	char local[LOCALTIME_MAX];

	strbuf_addstr(sb, localtime_minute(ms, local));
}

static void add_tries(struct strbuf *sb, const struct rows *r, size_t i)
{
	int64_t n = rows_integer(r, i, "attempts");

	strbuf_addf(sb, " after %" PRId64 " %s", n, n == 1 ? "try" : "tries");
}

static void add_cause(struct strbuf *sb, const char *text)
{
	if (text && *text)
		strbuf_addf(sb, ": %s", text);
}

static void add_sent(const struct asked *q, size_t i)
{
	const struct rows *r = &q->v->deliveries;
	int64_t took_ms = rows_integer(r, i, "sent_ms") -
			  rows_integer(r, i, "created_ms");
	char span[TIMEFMT_MAX];

	strbuf_addf(q->text, "%s was told at ", q->target);
	add_minute(q->text, rows_integer(r, i, "sent_ms"));
	if (took_ms >= LATE_MS)
		strbuf_addf(q->text, ", %s late", timefmt_span(took_ms, span));
	strbuf_addstr(q->text, ", delivered");
	add_tries(q->text, r, i);
	add_cause(q->text, rows_text(r, i, "reason"));
}

static void add_unsent(const struct asked *q, size_t i)
{
	const struct rows *r = &q->v->deliveries;
	bool owed = rank_of(r, i) == RANK_OWED;

	strbuf_addf(q->text, "%s %s: the message of ", q->target,
		    owed ? "has not been told yet" : "was not told");
	add_minute(q->text, rows_integer(r, i, "created_ms"));
	if (pick_is(r, i, "state", "dead")) {
		strbuf_addstr(q->text, " was given up");
		add_tries(q->text, r, i);
	} else if (!owed) {
		strbuf_addstr(q->text, " was not sent");
	} else if (pick_is(r, i, "state", "leased")) {
		strbuf_addstr(q->text, " is being sent");
	} else {
		strbuf_addstr(q->text, " waits for its next try (");
		why_add_when(q->text, rows_integer(r, i, "not_before_ms"),
			     q->v->now_ms);
		strbuf_addstr(q->text, ")");
		add_tries(q->text, r, i);
	}
	add_cause(q->text, rows_text(r, i, "last_error"));
}

/* --- what was held back --- */

/* The last one that ended so, in the present episode. */
static bool find_held(const struct asked *q, const char *outcome, size_t *ret)
{
	const struct rows *r = &q->v->held;

	for (size_t i = r->n; i-- > 0;) {
		if (!why_held_is_for(q->v, i, q->target) ||
		    !pick_is(r, i, "outcome", outcome) ||
		    rows_integer(r, i, "episode") != q->v->file.episode)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

static bool answer_by_wait(const struct asked *q)
{
	const struct rows *r = &q->v->held;
	size_t i;

	if (!find_held(q, "waiting", &i))
		return false;
	strbuf_addf(q->text, "%s has not been told yet: held back by ",
		    q->target);
	why_add_cause(q->text, r, i);
	strbuf_addstr(q->text, " until ");
	add_minute(q->text, rows_integer(r, i, "until_ms"));
	return true;
}

static bool answer_by_held(const struct asked *q)
{
	const struct rows *r = &q->v->held;
	size_t i;

	if (!find_held(q, "needless", &i))
		return false;
	strbuf_addf(q->text, "%s was not told: held back by ", q->target);
	why_add_cause(q->text, r, i);
	strbuf_addstr(q->text, ", and not needed any more at ");
	add_minute(q->text, rows_integer(r, i, "ended_ms"));
	add_cause(q->text, rows_text(r, i, "ended_why"));
	return true;
}

/* --- what the alert itself says --- */

static bool has_event(const struct case_view *v, const char *kind)
{
	for (size_t i = 0; i < v->events.n; i++) {
		if (pick_is(&v->events, i, "kind", kind))
			return true;
	}
	return false;
}

static bool answer_by_alert(const struct asked *q)
{
	const struct case_view *v = q->v;

	if (v->file.severity == SEVERITY_INFO)
		strbuf_addf(q->text,
			    "%s was not told: alerts of severity info are "
			    "stored and tell nobody",
			    q->target);
	else if (v->view.tracked.historical)
		strbuf_addf(q->text,
			    "%s was not told: the alert was older than the "
			    "import horizon when it was first seen, so it is "
			    "one line of a summary and alarms nobody",
			    q->target);
	else if (v->file.n_ladders == 0 && has_event(v, "seen-closed"))
		strbuf_addf(q->text,
			    "%s was not told: the source had closed it before "
			    "it was first seen",
			    q->target);
	else
		return false;
	return true;
}

/* --- what the settings say --- */

static bool answer_without_settings(const struct asked *q)
{
	if (q->v->conf)
		return false;
	strbuf_addf(q->text,
		    "%s was not told; why cannot be said without the settings: "
		    "%s",
		    q->target, q->v->missing.text);
	return true;
}

/* It is nobody who could be told. */
static bool answer_by_name(const struct asked *q)
{
	const struct case_view *v = q->v;
	const struct rotation *r;
	struct duty duty;

	if (!v->conf)
		return false;
	r = rotation_named(&v->conf->policy, q->target);
	if (r) {
		rotation_duty(r, v->now_ms, &duty);
		strbuf_addf(q->text,
			    "%s is a rotation, and messages go to its members: "
			    "ask for one of them; %s has the duty now",
			    q->target, duty.target ? duty.target : "nobody");
		return true;
	}
	if (conf_target(v->conf, q->target))
		return false;
	strbuf_addf(q->text,
		    "%s was not told: the settings have no target of this name",
		    q->target);
	return true;
}

/* The step that will tell it, else the one that would have. */
static size_t find_step(const struct rows *steps, bool *ret_late)
{
	size_t over = 0;

	for (size_t i = steps->n; i-- > 0;) {
		if (pick_is(steps, i, "state", "not taken"))
			over = i;
	}
	for (size_t i = 0; i < steps->n; i++) {
		*ret_late = pick_is(steps, i, "state", "next") ||
			    pick_is(steps, i, "state", "later");
		if (*ret_late)
			return i;
	}
	return over;
}

static bool answer_by_ladder(const struct asked *q)
{
	CLEANUP(rows_release) struct rows steps = ROWS_INIT;
	struct strbuf *sb = q->text;
	bool late = false;
	size_t i;

	why_ladder_rows(&steps, q->v, q->target);
	if (steps.n == 0)
		return false;
	i = find_step(&steps, &late);
	strbuf_addf(sb, "%s %s: ", q->target,
		    late ? "has not been told yet" : "was not told");
	strbuf_addf(sb, "step %" PRId64 " of ",
		    rows_integer(&steps, i, "step"));
	why_add_route(sb, rows_text(&steps, i, "route"));
	if (late) {
		strbuf_addstr(sb, " does that ");
		why_add_when(sb, rows_integer(&steps, i, "due_ms"),
			     q->v->now_ms);
		strbuf_addstr(sb, ", unless somebody acknowledges before");
	} else if (pick_is(&steps, i, "state", "not taken")) {
		strbuf_addstr(sb, " would have done that at ");
		add_minute(sb, rows_integer(&steps, i, "due_ms"));
		strbuf_addstr(sb, ", but the ladder had stopped");
		add_cause(sb, rows_text(&steps, i, "stopped_why"));
	} else {
		strbuf_addstr(sb, " was taken and told others: somebody else "
				  "had the duty, or the settings have changed");
	}
	return true;
}

static void add_carriers(struct strbuf *sb, const struct case_view *v,
			 const struct rows *routes)
{
	bool any = false;

	for (size_t i = 0; i < routes->n; i++) {
		if (!rows_integer(routes, i, "carries"))
			continue;
		strbuf_addstr(sb, any ? "; " : "");
		why_add_route(sb, rows_text(routes, i, "name"));
		strbuf_addf(sb, " carries this %s alert to %s only",
			    severity_name(v->file.severity),
			    rows_text(routes, i, "targets"));
		any = true;
	}
	if (!any)
		strbuf_addstr(sb, "no route covers it, which tells the "
				  "fallback");
}

static void answer_by_routes(const struct asked *q)
{
	CLEANUP(rows_release) struct rows routes = ROWS_INIT;
	struct strbuf *sb = q->text;
	bool named = false;

	why_route_rows(&routes, q->v, q->target);
	for (size_t i = 0; i < routes.n; i++) {
		if (!rows_integer(&routes, i, "carries") ||
		    !rows_integer(&routes, i, "selected"))
			continue;
		strbuf_addf(sb, "%s has not been told yet: ", q->target);
		why_add_route(sb, rows_text(&routes, i, "name"));
		strbuf_addf(sb, " %s", rows_text(&routes, i, "text"));
		return;
	}
	strbuf_addf(sb, "%s was not told: ", q->target);
	add_carriers(sb, q->v, &routes);
	for (size_t i = 0; i < routes.n; i++) {
		if (!rows_integer(&routes, i, "selected"))
			continue;
		strbuf_addstr(sb, "; ");
		why_add_route(sb, rows_text(&routes, i, "name"));
		strbuf_addf(sb, " would tell %s but %s", q->target,
			    rows_text(&routes, i, "text"));
		named = true;
	}
	if (!named)
		strbuf_addf(sb, "; no route names %s", q->target);
}

static void answer_without_message(const struct asked *q)
{
	static bool (*const ways[])(const struct asked *q) = {
		answer_by_held,		 answer_by_name,   answer_by_alert,
		answer_without_settings, answer_by_ladder,
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		if (ways[i](q))
			return;
	}
	answer_by_routes(q);
}

void why_answer(struct why_answer *ret, const struct case_view *v,
		const char *target)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct asked q = { v, target, &text };
	size_t i = 0;
	bool found = find_message(&q, &i);
	enum rank rank = found ? rank_of(&v->deliveries, i) : RANK_NONE;

	*ret = (struct why_answer){ .told = rank == RANK_SENT };
	if (ret->told) {
		ret->at_ms = rows_integer(&v->deliveries, i, "sent_ms");
		add_sent(&q, i);
	} else if (rank == RANK_OWED || !answer_by_wait(&q)) {
		if (found)
			add_unsent(&q, i);
		else
			answer_without_message(&q);
	}
	ret->text = strbuf_detach(&text);
}
