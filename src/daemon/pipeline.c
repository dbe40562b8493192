/*
 * The story of the program, left to right: an alert is looked up, decided,
 * stored, given its clock and ladder, its notices are owed and its events
 * written, and the cursor moves, all in one transaction. Whoever delivers is
 * woken after the commit. Nothing leaves that is not committed; nothing
 * committed is forgotten.
 *
 * Called by the sources (through the ingest door) and by people.c, self.c.
 */
#include "daemon/pipeline.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/notice.h"
#include "daemon/adopt.h"
#include "daemon/book.h"
#include "daemon/doors.h"
#include "daemon/hush.h"
#include "daemon/owe.h"
#include "daemon/pipeline_priv.h"
#include "daemon/surround.h"
#include "store/audit.h"
#include "store/cases.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/retention.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/xmalloc.h"

static bool changes_times(const struct decision *d)
{
	return d->clock_start || d->clock_move || d->clock_stop ||
	       d->ladder_start || d->ladder_stop || d->severity_rose ||
	       d->severity_fell;
}

/* What is known of the present episode; of a new one nothing. */
static int load_file(struct pipeline *p, const struct subject *s,
		     struct casefile *ret, struct err *err)
{
	int rc = 0;

	*ret = (struct casefile){ .n_ladders = 0 };
	if (s->known && s->known->episode == s->episode)
		rc = cases_load(p->store, s->known, ret, err);
	ret->alert_id = s->id;
	ret->episode = s->episode;
	ret->severity = s->decision->severity;
	if (s->decision->withdraw_ack)
		ret->state = ALERT_OPEN;
	return rc;
}

static int set_times(struct pipeline *p, const struct subject *s,
		     struct err *err)
{
	const struct decision *d = s->decision;
	const struct casebook book = book_of(p);
	struct casefile c;
	int rc = 0;

	if (changes_times(d)) {
		rc = load_file(p, s, &c, err);
		if (rc >= 0)
			rc = casework_follow(
				&(struct casework){ .triage = p->triage,
						    .file = &c,
						    .alert = s->alert,
						    .tags = d->tags,
						    .now_ms = s->at->now_ms,
						    .book = &book },
				d, s->known ? s->known->severity : d->severity,
				err);
	}
	if (rc >= 0 && d->historical && !d->quiet &&
	    d->transition == TRANSITION_OPENED)
		rc = owe_import_summary(p, s, err);
	return rc;
}

static int tell(struct pipeline *p, const struct subject *s, struct err *err)
{
	switch (s->decision->transition) {
	case TRANSITION_CLOSED:
		return owe_closed(p, s, err);
	case TRANSITION_NONE:
	case TRANSITION_OPENED:
	case TRANSITION_SEEN_CLOSED:
	case TRANSITION_UPDATED:
	case TRANSITION_REOPENED:
	case TRANSITION_STALE:
		return 0;
	}
	return 0;
}

static int self_on_unmapped(struct pipeline *p, const struct alert *a,
			    const struct sighting *at, struct err *err)
{
	CLEANUP(free_ptr) char *slug = NULL;
	CLEANUP(free_ptr) char *text = NULL;
	char day[TIMEFMT_MAX];

	timefmt_utc(at->now_ms, day);
	slug = xasprintf(SELF_UNMAPPED "%s/%s/%.10s", a->provider,
			 a->source_severity ? a->source_severity : "(none)",
			 day);
	text = xasprintf("Source %s sent the severity '%s', which this version "
			 "does not know. Such alerts count as medium until a "
			 "rule says otherwise.",
			 a->source,
			 a->source_severity ? a->source_severity : "(none)");
	return self_accept(p,
			   &(struct self_alert){
				   .slug = slug,
				   .severity = SEVERITY_MEDIUM,
				   .title = "Unknown severity from a source",
				   .description = text,
				   .remediation = "Add a rule for these alerts "
						  "and look for a newer "
						  "release of triaged.",
			   },
			   at->now_ms, err);
}

static int accept_changed(struct pipeline *p, const struct subject *s,
			  struct err *err)
{
	int rc;

	rc = story_write(p, s, err);
	if (rc < 0)
		return rc;
	rc = s->known ? doors_compare(p, s, err) : 0;
	if (rc < 0)
		return rc;
	rc = set_times(p, s, err);
	if (rc < 0)
		return rc;
	rc = s->decision->quiet ? 0 : tell(p, s, err);
	if (rc < 0 || s->decision->quiet)
		return rc;
	if (s->decision->unmapped &&
	    s->decision->transition == TRANSITION_OPENED &&
	    strcmp(s->alert->kind, ALERT_KIND_SELF) != 0)
		return self_on_unmapped(p, s->alert, s->at, err);
	return 0;
}

static int accept_news(struct pipeline *p, const struct subject *s,
		       struct err *err)
{
	int rc = surround_keep(p, s, err);

	return rc < 0 ? rc : accept_changed(p, s, err);
}

/* It was closed and removed, and nothing has happened since: what a closed
 * alert that is stored would come to. */
static int accept_gone(enum transition *ret_transition)
{
	if (ret_transition)
		*ret_transition = TRANSITION_NONE;
	return 0;
}

/*
 * Daemon or source were away for a day, or the source is slow: what it tells
 * then is old and yet nobody has heard of it. History is only what was there
 * before we looked at all. 1, 0.
 */
static int was_awaited(struct pipeline *p, const struct alert *a,
		       const struct sighting *at, struct err *err)
{
	int64_t horizon_ms = triage_policy(p->triage)->import_horizon_ms;

	if (a->created_ms == 0 || a->created_ms >= at->now_ms - horizon_ms)
		return 0;
	return ledger_was_whole(p->store, at->poll, err);
}

/*
 * A copy without a severity is of the shape that names no incident either (fact
 * 7 of the API notes), which comes at random: what it leaves out has not
 * changed. *ret borrows from both.
 */
static void complete(const struct alert *a, const struct tracked *known,
		     struct alert *ret)
{
	*ret = *a;
	if (!a->severity_absent)
		return;
	ret->base = known->base;
	ret->source_severity = known->source_severity;
	ret->is_incident |= known->is_incident;
}

int pipeline_accept(struct pipeline *p, const struct alert *a,
		    const struct sighting *at, enum transition *ret_transition,
		    struct err *err)
{
	CLEANUP(tracked_release) struct tracked known = { 0 };
	struct alert whole;
	struct decision d;
	struct subject s = { .alert = a, .decision = &d, .at = at };
	struct triage_input in = { .alert = a, .now_ms = at->now_ms };
	int found, rc;

	found = doors_find(p, a, at, &known, err);
	if (found < 0)
		return found;
	if (found) {
		complete(a, &known, &whole);
		in.known = &known;
		in.alert = s.alert = a = &whole;
	}
	if (!found) {
		rc = retention_gone(p->store, a, at->now_ms, err);
		if (rc < 0)
			return rc;
		if (rc == GONE_STAYS)
			return accept_gone(ret_transition);
		rc = rc == GONE_RETURNS ? 1 : was_awaited(p, a, at, err);
		if (rc < 0)
			return rc;
		in.is_news = rc > 0;
	}
	rc = surround_decide(p, &in, &d, err);
	if (rc < 0)
		return rc;
	if (found) {
		s.known = &known;
		s.id = known.id;
		s.episode =
			known.episode + (d.transition == TRANSITION_REOPENED);
		rc = alerts_update(p->store, &known, a, &d, at, err);
	} else {
		s.episode = 1;
		rc = alerts_insert(p->store, a, &d, at, &s.id, err);
	}
	if (rc < 0)
		return rc;
	if (ret_transition)
		*ret_transition = d.transition;
	if (d.transition != TRANSITION_NONE && d.transition != TRANSITION_STALE)
		rc = accept_news(p, &s, err);
	return rc < 0 || !d.quiet ? rc : adopt_work(p, &s, err);
}

/* One item of a page that is not as it was; counts what became of it. */
static int accept_item(struct pipeline *p, const char *source, struct item *it,
		       const struct sighting *at, struct poll_counts *n,
		       struct err *err)
{
	enum transition t = TRANSITION_NONE;
	int rc;

	n->fetched++;
	switch (it->kind) {
	case ITEM_BAD:
		n->quarantined++;
		return story_quarantine(p, source, it, at, err);
	case ITEM_UNCHANGED:
	case ITEM_UNREAD:
		assert(false);
		break;
	case ITEM_ALERT:
		break;
	}
	free(it->alert.source);
	it->alert.source = xstrdup(source);
	rc = pipeline_accept(p, &it->alert, at, &t, err);
	if (rc < 0)
		return rc;
	if (t == TRANSITION_OPENED || t == TRANSITION_SEEN_CLOSED)
		n->added++;
	else if (t == TRANSITION_NONE || t == TRANSITION_STALE)
		n->noop++;
	else
		n->updated++;
	return 0;
}

/* What is unchanged is bumped at once, behind the others. */
static int accept_items(struct pipeline *p, const char *source,
			const struct page *page, const struct sighting *at,
			struct poll_counts *n, struct err *err)
{
	CLEANUP(free_ptr)
	int64_t *unchanged = xcalloc(page->n_items + 1, sizeof(*unchanged));
	size_t n_unchanged = 0;

	for (size_t i = 0; i < page->n_items; i++) {
		struct item *it = &page->items[i];
		int rc = 0;

		if (it->kind == ITEM_UNCHANGED)
			unchanged[n_unchanged++] = it->origin;
		else
			rc = accept_item(p, source, it, at, n, err);
		if (rc < 0)
			return rc;
	}
	n->fetched += (int64_t)n_unchanged;
	n->noop += (int64_t)n_unchanged;
	return alerts_bump_all(p->store, unchanged, n_unchanged, at, err);
}

/* Returns how many gaps it closed. */
static int end_listing(struct pipeline *p, const char *source,
		       const char *scope, const struct page *page,
		       const struct sighting *at, struct err *err)
{
	const struct poll_window w = { .source = source, .scope = scope };
	int rc;

	rc = ledger_poll_end(p->store, at->poll, NULL, at->now_ms, err);
	if (rc >= 0 && page->cursor)
		rc = ledger_cursor_set(p->store, source, scope, page->cursor,
				       at->now_ms, err);
	if (rc >= 0)
		rc = alerts_mark_missing(p->store, source, scope, at->poll,
					 at->now_ms, err);
	return rc < 0 ? rc : gap_close_read(p, &w, at, err);
}

static int pipeline_page(void *ctx, int64_t poll, const struct page *page,
			 struct err *err)
{
	struct pipeline *p = ctx;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(free_ptr) char *source = NULL;
	CLEANUP(free_ptr) char *scope = NULL;
	struct sighting at = { .poll = poll, .now_ms = clock_wall_ms() };
	struct poll_counts counts = { .pages = 1 };
	int closed = 0;
	int rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	rc = ledger_poll_scope(p->store, poll, &source, &scope, err);
	if (rc <= 0)
		return rc < 0 ? rc
			      : err_set(err, ERR_STORE,
					"poll %lld is not in the ledger",
					(long long)poll);
	rc = accept_items(p, source, page, &at, &counts, err);
	if (rc < 0)
		return rc;
	rc = ledger_poll_add(p->store, poll, &counts, err);
	if (rc < 0)
		return rc;
	if (page->last) {
		closed = end_listing(p, source, scope, page, &at, err);
		if (closed < 0)
			return closed;
	}
	rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	if (p->on_progress)
		p->on_progress(p->arg, source);
	if (counts.added || counts.updated || closed)
		p->on_commit(p->arg);
	return 0;
}

static int pipeline_poll_begin(void *ctx, const struct poll_window *w,
			       int64_t *ret_poll, struct err *err)
{
	struct pipeline *p = ctx;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	rc = ledger_poll_begin(p->store, w, clock_wall_ms(), ret_poll, err);
	if (rc < 0)
		return rc;
	return txn_commit(&txn, err);
}

static int pipeline_poll_fail(void *ctx, int64_t poll, const char *why,
			      struct err *err)
{
	struct pipeline *p = ctx;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	rc = ledger_poll_end(p->store, poll, why, clock_wall_ms(), err);
	if (rc < 0)
		return rc;
	return txn_commit(&txn, err);
}

static int pipeline_anew(void *ctx, const char *source, const char *scope,
			 struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct pipeline *p = ctx;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = ledger_anew(p->store, source, scope, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int pipeline_note(void *ctx, const char *source, const char *kind,
			 const char *detail_json, struct err *err)
{
	struct pipeline *p = ctx;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(free_ptr) char *actor = xasprintf("source %s", source);
	int rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	rc = audit_add(p->store,
		       &(struct audit_event){
			       .at_ms = clock_wall_ms(),
			       .actor = actor,
			       .kind = kind,
			       .detail = detail_json,
		       },
		       err);
	if (rc < 0)
		return rc;
	return txn_commit(&txn, err);
}

static int pipeline_cursor(void *ctx, const char *source, const char *scope,
			   struct strbuf *ret, struct err *err)
{
	struct pipeline *p = ctx;

	return ledger_cursor_get(p->store, source, scope, ret, err);
}

static void pipeline_known(void *ctx, struct item *items, size_t n)
{
	struct pipeline *p = ctx;

	alerts_known(p->store, items, n);
}

/* Where the key of the raw hashes is kept, a piece each. */
static const char *const raw_key_names[] = { "raw_key_0", "raw_key_1",
					     "raw_key_2", "raw_key_3" };

/* A new key costs one poll in which every alert is parsed again. */
static int make_raw_key(struct pipeline *p, struct err *err)
{
	int64_t pieces[ARRAY_SIZE(raw_key_names)];
	int rc = 0;

	digest_random(pieces, sizeof(pieces));
	for (size_t i = 0; i < ARRAY_SIZE(pieces) && rc >= 0; i++)
		rc = store_meta_set(p->store, raw_key_names[i], pieces[i], err);
	if (rc >= 0)
		memcpy(p->ingest.raw_key, pieces, sizeof(p->ingest.raw_key));
	return rc;
}

static int read_raw_key(struct pipeline *p, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t pieces[ARRAY_SIZE(raw_key_names)];
	int rc = txn_begin(&txn, p->store, err);

	if (rc < 0)
		return rc;
	rc = 1;
	for (size_t i = 0; i < ARRAY_SIZE(pieces) && rc > 0; i++)
		rc = store_meta_get(p->store, raw_key_names[i], &pieces[i],
				    err);
	if (rc > 0)
		memcpy(p->ingest.raw_key, pieces, sizeof(p->ingest.raw_key));
	else if (rc == 0)
		rc = make_raw_key(p, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

int pipeline_init(struct pipeline *p, struct err *err)
{
	int rc;

	p->ingest = (struct ingest){
		.ctx = p,
		.cursor = pipeline_cursor,
		.known = pipeline_known,
		.poll_begin = pipeline_poll_begin,
		.page = pipeline_page,
		.poll_fail = pipeline_poll_fail,
		.gap_open = gap_open,
		.anew = pipeline_anew,
		.note = pipeline_note,
	};
	rc = read_raw_key(p, err);
	return rc < 0 ? rc : hush_open(p, clock_wall_ms(), err);
}

void pipeline_release(struct pipeline *p)
{
	hush_close(p);
}
