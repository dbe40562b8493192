/*
 * `triagectl audit WHAT`: proofs on demand, from the database alone, so that
 * they work while the daemon is down. `audit ladders`: did every step that was
 * due leave a trace? The daemon asks the same of the present episodes every
 * day (daemon/proof.c); here past ones are looked at too. `audit verify` is in
 * audit_verify.c.
 */
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>
#include "cli/audit_verify.h"
#include "store/alerts.h"
#include "store/cases.h"
#include "store/retention.h"
#include "triage/ladder.h"
#include "triage/ladder_audit.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define STEPS_MAX 64

static const struct column columns[] = {
	{ "alert_id", "ALERT", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "episode", "EPISODE", AS_TEXT, COLUMN_RIGHT | COLUMN_RARE, NULL },
	{ "route", "ROUTE", AS_TEXT, COLUMN_FLEX, NULL },
	{ "state", "STATE", AS_ERROR, 0, NULL },
	{ "step", "STEP", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "due_ms", "DUE", AS_SECOND, 0, NULL },
};
static const struct table table = {
	.key = "ladders",
	.title = "Steps that were due and left no trace:",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
};

enum proof_state {
	PROVEN, /* every step that was due left a trace */
	MISSING, /* one did not, and the ladder is past it */
	LATE, /* one did not, and the ladder still stands before it */
	OLDER, /* under settings not known any more, or without its messages */
	CHANGED, /* the settings have no such route */
};
#define PROOF_STATE_MAX (CHANGED + 1)

static const char *const state_words[PROOF_STATE_MAX] = {
	[PROVEN] = "proven",  [MISSING] = "missing",  [LATE] = "late",
	[OLDER] = "unproven", [CHANGED] = "unproven",
};

struct audit {
	struct session *session;
	struct store *store;
	const struct triage *triage;
	int64_t since_ms; /* older ladders followed other settings */
	int64_t n[PROOF_STATE_MAX], n_steps;
	struct rows rows; /* steps without a trace */
};

struct finding {
	enum proof_state state;
	int step;
	int64_t due_ms, n_due;
};

/* Since when the settings in our hands are those of the daemon: it notes that
 * when it first runs under them. */
static int find_since(struct audit *a, struct err *err)
{
	const char *hash = triage_policy(a->triage)->hash;
	int64_t policy = 0, since_ms = 0;
	int rc = store_meta_get(a->store, "proof_policy", &policy, err);

	if (rc > 0)
		rc = store_meta_get(a->store, "proof_since_ms", &since_ms, err);
	if (rc < 0)
		return rc;
	a->since_ms = a->session->now_ms;
	if (rc > 0 && policy == (int64_t)strtoull(hash, NULL, 16))
		a->since_ms = since_ms;
	/* Before this moment messages may have been removed. */
	rc = store_meta_get(a->store, RETENTION_META_MESSAGES, &since_ms, err);
	if (rc > 0)
		a->since_ms = MAX(a->since_ms, since_ms);
	return rc < 0 ? rc : 0;
}

/* A ladder that has a next moment, and has not come further than @step. */
static bool still_stands_before(const struct ladder_row *row, int step)
{
	return row->next_ms != 0 && row->step <= step;
}

/* The clock is that of the ladder's own episode, however many followed. */
static int prove(struct audit *a, const struct ladder_row *row,
		 const struct route *route, struct finding *ret,
		 struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct casefile file;
	bool traces[STEPS_MAX];
	struct ladder_proof proof = { .route = route,
				      .row = row,
				      .traces = traces,
				      .n_traces = STEPS_MAX,
				      .now_ms = a->session->now_ms };
	int rc = alerts_find_id(a->store, row->alert_id, &t, err);

	t.episode = row->episode;
	if (rc > 0)
		rc = cases_load(a->store, &t, &file, err);
	if (rc >= 0)
		rc = cases_step_traces(a->store, row, traces, STEPS_MAX, err);
	if (rc < 0)
		return rc;
	if (file.clocks[CLOCK_TRIAGE].started_ms)
		proof.clock = &file.clocks[CLOCK_TRIAGE];
	rc = ladder_audit(a->triage, &proof, &ret->step, &ret->due_ms,
			  &ret->n_due, err);
	if (rc <= 0)
		return rc;
	ret->state = still_stands_before(row, ret->step) ? LATE : MISSING;
	return 0;
}

static int judge(struct audit *a, const struct ladder_row *row,
		 struct finding *ret, struct err *err)
{
	const struct route *route = ladder_route_of(a->triage, row, NULL);

	*ret = (struct finding){ .state = OLDER };
	if (row->started_ms < a->since_ms)
		return 0;
	ret->state = CHANGED;
	if (!route || route->n_steps > STEPS_MAX)
		return 0;
	ret->state = PROVEN;
	return prove(a, row, route, ret, err);
}

static int keep(struct audit *a, const struct ladder_row *row,
		const struct finding *f)
{
	return rows_keep(
		&a->rows, ARRAY_SIZE(columns),
		(const char *const[]){ "alert_id", "episode", "route", "state",
				       "step", "due_ms" },
		(const struct cell[]){
			cell_integer(row->alert_id), cell_integer(row->episode),
			cell_text(row->route), cell_text(state_words[f->state]),
			cell_integer(f->step + 1), cell_integer(f->due_ms) });
}

static int look_at_all(struct audit *a, struct err *err)
{
	struct ladder_row after = { .alert_id = 0 }, row;
	struct finding f;
	int rc;

	while ((rc = cases_ladder_behind(a->store, &after, 0, &row, err)) > 0) {
		rc = judge(a, &row, &f, err);
		if (rc < 0)
			return rc;
		a->n[f.state]++;
		a->n_steps += f.n_due;
		if (f.state == MISSING || f.state == LATE)
			(void)keep(a, &row, &f); /* 0 always: rows go on */
		after = row;
	}
	return rc;
}

static void say_count(struct writer *w, int64_t n, const char *one,
		      const char *more)
{
	struct cell c = cell_integer(n);

	if (n == 0)
		return;
	writer_line(w, NULL);
	writer_value(w, AS_TEXT, &c);
	writer_words(w, n == 1 ? one : more);
}

static void say_people(struct writer *w, const struct audit *a)
{
	int64_t all = 0;

	for (int i = 0; i < PROOF_STATE_MAX; i++)
		all += a->n[i];
	if (all == 0) {
		writer_line(w, NULL);
		writer_words(w, "No ladder has begun yet.");
		return;
	}
	say_count(w, a->n[PROVEN],
		  " ladder is proven: each step that was due was taken or "
		  "skipped on record.",
		  " ladders are proven: each step that was due was taken or "
		  "skipped on record.");
	say_count(w, a->n[MISSING],
		  " ladder lacks a step: whoever it names has probably not "
		  "heard of the alert (see: triagectl show ALERT).",
		  " ladders lack a step: whoever it names has probably not "
		  "heard of the alert (see: triagectl show ALERT).");
	say_count(w, a->n[LATE],
		  " ladder is late: its step will be taken when the daemon "
		  "runs (see: triagectl doctor).",
		  " ladders are late: their steps will be taken when the "
		  "daemon runs (see: triagectl doctor).");
	say_count(w, a->n[OLDER],
		  " ladder cannot be proven: it began before the daemon ran "
		  "with these settings, or its messages were removed since.",
		  " ladders cannot be proven: they began before the daemon ran "
		  "with these settings, or their messages were removed since.");
	say_count(w, a->n[CHANGED],
		  " ladder cannot be proven: the settings have no such route.",
		  " ladders cannot be proven: the settings have no such "
		  "route.");
}

static void say(struct writer *w, const struct audit *a)
{
	writer_begin(w, "triaged.audit-ladders.v1");
	writer_flag(w, "proven", a->n[MISSING] + a->n[LATE] == 0);
	writer_object(w, "counts");
	writer_field(w, "steps", cell_integer(a->n_steps));
	writer_field(w, "proven", cell_integer(a->n[PROVEN]));
	writer_field(w, "missing", cell_integer(a->n[MISSING]));
	writer_field(w, "late", cell_integer(a->n[LATE]));
	writer_field(w, "older_settings", cell_integer(a->n[OLDER]));
	writer_field(w, "no_such_route", cell_integer(a->n[CHANGED]));
	writer_object_end(w);
	writer_instant(w, "provable_from", a->since_ms);
	writer_table(w, &table, &a->rows);
	if (a->rows.n > 0)
		writer_gap(w);
	say_people(w, a);
}

static int audit_ladders(struct session *session, struct err *err)
{
	struct audit a = { .session = session };
	int rc = session_store(session, &a.store, err);

	if (rc >= 0)
		rc = session_triage(session, &a.triage, err);
	if (rc >= 0)
		rc = find_since(&a, err);
	if (rc >= 0)
		rc = look_at_all(&a, err);
	if (rc >= 0) {
		say(session->writer, &a);
		rc = a.rows.n > 0 ? ERR_BAD_STATE : 0;
	}
	rows_release(&a.rows);
	return rc;
}

int cmd_audit(struct session *session, const struct arguments *args,
	      struct err *err)
{
	if (strcmp(args->words[0], "verify") == 0)
		return audit_verify_run(session, args, err);
	if (arguments_has(args, "since-hash"))
		return err_set(err, ERR_CONF,
			       "--since-hash belongs to audit verify");
	if (strcmp(args->words[0], "ladders") == 0)
		return audit_ladders(session, err);
	return err_set(err, ERR_CONF,
		       "audit: '%.40s' is nothing to audit; there are: audit "
		       "ladders, audit verify",
		       args->words[0]);
}
