/*
 * The past as what-if reads it. Called by cli/. One read transaction from the
 * first question to the last, so that all of them see the same moment while
 * the daemon goes on writing.
 *
 * tested with: test_history
 */
#include "store/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "store/alerts.h"
#include "store/silence_rows.h"
#include "store/sqlite/look_priv.h"
#include "util/log.h"
#include "util/xmalloc.h"

enum part {
	PART_ALERTS,
	PART_REVISIONS,
	PART_EVENTS,
	PART_CLOCKS,
	PART_NOTICES,
	PART_ROUTES,
	PART_RAW,
	PART_SILENCES,
	PART_PAUSES,
	PART_END,
};
#define PART_MAX (PART_END + 1)

/* When a message got there; what was under way may have. */
#define HEARD                                                                  \
	"ifnull(d.sent_ms, iif(d.state = 1 OR d.maybe_duplicate, "             \
	"d.created_ms, NULL))"

static const char *const part_text[PART_MAX] = {
	[PART_ALERTS] =
		"SELECT a.id FROM alert AS a WHERE a.kind <> 'drill' "
		"AND (EXISTS (SELECT 1 FROM event "
		"AS e WHERE e.alert_id = a.id AND e.at_ms >= @since) OR EXISTS "
		"(SELECT 1 FROM bundle_entry AS e WHERE e.alert_id = a.id AND "
		"(e.ended_ms IS NULL OR e.ended_ms >= @since)) OR EXISTS "
		"(SELECT 1 FROM delivery AS d WHERE d.alert_id = a.id AND "
		"d.created_ms >= @since)) ORDER BY a.id",
	[PART_REVISIONS] =
		"SELECT r.revision, r.seen_ms, s.name, s.kind, r.changed = "
		"'older copy', r.content_hash FROM "
		"revision AS r JOIN source AS s ON s.id = r.source_id WHERE "
		"r.alert_id = @id ORDER BY r.revision",
	[PART_EVENTS] = "SELECT id, at_ms, actor, kind, detail FROM event "
			"WHERE alert_id = @id ORDER BY id",
	[PART_CLOCKS] =
		"SELECT episode, kind, severity, policy, started_ms, due_ms, "
		"breached_ms, stopped_ms FROM clock WHERE alert_id = @id "
		"ORDER BY episode, kind",
	/*
	 * What never waited, and each wait; what waited became a delivery at
	 * the moment it ended.
	 */
	[PART_NOTICES] =
		"SELECT created_ms AS at_ms, episode, kind, step, 0, target, "
		"min(reason), 0, NULL, 1, created_ms, min(id), target, "
		"min(" HEARD "), 0 AS entry FROM delivery AS d WHERE "
		"alert_id = @id AND kind < 8 AND NOT EXISTS (SELECT 1 FROM "
		"bundle_entry AS e JOIN bundle AS b ON b.id = e.bundle_id "
		"WHERE e.alert_id = @id AND e.episode = d.episode AND e.kind = "
		"d.kind AND e.step = d.step AND b.target = d.target AND "
		"e.outcome = 1 AND e.ended_ms = d.created_ms) GROUP BY "
		"episode, created_ms, kind, step, target UNION ALL SELECT "
		"e.added_ms, e.episode, e.kind, e.step, e.transition, "
		"b.target, e.reason, b.cause, b.name, e.outcome, e.ended_ms, "
		"e.delivery_id, (SELECT d.target FROM delivery AS d WHERE d.id "
		"= e.delivery_id), (SELECT min(" HEARD ") FROM delivery AS d "
		"WHERE e.outcome = 1 AND (d.id = e.delivery_id OR d.bundle_id "
		"= e.bundle_id)), e.id FROM bundle_entry AS e JOIN bundle AS b "
		"ON b.id = e.bundle_id WHERE e.alert_id = @id ORDER BY at_ms, "
		"entry",
	[PART_ROUTES] =
		"SELECT episode, route FROM ladder WHERE alert_id = @id UNION "
		"SELECT e.episode, b.name FROM bundle_entry AS e JOIN bundle "
		"AS b ON b.id = e.bundle_id WHERE e.alert_id = @id AND "
		"b.cause = 1 ORDER BY 1, 2",
	[PART_RAW] = "SELECT raw FROM revision WHERE alert_id = @id AND "
		     "revision = @revision",
	[PART_SILENCES] =
		"SELECT id, author, reason, when_text, covers_critical, "
		"created_ms, starts_ms, ends_ms, ended_ms FROM silence WHERE "
		"ends_ms >= @since AND ifnull(ended_ms, ends_ms) >= @since "
		"ORDER BY id",
	/* Whatever falls due leaves an event or a message: what stands
	 * before a start is the last that was done. */
	[PART_PAUSES] =
		"SELECT max(ifnull((SELECT p.at_ms FROM event AS p WHERE p.id "
		"< e.id ORDER BY p.id DESC LIMIT 1), 0), ifnull((SELECT "
		"d.created_ms FROM delivery AS d WHERE d.created_ms < e.at_ms "
		"ORDER BY d.id DESC LIMIT 1), 0)), e.at_ms FROM event AS e "
		"WHERE e.alert_id IS NULL AND e.kind = 'started' ORDER BY "
		"e.id",
	[PART_END] =
		"SELECT max(ifnull((SELECT at_ms FROM event ORDER BY id DESC "
		"LIMIT 1), 0), ifnull((SELECT created_ms FROM delivery ORDER "
		"BY id DESC LIMIT 1), 0), ifnull((SELECT max(started_ms, "
		"ifnull(ended_ms, 0)) FROM poll ORDER BY id DESC LIMIT 1), 0))",
};

struct history {
	struct store *store;
	bool reading; /* a transaction of ours is open */
	struct query parts[PART_MAX];
};

static void past_notice_release(struct past_notice *n)
{
	for (size_t i = 0; i < n->n_holds; i++)
		free(n->holds[i].name);
	free(n->holds);
	free(n->target);
	free(n->reason);
	free(n->to);
}

static void past_lists_release(struct past_alert *p)
{
	for (size_t i = 0; i < p->n_revisions; i++) {
		free(p->revisions[i].source);
		free(p->revisions[i].source_kind);
	}
	for (size_t i = 0; i < p->n_events; i++) {
		free(p->events[i].actor);
		free(p->events[i].kind);
		free(p->events[i].detail);
	}
	for (size_t i = 0; i < p->n_notices; i++)
		past_notice_release(&p->notices[i]);
	for (size_t i = 0; i < p->n_routes; i++)
		free(p->routes[i].name);
}

void past_alert_release(struct past_alert *p)
{
	past_lists_release(p);
	free(p->revisions);
	free(p->events);
	free(p->clocks);
	free(p->notices);
	free(p->routes);
	alert_view_release(&p->now);
	*p = (struct past_alert){ 0 };
}

struct history *history_close(struct history *h)
{
	struct err err = ERR_INIT;

	if (!h)
		return NULL;
	for (int i = 0; i < PART_MAX; i++)
		engine_finalize(&h->parts[i].stmt);
	if (h->reading && engine_exec(h->store, "COMMIT", &err) < 0)
		log_debug("the end of reading history: %s", err.text);
	free(h);
	return NULL;
}

void history_close_ptr(struct history **h)
{
	*h = history_close(*h);
}

static void bind(struct history *h, enum part part, const char *name,
		 int64_t value)
{
	struct query *q = &h->parts[part];
	int i = sqlite3_bind_parameter_index(q->stmt, name);
	int rc = sqlite3_bind_int64(q->stmt, i, value);

	if (q->rc == SQLITE_OK)
		q->rc = rc;
}

int history_open(struct store *s, int64_t since_ms, struct history **ret,
		 struct err *err)
{
	CLEANUP(history_close_ptr)
	struct history *h = xcalloc(1, sizeof(*h));
	int rc;

	h->store = s;
	for (int i = 0; i < PART_MAX; i++) {
		h->parts[i].store = s;
		rc = look_prepare(s, part_text[i], &h->parts[i].stmt, err);
		if (rc < 0)
			return rc;
	}
	rc = engine_exec(s, "BEGIN", err);
	if (rc < 0)
		return rc;
	h->reading = true;
	bind(h, PART_ALERTS, "@since", since_ms);
	*ret = take(h);
	return 0;
}

static void past_add_revision(struct past_alert *p, const struct query *q)
{
	struct past_revision *r;

	GROW(p->revisions, p->n_revisions + 1, p->n_revisions_alloc);
	r = &p->revisions[p->n_revisions++];
	*r = (struct past_revision){
		.revision = row_int(q, 0),
		.seen_ms = row_int(q, 1),
		.source = row_text(q, 2),
		.source_kind = row_text(q, 3),
		.stale = row_int(q, 4) != 0,
	};
	row_blob(q, 5, r->content_hash, sizeof(r->content_hash));
}

static void past_add_event(struct past_alert *p, const struct query *q)
{
	GROW(p->events, p->n_events + 1, p->n_events_alloc);
	p->events[p->n_events++] = (struct past_event){
		.id = row_int(q, 0),
		.at_ms = row_int(q, 1),
		.actor = row_text(q, 2),
		.kind = row_text(q, 3),
		.detail = row_text(q, 4),
	};
}

static void past_add_clock(struct past_alert *p, const struct query *q)
{
	CLEANUP(free_ptr) char *policy = row_text(q, 3);
	struct clock_row *c;

	GROW(p->clocks, p->n_clocks + 1, p->n_clocks_alloc);
	c = &p->clocks[p->n_clocks++];
	*c = (struct clock_row){
		.alert_id = p->now.tracked.id,
		.episode = row_int(q, 0),
		.kind = (enum clock_kind)row_int(q, 1),
		.severity = (enum severity)row_int(q, 2),
		.started_ms = row_int(q, 4),
		.due_ms = row_int(q, 5),
		.breached_ms = row_int(q, 6),
		.stopped_ms = row_int(q, 7),
	};
	(void)snprintf(c->policy, sizeof(c->policy), "%s",
		       policy ? policy : "");
}

static struct past_notice notice_read(const struct query *q)
{
	int c = 0;
	struct past_notice n = { .at_ms = row_int(q, c++) };

	n.episode = row_int(q, c++);
	n.kind = (enum notice_kind)row_int(q, c++);
	n.step = (int)row_int(q, c++);
	n.transition = row_int(q, c++);
	n.target = row_text(q, c++);
	n.reason = row_text(q, c++);
	return n;
}

/* What it came to, in the end or for now. */
static void notice_read_end(struct past_notice *n, const struct query *q)
{
	n->outcome = (enum bundle_outcome)row_int(q, 9);
	n->ended_ms = row_int(q, 10);
	n->message = row_int(q, 11);
	free(n->to);
	n->to = row_text(q, 12);
	n->heard_ms = row_int(q, 13);
}

/* The one that went on to the bundle of @like; NULL: it began there. Of a
 * digest the duty may have changed. */
static struct past_notice *find_moved(const struct past_alert *p,
				      const struct past_notice *like)
{
	for (size_t i = p->n_notices; i-- > 0;) {
		struct past_notice *n = &p->notices[i];

		if (n->outcome == BUNDLE_MOVED && n->ended_ms == like->at_ms &&
		    n->episode == like->episode && n->kind == like->kind &&
		    n->step == like->step &&
		    n->transition == like->transition &&
		    (strcmp(n->target, like->target) == 0 ||
		     n->holds[0].cause == NOISE_DIGEST))
			return n;
	}
	return NULL;
}

static void past_add_notice(struct past_alert *p, const struct query *q)
{
	struct past_notice read = notice_read(q);
	enum noise_cause cause = (enum noise_cause)row_int(q, 7);
	struct past_notice *n = cause ? find_moved(p, &read) : NULL;

	if (n) {
		past_notice_release(&read);
	} else {
		GROW(p->notices, p->n_notices + 1, p->n_notices_alloc);
		n = &p->notices[p->n_notices++];
		*n = read;
	}
	notice_read_end(n, q);
	if (!cause)
		return;
	GROW(n->holds, n->n_holds + 1, n->n_holds_alloc);
	n->holds[n->n_holds++] =
		(struct past_hold){ row_int(q, 0), cause, row_text(q, 8) };
}

static void past_add_route(struct past_alert *p, const struct query *q)
{
	GROW(p->routes, p->n_routes + 1, p->n_routes_alloc);
	p->routes[p->n_routes++] = (struct past_route){
		.episode = row_int(q, 0),
		.name = row_text(q, 1),
	};
}

/* All rows of one part of the alert in @p. */
static int past_read(struct history *h, enum part part, struct past_alert *p,
		     void (*add)(struct past_alert *p, const struct query *q),
		     struct err *err)
{
	struct query *q = &h->parts[part];
	int rc;

	bind(h, part, "@id", p->now.tracked.id);
	while ((rc = query_step(q, err)) == 1)
		add(p, q);
	(void)sqlite3_reset(q->stmt); /* repeats the error of the last step */
	return rc;
}

static int past_load(struct history *h, int64_t id, struct past_alert *p,
		     struct err *err)
{
	static void (*const adders[])(struct past_alert *,
				      const struct query *) = {
		[PART_REVISIONS] = past_add_revision,
		[PART_EVENTS] = past_add_event,
		[PART_CLOCKS] = past_add_clock,
		[PART_NOTICES] = past_add_notice,
		[PART_ROUTES] = past_add_route,
	};
	int rc = alerts_load(h->store, id, &p->now, err);

	if (rc == 0)
		return err_set(err, ERR_STORE, "alert %lld cannot be read back",
			       (long long)id);
	for (int part = 0; part < (int)ARRAY_SIZE(adders) && rc >= 0; part++) {
		if (adders[part])
			rc = past_read(h, (enum part)part, p, adders[part],
				       err);
	}
	return rc;
}

int history_next(struct history *h, struct past_alert *ret, struct err *err)
{
	CLEANUP(past_alert_release) struct past_alert p = { 0 };
	int rc = query_step(&h->parts[PART_ALERTS], err);

	if (rc <= 0)
		return rc;
	alert_init(&p.now.alert);
	rc = past_load(h, row_int(&h->parts[PART_ALERTS], 0), &p, err);
	if (rc < 0)
		return rc;
	*ret = p;
	p = (struct past_alert){ 0 };
	return 1;
}

int history_raw(struct history *h, int64_t alert_id, int64_t revision,
		char **ret, size_t *ret_len, struct err *err)
{
	struct query *q = &h->parts[PART_RAW];
	const char *bytes;
	int rc;

	bind(h, PART_RAW, "@id", alert_id);
	bind(h, PART_RAW, "@revision", revision);
	rc = query_step(q, err);
	bytes = rc == 1 ? sqlite3_column_blob(q->stmt, 0) : NULL;
	if (bytes) {
		*ret_len = (size_t)sqlite3_column_bytes(q->stmt, 0);
		*ret = xmemdup(bytes, *ret_len);
	}
	(void)sqlite3_reset(q->stmt); /* repeats the error of the last step */
	return rc < 0 ? rc : bytes != NULL;
}

static void silence_add(struct silence *s, const struct query *q)
{
	int c = 0;

	*s = (struct silence){ .id = row_int(q, c++) };
	s->author = row_text(q, c++);
	s->reason = row_text(q, c++);
	s->when_text = row_text(q, c++);
	s->covers_critical = row_int(q, c++) != 0;
	s->created_ms = row_int(q, c++);
	s->starts_ms = row_int(q, c++);
	s->ends_ms = row_int(q, c++);
	s->ended_ms = row_int(q, c++);
}

int history_silences(struct history *h, int64_t since_ms, struct silence **ret,
		     size_t *ret_n, struct err *err)
{
	struct query *q = &h->parts[PART_SILENCES];
	struct silence *v = NULL;
	size_t n = 0, n_alloc = 0;
	int rc;

	bind(h, PART_SILENCES, "@since", since_ms);
	while ((rc = query_step(q, err)) == 1) {
		GROW(v, n + 1, n_alloc);
		silence_add(&v[n++], q);
	}
	(void)sqlite3_reset(q->stmt); /* repeats the error of the last step */
	if (rc < 0) {
		silence_rows_free(v, n);
		return rc;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

int history_pauses(struct history *h, struct pause **ret, size_t *ret_n,
		   int64_t *ret_end_ms, struct err *err)
{
	CLEANUP(free_ptr) struct pause *v = NULL;
	struct query *q = &h->parts[PART_PAUSES];
	size_t n = 0, n_alloc = 0;
	int64_t end_ms = 0;
	int rc;

	while ((rc = query_step(q, err)) == 1) {
		GROW(v, n + 1, n_alloc);
		v[n] = (struct pause){ row_int(q, 0), row_int(q, 1) };
		/* Of a clock that went back nothing can be said. */
		n += v[n].from_ms != 0 && v[n].from_ms < v[n].to_ms;
	}
	(void)sqlite3_reset(q->stmt); /* repeats the error of the last step */
	if (rc < 0)
		return rc;
	q = &h->parts[PART_END];
	rc = query_one(q, &end_ms, err);
	(void)sqlite3_reset(q->stmt); /* as above */
	if (rc < 0)
		return rc;
	*ret = take(v);
	*ret_n = n;
	*ret_end_ms = end_ms;
	return 0;
}
