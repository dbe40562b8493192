/*
 * What casework calls for, written into rows, and the checks of it: no call
 * too early, too late, twice or to anybody who is not to hear it. Called by
 * triage_sim.c.
 */
#include "helpers/triage_sim_priv.h"

#include "triage/ladder_audit.h"
#include "triage/rotation.h"

static int book_operation(struct sim *s, struct err *err)
{
	if (s->fail_in == 0 || --s->fail_in > 0)
		return 0;
	return err_set(err, ERR_STORE, "killed here");
}

static int sim_on_clock(void *ctx, const struct clock_row *row, struct err *err)
{
	struct sim *s = ctx;
	struct clock_row *kept = &s->at->rows.clocks[row->kind];

	*kept = *row;
	if (sim_sabotaged(s, SABOTAGE_UNARMED, 50))
		kept->next_ms = 0;
	if (row->kind == CLOCK_TRIAGE && sim_sabotaged(s, SABOTAGE_DUE, 50))
		kept->due_ms += HOUR_MS;
	if (row->kind == CLOCK_RESOLVE &&
	    sim_sabotaged(s, SABOTAGE_RESOLVE, 50))
		kept->due_ms += HOUR_MS;
	return book_operation(s, err);
}

/* The row of a route that began then; what it left of another time is gone. */
static size_t ladder_at(struct sim *s, const char *route, int64_t started_ms)
{
	struct sim_rows *r = &s->at->rows;
	size_t at = 0;

	while (at < r->n_ladders && strcmp(r->ladders[at].route, route) != 0)
		at++;
	if (at == SIM_LADDERS_MAX)
		sim_fail(s, s->at, "there are more ladders than routes");
	if (at == r->n_ladders)
		r->ladders[r->n_ladders++] =
			(struct ladder_row){ .started_ms = -1 };
	if (r->ladders[at].started_ms == started_ms)
		return at;
	(void)snprintf(r->ladders[at].route, sizeof(r->ladders[at].route), "%s",
		       route);
	r->ladders[at].started_ms = started_ms;
	r->traces[at] = 0;
	r->begun_after[at] = s->n_reloads;
	return at;
}

/* A step was taken, or passed over with a word. */
static void trace(struct sim *s, const struct casefile *c, const char *route,
		  int step)
{
	for (size_t i = 0; route && i < c->n_ladders; i++) {
		const struct ladder_row *row = &c->ladders[i];

		if (strcmp(row->route, route) != 0)
			continue;
		s->at->rows.traces[ladder_at(s, route, row->started_ms)] |=
			UINT64_C(1) << step;
	}
}

static const struct route *route_of(const struct sim *s, const char *name)
{
	const struct policy *p = &s->policies[s->policy];

	for (size_t i = 0; i < p->n_routes; i++)
		if (strcmp(p->routes[i].name, name) == 0)
			return &p->routes[i];
	return NULL;
}

static bool is_catching_up(const struct sim *s)
{
	return sim_now(s) - s->calm_since_ms <= SIM_TICK_MS;
}

static int sim_on_ladder(void *ctx, const struct ladder_row *row,
			 struct err *err)
{
	struct sim *s = ctx;
	struct sim_rows *r = &s->at->rows;
	size_t at = ladder_at(s, row->route, row->started_ms);
	struct ladder_row *kept = &r->ladders[at];
	const struct route *route = route_of(s, row->route);

	*kept = *row;
	r->written_after[at] = s->n_reloads;
	/* Somebody came before the first tick after a start or a jump: what
	 * was due is not taken any more. */
	if (row->stopped_ms != 0 && is_catching_up(s))
		r->traces[at] = UINT64_MAX;
	if (row->next_ms == 0 && row->stopped_ms == 0 &&
	    (!route || (size_t)row->step < route->n_steps))
		sim_fail(s, s->at, "ladder %s ends before its last step",
			 row->route);
	if (row->next_ms != 0 && sim_sabotaged(s, SABOTAGE_DOUBLE, 50)) {
		kept->step = 0;
		kept->repeat = 0;
		kept->next_ms = sim_now(s);
	}
	if (row->next_ms != 0 && (size_t)row->step + 1 < route->n_steps &&
	    sim_sabotaged(s, SABOTAGE_UNCLIMBED, 50))
		kept->step++;
	return book_operation(s, err);
}

static int sim_on_unacknowledge(void *ctx, const struct casefile *c,
				int64_t now_ms, struct err *err)
{
	struct sim *s = ctx;
	struct sim_rows *r = &s->at->rows;

	(void)c;
	(void)now_ms;
	if (r->state != ALERT_ACKNOWLEDGED)
		sim_fail(s, s->at, "nobody has acknowledged it");
	r->state = ALERT_OPEN;
	r->acknowledged_ms = 0;
	r->acknowledge_expires_ms = 0;
	return book_operation(s, err);
}

static uint64_t hash_add(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* What the outbox would make its key of. */
static uint64_t call_key(const struct sim *s, const struct call *c)
{
	const int64_t numbers[] = {
		(int64_t)s->at->number, c->file->episode, c->kind, c->step,
		c->transition,		c->notify == NULL
	};
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	h = hash_add(h, numbers, sizeof(numbers));
	if (c->route)
		h = hash_add(h, c->route, strlen(c->route));
	return h ? h : 1;
}

static bool key_is_known(const struct sim *s, uint64_t key)
{
	for (size_t i = 0; i < s->n_fresh; i++)
		if (s->fresh[i] == key)
			return true;
	for (size_t at = key & s->keys_mask; s->keys[at];
	     at = (at + 1) & s->keys_mask)
		if (s->keys[at] == key)
			return true;
	return false;
}

/*
 * The earliest that a ladder's step can have been: its start; and when another
 * policy has come since, whose route of that name goes on where the old one
 * stood, the moment that the old one had named.
 */
static int64_t ladder_begun(const struct sim *s, const struct casefile *c,
			    const char *route)
{
	const struct sim_alert *a = s->at;
	int64_t begun_ms = 0;

	for (size_t i = 0; route && i < c->n_ladders; i++)
		if (strcmp(c->ladders[i].route, route) == 0)
			begun_ms = c->ladders[i].started_ms;
	for (size_t i = 0; route && i < a->rows.n_ladders; i++)
		if (strcmp(a->rows.ladders[i].route, route) == 0 &&
		    a->rows.written_after[i] != s->n_reloads)
			begun_ms = MAX(begun_ms, a->rows.ladders[i].next_ms);
	return begun_ms;
}

static bool is_page(const struct call *c)
{
	return c->kind == NOTICE_OPENED || c->kind == NOTICE_ESCALATED ||
	       c->kind == NOTICE_REOPENED || c->kind == NOTICE_UPDATED;
}

/* Not before its time, and at most a tick behind what made it due: the moment
 * itself, a row that was written late, a start or a jump of the clock. */
static void check_moment(const struct sim *s, int64_t due_ms, int64_t begun_ms)
{
	int64_t now_ms = sim_now(s);
	int64_t could_ms = MAX(MAX(due_ms, begun_ms),
			       MAX(s->calm_since_ms, s->at->changed_ms));

	if (due_ms > now_ms)
		sim_fail(s, s->at, "%lld ms too early",
			 (long long)(due_ms - now_ms));
	if (now_ms - could_ms > SIM_TICK_MS)
		sim_fail(s, s->at, "%lld ms too late",
			 (long long)(now_ms - could_ms));
}

/* As the daemon's book_call(). */
static void owe_call(struct sim *s, const struct call *c)
{
	struct sim_notice n = {
		.kind = c->kind,
		.step = c->step,
		.transition = c->transition,
		.target = SIM_TOLD,
		.or_fallback = c->or_fallback,
		.digest = c->collect_ms ? c->route : NULL,
		.collect_ms = c->collect_ms,
	};
	struct duty duty;

	if (!c->notify)
		sim_owe(s, &n);
	for (size_t i = 0; c->notify && i < c->notify->n; i++) {
		const char *name = c->notify->v[i];

		rotation_resolve(&s->policies[s->policy], name, c->now_ms,
				 &duty);
		if (!n.digest && !duty.target)
			continue;
		n.target = sim_target(s, n.digest ? name : duty.target);
		sim_owe(s, &n);
	}
}

static int sim_on_call(void *ctx, const struct call *c, struct err *err)
{
	struct sim *s = ctx;
	struct sim_rows *r = &s->at->rows;
	uint64_t key = call_key(s, c);

	check_moment(s, c->due_ms, ladder_begun(s, c->file, c->route));
	if (r->state == ALERT_CLOSED)
		sim_fail(s, s->at, "a call about what is closed");
	if (r->state == ALERT_ACKNOWLEDGED && is_page(c))
		sim_fail(s, s->at, "a page after an acknowledgement");
	if (r->severity == SEVERITY_INFO && is_page(c))
		sim_fail(s, s->at, "a page about information");
	if (key_is_known(s, key))
		sim_fail(s, s->at, "the same call twice: %s of %s, step %d",
			 notice_kind_name(c->kind), c->route ? c->route : "-",
			 c->step);
	if (s->n_fresh == ARRAY_SIZE(s->fresh))
		sim_fail(s, s->at, "too many calls at once");
	s->fresh[s->n_fresh++] = key;
	trace(s, c->file, c->route, c->step);
	if (is_page(c) && sim_sabotaged(s, SABOTAGE_SILENT, 30))
		return 0;
	s->called |= is_page(c);
	owe_call(s, c);
	return book_operation(s, err);
}

static int sim_on_event(void *ctx, const struct case_event *e, struct err *err)
{
	struct sim *s = ctx;

	check_moment(s, e->due_ms, ladder_begun(s, e->file, e->route));
	if (e->kind == CASE_STEP_SKIPPED)
		trace(s, e->file, e->route, e->step);
	s->n_events++;
	return book_operation(s, err);
}

const struct casebook sim_book = {
	.clock = sim_on_clock,
	.ladder = sim_on_ladder,
	.unacknowledge = sim_on_unacknowledge,
	.call = sim_on_call,
	.event = sim_on_event,
};

void sim_load(const struct sim *s, const struct sim_alert *a,
	      struct casefile *ret)
{
	const struct sim_rows *r = &a->rows;

	ret->alert_id = (int64_t)a->number + 1;
	ret->episode = r->episode;
	ret->severity = r->severity;
	ret->state = s->sabotage == SABOTAGE_AFTERACK ? ALERT_OPEN : r->state;
	ret->phase = PHASE_DETECT;
	ret->owner = NULL;
	ret->acknowledged_by = "ann";
	ret->acknowledge_expires_ms = r->acknowledge_expires_ms;
	memcpy(ret->clocks, r->clocks, sizeof(ret->clocks));
	memcpy(ret->ladders, r->ladders, r->n_ladders * sizeof(*r->ladders));
	ret->n_ladders = r->n_ladders;
}

void sim_commit_keys(struct sim *s)
{
	for (size_t i = 0; i < s->n_fresh; i++) {
		size_t at = s->fresh[i] & s->keys_mask;

		while (s->keys[at])
			at = (at + 1) & s->keys_mask;
		s->keys[at] = s->fresh[i];
	}
	s->n_keys += s->n_fresh;
	s->n_calls += s->n_fresh;
	if (s->n_keys > s->keys_mask / 2)
		fail_msg("the table of keys is too small");
}

static void check_clock(const struct sim *s, const struct sim_alert *a,
			const struct clock_row *row)
{
	bool running = row->started_ms && !row->stopped_ms && !row->breached_ms;

	if (running != (row->next_ms != 0))
		sim_fail(s, a, "a clock that %s is %sarmed",
			 running ? "runs" : "does not run",
			 row->next_ms ? "" : "not ");
	if (running && a->rows.state == ALERT_CLOSED)
		sim_fail(s, a, "a clock of what is closed runs");
}

void sim_check_alert(const struct sim *s, const struct sim_alert *a)
{
	const struct sim_rows *r = &a->rows;
	bool waits = false;

	for (size_t i = 0; i < CLOCK_KIND_MAX; i++)
		check_clock(s, a, &r->clocks[i]);
	for (size_t i = 0; i < r->n_ladders; i++)
		waits |= r->ladders[i].next_ms != 0;
	if (waits && r->state == ALERT_CLOSED)
		sim_fail(s, a, "a ladder of what is closed is climbed");
	sim_want_check(s, a);
	if (a->was_breached && r->clocks[CLOCK_TRIAGE].breached_ms == 0)
		sim_fail(s, a, "a breach that is none any more");
	if (r->state != ALERT_OPEN || r->severity == SEVERITY_INFO || waits)
		return;
	if (!r->historical && !a->called)
		sim_fail(s, a, "nobody was called");
	if (a->called && !a->told && a->n_waiting == 0)
		sim_fail(s, a, "nobody was told, and nothing waits");
}

static void audit_ladder(struct sim *s, const struct sim_alert *a, size_t i)
{
	const struct sim_rows *r = &a->rows;
	const struct route *route = route_of(s, r->ladders[i].route);
	const struct clock_row *clock = &r->clocks[CLOCK_TRIAGE];
	bool traces[64];
	const struct ladder_proof proof = {
		.route = route,
		.row = &r->ladders[i],
		.clock = clock->started_ms ? clock : NULL,
		.traces = traces,
		.n_traces = ARRAY_SIZE(traces),
		.now_ms = sim_now(s),
	};
	struct err err = ERR_INIT;
	int64_t due_ms, n_due;
	int step, rc;

	/* A route that came with another policy proves nothing. */
	if (!route || r->begun_after[i] != s->n_reloads || is_catching_up(s))
		return;
	for (size_t k = 0; k < ARRAY_SIZE(traces); k++)
		traces[k] = (r->traces[i] >> k & 1) != 0;
	rc = ladder_audit(sim_triage(s), &proof, &step, &due_ms, &n_due, &err);
	if (rc < 0)
		sim_fail(s, a, "%s", err.text);
	if (rc > 0)
		sim_fail(s, a, "step %d of %s, due %lld s ago, left no trace",
			 step + 1, route->name,
			 (long long)((sim_now(s) - due_ms) / SECOND_MS));
	s->n_audited += (size_t)n_due;
}

void sim_audit(struct sim *s, const struct sim_alert *a)
{
	for (size_t i = 0; i < a->rows.n_ladders; i++)
		audit_ladder(s, a, i);
}
