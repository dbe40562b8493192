/*
 * The simulated daemon: transactions over rows in memory, and the checks that
 * follow each. See triage_sim.h.
 */
#include "helpers/triage_sim.h"

#include <stdio.h>
#include "triage/rotation.h"

#define KEYS (UINT64_C(1) << 21)
#define TICKS_MAX 200 /* of one alert at one moment: it would never end */

const char *const sabotage_names[SABOTAGE_MAX] = {
	[SABOTAGE_NONE] = "",
	[SABOTAGE_LATE] = "late",
	[SABOTAGE_LOST] = "lost",
	[SABOTAGE_DOUBLE] = "double",
	[SABOTAGE_AFTERACK] = "afterack",
	[SABOTAGE_UNARMED] = "unarmed",
	[SABOTAGE_DUE] = "due",
	[SABOTAGE_SILENT] = "silent",
};

uint64_t sim_draw(struct sim *s, uint64_t below)
{
	uint64_t z = s->draw += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

static bool sabotaged(struct sim *s, enum sabotage how, uint64_t one_in)
{
	return s->sabotage == how && sim_chance(s, one_in);
}

int64_t sim_now(const struct sim *s)
{
	return s->mono_ms + s->offset_ms;
}

const struct triage *sim_triage(const struct sim *s)
{
	return s->triages[s->policy];
}

/* --- the heap of moments --- */

static void heap_place(struct sim *s, size_t at, size_t alert)
{
	s->heap[at] = alert;
	s->alerts[alert].heap_at = at;
}

static int64_t heap_key(const struct sim *s, size_t at)
{
	return s->alerts[s->heap[at]].next_ms;
}

/* What stands at @at goes where it belongs. */
static void heap_settle(struct sim *s, size_t at)
{
	size_t alert = s->heap[at];
	int64_t key = s->alerts[alert].next_ms;

	for (; at > 1 && heap_key(s, at / 2) > key; at /= 2)
		heap_place(s, at, s->heap[at / 2]);
	for (;;) {
		size_t child = 2 * at;

		if (child > s->n_heap)
			break;
		if (child < s->n_heap &&
		    heap_key(s, child + 1) < heap_key(s, child))
			child++;
		if (heap_key(s, child) >= key)
			break;
		heap_place(s, at, s->heap[child]);
		at = child;
	}
	heap_place(s, at, alert);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
	if (a_ms == 0 || b_ms == 0)
		return a_ms ? a_ms : b_ms;
	return MIN(a_ms, b_ms);
}

/* As a store would find it: the least moment of any row. */
static int64_t rows_next(const struct sim_rows *r)
{
	int64_t next_ms = 0;

	for (size_t i = 0; i < CLOCK_KIND_MAX; i++)
		next_ms = sooner(next_ms, r->clocks[i].next_ms);
	for (size_t i = 0; i < r->n_ladders; i++)
		next_ms = sooner(next_ms, r->ladders[i].next_ms);
	return sooner(next_ms, r->acknowledge_expires_ms);
}

static void heap_arm(struct sim *s, struct sim_alert *a)
{
	size_t at = a->heap_at;

	a->next_ms = rows_next(&a->rows);
	if (a->next_ms == 0 && at == 0)
		return;
	if (at == 0) {
		heap_place(s, ++s->n_heap, a->number);
		at = s->n_heap;
	} else if (a->next_ms == 0) {
		a->heap_at = 0;
		if (at == s->n_heap--)
			return;
		heap_place(s, at, s->heap[s->n_heap + 1]);
	}
	heap_settle(s, at);
}

/* --- the book --- */

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
	if (sabotaged(s, SABOTAGE_UNARMED, 50))
		kept->next_ms = 0;
	if (sabotaged(s, SABOTAGE_DUE, 50))
		kept->due_ms += HOUR_MS;
	return book_operation(s, err);
}

static struct ladder_row *ladder_of(struct sim *s, const char *route)
{
	struct sim_rows *r = &s->at->rows;

	for (size_t i = 0; i < r->n_ladders; i++)
		if (strcmp(r->ladders[i].route, route) == 0)
			return &r->ladders[i];
	if (r->n_ladders == SIM_LADDERS_MAX)
		sim_fail(s, s->at, "there are more ladders than routes");
	return &r->ladders[r->n_ladders++];
}

static const struct route *route_of(const struct sim *s, const char *name)
{
	const struct policy *p = &s->policies[s->policy];

	for (size_t i = 0; i < p->n_routes; i++)
		if (strcmp(p->routes[i].name, name) == 0)
			return &p->routes[i];
	return NULL;
}

static int sim_on_ladder(void *ctx, const struct ladder_row *row,
			 struct err *err)
{
	struct sim *s = ctx;
	struct ladder_row *kept = ladder_of(s, row->route);
	const struct route *route = route_of(s, row->route);

	*kept = *row;
	s->at->rows.written_after[kept - s->at->rows.ladders] = s->n_reloads;
	if (row->next_ms == 0 && row->stopped_ms == 0 &&
	    (!route || (size_t)row->step < route->n_steps))
		sim_fail(s, s->at, "ladder %s ends before its last step",
			 row->route);
	if (row->next_ms != 0 && sabotaged(s, SABOTAGE_DOUBLE, 50)) {
		kept->step = 0;
		kept->repeat = 0;
		kept->next_ms = sim_now(s);
	}
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
	if (is_page(c) && !sabotaged(s, SABOTAGE_SILENT, 30))
		s->called = true;
	return book_operation(s, err);
}

static int sim_on_event(void *ctx, const struct case_event *e, struct err *err)
{
	struct sim *s = ctx;

	check_moment(s, e->due_ms, ladder_begun(s, e->file, e->route));
	s->n_events++;
	return book_operation(s, err);
}

/* --- transactions --- */

typedef int sim_op(struct sim *s, struct casework *w, struct err *err);

static void load(const struct sim *s, const struct sim_alert *a,
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

static void commit_keys(struct sim *s)
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

static void check_alert(const struct sim *s, const struct sim_alert *a)
{
	const struct sim_rows *r = &a->rows;
	const struct clock_row *triage = &r->clocks[CLOCK_TRIAGE];
	bool waits = false;

	for (size_t i = 0; i < CLOCK_KIND_MAX; i++)
		check_clock(s, a, &r->clocks[i]);
	for (size_t i = 0; i < r->n_ladders; i++)
		waits |= r->ladders[i].next_ms != 0;
	if (waits && r->state == ALERT_CLOSED)
		sim_fail(s, a, "a ladder of what is closed is climbed");
	if (triage->due_ms != a->wanted_due_ms)
		sim_fail(s, a, "due %lld s from what the rules say",
			 (long long)((triage->due_ms - a->wanted_due_ms) /
				     SECOND_MS));
	if ((triage->stopped_ms != 0) != a->wanted_stopped)
		sim_fail(s, a, "its clock %s",
			 a->wanted_stopped ? "did not stop" : "has stopped");
	if (a->was_breached && triage->breached_ms == 0)
		sim_fail(s, a, "a breach that is none any more");
	if (r->state == ALERT_OPEN && r->severity > SEVERITY_INFO &&
	    !r->historical && !a->called && !waits)
		sim_fail(s, a, "nobody was called");
}

static const struct casebook book = {
	.clock = sim_on_clock,
	.ladder = sim_on_ladder,
	.unacknowledge = sim_on_unacknowledge,
	.call = sim_on_call,
	.event = sim_on_event,
};

/* Whole or not at all: what the book fails at is undone and done again. */
static void transact(struct sim *s, struct sim_alert *a, sim_op *op,
		     const struct alert *alert)
{
	struct casebook own = book;
	struct sim_rows before = a->rows;
	struct casefile file;
	struct casework w = { .triage = sim_triage(s),
			      .file = &file,
			      .alert = alert,
			      .now_ms = sim_now(s),
			      .up_since_ms = s->up_since_ms,
			      .book = &own };
	struct err err = ERR_INIT;
	int rc;

	own.ctx = s;
	s->at = a;
	s->fail_in = sim_chance(s, 500) ? 1 + (int)sim_draw(s, 4) : 0;
	for (;;) {
		s->n_fresh = 0;
		s->called = false;
		load(s, a, &file);
		rc = op(s, &w, &err);
		if (rc >= 0)
			break;
		if (rc != ERR_STORE)
			sim_fail(s, a, "%s", err.text);
		a->rows = before;
		s->n_rollbacks++;
	}
	s->fail_in = 0;
	a->called |= s->called;
	a->changed_ms = w.now_ms;
	a->was_breached |= a->rows.clocks[CLOCK_TRIAGE].breached_ms != 0;
	commit_keys(s);
	heap_arm(s, a);
	check_alert(s, a);
}

static int op_tick(struct sim *s, struct casework *w, struct err *err)
{
	(void)s;
	return casework_tick(w, err);
}

static void fill_alert(const struct sim_alert *a, struct alert *ret,
		       char id[24]);

void sim_tick(struct sim *s)
{
	int64_t now_ms = sim_now(s);
	struct alert alert;
	char id[24];
	size_t last = SIZE_MAX;
	int n = 0;

	while (s->n_heap && heap_key(s, 1) <= now_ms) {
		struct sim_alert *a = &s->alerts[s->heap[1]];

		n = a->number == last ? n + 1 : 0;
		last = a->number;
		if (n > TICKS_MAX)
			sim_fail(s, a, "a tick changes nothing");
		fill_alert(a, &alert, id);
		transact(s, a, op_tick, &alert);
	}
}

/* It wakes within a second, a little later each time. */
int64_t sim_next_tick(const struct sim *s)
{
	int64_t due_ms, lag_ms;

	if (s->n_heap == 0)
		return INT64_MAX;
	due_ms = heap_key(s, 1) - s->offset_ms;
	lag_ms = (due_ms & INT64_MAX) * 7 % 900;
	if (s->sabotage == SABOTAGE_LATE && due_ms % 50 == 0)
		lag_ms += 5 * SECOND_MS;
	return MAX(due_ms + lag_ms, s->mono_ms);
}

/* --- what the rules of semantics 3 say about the triage clock --- */

/* No source of the simulation tells when it opened something again. */
static void want_start(struct sim *s, struct sim_alert *a,
		       enum transition transition)
{
	bool by_source = s->policies[s->policy].sla_start == SLA_START_SOURCE &&
			 transition == TRANSITION_OPENED;

	a->wanted_start_ms = by_source ? a->created_ms : sim_now(s);
	a->wanted_due_ms =
		sim_plan_due(s, a->rows.severity, a->wanted_start_ms);
	a->wanted_stopped = a->state_there == SOURCE_IN_PROGRESS;
	a->wanted_level = false;
}

static void want_move(struct sim *s, struct sim_alert *a, enum severity from)
{
	enum severity to = a->rows.severity;
	int64_t due_ms = sim_plan_due(s, to, a->wanted_start_ms);

	if (a->wanted_stopped && !(a->wanted_level && to > from))
		return;
	if (due_ms == 0) {
		a->wanted_stopped = a->wanted_level = true;
		return;
	}
	if (to > from)
		due_ms = MIN(due_ms, a->wanted_due_ms);
	if (to > from && to == SEVERITY_CRITICAL)
		due_ms = MAX(due_ms, sim_now(s) + 15 * MINUTE_MS);
	a->wanted_due_ms = due_ms;
	/* Back from a level without one: as a clock that starts. */
	a->wanted_stopped =
		a->wanted_level && a->state_there == SOURCE_IN_PROGRESS;
	a->wanted_level = false;
}

static void want_stop(struct sim_alert *a)
{
	if (a->wanted_start_ms != 0)
		a->wanted_stopped = true;
}

static void want_follow(struct sim *s, struct sim_alert *a,
			const struct decision *d, enum severity from,
			enum source_state there)
{
	bool opens = (d->transition == TRANSITION_OPENED && !d->historical) ||
		     d->transition == TRANSITION_REOPENED;

	if (d->transition == TRANSITION_REOPENED)
		a->wanted_start_ms = a->wanted_due_ms = a->wanted_stopped = 0;
	if (opens && a->rows.severity != SEVERITY_INFO) {
		want_start(s, a, d->transition);
	} else if (d->transition == TRANSITION_UPDATED &&
		   a->rows.state != ALERT_CLOSED) {
		if (a->wanted_start_ms && a->rows.severity != from)
			want_move(s, a, from);
		else if (a->rows.severity > from && !a->wanted_start_ms)
			want_start(s, a, d->transition);
		if (a->state_there != there &&
		    a->state_there == SOURCE_IN_PROGRESS)
			want_stop(a);
	} else if (d->transition == TRANSITION_CLOSED) {
		want_stop(a);
	}
}

/* --- what happens to an alert --- */

static void fill_alert(const struct sim_alert *a, struct alert *ret,
		       char id[24])
{
	static char titles[][16] = { "sign-in", "malware", "exfiltration",
				     "mass download" };
	static char source[] = "azure", kind[] = ALERT_KIND_ARM, tenant[] = "t";

	(void)snprintf(id, 24, "%zu", a->number);
	*ret = (struct alert){
		.source = source,
		.kind = kind,
		.provider = kind,
		.tenant = tenant,
		.native_id = id,
		.title = titles[a->number % ARRAY_SIZE(titles)],
		.base = a->at_source,
		.source_state = a->state_there,
		.created_ms = a->created_ms,
		.activity_to_ms = a->activity_ms,
	};
}

/* As the store writes a decision. */
static void write_decision(struct sim_alert *a, const struct decision *d,
			   int64_t now_ms)
{
	struct sim_rows *r = &a->rows;

	r->base = d->base;
	r->severity = d->severity;
	r->historical = d->historical;
	r->source_state = a->state_there;
	if (d->transition == TRANSITION_REOPENED) {
		r->episode++;
		r->episode_ms = now_ms;
		r->state = ALERT_OPEN;
		memset(r->clocks, 0, sizeof(r->clocks));
		r->n_ladders = 0;
		a->called = a->was_breached = false;
	}
	if (d->withdraw_ack)
		r->state = ALERT_OPEN;
	if (d->transition == TRANSITION_CLOSED ||
	    d->transition == TRANSITION_SEEN_CLOSED) {
		r->state = ALERT_CLOSED;
		r->closed_ms = now_ms;
	}
	if (r->state != ALERT_ACKNOWLEDGED) {
		r->acknowledged_ms = 0;
		r->acknowledge_expires_ms = 0;
	}
}

static struct tracked tracked_of(const struct sim_alert *a)
{
	const struct sim_rows *r = &a->rows;
	struct tracked t = { .id = (int64_t)a->number + 1,
			     .base = r->base,
			     .severity = r->severity,
			     .state = r->state,
			     .episode = r->episode,
			     .source_state = r->source_state,
			     .episode_ms = r->episode_ms,
			     .closed_ms = r->closed_ms,
			     .historical = r->historical };

	memcpy(t.content_hash, r->content_hash, sizeof(t.content_hash));
	return t;
}

static int op_accept(struct sim *s, struct casework *w, struct err *err)
{
	struct sim_alert *a = s->at;
	enum severity from = a->rows.severity;
	enum source_state there = a->rows.source_state;
	struct tracked known = tracked_of(a);
	struct sim_alert wanted = *a;
	struct decision d;
	int rc;

	rc = triage_decide(w->triage, w->alert, a->rows.episode ? &known : NULL,
			   w->now_ms, &d, err);
	if (rc < 0 || d.transition == TRANSITION_NONE)
		return rc;
	if (a->rows.episode == 0) {
		a->rows.episode = 1;
		a->rows.episode_ms = w->now_ms;
		from = d.severity;
	}
	alert_content_hash(w->alert, a->rows.content_hash);
	write_decision(a, &d, w->now_ms);
	load(s, a, w->file);
	/* What the source's time has left behind is due with the sight. */
	if (d.transition == TRANSITION_OPENED)
		a->changed_ms = w->now_ms;
	/* The row is closed by now; casework is told of what it was. */
	if (d.transition == TRANSITION_CLOSED)
		w->file->state = known.state;
	rc = casework_follow(w, &d, from, err);
	if (rc < 0) {
		a->called = wanted.called;
		a->was_breached = wanted.was_breached;
		return rc;
	}
	want_follow(s, a, &d, from, there);
	return 0;
}

void sim_accept(struct sim *s, struct sim_alert *a)
{
	struct alert alert;
	char id[24];

	fill_alert(a, &alert, id);
	transact(s, a, op_accept, &alert);
}

static int op_acknowledge(struct sim *s, struct casework *w, struct err *err)
{
	struct sim_rows *r = &s->at->rows;
	const struct policy *p = triage_policy(w->triage);
	int64_t life_ms = p->acknowledge_expires_ms[r->severity];

	r->state = ALERT_ACKNOWLEDGED;
	r->acknowledged_ms = w->now_ms;
	r->acknowledge_expires_ms = life_ms ? w->now_ms + life_ms : 0;
	load(s, s->at, w->file);
	if (s->sabotage == SABOTAGE_AFTERACK)
		return 0;
	return casework_acknowledge(w, err);
}

void sim_acknowledge(struct sim *s, struct sim_alert *a)
{
	if (a->rows.state != ALERT_OPEN)
		return;
	if (s->policies[s->policy].ack_counts)
		want_stop(a);
	transact(s, a, op_acknowledge, NULL);
}

static int op_triaged(struct sim *s, struct casework *w, struct err *err)
{
	struct sim_rows *r = &s->at->rows;
	int rc;

	r->state = ALERT_ACKNOWLEDGED;
	r->acknowledge_expires_ms = 0;
	load(s, s->at, w->file);
	rc = casework_acknowledge(w, err);
	return rc < 0 ? rc : casework_triaged(w, err);
}

void sim_triaged(struct sim *s, struct sim_alert *a)
{
	if (a->rows.state == ALERT_CLOSED)
		return;
	want_stop(a);
	transact(s, a, op_triaged, NULL);
}

static int op_close(struct sim *s, struct casework *w, struct err *err)
{
	struct sim_rows *r = &s->at->rows;

	r->state = ALERT_CLOSED;
	r->closed_ms = w->now_ms;
	r->acknowledged_ms = 0;
	r->acknowledge_expires_ms = 0;
	return casework_close(w, "closed", err);
}

void sim_close_alert(struct sim *s, struct sim_alert *a)
{
	if (a->rows.state == ALERT_CLOSED)
		return;
	want_stop(a);
	transact(s, a, op_close, NULL);
}

static int op_hold(struct sim *s, struct casework *w, struct err *err)
{
	int64_t ms = 1 + (int64_t)sim_draw(s, CASEWORK_HOLD_MAX_MS);
	bool held = s->at->rows.clocks[CLOCK_RESOLVE].held_ms != 0;
	int rc = casework_hold(w, held && ms % 2 ? 0 : w->now_ms + ms, err);

	return rc == ERR_BAD_STATE ? 0 : rc;
}

void sim_hold(struct sim *s, struct sim_alert *a)
{
	transact(s, a, op_hold, NULL);
}

struct sim_alert *sim_add(struct sim *s)
{
	struct sim_alert *a = &s->alerts[s->n];

	assert_true(s->n < s->max);
	*a = (struct sim_alert){ .number = s->n++ };
	return a;
}

/* --- what happens to the daemon --- */

void sim_restart(struct sim *s, int64_t ms)
{
	s->mono_ms += ms;
	s->n_heap = 0;
	for (size_t i = 0; i < s->n; i++) {
		s->alerts[i].heap_at = 0;
		if (!sabotaged(s, SABOTAGE_LOST, 50))
			heap_arm(s, &s->alerts[i]);
	}
	s->up_since_ms = s->calm_since_ms = sim_now(s);
}

void sim_reload(struct sim *s)
{
	s->policy = (s->policy + 1) % SIM_POLICIES;
	s->n_reloads++;
	sim_zone(s->policy);
}

void sim_jump(struct sim *s, int64_t ms)
{
	s->offset_ms += ms;
	s->calm_since_ms = ms > 0 ? sim_now(s) : s->calm_since_ms + ms;
}

void sim_check_all(const struct sim *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct sim_alert *a = &s->alerts[i];

		check_alert(s, a);
		if (rows_next(&a->rows) != (a->heap_at ? a->next_ms : 0))
			sim_fail(s, a, "a row is due and nobody looks");
	}
}

void sim_open(struct sim *s, uint64_t seed, size_t max_alerts)
{
	*s = (struct sim){ .seed = seed, .draw = seed, .max = max_alerts };
	s->alerts = xcalloc(max_alerts, sizeof(*s->alerts));
	s->heap = xcalloc(max_alerts + 1, sizeof(*s->heap));
	s->keys = xcalloc(KEYS, sizeof(*s->keys));
	s->keys_mask = KEYS - 1;
	s->offset_ms = NOW_MS;
	s->up_since_ms = s->calm_since_ms = NOW_MS;
	sim_policies(s);
	sim_zone(s->policy);
}

void sim_close(struct sim *s)
{
	for (int i = 0; i < SIM_POLICIES; i++) {
		triage_free(s->triages[i]);
		policy_release(&s->policies[i]);
	}
	free(s->alerts);
	free(s->heap);
	free(s->keys);
}
