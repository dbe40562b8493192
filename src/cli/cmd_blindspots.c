/*
 * `triagectl blindspots`: what raises no alert that triaged would see: plans
 * that are off, time that was not read, what no source asks for. From the
 * database and the settings alone.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/commands.h"

#include <string.h>
#include "cli/chore_rows.h"
#include "cli/pick.h"
#include "cli/selectors.h"
#include "cli/stands.h"
#include "store/coverage.h"
#include "util/xmalloc.h"

struct round {
	struct posture_view v;
	struct posture_store store;
	struct chores items;
	struct chore_rows rows;
	const struct selector *sel;
	struct strlist scopes; /* what items borrow of the coverage */
};

static void round_release(struct round *r)
{
	posture_view_release(&r->v);
	chore_rows_release(&r->rows);
	chores_release(&r->items);
	posture_store_release(&r->store);
	strlist_release(&r->scopes);
}

static bool is_asked(const struct round *r, const struct coverage *c)
{
	const struct selector *sel = r->sel;

	return (!sel->source || strcmp(sel->source, c->source) == 0) &&
	       (!sel->subscription ||
		strcasecmp(sel->subscription, c->scope) == 0);
}

/* Outlives the row, as items only borrow it. */
static const char *lasting(struct round *r, const char *text)
{
	strlist_add(&r->scopes, text);
	return r->scopes.v[r->scopes.n - 1];
}

/* A scope may be a word of ours. */
static bool is_subscription(const char *scope)
{
	return strlen(scope) == strlen("11111111-2222-3333-4444-555555555555");
}

static int on_coverage(void *arg, const struct coverage *c)
{
	struct round *r = arg;
	const struct source_conf *conf = posture_source(r->v.conf, c->source);
	int64_t now_ms = r->sel->now_ms;
	struct reading_facts f = { .never = !c->proven_to_ms,
				   .left = c->left,
				   .unproven_ms = c->hole_ms,
				   .n_gaps = c->n_gaps,
				   .quarantined = c->quarantined };

	/* A source that was taken out of the settings is missed by nobody. */
	if ((r->v.conf && !conf) || !is_asked(r, c))
		return 0;
	if (!f.never && !c->left && coverage_is_behind(conf, c, now_ms))
		f.unproven_ms = now_ms - c->proven_to_ms;
	f.source = lasting(r, c->source);
	f.scope = is_subscription(c->scope) ? lasting(r, c->scope) : "";
	blindspots_reading(&r->items, &f);
	return 0;
}

static bool is_watched(const struct rows *all, const char *subscription)
{
	for (size_t i = 0; i < all->n; i++) {
		if (rows_integer(all, i, "watched") &&
		    pick_is(all, i, "subscription", subscription))
			return true;
	}
	return false;
}

/* Those that could be read and are not, by any source. */
static void look_unwatched(struct round *r)
{
	const struct rows *all = &r->v.subscriptions;

	for (size_t i = 0; i < all->n; i++) {
		const char *subscription = rows_text(all, i, "subscription");

		/* What is lost is told by how its alerts are read. */
		if (!rows_integer(all, i, "lost_ms") &&
		    !is_watched(all, subscription))
			blindspots_unwatched(&r->items,
					     rows_text(all, i, "source"),
					     subscription,
					     rows_text(all, i, "state"));
	}
}

static int look_all(struct session *session, const struct selection *s,
		    struct round *r, struct err *err)
{
	struct store *store;
	int rc = posture_view_load(session, &s->sel, BIT(POSTURE_PLANS), &r->v,
				   err);

	if (rc >= 0)
		rc = posture_store_load(session, &s->sel, &r->store, err);
	if (rc >= 0)
		rc = session_store(session, &store, err);
	if (rc < 0)
		return rc;
	r->sel = &s->sel;
	for (size_t i = 0; i < r->store.n; i++)
		blindspots_subscription(&r->items, &r->store.v[i],
					posture_source(r->v.conf,
						       r->store.v[i].source));
	look_unwatched(r);
	chores_add_unread(&r->items, &r->v, "whatever no plan watches",
			  "whatever no source asks for");
	rc = coverage_look(store, session->now_ms, on_coverage, r, err);
	if (rc >= 0 && r->v.conf && !s->narrowed)
		blindspots_own(&r->items, r->v.conf);
	return rc;
}

static void say(struct writer *w, const struct round *r)
{
	static const struct table table = { .key = "items" };
	const struct rows *rows = &r->rows.rows;
	struct cell n = cell_integer((int64_t)rows->n);

	writer_begin(w, "triaged.blindspots.v1");
	posture_say_heading(w, &r->v);
	writer_line(w, NULL);
	if (rows->n == 0) {
		writer_words(w, "Nothing is known that would not be seen.");
	} else {
		writer_value(w, AS_BAD_COUNT, &n);
		writer_words(w, rows->n == 1 ? " blind spot: no alert would "
					       "come from there, or not all."
					     : " blind spots: no alerts would "
					       "come from there, or not all.");
	}
	writer_table(w, &table, rows);
	for (size_t i = 0; i < rows->n; i++) {
		writer_gap(w);
		chore_rows_say(w, rows, i, "Unseen", &r->v);
	}
}

int cmd_blindspots(struct session *session, const struct arguments *args,
		   struct err *err)
{
	CLEANUP(selection_release) struct selection s = { 0 };
	CLEANUP(round_release) struct round r = { .items = CHORES_NONE };
	int rc = selectors_parse_posture(args, session->now_ms, &s, err);

	if (rc >= 0)
		rc = look_all(session, &s, &r, err);
	if (rc < 0)
		return rc;
	chore_rows_take(&r.rows, &r.items, 0);
	say(session->writer, &r);
	return r.rows.rows.n ? ERR_BAD_STATE : 0;
}
