/*
 * `triagectl blindspots`: what raises no alert that triaged would see: plans
 * that are off, time that was not read, what no source asks for. From the
 * database and the settings alone.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/commands.h"

#include <string.h>
#include "cli/chore_view.h"
#include "cli/pick.h"
#include "cli/selectors.h"
#include "cli/stands.h"
#include "store/coverage.h"
#include "util/xmalloc.h"

struct round {
	struct chore_view view;
	const struct selector *sel;
	struct strlist scopes; /* what items borrow of the coverage */
};

static void round_release(struct round *r)
{
	chore_view_release(&r->view);
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
	const struct source_conf *conf =
		posture_source(r->view.posture.conf, c->source);
	int64_t now_ms = r->sel->now_ms;
	struct reading_facts f = { .never = !c->proven_to_ms,
				   .left = c->left,
				   .unproven_ms = c->hole_ms,
				   .n_gaps = c->n_gaps,
				   .quarantined = c->quarantined };

	/* A source that was taken out of the settings is missed by nobody. */
	if ((r->view.posture.conf && !conf) || !is_asked(r, c))
		return 0;
	/* Nor is how it was read before; that it is left out is told of all. */
	if (coverage_is_left_out(conf, c))
		return 0;
	if (!f.never && !c->left && coverage_is_behind(conf, c, now_ms))
		f.unproven_ms = now_ms - c->proven_to_ms;
	f.source = lasting(r, c->source);
	f.scope = is_subscription(c->scope) ? lasting(r, c->scope) : "";
	blindspots_reading(&r->view.items, &f);
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
	const struct rows *all = &r->view.posture.subscriptions;

	for (size_t i = 0; i < all->n; i++) {
		const char *subscription = rows_text(all, i, "subscription");

		/* What is lost is told by how its alerts are read. */
		if (!rows_integer(all, i, "lost_ms") &&
		    !is_watched(all, subscription))
			blindspots_unwatched(&r->view.items,
					     rows_text(all, i, "source"),
					     subscription,
					     rows_text(all, i, "state"));
	}
}

static int look_all(struct session *session, const struct selection *s,
		    struct round *r, struct err *err)
{
	struct chore_view *v = &r->view;
	struct store *store;
	int rc = chore_view_load(session, &s->sel, v, err);

	if (rc >= 0)
		rc = session_store(session, &store, err);
	if (rc < 0)
		return rc;
	r->sel = &s->sel;
	for (size_t i = 0; i < v->store.n; i++)
		blindspots_subscription(&v->items, &v->store.v[i],
					chore_view_source(v, i));
	look_unwatched(r);
	chore_view_add_unread(v, s->narrowed, "whatever no plan watches",
			      "whatever no source asks for");
	rc = coverage_look(store, session->now_ms, on_coverage, r, err);
	if (rc >= 0 && v->posture.conf && !s->narrowed)
		blindspots_own(&v->items, v->posture.conf);
	return rc;
}

static void say(struct writer *w, const struct chore_view *v)
{
	static const struct table table = { .key = "items" };
	struct cell n = cell_integer((int64_t)v->rows.n);

	writer_begin(w, "triaged.blindspots.v1");
	posture_say_heading(w, &v->posture);
	writer_line(w, NULL);
	if (v->rows.n == 0) {
		writer_words(w, "Nothing is known that would not be seen.");
	} else {
		writer_value(w, AS_BAD_COUNT, &n);
		writer_words(w, v->rows.n == 1
					? " blind spot: no alert would come "
					  "from there, or not all."
					: " blind spots: no alerts would come "
					  "from there, or not all.");
	}
	writer_table(w, &table, &v->rows);
	for (size_t i = 0; i < v->rows.n; i++) {
		writer_gap(w);
		chore_view_say(w, v, i, "Unseen");
	}
}

int cmd_blindspots(struct session *session, const struct arguments *args,
		   struct err *err)
{
	CLEANUP(selection_release) struct selection s = { 0 };
	CLEANUP(round_release) struct round r = { .view = CHORE_VIEW_NONE };
	int rc = selectors_parse_posture(args, session->now_ms, &s, err);

	if (rc >= 0)
		rc = look_all(session, &s, &r, err);
	if (rc < 0)
		return rc;
	chore_view_take(&r.view, session, 0);
	say(session->writer, &r.view);
	return r.view.rows.n ? ERR_BAD_STATE : 0;
}
