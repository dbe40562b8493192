/*
 * `triagectl audit verify`: is the audit log as it was written? The chain in
 * the database proves that nothing in the middle was changed; what was noted
 * elsewhere (the running daemon's memory, the journal, an operator's paper)
 * proves that the end was not made anew.
 *
 * tested with: test_audit_verify scenario/test_audit
 */
#include "cli/audit_verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli/progress.h"
#include "util/timefmt.h"

#define MARKS_MAX 5

struct verify {
	struct session *session;
	struct audit_mark marks[MARKS_MAX];
	size_t n_marks;
	size_t of_daemon; /* which one the daemon told, from 1; 0 none */
	const char *silent; /* why the daemon told none */
	struct audit_report report;
};

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_hash(const char *text, uint8_t ret[DIGEST_SIZE])
{
	if (strlen(text) != 2 * (size_t)DIGEST_SIZE)
		return false;
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

int audit_parse_mark(const char *text, struct audit_mark *ret, struct err *err)
{
	struct audit_mark m = { .id = 0 };
	const char *colon = strchr(text, ':');
	char *end = NULL;

	if (colon)
		m.id = strtoll(text, &end, 10);
	if ((colon && (end != colon || end == text || m.id <= 0)) ||
	    !parse_hash(colon ? colon + 1 : text, m.hash))
		return err_set(err, ERR_CONF,
			       "'%.100s' is no head of the audit log: it is an "
			       "event's hash of 64 digits, or EVENT:HASH",
			       text);
	*ret = m;
	return 0;
}

static int take_given(struct verify *v, const struct arguments *args,
		      struct err *err)
{
	const char *text;
	int rc;

	for (size_t i = 0; (text = arguments_nth(args, "since-hash", i)); i++) {
		if (v->n_marks == MARKS_MAX - 1)
			return err_set(err, ERR_CONF,
				       "--since-hash: at most %d of them",
				       MARKS_MAX - 1);
		rc = audit_parse_mark(text, &v->marks[v->n_marks], err);
		if (rc < 0)
			return rc;
		v->n_marks++;
	}
	return 0;
}

/* Asked before the log is read: what it wrote by then must be there. */
static void take_daemons(struct verify *v)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct audit_mark *m = &v->marks[v->n_marks];
	const json_t *head;
	const char *hash;

	if (v->session->database && !v->session->socket) {
		v->silent = "--database without --socket: no daemon was asked";
		return;
	}
	if (session_call(v->session, CTL_VERB_STATUS, NULL, &answer, NULL) <
	    0) {
		v->silent = "the daemon does not answer";
		return;
	}
	head = json_object_get(answer.data, "log_head");
	hash = json_string_value(json_object_get(head, "hash"));
	m->id = json_integer_value(json_object_get(head, "event"));
	if (!hash || m->id <= 0 || !parse_hash(hash, m->hash)) {
		v->silent = "the daemon has written no event yet";
		return;
	}
	v->of_daemon = ++v->n_marks;
}

static void add_range(struct strbuf *sb, const struct audit_report *r)
{
	if (r->id == r->last_id)
		strbuf_addf(sb, "event %" PRId64 " is", r->id);
	else
		strbuf_addf(sb, "events %" PRId64 " to %" PRId64 " are", r->id,
			    r->last_id);
}

static void add_altered(struct strbuf *sb, const struct audit_report *r)
{
	strbuf_addf(sb,
		    "event %" PRId64 " does not follow from the one "
		    "before: ",
		    r->id);
	if (r->goes_on)
		strbuf_addstr(sb, "what it says was changed, and the event "
				  "behind it follows from what it said");
	else
		strbuf_addstr(sb, "it or its hash was changed, or somebody "
				  "else wrote it");
}

static void add_evidence(struct strbuf *sb, const struct audit_report *r)
{
	strbuf_addf(sb,
		    r->fetch_lost
			    ? "evidence of alert %" PRId64
			      " is gone: fetch %" PRId64
			      ", which the log tells of, is not there"
			    : "evidence of alert %" PRId64
			      " was altered after it was kept: what fetch "
			      "%" PRId64 " found is not what its hash seals",
		    r->alert_id, r->fetch);
}

void audit_fault_words(const struct audit_report *r, struct strbuf *sb)
{
	switch (r->fault) {
	case AUDIT_WHOLE:
		strbuf_addstr(sb, "nothing was changed");
		return;
	case AUDIT_ALTERED:
		add_altered(sb, r);
		return;
	case AUDIT_MISSING:
		add_range(sb, r);
		strbuf_addstr(sb, " missing, and others stand behind");
		return;
	case AUDIT_INSERTED:
		strbuf_addf(sb,
			    "event %" PRId64
			    " was put in: its number was never "
			    "given",
			    r->id);
		return;
	case AUDIT_CUT:
		add_range(sb, r);
		strbuf_addstr(sb, " missing: the end of the log was cut off");
		return;
	case AUDIT_MADE_ANEW:
		strbuf_addf(sb,
			    "event %" PRId64 " has another hash than was "
			    "noted: it, or what stands before it, was made "
			    "anew",
			    r->id);
		return;
	case AUDIT_UNMARKED:
		strbuf_addstr(sb, "no event has the hash that was noted: the "
				  "log was made anew, or belongs to another "
				  "database");
		return;
	case AUDIT_STATE:
		strbuf_addf(sb,
			    "alert %" PRId64 " is not in the state, or not in "
			    "the episode, that its events tell: it was changed "
			    "past the log",
			    r->alert_id);
		return;
	case AUDIT_EVIDENCE:
		add_evidence(sb, r);
		return;
	}
}

static const char *fault_name(enum audit_fault fault)
{
	static const char *const names[] = {
		[AUDIT_WHOLE] = "whole",       [AUDIT_ALTERED] = "altered",
		[AUDIT_MISSING] = "missing",   [AUDIT_INSERTED] = "inserted",
		[AUDIT_CUT] = "cut",	       [AUDIT_MADE_ANEW] = "made-anew",
		[AUDIT_UNMARKED] = "unmarked", [AUDIT_STATE] = "state",
		[AUDIT_EVIDENCE] = "evidence",
	};

	return names[fault];
}

static void say_fault_json(struct writer *w, const struct audit_report *r)
{
	bool row = r->fault != AUDIT_WHOLE && r->fault != AUDIT_CUT &&
		   r->fault != AUDIT_UNMARKED;

	writer_field(w, "event", r->id ? cell_integer(r->id) : cell_null());
	writer_field(w, "last_event",
		     r->id ? cell_integer(r->last_id) : cell_null());
	writer_field(w, "alert_id",
		     row && r->alert_id ? cell_integer(r->alert_id)
					: cell_null());
	writer_field(w, "kind", cell_text(r->kind[0] ? r->kind : NULL));
	writer_field(w, "actor", cell_text(r->actor[0] ? r->actor : NULL));
	writer_instant(w, "event", row ? r->at_ms : 0);
	writer_field(w, "fetch",
		     r->fetch ? cell_integer(r->fetch) : cell_null());
}

static void say_json(struct writer *w, const struct verify *v,
		     const char *words)
{
	const struct audit_report *r = &v->report;
	char hex[DIGEST_HEX_SIZE];

	writer_flag(w, "whole", r->fault == AUDIT_WHOLE);
	writer_field(w, "fault", cell_text(fault_name(r->fault)));
	writer_field(w, "text", cell_text(words));
	say_fault_json(w, r);
	writer_field(w, "events", cell_integer(r->n));
	writer_field(w, "alerts", cell_integer(r->n_alerts));
	writer_field(w, "evidence", cell_integer(r->n_fetches));
	writer_field(w, "head_id", cell_integer(r->head.id));
	writer_field(w, "head_hash",
		     cell_text(r->head.id ? digest_hex(r->head.hash,
						       DIGEST_SIZE, hex)
					  : NULL));
	writer_instant(w, "head", r->head_ms);
	writer_flag(w, "daemon_agrees",
		    v->of_daemon && r->fault == AUDIT_WHOLE);
	writer_field(w, "marks", cell_integer((int64_t)v->n_marks));
}

static void say_row(struct writer *w, const struct audit_report *r)
{
	struct cell at = cell_integer(r->at_ms), kind = cell_text(r->kind);
	struct cell actor = cell_text(r->actor);
	struct cell alert = cell_integer(r->alert_id);

	if (r->at_ms == 0)
		return;
	writer_line(w, r->fault == AUDIT_MISSING    ? "behind it"
		       : r->fault == AUDIT_EVIDENCE ? "it was kept"
						    : "it says");
	writer_value(w, AS_BOTH, &at);
	writer_words(w, ", ");
	writer_value(w, AS_TEXT, &kind);
	writer_words(w, " by ");
	writer_value(w, AS_TEXT, &actor);
	if (r->alert_id) {
		writer_words(w, ", alert ");
		writer_value(w, AS_TEXT, &alert);
	}
}

static void say_next(struct writer *w, const struct verify *v)
{
	const struct audit_report *r = &v->report;
	struct cell alert = cell_integer(r->alert_id);

	writer_line(w, "next");
	writer_words(w, "keep this file as it is (triagectl backup would copy "
			"it as it is), compare it with a backup, and look at "
			"who could write to it");
	if (r->fault != AUDIT_EVIDENCE)
		return;
	writer_line(w, "compare");
	writer_words(w,
		     "the answers, here and of a backup, to: triagectl "
		     "--database BACKUP sql \"SELECT * FROM v_evidence WHERE "
		     "alert_id = ");
	writer_value(w, AS_TEXT, &alert);
	writer_words(w, " ORDER BY id\"");
}

static void say_broken(struct writer *w, const struct verify *v,
		       const char *words)
{
	const struct audit_report *r = &v->report;
	struct cell text = cell_text(words), n = cell_integer(r->n);

	writer_line(w, NULL);
	writer_words(w, r->fault == AUDIT_EVIDENCE
				? "The audit log holds, but not what it seals: "
				: "The audit log does not hold: ");
	writer_value(w, AS_ERROR, &text);
	if (r->mark)
		writer_words(w, r->mark == v->of_daemon
					? " (the running daemon wrote it)"
					: " (by --since-hash)");
	writer_words(w, ".");
	say_row(w, r);
	writer_line(w, "before it");
	writer_value(w, AS_TEXT, &n);
	writer_words(w, r->n == 1 ? " event holds" : " events hold");
	say_next(w, v);
}

static void say_whole(struct writer *w, const struct verify *v)
{
	const struct audit_report *r = &v->report;
	struct cell n = cell_integer(r->n), at = cell_integer(r->head_ms);
	struct cell alerts = cell_integer(r->n_alerts);
	struct cell fetches = cell_integer(r->n_fetches);
	char hex[DIGEST_HEX_SIZE], text[DIGEST_HEX_SIZE + 24];
	struct cell head;

	writer_line(w, NULL);
	writer_words(w, "The audit log is whole: ");
	writer_value(w, AS_TEXT, &n);
	writer_words(w, r->n == 1 ? " event, and "
				  : " events, each follows "
				    "from the one before, and ");
	writer_value(w, AS_TEXT, &alerts);
	writer_words(w, r->n_alerts == 1 ? " alert is as its events say."
					 : " alerts are as their events say.");
	if (r->n_fetches) {
		writer_line(w, "evidence");
		writer_value(w, AS_TEXT, &fetches);
		writer_words(w, r->n_fetches == 1
					? " fetch is as it was sealed"
					: " fetches are as they were sealed");
	}
	if (r->n == 0)
		return;
	snprintf(text, sizeof(text), "%" PRId64 ":%s", r->head.id,
		 digest_hex(r->head.hash, DIGEST_SIZE, hex));
	head = cell_text(text);
	writer_line(w, "newest");
	writer_value(w, AS_BOTH, &at);
	writer_line(w, "log head");
	writer_value(w, AS_TEXT, &head);
	writer_line(w, "the end");
	if (v->of_daemon)
		writer_words(w, "is there: the running daemon names the same "
				"event as the last it wrote");
	else if (v->n_marks)
		writer_words(w, "is proven up to --since-hash");
	else
		writer_words(w, "is proven by nothing outside of this file; "
				"compare with a head that was noted: "
				"--since-hash");
}

static void say(const struct verify *v)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct writer *w = v->session->writer;
	struct cell silent = cell_text(v->silent);

	audit_fault_words(&v->report, &sb);
	writer_begin(w, "triaged.audit-verify.v1");
	say_json(w, v, sb.buf);
	if (v->report.fault == AUDIT_WHOLE)
		say_whole(w, v);
	else
		say_broken(w, v, sb.buf);
	if (!v->silent)
		return;
	writer_line(w, "daemon");
	writer_value(w, AS_TEXT, &silent);
}

int audit_verify_run(struct session *session, const struct arguments *args,
		     struct err *err)
{
	struct verify v = { .session = session };
	struct progress progress;
	struct store_watch watch = { progress_step, &progress };
	struct store *s;
	int rc = take_given(&v, args, err);

	if (rc >= 0)
		rc = session_store(session, &s, err);
	if (rc < 0)
		return rc;
	take_daemons(&v);
	progress_begin(&progress);
	rc = audit_walk(s, v.marks, v.n_marks, &watch, &v.report, err);
	progress_end(&progress);
	if (rc < 0)
		return rc;
	say(&v);
	return v.report.fault == AUDIT_WHOLE ? 0 : ERR_BAD_STATE;
}
