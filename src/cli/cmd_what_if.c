/*
 * `triagectl what-if --config FILE`: the stored past once more under another
 * policy, on a virtual clock. Reads the database alone and changes nothing;
 * the other policy needs no secret.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/escape.h"
#include "cli/selectors.h"
#include "cli/what_if_priv.h"
#include "store/silence_rows.h"
#include "triage/noise.h"
#include "triage/silences.h"
#include "triage/triage.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define SINCE_MS (INT64_C(30) * 24 * 3600 * 1000)
/* What has just fallen due the daemon may not have done yet. */
#define DOING_MS INT64_C(5000)
/* What was said so long before the time that counts is lived through, too: the
 * groups and storms of its beginning are made of it. */
#define BEFORE_MS (NOISE_REMEMBER_MS + INT64_C(3600000))

/* The policy to try. */
struct trial {
	const char *file;
	struct conf *conf;
	struct triage *triage;
};

static void trial_release(struct trial *t)
{
	t->triage = triage_free(t->triage);
	t->conf = conf_free(t->conf);
}

/* Each fault on a line of its own, as --check-config shows them. */
static void print_faults(const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		const struct fault *f = &faults->v[i];

		if (f->file)
			escape_add(&sb, f->file, strlen(f->file), ESCAPE_LINE);
		if (f->file && f->line)
			strbuf_addf(&sb, ":%d:%d", f->line, f->column);
		strbuf_addf(&sb, "%s%s", f->file ? ": " : "",
			    f->warning ? "warning: " : "");
		escape_add(&sb, f->text, strlen(f->text), ESCAPE_LINE);
		(void)fprintf(stderr, "%s\n", sb.buf);
	}
}

/* Secrets stay where they are: what is tried sends nothing. */
static int trial_load(const char *file, int64_t now_ms, struct trial *ret,
		      struct err *err)
{
	CLEANUP(faults_release) struct faults faults = { 0 };
	CLEANUP(trial_release) struct trial t = { .file = file };
	struct err why = ERR_INIT;
	struct mark mark = { 0 };
	int rc = conf_load(file, &t.conf, &faults);

	if (rc >= 0) {
		t.triage = triage_new(&t.conf->policy, now_ms, &mark, &why);
		if (!t.triage)
			faults_add(&faults, &mark, "%s", why.text);
	}
	print_faults(&faults);
	if (!t.triage)
		return err_set(err, ERR_BAD_STATE,
			       "%.200s is not usable: %zu fault%s", file,
			       faults_count(&faults),
			       faults_count(&faults) == 1 ? "" : "s");
	*ret = t;
	t = (struct trial){ 0 };
	return 0;
}

/* Up to when there is anything to compare with: now while the daemon runs,
 * else to its last sign of life. */
static int64_t find_end(struct session *session, int64_t sign_ms)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct err err = ERR_INIT;

	if (session_call(session, CTL_VERB_STATUS, NULL, &answer, &err) == 0)
		sign_ms = MAX(sign_ms, session->now_ms - DOING_MS);
	return MIN(sign_ms, session->now_ms);
}

/* --- the alerts --- */

/* One of the things that happened, in the order in which they did. */
struct step {
	struct tried *tried;
	const struct past_item *item;
};

struct trials {
	struct tried **v;
	size_t n, n_alloc;
	struct step *steps;
	size_t n_steps;
};

static void trials_release(struct trials *t)
{
	for (size_t i = 0; i < t->n; i++)
		tried_free(t->v[i]);
	free(t->v);
	free(t->steps);
}

static bool is_in_time(const struct account *a, const struct past_alert *p)
{
	for (size_t i = 0; i < p->n_events; i++) {
		int64_t at_ms = p->events[i].at_ms;

		if (at_ms >= a->since_ms && at_ms <= a->end_ms)
			return true;
	}
	return false;
}

/* What its words say is read from its bytes, one at a time: that many alerts
 * fit into memory. */
static void drop_content(struct past_alert *p)
{
	struct alert *a = &p->now.alert;
	char *kind = take(a->kind), *tenant = take(a->tenant);

	alert_release(a);
	alert_init(a);
	a->kind = kind;
	a->tenant = tenant;
	for (size_t i = 0; i < p->n_events; i++) {
		free(p->events[i].detail);
		p->events[i].detail = NULL;
	}
}

/* 1 it can live again, 0 it cannot, or has nothing to live through. */
static int read_alert(struct live *l, struct account *a, struct tried *t,
		      struct err *err)
{
	bool counts = is_in_time(a, &t->past);
	int rc;

	past_mend_heard(&t->past);
	if (past_read_items(&t->past, a->end_ms, &t->items, &t->then) < 0) {
		a->n_not_whole += counts;
		return 0;
	}
	if (t->items.n == 0)
		return 0; /* its first word is newer than the end */
	rc = live_check(l, t, err);
	a->n_without_raw += counts && rc == ERR_NOT_FOUND;
	a->n_unreadable += counts && rc == ERR_SCHEMA;
	if (rc == ERR_NOT_FOUND || rc == ERR_SCHEMA)
		return 0;
	if (rc < 0)
		return rc;
	a->n_alerts += counts;
	t->taken = xcalloc(t->past.n_notices + 1, sizeof(*t->taken));
	if (strcmp(t->past.now.alert.kind, ALERT_KIND_SELF) != 0)
		drop_content(&t->past);
	return 1;
}

static int read_all(struct live *l, struct account *a, struct trials *ret,
		    struct err *err)
{
	for (;;) {
		struct past_alert p = { 0 };
		struct tried *t;
		int rc = history_next(l->history, &p, err);

		if (rc <= 0)
			return rc;
		t = xcalloc(1, sizeof(*t));
		t->past = p;
		rc = read_alert(l, a, t, err);
		if (rc <= 0)
			t = tried_free(t);
		if (rc < 0)
			return rc;
		if (!t)
			continue;
		GROW(ret->v, ret->n + 1, ret->n_alloc);
		ret->v[ret->n++] = t;
		ret->n_steps += t->items.n;
	}
}

/* Items of one order are of one alert, and in order. */
static int step_order(const void *pa, const void *pb)
{
	const struct step *a = pa, *b = pb;

	if (a->item->order != b->item->order)
		return a->item->order < b->item->order ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item;
}

static void sort_steps(struct trials *t)
{
	size_t n = 0;

	t->steps = xcalloc(t->n_steps + 1, sizeof(*t->steps));
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->v[i]->items.n; k++)
			t->steps[n++] =
				(struct step){ t->v[i], &t->v[i]->items.v[k] };
	}
	if (n)
		qsort(t->steps, n, sizeof(*t->steps), step_order);
}

static int live_all(struct live *l, const struct trials *t, int64_t end_ms,
		    struct err *err)
{
	for (size_t i = 0; i < t->n_steps; i++) {
		struct tried *one = t->steps[i].tried;
		const struct past_item *it = t->steps[i].item;
		int rc = live_item(l, one, it, err);

		if (rc < 0)
			return rc;
		if (it == &one->items.v[one->items.n - 1]) {
			replay_leave(l->replay, one->life);
			one->life = NULL;
		}
	}
	return replay_run(l->replay, end_ms, err);
}

static int try_all(struct live *l, struct account *a, struct err *err)
{
	CLEANUP(trials_release) struct trials t = { 0 };
	int rc = read_all(l, a, &t, err);

	if (rc < 0)
		return rc;
	sort_steps(&t);
	rc = live_all(l, &t, a->end_ms, err);
	for (size_t i = 0; i < t.n && rc >= 0; i++)
		account_compare(a, t.v[i]->past.now.tracked.id, &t.v[i]->then,
				&t.v[i]->now);
	return rc;
}

/* --- the world they live in --- */

struct world {
	struct pause *pauses;
	struct silence *silences;
	size_t n_pauses, n_silences;
};

static void world_release(struct world *w)
{
	free(w->pauses);
	silence_rows_free(w->silences, w->n_silences);
}

/* As the daemon reads them: one that cannot be read covers nothing. */
static void read_silences(struct world *w)
{
	for (size_t i = 0; i < w->n_silences; i++) {
		struct silence *s = &w->silences[i];
		struct err why = ERR_INIT;

		if (silence_parse_when(s->when_text, s, &why) < 0)
			s->ends_ms = s->starts_ms;
	}
}

static int world_read(struct history *h, struct account *a, struct world *ret,
		      struct err *err)
{
	int rc = history_pauses(h, &ret->pauses, &ret->n_pauses, &a->end_ms,
				err);

	if (rc >= 0)
		rc = history_silences(h, a->since_ms - BEFORE_MS,
				      &ret->silences, &ret->n_silences, err);
	if (rc < 0)
		return rc;
	read_silences(ret);
	a->n_pauses = ret->n_pauses;
	for (size_t i = 0; i < ret->n_silences; i++) {
		const struct silence *s = &ret->silences[i];

		a->n_silences += s->ends_ms >= a->since_ms &&
				 (!s->ended_ms || s->ended_ms >= a->since_ms);
	}
	return 0;
}

static int try_policy(struct session *session, const struct trial *t,
		      struct account *a, struct err *err)
{
	CLEANUP(history_close_ptr) struct history *h = NULL;
	CLEANUP(replay_free_ptr) struct replay *replay = NULL;
	CLEANUP(world_release) struct world w = { 0 };
	struct live l = { .conf = t->conf };
	struct replay_out out = live_out(&l);
	struct replay_world in;
	int rc;

	rc = session_store(session, &l.store, err);
	if (rc >= 0)
		rc = history_open(l.store, a->since_ms - BEFORE_MS, &h, err);
	if (rc >= 0)
		rc = world_read(h, a, &w, err);
	if (rc < 0)
		return rc;
	a->end_ms = find_end(session, a->end_ms);
	in = (struct replay_world){ w.pauses, w.n_pauses, w.silences,
				    w.n_silences };
	replay = replay_new(t->triage, &in, &out);
	l.history = h;
	l.replay = replay;
	rc = try_all(&l, a, err);
	a->n_read_anew = l.n_read_anew;
	return rc;
}

static void say(struct writer *w, const struct trial *t,
		const struct account *a)
{
	struct cell file = cell_text(t->file);
	struct cell hash = cell_text(t->conf->policy.hash);

	writer_begin(w, "triaged.what-if.v1");
	writer_field(w, "config", file);
	writer_field(w, "policy_hash", hash);
	writer_line(w, "Policy");
	writer_value(w, AS_TEXT, &file);
	writer_words(w, " (");
	writer_value(w, AS_TEXT, &hash);
	writer_words(w, ")");
	account_say(w, a);
}

int cmd_what_if(struct session *session, const struct arguments *args,
		struct err *err)
{
	CLEANUP(account_release) struct account a = { 0 };
	CLEANUP(trial_release) struct trial t = { 0 };
	const char *file = arguments_value(args, "config");
	int rc;

	if (!file)
		return err_set(err, ERR_CONF,
			       "which policy? give its settings: --config "
			       "FILE");
	a.since_ms = session->now_ms - SINCE_MS;
	rc = selectors_moment(args, "since", session->now_ms, &a.since_ms, err);
	if (rc >= 0)
		rc = trial_load(file, session->now_ms, &t, err);
	if (rc >= 0)
		rc = try_policy(session, &t, &a, err);
	if (rc < 0)
		return rc;
	account_sort(&a);
	say(session->writer, &t, &a);
	return 0;
}
