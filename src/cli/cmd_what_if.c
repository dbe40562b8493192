/*
 * `triagectl what-if --config FILE`: the stored past once more under another
 * policy, on a virtual clock. Reads the database alone and changes nothing;
 * the other policy needs no secret. One alert at a time is in memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/escape.h"
#include "cli/selectors.h"
#include "cli/what_if_priv.h"
#include "triage/triage.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define SINCE_MS (INT64_C(30) * 24 * 3600 * 1000)
/* What has just fallen due the daemon may not have done yet. */
#define DOING_MS INT64_C(5000)

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

static int try_alert(struct live *l, struct account *a, struct past_alert *p,
		     struct err *err)
{
	CLEANUP(past_items_release) struct past_items items = { 0 };
	CLEANUP(tale_release) struct tale then = { 0 };
	CLEANUP(tale_release) struct tale now = { 0 };
	int rc;

	if (past_read_items(p, l->end_ms, &items, &then) < 0) {
		a->n_not_whole++;
		return 0;
	}
	if (items.n == 0)
		return 0; /* its first word is newer than the end */
	rc = live_again(l, p, &items, &now, err);
	if (rc == ERR_NOT_FOUND) {
		a->n_without_raw++;
		return 0;
	}
	if (rc == ERR_SCHEMA) {
		a->n_unreadable++;
		return 0;
	}
	if (rc < 0)
		return rc;
	a->n_alerts++;
	account_compare(a, p->now.tracked.id, &then, &now);
	return 0;
}

static int try_all(struct history *h, struct live *l, struct account *a,
		   struct err *err)
{
	int rc;

	for (;;) {
		CLEANUP(past_alert_release) struct past_alert p = { 0 };

		rc = history_next(h, &p, err);
		if (rc <= 0)
			return rc;
		rc = try_alert(l, a, &p, err);
		if (rc < 0)
			return rc;
	}
}

static int try_policy(struct session *session, const struct trial *t,
		      struct account *a, struct err *err)
{
	CLEANUP(history_close_ptr) struct history *h = NULL;
	CLEANUP(replay_free_ptr) struct replay *replay = NULL;
	CLEANUP(free_ptr) struct pause *pauses = NULL;
	struct live l = { 0 };
	struct replay_out out = live_out(&l);
	struct store *store;
	int rc;

	rc = session_store(session, &store, err);
	if (rc >= 0)
		rc = history_open(store, a->since_ms, &h, err);
	if (rc >= 0)
		rc = history_pauses(h, &pauses, &a->n_pauses, &a->end_ms, err);
	if (rc < 0)
		return rc;
	a->end_ms = find_end(session, a->end_ms);
	replay = replay_new(t->triage, pauses, a->n_pauses, &out);
	l.store = store;
	l.policy = &t->conf->policy;
	l.history = h;
	l.replay = replay;
	l.end_ms = a->end_ms;
	rc = try_all(h, &l, a, err);
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
