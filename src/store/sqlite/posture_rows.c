/*
 * See posture_rows.h. Called by the daemon with what a collector read, and by
 * its keeper.
 */
#include "store/posture_rows.h"

#include <stdlib.h>
#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

/* advice.gone_as; the others are those of enum advice_state. */
#define GONE_AS_ABSENT 4
/* Of a subscription: all but its kinds, which are asked for when one is new,
 * and the list of subscriptions. */
#define PARTS_ALWAYS (POSTURE_PART_MAX - 2)

/* A page on its way: one subscription of one source. */
struct keeping {
	struct store *store;
	const struct posture_page *page;
	int64_t scope;
	struct posture_kept kept;
};

static int keeping_open(struct query *q, struct keeping *k, enum statement id,
			struct err *err)
{
	int rc = query_open(q, k->store, id, err);

	if (rc < 0)
		return rc;
	query_bind_int(q, "@scope", k->scope);
	query_bind_int(q, "@now", k->page->now_ms);
	return 0;
}

static int watch_one(struct store *s, const char *source,
		     const char *subscription, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_POSTURE_SCOPE_WATCH, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@source", source);
	query_bind_text(&q, "@subscription", subscription);
	query_bind_int(&q, "@now", now_ms);
	return query_run(&q, err);
}

int posture_rows_watch(struct store *s, const char *source,
		       const struct strlist *subscriptions, bool whole,
		       int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = 0;

	for (size_t i = 0; i < subscriptions->n && rc >= 0; i++)
		rc = watch_one(s, source, subscriptions->v[i], now_ms, err);
	if (rc < 0 || !whole)
		return rc < 0 ? rc : 0;
	rc = query_open(&q, s, STMT_POSTURE_SCOPE_LOSE, err);
	if (rc < 0)
		return rc;
	query_bind_text(&q, "@source", source);
	query_bind_int(&q, "@now", now_ms);
	return query_run(&q, err);
}

int posture_rows_sources(struct store *s, struct strlist *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_POSTURE_SOURCES, err);

	if (rc < 0)
		return rc;
	while ((rc = query_step(&q, err)) == 1) {
		CLEANUP(free_ptr) char *name = row_text(&q, 0);

		strlist_add(ret, name);
	}
	return rc;
}

int posture_rows_leave(struct store *s, const char *source, int64_t now_ms,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_POSTURE_SCOPE_LEAVE, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@source", source);
	query_bind_int(&q, "@now", now_ms);
	return query_run(&q, err);
}

int posture_rows_standing(struct store *s, const char *source, int64_t every_ms,
			  int64_t again_ms, struct posture_standing *ret,
			  struct err *err)
{
	const struct {
		enum statement id;
		int64_t *value;
	} asked[] = { { STMT_POSTURE_DUE, &ret->due_ms },
		      { STMT_POSTURE_INCOMPLETE, &ret->n_incomplete },
		      { STMT_POSTURE_OLDEST, &ret->oldest_ms } };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(asked) && rc >= 0; i++) {
		CLEANUP(query_close) struct query q = QUERY_NONE;

		rc = query_open(&q, s, asked[i].id, err);
		if (rc < 0)
			return rc;
		query_bind_text(&q, "@source", source);
		if (asked[i].id == STMT_POSTURE_DUE) {
			query_bind_int(&q, "@every", every_ms);
			query_bind_int(&q, "@again", again_ms);
			query_bind_int(&q, "@parts", PARTS_ALWAYS);
		}
		rc = query_one(&q, asked[i].value, err);
	}
	return rc < 0 ? rc : 0;
}

static int scope_find(struct keeping *k, struct err *err)
{
	static const enum statement steps[] = { STMT_POSTURE_SCOPE_ADD,
						STMT_POSTURE_SCOPE_GET };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		CLEANUP(query_close) struct query q = QUERY_NONE;

		rc = query_open(&q, k->store, steps[i], err);
		if (rc < 0)
			return rc;
		query_bind_text(&q, "@source", k->page->source);
		query_bind_text(&q, "@subscription", k->page->subscription);
		if (i == 0)
			query_bind_int(&q, "@now", k->page->now_ms);
		rc = i == 0 ? query_run(&q, err)
			    : query_one(&q, &k->scope, err);
		if (rc < 0)
			return rc;
	}
	return rc == 1 ? 0
		       : err_set(err, ERR_NOT_FOUND, "no source is called '%s'",
				 k->page->source);
}

static int put_plan(struct keeping *k, size_t i, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const struct plan *p = &k->page->plans[i];
	int rc = keeping_open(&q, k, STMT_PLAN_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", p->name);
	query_bind_int(&q, "@on", p->is_on);
	query_bind_text(&q, "@tier", p->tier);
	query_bind_text(&q, "@sub", p->sub_plan);
	query_bind_text(&q, "@coverage", p->coverage);
	query_bind_int(&q, "@deprecated", p->is_deprecated);
	query_bind_text(&q, "@replaced", p->replaced_by);
	query_bind_text(&q, "@extensions_on", p->extensions_on);
	query_bind_text(&q, "@extensions_off", p->extensions_off);
	query_bind_ms(&q, "@enabled", p->enabled_ms);
	query_bind_ms(&q, "@trial",
		      p->trial_left_ms ? k->page->now_ms + p->trial_left_ms
				       : 0);
	return query_run(&q, err);
}

static int put_score(struct keeping *k, size_t i, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const struct secure_score *x = &k->page->scores[i];
	int rc = keeping_open(&q, k, STMT_SCORE_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", x->name);
	query_bind_int(&q, "@current", x->current);
	query_bind_int(&q, "@max", x->max);
	query_bind_int(&q, "@percent", x->percent);
	query_bind_int(&q, "@weight", x->weight);
	return query_run(&q, err);
}

static int end_advice(struct keeping *k, const struct advice *a,
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = keeping_open(&q, k, STMT_ADVICE_END, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@native", a->native_id);
	query_bind_int(&q, "@why", a->state);
	rc = query_run(&q, err);
	if (rc > 0)
		k->kept.n_gone += rc;
	return rc;
}

static int put_advice(struct keeping *k, size_t i, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const struct advice *a = &k->page->advices[i];
	int64_t opens = 0;
	int rc;

	if (a->state == ADVICE_HEALTHY || a->state == ADVICE_NOT_APPLICABLE)
		return end_advice(k, a, err);
	rc = keeping_open(&q, k, STMT_ADVICE_PUT, err);
	if (rc < 0)
		return rc;
	query_bind_text(&q, "@native", a->native_id);
	query_bind_text(&q, "@kind", a->kind);
	query_bind_text(&q, "@title", a->title);
	if (a->has_severity)
		query_bind_int(&q, "@severity", a->severity);
	query_bind_int(&q, "@state", a->state);
	query_bind_text(&q, "@resource", a->resource_id);
	query_bind_text(&q, "@type", a->resource_type);
	query_bind_ms(&q, "@judged", a->first_ms);
	query_bind_ms(&q, "@changed", a->changed_ms);
	query_bind_text(&q, "@cause", a->cause);
	query_bind_text(&q, "@portal", a->portal_url);
	query_bind_text(&q, "@description", a->description);
	rc = query_one(&q, &opens, err);
	k->kept.n_new += opens;
	return rc;
}

static int put_kind(struct keeping *k, size_t i, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const struct advice_kind *x = &k->page->kinds[i];
	int rc = keeping_open(&q, k, STMT_ADVICE_KIND_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@kind", x->kind);
	query_bind_text(&q, "@title", x->title);
	if (x->has_severity)
		query_bind_int(&q, "@severity", x->severity);
	query_bind_text(&q, "@categories", x->categories);
	query_bind_text(&q, "@effort", x->effort);
	query_bind_text(&q, "@impact", x->impact);
	query_bind_int(&q, "@preview", x->is_preview);
	query_bind_text(&q, "@description", x->description);
	query_bind_text(&q, "@remediation", x->remediation);
	return query_run(&q, err);
}

static int put_setting(struct keeping *k, size_t i, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const struct posture_setting *x = &k->page->settings[i];
	int rc = keeping_open(&q, k, STMT_POSTURE_SETTING_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@part", k->page->part);
	query_bind_text(&q, "@name", x->name);
	query_bind_int(&q, "@on", x->is_on);
	query_bind_text(&q, "@detail", x->detail);
	return query_run(&q, err);
}

static int put_subscription(struct keeping *k, size_t i, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const struct posture_subscription *x = &k->page->subscriptions[i];
	int rc = keeping_open(&q, k, STMT_POSTURE_SCOPE_TELL, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@subscription", x->id);
	query_bind_text(&q, "@name", x->name);
	query_bind_text(&q, "@state", x->state);
	return query_run(&q, err);
}

/* How an item of each part is kept, and how what was not told goes. */
static const struct part {
	int (*put)(struct keeping *k, size_t i, struct err *err);
	enum statement absent; /* STMT_MAX: it stays */
} parts[POSTURE_PART_MAX] = {
	[POSTURE_PLANS] = { put_plan, STMT_PLAN_ABSENT },
	[POSTURE_SCORES] = { put_score, STMT_MAX },
	[POSTURE_RECOMMENDATIONS] = { put_advice, STMT_ADVICE_ABSENT },
	[POSTURE_KINDS] = { put_kind, STMT_MAX },
	[POSTURE_CONTACTS] = { put_setting, STMT_POSTURE_SETTING_ABSENT },
	[POSTURE_EXPORTS] = { put_setting, STMT_POSTURE_SETTING_ABSENT },
	[POSTURE_PROVISIONING] = { put_setting, STMT_POSTURE_SETTING_ABSENT },
	[POSTURE_SHARING] = { put_setting, STMT_POSTURE_SETTING_ABSENT },
	[POSTURE_SUBSCRIPTIONS] = { put_subscription,
				    STMT_POSTURE_SCOPE_ABSENT },
};

/* What the whole reading did not tell is not there. */
static int keep_absence(struct keeping *k, enum statement id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = keeping_open(&q, k, id, err);

	if (rc < 0)
		return rc;
	if (id == STMT_ADVICE_ABSENT)
		query_bind_int(&q, "@why", GONE_AS_ABSENT);
	else if (id == STMT_POSTURE_SETTING_ABSENT)
		query_bind_int(&q, "@part", k->page->part);
	rc = query_run(&q, err);
	if (rc > 0 && id == STMT_ADVICE_ABSENT)
		k->kept.n_gone += rc;
	return rc;
}

static int put_count(struct keeping *k, const struct resource_count *c,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = keeping_open(&q, k, STMT_RESOURCE_COUNT_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@type", c->type);
	query_bind_int(&q, "@n", c->n);
	return query_run(&q, err);
}

static int keep_counts(struct keeping *k, struct err *err)
{
	CLEANUP(free_ptr) struct resource_count *counts = NULL;
	size_t n = posture_count_resources(k->page, &counts);
	int rc = 0;

	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = put_count(k, &counts[i], err);
	return rc < 0 ? rc : keep_absence(k, STMT_RESOURCE_COUNT_ABSENT, err);
}

static int keep_outcome(struct keeping *k, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = keeping_open(&q, k, STMT_POSTURE_READ_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@part", k->page->part);
	query_bind_int(&q, "@n", (int64_t)k->page->n);
	query_bind_int(&q, "@unread", (int64_t)k->page->n_unread);
	query_bind_text(&q, "@trouble", k->page->trouble);
	return query_run(&q, err);
}

/* Behind the last item: what the page as a whole says. */
static int keep_end(struct keeping *k, struct err *err)
{
	const struct posture_page *p = k->page;
	enum statement absent = parts[p->part].absent;
	bool whole = !p->trouble && p->n_unread == 0;
	int rc = 0;

	if (whole && absent != STMT_MAX)
		rc = keep_absence(k, absent, err);
	if (rc >= 0 && whole && p->part == POSTURE_RECOMMENDATIONS)
		rc = keep_counts(k, err);
	return rc < 0 ? rc : keep_outcome(k, err);
}

int posture_rows_keep(struct store *s, const struct posture_page *p, size_t *at,
		      size_t max, struct posture_kept *kept, struct err *err)
{
	struct keeping k = { .store = s, .page = p, .kept = *kept };
	size_t end = MIN(p->n, *at + max);
	int rc = scope_find(&k, err);

	for (size_t i = *at; i < end && rc >= 0; i++)
		rc = parts[p->part].put(&k, i, err);
	if (rc >= 0 && end == p->n)
		rc = keep_end(&k, err);
	if (rc < 0)
		return rc;
	*at = end;
	*kept = k.kept;
	return end < p->n;
}

int posture_rows_expire(struct store *s, int64_t before_ms, int64_t max,
			struct err *err)
{
	static const struct {
		enum statement id;
		bool one; /* has much that goes with it */
	} walks[] = { { STMT_SCORE_DELETE, false },
		      { STMT_ADVICE_DELETE, false },
		      { STMT_POSTURE_SCOPE_DELETE, true } };
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(walks); i++) {
		CLEANUP(query_close) struct query q = QUERY_NONE;
		int rc = query_open(&q, s, walks[i].id, err);

		if (rc < 0)
			return rc;
		query_bind_int(&q, "@before", before_ms);
		query_bind_int(&q, "@max", walks[i].one ? 1 : max);
		rc = query_run(&q, err);
		if (rc < 0)
			return rc;
		n += rc;
	}
	return n;
}
