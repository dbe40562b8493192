/*
 * The simulated daemon: transactions over rows in memory, and the checks that
 * follow each. See triage_sim.h.
 */
#include "helpers/triage_sim_priv.h"

#define KEYS (UINT64_C(1) << 20)
#define SOME 500
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
	[SABOTAGE_RESOLVE] = "resolve",
	[SABOTAGE_UNCLIMBED] = "unclimbed",
	[SABOTAGE_STUCK] = "stuck",
	[SABOTAGE_DROPPED] = "dropped",
	[SABOTAGE_FORGOTTEN] = "forgotten",
	[SABOTAGE_LEAK] = "leak",
	[SABOTAGE_HUSHED] = "hushed",
	[SABOTAGE_FLOOD] = "flood",
	[SABOTAGE_UNTOLD] = "untold",
	[SABOTAGE_UNHASTENED] = "unhastened",
	[SABOTAGE_HASTY] = "hasty",
	[SABOTAGE_QUIETED] = "quieted",
	[SABOTAGE_STORMY] = "stormy",
	[SABOTAGE_PATIENT] = "patient",
	[SABOTAGE_EARLY] = "early",
	[SABOTAGE_STALE] = "stale",
	[SABOTAGE_ENDLESS] = "endless",
};

uint64_t sim_draw(struct sim *s, uint64_t below)
{
	uint64_t z = s->draw += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

int64_t sim_now(const struct sim *s)
{
	return s->mono_ms + s->offset_ms;
}

const struct triage *sim_triage(const struct sim *s)
{
	return s->triages[s->policy];
}

/* --- transactions --- */

typedef int sim_op(struct sim *s, struct casework *w, struct err *err);

/* Whole or not at all: what the book fails at is undone and done again. */
static void transact(struct sim *s, struct sim_alert *a, sim_op *op,
		     const struct alert *alert)
{
	struct casebook own = sim_book;
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
		s->n_fresh = s->n_offers = 0;
		s->called = false;
		sim_load(s, a, &file);
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
	sim_commit_keys(s);
	sim_heap_arm(s, a);
	sim_noise_commit(s, a);
	sim_check_alert(s, a);
	if (sim_chance(s, 16))
		sim_audit(s, a);
}

static int op_tick(struct sim *s, struct casework *w, struct err *err)
{
	int rc = casework_tick(w, err);

	if (rc >= 0)
		sim_want_tick(s, s->at);
	return rc;
}

static void tick_cases(struct sim *s)
{
	int64_t now_ms = sim_now(s);
	struct alert alert;
	char id[SIM_ID_MAX];
	size_t last = SIZE_MAX;
	int n = 0;

	while (s->n_heap && sim_heap_key(s, 1) <= now_ms) {
		struct sim_alert *a = &s->alerts[s->heap[1].alert];

		n = a->number == last ? n + 1 : 0;
		last = a->number;
		if (n > TICKS_MAX)
			sim_fail(s, a, "a tick changes nothing");
		sim_fill_alert(a, &alert, id);
		transact(s, a, op_tick, &alert);
	}
}

/* In the order of the daemon's timed jobs. */
void sim_tick(struct sim *s)
{
	sim_silences_tick(s);
	tick_cases(s);
	sim_noise_flush(s);
}

/* It wakes within a second, a little later each time. */
int64_t sim_next_tick(const struct sim *s)
{
	int64_t due_ms = s->n_heap ? sim_heap_key(s, 1) : 0, lag_ms;

	due_ms = sim_sooner(due_ms, s->bundles_next_ms);
	due_ms = sim_sooner(due_ms, sim_silences_next_ms(s));
	if (due_ms == 0)
		return INT64_MAX;
	due_ms -= s->offset_ms;
	lag_ms = (due_ms & INT64_MAX) * 7 % 900;
	if (s->sabotage == SABOTAGE_LATE && s->n_heap && due_ms % 50 == 0 &&
	    due_ms == sim_heap_key(s, 1) - s->offset_ms)
		lag_ms += 5 * SECOND_MS;
	return MAX(due_ms + lag_ms, s->mono_ms);
}

/* --- what happens to an alert --- */

const char *const sim_titles[SIM_TITLES] = { "sign-in", "malware",
					     "exfiltration", "mass download" };

static const char *const tactics[SIM_TACTICS] = {
	NULL,
	"Execution",
	"InitialAccess",
	"InitialAccess, Persistence",
	"Exfiltration",
};

size_t sim_tactic(const struct sim_alert *a)
{
	return a->number / 7 % SIM_TACTICS;
}

const char *sim_tactics_of(unsigned bits)
{
	static char lists[1U << SIM_TACTICS][96];
	char *list = lists[bits];

	for (size_t i = 1; i < SIM_TACTICS && !*lists[bits]; i++)
		if (bits >> i & 1)
			list = stpcpy(stpcpy(list, tactics[i]), ",");
	return lists[bits];
}

void sim_fill_alert(const struct sim_alert *a, struct alert *ret,
		    char id[SIM_ID_MAX])
{
	static char source[] = "azure", kind[] = ALERT_KIND_ARM, tenant[] = "t";
	static char entities[][8] = { "vm-1", "vm-2", "vm-3", "db",
				      "web",  "ann",  "ben" };

	char *digit = id + SIM_ID_MAX - 1;
	size_t n = a->number;

	*digit = '\0';
	do
		*--digit = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	*ret = (struct alert){
		.source = source,
		.kind = kind,
		.provider = kind,
		.tenant = tenant,
		.native_id = digit,
		.title = (char *)sim_titles[a->number % SIM_TITLES],
		.entity = entities[a->number % ARRAY_SIZE(entities)],
		.tactics = (char *)tactics[sim_tactic(a)],
		.base = a->at_source,
		.source_state = a->state_there,
		.created_ms = a->created_ms,
		.activity_to_ms = a->activity_ms,
	};
}

/* Those of the same words are of one group. */
#define WORDS 28

static void name_group(struct sim_alert *a)
{
	const struct sim_alert *like = a - WORDS;
	struct alert alert;
	char id[SIM_ID_MAX], incident[32];

	sim_fill_alert(a, &alert, id);
	if (a->number % 4 == 0) {
		(void)snprintf(incident, sizeof(incident), "incident %zu",
			       a->number / 64);
		alert.incident = incident;
	}
	if (a->number % 4 && a->number > WORDS)
		memcpy(a->group, like->group, sizeof(a->group));
	else
		noise_group(&alert, a->group);
}

const struct strlist *sim_tags(const struct sim_alert *a)
{
	static char *jewel[] = { (char *)NOISE_TAG_CROWN_JEWEL };
	static const struct strlist tags = { .v = jewel, .n = 1 };

	return a->number % 97 == 0 ? &tags : NULL;
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
		a->told = 0;
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

struct tracked sim_tracked(const struct sim_alert *a)
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

/* Those who know of it hear what became of it. */
static void owe_told(struct sim *s, enum notice_kind kind)
{
	sim_owe(s, &(struct sim_notice){ .kind = kind,
					 .target = SIM_TOLD,
					 .transition = sim_now(s) });
}

/* As the daemon's owe_import_summary(). */
static void owe_import(struct sim *s, const struct decision *d)
{
	const char *fallback = s->policies[s->policy].fallback;
	int64_t wait_ms =
		d->severity >= SEVERITY_HIGH ? MINUTE_MS : 5 * MINUTE_MS;

	if (d->severity == SEVERITY_INFO)
		return;
	sim_owe(s, &(struct sim_notice){ .kind = NOTICE_OPENED,
					 .target = sim_target(s, fallback),
					 .digest = "",
					 .collect_ms = sim_now(s) + wait_ms });
}

static int op_accept(struct sim *s, struct casework *w, struct err *err)
{
	struct sim_alert *a = s->at;
	enum severity from = a->rows.severity;
	enum source_state there = a->rows.source_state;
	struct tracked known = sim_tracked(a);
	bool called = a->called, was_breached = a->was_breached;
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
	sim_load(s, a, w->file);
	/* What the source's time has left behind is due with the sight. */
	if (d.transition == TRANSITION_OPENED)
		a->changed_ms = w->now_ms;
	/* The row is closed by now; casework is told of what it was. */
	if (d.transition == TRANSITION_CLOSED)
		w->file->state = known.state;
	rc = casework_follow(w, &d, from, err);
	if (rc < 0) {
		a->called = called;
		a->was_breached = was_breached;
		return rc;
	}
	sim_want_follow(s, a, &d, from, there);
	if (d.historical && d.transition == TRANSITION_OPENED)
		owe_import(s, &d);
	if (d.transition == TRANSITION_CLOSED)
		owe_told(s, NOTICE_CLOSED);
	return 0;
}

void sim_accept(struct sim *s, struct sim_alert *a)
{
	struct alert alert;
	char id[SIM_ID_MAX];

	sim_fill_alert(a, &alert, id);
	transact(s, a, op_accept, &alert);
}

static int op_acknowledge(struct sim *s, struct casework *w, struct err *err)
{
	struct sim_rows *r = &s->at->rows;
	const struct policy *p = triage_policy(w->triage);
	int64_t life_ms = p->acknowledge_expires_ms[r->severity];
	int rc;

	r->state = ALERT_ACKNOWLEDGED;
	r->acknowledged_ms = w->now_ms;
	r->acknowledge_expires_ms = life_ms ? w->now_ms + life_ms : 0;
	sim_load(s, s->at, w->file);
	if (s->sabotage == SABOTAGE_AFTERACK) {
		r->acknowledge_expires_ms = 0;
		return 0;
	}
	rc = casework_acknowledge(w, err);
	if (rc >= 0)
		owe_told(s, NOTICE_ACKNOWLEDGED);
	return rc;
}

void sim_acknowledge(struct sim *s, struct sim_alert *a)
{
	if (a->rows.state != ALERT_OPEN)
		return;
	if (s->policies[s->policy].ack_counts)
		sim_want_stop(s, a, CLOCK_TRIAGE);
	transact(s, a, op_acknowledge, NULL);
}

static int op_triaged(struct sim *s, struct casework *w, struct err *err)
{
	struct sim_rows *r = &s->at->rows;
	int rc;

	r->state = ALERT_ACKNOWLEDGED;
	r->acknowledge_expires_ms = 0;
	sim_load(s, s->at, w->file);
	rc = casework_acknowledge(w, err);
	return rc < 0 ? rc : casework_triaged(w, err);
}

void sim_triaged(struct sim *s, struct sim_alert *a)
{
	if (a->rows.state == ALERT_CLOSED)
		return;
	sim_want_stop(s, a, CLOCK_TRIAGE);
	transact(s, a, op_triaged, NULL);
}

static int op_close(struct sim *s, struct casework *w, struct err *err)
{
	struct sim_rows *r = &s->at->rows;
	int rc;

	r->state = ALERT_CLOSED;
	r->closed_ms = w->now_ms;
	r->acknowledged_ms = 0;
	r->acknowledge_expires_ms = 0;
	rc = casework_close(w, "closed", err);
	if (rc >= 0)
		owe_told(s, NOTICE_CLOSED);
	return rc;
}

void sim_close_alert(struct sim *s, struct sim_alert *a)
{
	if (a->rows.state == ALERT_CLOSED)
		return;
	sim_want_stop(s, a, CLOCK_TRIAGE);
	sim_want_stop(s, a, CLOCK_RESOLVE);
	transact(s, a, op_close, NULL);
}

static int op_hold(struct sim *s, struct casework *w, struct err *err)
{
	int64_t ms = 1 + (int64_t)sim_draw(s, CASEWORK_HOLD_MAX_MS);
	bool held = s->at->rows.clocks[CLOCK_RESOLVE].held_ms != 0;
	int64_t until_ms = held && ms % 2 ? 0 : w->now_ms + ms;
	int rc = casework_hold(w, until_ms, err);

	if (rc >= 0)
		sim_want_hold(s, s->at, until_ms);
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
	name_group(a);
	return a;
}

/* --- what happens to the daemon --- */

void sim_restart(struct sim *s, int64_t ms)
{
	s->mono_ms += ms;
	s->n_heap = 0;
	for (size_t i = 0; i < s->n; i++) {
		s->heap_at[i] = 0;
		if (!sim_sabotaged(s, SABOTAGE_LOST, 50))
			sim_heap_arm(s, &s->alerts[i]);
	}
	s->up_since_ms = s->calm_since_ms = sim_now(s);
	s->steady_since_ms = s->mono_ms;
	sim_noise_restart(s);
}

void sim_reload(struct sim *s)
{
	s->policy = (s->policy + 1) % SIM_POLICIES;
	s->n_reloads++;
	s->steady_since_ms = s->mono_ms;
	sim_zone(s->policy);
	sim_noise_reload(s);
}

void sim_jump(struct sim *s, int64_t ms)
{
	s->offset_ms += ms;
	s->calm_since_ms = ms > 0 ? sim_now(s) : s->calm_since_ms + ms;
	s->steady_since_ms = s->mono_ms;
}

static void check(struct sim *s, const struct sim_alert *a)
{
	sim_check_alert(s, a);
	if (sim_rows_next(&a->rows) !=
	    (s->heap_at[a->number] ? sim_heap_key(s, s->heap_at[a->number])
				   : 0))
		sim_fail(s, a, "a row is due and nobody looks");
	if (a->n_owed != a->n_carried + a->n_needless + a->n_waiting)
		sim_fail(s, a,
			 "%zu notices were owed, %zu were carried, %zu were "
			 "needless, %zu wait",
			 a->n_owed, a->n_carried, a->n_needless, a->n_waiting);
	sim_audit(s, a);
}

/* The last that came. */
void sim_check_some(struct sim *s)
{
	sim_noise_check(s);
	for (size_t i = s->n > SOME ? s->n - SOME : 0; i < s->n; i++)
		check(s, &s->alerts[i]);
}

void sim_check_all(struct sim *s)
{
	sim_noise_check(s);
	for (size_t i = 0; i < s->n; i++)
		check(s, &s->alerts[i]);
}

void sim_open(struct sim *s, uint64_t seed, size_t max_alerts)
{
	*s = (struct sim){ .seed = seed, .draw = seed, .max = max_alerts };
	s->alerts = xcalloc(max_alerts, sizeof(*s->alerts));
	s->heap = xcalloc(max_alerts + 1, sizeof(*s->heap));
	s->heap_at = xcalloc(max_alerts, sizeof(*s->heap_at));
	s->keys = xcalloc(KEYS, sizeof(*s->keys));
	s->keys_mask = KEYS - 1;
	s->offset_ms = NOW_MS;
	s->up_since_ms = s->calm_since_ms = NOW_MS;
	sim_policies(s);
	sim_zone(s->policy);
	sim_noise_open(s);
}

void sim_close(struct sim *s)
{
	sim_noise_close(s);
	for (int i = 0; i < SIM_POLICIES; i++) {
		triage_free(s->triages[i]);
		policy_release(&s->policies[i]);
	}
	free(s->alerts);
	free(s->heap);
	free(s->heap_at);
	free(s->keys);
}
