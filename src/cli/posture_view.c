/*
 * How the posture was read, and what of it was not. Called by the commands of
 * the posture. Knows no plan and no recommendation.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/posture_view.h"

#include <stdlib.h>
#include <string.h>
#include "advice/diagnose.h"
#include "cli/as_typed.h"
#include "cli/pick.h"
#include "util/xmalloc.h"

/* More of them are for programs. */
#define TROUBLES_SHOWN 3

void posture_view_release(struct posture_view *v)
{
	rows_release(&v->reads);
	rows_release(&v->troubles);
	rows_release(&v->subscriptions);
	free(v->names);
}

const struct source_conf *posture_source(const struct conf *c, const char *name)
{
	for (size_t i = 0; c && name && i < c->n_sources; i++) {
		if (c->sources[i].name && strcmp(c->sources[i].name, name) == 0)
			return &c->sources[i];
	}
	return NULL;
}

/* --- what is missing --- */

struct trouble {
	const char *source, *subscription, *part, *why, *next;
	int64_t whole_ms;
};

static void add_trouble(struct posture_view *v, const struct trouble *t)
{
	static const char *const names[] = { "source", "subscription",
					     "part",   "why",
					     "next",   "whole_ms" };

	(void)rows_keep(&v->troubles, ARRAY_SIZE(names), names,
			(const struct cell[]){
				cell_text(t->source),
				cell_text(t->subscription), cell_text(t->part),
				cell_text(t->why), cell_text(t->next),
				t->whole_ms ? cell_integer(t->whole_ms)
					    : cell_null() });
}

/* An error of that source, with the command that mends it. */
static void add_error(struct posture_view *v, struct trouble t)
{
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	const struct source_conf *c = posture_source(v->conf, t.source);

	t.next = "triagectl doctor";
	if (c) {
		diagnose_source_cause(c, t.why, &why);
		(void)diagnose_source(c, t.why, &next);
		t.why = why.buf;
		t.next = next.buf;
	}
	add_trouble(v, &t);
}

/* A part that was refused or cut, or in which something was not understood. */
static void look_trouble(struct posture_view *v, size_t i)
{
	const struct rows *r = &v->reads;
	long long n = (long long)rows_integer(r, i, "unread");
	CLEANUP(free_ptr) char *unread = NULL;
	struct trouble t = { .source = rows_text(r, i, "source"),
			     .subscription = rows_text(r, i, "subscription"),
			     .part = rows_text(r, i, "part"),
			     .why = rows_text(r, i, "trouble"),
			     .next = "triagectl sql unread-posture",
			     .whole_ms = rows_integer(r, i, "complete_ms") };

	if (t.why) {
		add_error(v, t);
	} else if (n > 0) {
		t.why = unread = xasprintf("%lld item%s could not be "
					   "understood",
					   n, n == 1 ? "" : "s");
		add_trouble(v, &t);
	}
}

static void look_read(struct posture_view *v, size_t i)
{
	const struct rows *r = &v->reads;
	int64_t whole_ms = rows_integer(r, i, "complete_ms");

	look_trouble(v, i);
	/* What is said of kinds is read when one is new. */
	if (!whole_ms || pick_is(r, i, "part", "kinds"))
		return;
	if (!v->oldest_ms || whole_ms < v->oldest_ms)
		v->oldest_ms = whole_ms;
	v->newest_ms = MAX(v->newest_ms, whole_ms);
}

static bool was_read(const struct posture_view *v, const char *source)
{
	for (size_t i = 0; i < v->reads.n; i++) {
		if (pick_is(&v->reads, i, "source", source))
			return true;
	}
	return false;
}

/* Why nothing at all is known of a source: what its polls say, if anything. */
static int look_unread(struct session *session, struct posture_view *v,
		       const char *source, struct err *err)
{
	const struct selector sel = { .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows polls = ROWS_INIT;
	int rc = session_look(session, LOOK_SOURCES, &sel, &polls, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < polls.n; i++) {
		const char *error = rows_text(&polls, i, "error");

		if (!pick_is(&polls, i, "source", source) || !error ||
		    rows_integer(&polls, i, "complete"))
			continue;
		add_error(v,
			  (struct trouble){ .source = source, .why = error });
		return 0;
	}
	add_trouble(v, &(struct trouble){
			       .source = source,
			       .why = "not read yet; triaged begins a minute "
				      "after its start",
			       .next = "triagectl status" });
	return 0;
}

static int look_source(struct session *session, struct posture_view *v,
		       const struct source_conf *c, struct err *err)
{
	if (c->posture_every_ms && was_read(v, c->name))
		return 0;
	if (c->posture_every_ms)
		return look_unread(session, v, c->name, err);
	add_trouble(v, &(struct trouble){
			       .source = c->name,
			       .why = "its posture is off in the settings",
			       .next = "man 5 triaged.yaml  # sources, "
				       "posture: {every: 12h}" });
	return 0;
}

/* What the settings say beside what was read. */
static int look_settings(struct session *session, struct posture_view *v,
			 const struct selector *sel, struct err *err)
{
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; v->conf && i < v->conf->n_sources && rc >= 0; i++) {
		const struct source_conf *c = &v->conf->sources[i];

		if (c->type != SOURCE_DEFENDER_FOR_CLOUD || !c->name ||
		    (sel->source && strcmp(sel->source, c->name) != 0))
			continue;
		n++;
		/* Who asks for one subscription wants no other. */
		if (!sel->subscription)
			rc = look_source(session, v, c, err);
	}
	if (rc < 0 || v->reads.n > 0 || (n > 0 && !sel->subscription))
		return rc;
	if (n > 0 || !v->conf) {
		add_trouble(v, &(struct trouble){
				       .subscription = sel->subscription,
				       .why = "nothing was ever read of it",
				       .next = "triagectl sources" });
		return 0;
	}
	add_trouble(v,
		    &(struct trouble){
			    .source = sel->source,
			    .why = sel->source ? "no such source of type "
						 "defender-for-cloud: only "
						 "those tell a posture"
					       : "only sources of type "
						 "defender-for-cloud tell a "
						 "posture, and there is none",
			    .next = sel->source ? "triagectl sources"
						: "triagectl setup" });
	return 0;
}

static bool is_wanted(const struct posture_view *v, const char *part)
{
	for (int p = 0; p < POSTURE_PART_MAX; p++) {
		if ((v->parts & BIT(p)) &&
		    strcmp(posture_part_name((enum posture_part)p), part) == 0)
			return true;
	}
	return false;
}

/* Rows stand by source and subscription; what is of none of them has "". */
static bool is_next(const struct rows *all, size_t i)
{
	const char *subscription = rows_text(all, i, "subscription");

	return *subscription &&
	       (i == 0 || !pick_is(all, i - 1, "subscription", subscription) ||
		!pick_is(all, i - 1, "source", rows_text(all, i, "source")));
}

static void take_reads(struct posture_view *v, const struct rows *all)
{
	for (size_t i = 0; i < all->n; i++) {
		v->n_subscriptions += is_next(all, i);
		if (!is_wanted(v, rows_text(all, i, "part")))
			continue;
		(void)rows_keep(&v->reads, all->n_names,
				(const char *const *)all->names,
				all->cells + i * all->n_names);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->id,
		      ((const struct named *)b)->id);
}

/* Estates have thousands, and every row of a table asks for one. */
static void take_names(struct posture_view *v)
{
	const struct rows *r = &v->subscriptions;

	v->names = xcalloc(r->n + 1, sizeof(*v->names));
	for (size_t i = 0; i < r->n; i++) {
		const char *name = rows_text(r, i, "name");

		if (name)
			v->names[v->n_names++] =
				(struct named){ rows_text(r, i, "subscription"),
						name };
	}
	qsort(v->names, v->n_names, sizeof(*v->names), compare_names);
}

int posture_view_load(struct session *session, const struct selector *sel,
		      unsigned parts, struct posture_view *ret, struct err *err)
{
	const struct selector all_sel = { .source = sel->source,
					  .subscription = sel->subscription,
					  .limit = INT64_MAX,
					  .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows all = ROWS_INIT;
	int rc = session_look(session, LOOK_POSTURE_READS, &all_sel, &all, err);

	if (rc >= 0)
		rc = session_look(session, LOOK_SUBSCRIPTIONS, &all_sel,
				  &ret->subscriptions, err);
	if (rc < 0)
		return rc;
	ret->session = session;
	ret->parts = parts;
	take_names(ret);
	take_reads(ret, &all);
	session_settings(session);
	/* Without sources: as the demonstration leaves them behind. */
	if (session->conf && !session->conf->unusable &&
	    session->conf->n_sources > 0)
		ret->conf = session->conf;
	for (size_t i = 0; i < ret->reads.n; i++)
		look_read(ret, i);
	return look_settings(session, ret, sel, err);
}

/* --- for people --- */

/* The row of the one that all is about; where there is none, false. */
static bool find_only(const struct posture_view *v, size_t *ret)
{
	for (size_t i = 0; v->n_subscriptions == 1 && i < v->reads.n; i++) {
		if (pick_is(&v->reads, i, "subscription", ""))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

const char *posture_view_only(const struct posture_view *v)
{
	size_t i;

	return find_only(v, &i) ? rows_text(&v->reads, i, "subscription")
				: NULL;
}

const char *posture_view_name(const struct posture_view *v,
			      const char *subscription)
{
	const struct named wanted = { .id = subscription };
	const struct named *found =
		v->n_names ? bsearch(&wanted, v->names, v->n_names,
				     sizeof(*v->names), compare_names)
			   : NULL;

	return found ? found->name : subscription;
}

void posture_say_heading(struct writer *w, const struct posture_view *v)
{
	struct cell name;
	size_t i;

	if (!find_only(v, &i))
		return;
	name = cell_text(
		posture_view_name(v, rows_text(&v->reads, i, "subscription")));
	writer_line(w, NULL);
	writer_words(w, "Subscription ");
	writer_value(w, AS_TEXT, &name);
	if (!pick_is(&v->reads, i, "subscription", name.text)) {
		writer_words(w, " (");
		writer_value(w, AS_TEXT,
			     rows_cell(&v->reads, i, "subscription"));
		writer_words(w, ")");
	}
	writer_words(w, " of source ");
	writer_value(w, AS_TEXT, rows_cell(&v->reads, i, "source"));
	writer_gap(w);
}

static void say_age(struct writer *w, const struct posture_view *v)
{
	struct cell oldest = cell_integer(v->oldest_ms);
	struct cell newest = cell_integer(v->newest_ms);

	if (!v->oldest_ms)
		return;
	writer_line(w, NULL);
	writer_words(w, "Read ");
	/* One round takes a while, which is one time for whoever reads it. */
	if (v->newest_ms - v->oldest_ms > INT64_C(3600000)) {
		writer_words(w, "between ");
		writer_value(w, AS_AGO, &oldest);
		writer_words(w, " and ");
		writer_value(w, AS_AGO, &newest);
	} else {
		writer_value(w, AS_AGO, &oldest);
	}
	writer_words(w, ".");
}

static void say_trouble(struct writer *w, const struct posture_view *v,
			size_t i)
{
	const struct rows *r = &v->troubles;
	static const struct {
		const char *before, *name;
	} about[] = { { "", "part" },
		      { "subscription ", "subscription" },
		      { "source ", "source" } };
	const char *between = "";

	writer_line(w, "Not read");
	for (size_t j = 0; j < ARRAY_SIZE(about); j++) {
		if (rows_cell(r, i, about[j].name)->len == 0)
			continue;
		writer_words(w, between);
		writer_words(w, about[j].before);
		writer_value(w, AS_TEXT, rows_cell(r, i, about[j].name));
		between = " of ";
	}
	writer_words(w, *between ? ": " : "");
	writer_value(w, AS_ERROR, rows_cell(r, i, "why"));
	if (rows_integer(r, i, "whole_ms")) {
		writer_words(w, " (last read whole ");
		writer_value(w, AS_AGO, rows_cell(r, i, "whole_ms"));
		writer_words(w, ")");
	}
	writer_line(w, "Next");
	as_typed_say(v->session, rows_text(r, i, "next"), NULL, "");
}

void posture_say_state(struct writer *w, const struct posture_view *v)
{
	static const struct table reads = { .key = "reads", .aside = true };
	static const struct table troubles = { .key = "troubles",
					       .aside = true };
	size_t n = MIN(v->troubles.n, (size_t)TROUBLES_SHOWN);
	struct cell more = cell_integer((int64_t)(v->troubles.n - n));

	writer_table(w, &reads, &v->reads);
	writer_table(w, &troubles, &v->troubles);
	if (v->oldest_ms || v->troubles.n > 0)
		writer_gap(w);
	say_age(w, v);
	for (size_t i = 0; i < n; i++)
		say_trouble(w, v, i);
	if (more.integer == 0)
		return;
	writer_line(w, NULL);
	writer_words(w, "... and ");
	writer_value(w, AS_TEXT, &more);
	writer_words(w, " more like these: ");
	as_typed_say(v->session, "triagectl sql unread-posture", NULL, "");
}
