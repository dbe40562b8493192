/*
 * `triagectl doctor`: what is wrong, why, and the next command. What only the
 * daemon knows it is asked for; what the database tells is found here, so that
 * a daemon that is down is one finding among others.
 */
#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include "cli/pick.h"
#include "paths.h"
#include "store/coverage.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

struct checkup {
	struct session *session;
	struct rows findings;
	int64_t n_troubles;
	int64_t quarantined;
};

struct finding {
	const char *grade, *about, *name, *step, *cause, *next;
	int64_t last_good_ms;
};

#define TROUBLE "trouble"
#define REMARK "remark"

static void add(struct checkup *c, const struct finding *f)
{
	c->n_troubles += strcmp(f->grade, TROUBLE) == 0;
	(void)rows_keep(&c->findings, 7,
			(const char *const[]){ "grade", "about", "name", "step",
					       "cause", "next",
					       "last_good_ms" },
			(const struct cell[]){
				cell_text(f->grade), cell_text(f->about),
				cell_text(f->name), cell_text(f->step),
				cell_text(f->cause), cell_text(f->next),
				f->last_good_ms ? cell_integer(f->last_good_ms)
						: cell_null() });
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = jsonx_str(o, key);

	return text ? text : "";
}

/* Members that a daemon of another version leaves out are empty. */
static void add_answer(struct checkup *c, const json_t *data)
{
	const json_t *list = jsonx_get(data, "findings");
	const json_t *o;
	size_t i;

	json_array_foreach((json_t *)list, i, o)
	{
		struct finding f = {
			.grade = text_of(o, "grade"),
			.about = text_of(o, "about"),
			.name = text_of(o, "name"),
			.step = text_of(o, "step"),
			.cause = text_of(o, "cause"),
			.next = text_of(o, "next"),
		};

		(void)jsonx_int(o, "last_good_ms", &f.last_good_ms);
		add(c, &f);
	}
}

static void ask_daemon(struct checkup *c)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct err err = ERR_INIT;
	struct finding f = { TROUBLE,	"daemon",
			     "triaged", "control socket",
			     err.text,	"systemctl status triaged",
			     0 };
	int rc = session_call(c->session, CTL_VERB_DOCTOR, NULL, &answer, &err);

	if (rc == 0)
		rc = session_answer(&answer, &err);
	if (rc == 0) {
		add_answer(c, answer.data);
		return;
	}
	if (rc == ERR_DENIED)
		f.next = "id  # the group triaged may use the socket";
	else if (rc == ERR_BAD_STATE)
		f.next = "triaged --check-config";
	else if (rc == ERR_CONF)
		f.next = "systemctl restart triaged  # it is of another "
			 "version";
	add(c, &f);
}

static void look_target_trouble(struct checkup *c, const struct rows *targets,
				size_t i)
{
	bool disabled = rows_integer(targets, i, "disabled_ms") != 0;
	const char *why = rows_text(targets, i,
				    disabled ? "disabled_why" : "refused_why");
	CLEANUP(free_ptr) char *cause = NULL;
	CLEANUP(free_ptr) char *next = NULL;

	if (!disabled && rows_integer(targets, i, "refused_ms") == 0)
		return;
	cause = xasprintf("%s: %s",
			  disabled ? "the target answered that it is gone for "
				     "good, so nothing is sent to it"
				   : "the target refuses our credentials; it "
				     "is asked again every 15 min",
			  why ? why : "it did not say why");
	next = xasprintf("triagectl outbox enable %s",
			 rows_text(targets, i, "target"));
	add(c,
	    &(struct finding){
		    .grade = TROUBLE,
		    .about = "target",
		    .name = rows_text(targets, i, "target"),
		    .step = disabled ? "delivery" : "sign-in",
		    .cause = cause,
		    .next = next,
		    .last_good_ms = rows_integer(targets, i, "last_sent_ms") });
}

/* What was given up is trouble until something has arrived since. */
static void look_targets(struct checkup *c, const struct rows *targets)
{
	for (size_t i = 0; i < targets->n; i++) {
		int64_t dead = rows_integer(targets, i, "dead");
		int64_t unsent = rows_integer(targets, i, "unsent");
		int64_t sent_ms = rows_integer(targets, i, "last_sent_ms");
		int64_t error_ms = rows_integer(targets, i, "last_error_ms");
		const char *error = rows_text(targets, i, "last_error");
		CLEANUP(free_ptr) char *cause = NULL;

		look_target_trouble(c, targets, i);
		if (!dead && (!unsent || error_ms <= sent_ms))
			continue;
		cause = xasprintf("%lld given up, %lld waiting%s%s",
				  (long long)dead, (long long)unsent,
				  error ? "; last error: " : "",
				  error ? error : "");
		add(c, &(struct finding){
			       .grade = error_ms > sent_ms ? TROUBLE : REMARK,
			       .about = "target",
			       .name = rows_text(targets, i, "target"),
			       .step = "delivery",
			       .cause = cause,
			       .next = "triagectl outbox",
			       .last_good_ms = sent_ms });
	}
}

static void look_gaps(struct checkup *c, const struct rows *gaps)
{
	CLEANUP(free_ptr) char *cause = NULL;

	if (gaps->n == 0)
		return;
	cause = xasprintf("%zu slice%s of time cannot be read; the oldest, of "
			  "source %s: %s",
			  gaps->n, gaps->n == 1 ? "" : "s",
			  rows_text(gaps, 0, "source"),
			  rows_text(gaps, 0, "reason"));
	add(c, &(struct finding){ .grade = TROUBLE,
				  .about = "coverage",
				  .name = rows_text(gaps, 0, "source"),
				  .step = "reading",
				  .cause = cause,
				  .next = "triagectl coverage" });
}

static int count_quarantined(void *arg, const struct coverage *line)
{
	struct checkup *c = arg;

	c->quarantined += line->quarantined;
	return 0;
}

static void say_quarantined(struct checkup *c)
{
	CLEANUP(free_ptr) char *cause = NULL;

	if (c->quarantined == 0)
		return;
	cause = xasprintf("%lld item%s kept raw, because this version does "
			  "not understand %s",
			  (long long)c->quarantined,
			  c->quarantined == 1 ? " is" : "s are",
			  c->quarantined == 1 ? "it" : "them");
	add(c, &(struct finding){ .grade = REMARK,
				  .about = "coverage",
				  .name = "quarantine",
				  .step = "reading",
				  .cause = cause,
				  .next = "triagectl sql unknown-items" });
}

static int look_database(struct checkup *c, struct err *err)
{
	const struct selector sel = { .now_ms = c->session->now_ms };
	CLEANUP(rows_release) struct rows targets = ROWS_INIT;
	CLEANUP(rows_release) struct rows gaps = ROWS_INIT;
	struct store *store;
	int rc;

	rc = session_look(c->session, LOOK_TARGETS, &sel, &targets, err);
	if (rc < 0)
		return rc;
	rc = session_look(c->session, LOOK_GAPS, &sel, &gaps, err);
	if (rc < 0)
		return rc;
	rc = session_store(c->session, &store, err);
	if (rc < 0)
		return rc;
	rc = coverage_look(store, sel.now_ms, count_quarantined, c, err);
	if (rc < 0)
		return rc;
	look_targets(c, &targets);
	look_gaps(c, &gaps);
	say_quarantined(c);
	return 0;
}

static void check_database(struct checkup *c)
{
	struct err err = ERR_INIT;
	int rc = look_database(c, &err);

	/* Faulty settings are told by the daemon's part already. */
	if (rc >= 0 ||
	    (rc == ERR_BAD_STATE && !c->session->conf && !c->session->database))
		return;
	add(c, &(struct finding){
		       .grade = TROUBLE,
		       .about = "database",
		       .name = "triaged.db",
		       .step = "database",
		       .cause = err.text,
		       .next = rc == ERR_DENIED || rc == -EACCES
				       ? "id  # the group triaged may read it"
				       : "journalctl -u triaged --since -1h" });
}

/* The daemon goes on with what it had, until somebody restarts it. */
static void check_settings(struct checkup *c)
{
	const struct conf *conf = c->session->conf;

	if (!conf || !conf->unusable)
		return;
	add(c, &(struct finding){
		       .grade = TROUBLE,
		       .about = "settings",
		       .name = c->session->config ? c->session->config
						  : CONF_DEFAULT_FILE,
		       .step = "configuration",
		       .cause = "the settings have faults: triaged would not "
				"start with them",
		       .next = "triaged --check-config" });
}

static void say_finding(struct writer *w, const struct rows *r, size_t i)
{
	const struct cell *good = rows_cell(r, i, "last_good_ms");

	writer_gap(w);
	writer_line(w, "Where");
	writer_value(w, AS_TEXT, rows_cell(r, i, "about"));
	writer_words(w, " ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "name"));
	writer_words(w, ": ");
	writer_value(w, pick_is(r, i, "grade", TROUBLE) ? AS_ERROR : AS_TEXT,
		     rows_cell(r, i, "step"));
	if (good->type == CELL_INTEGER) {
		writer_words(w, " (last good ");
		writer_value(w, AS_AGO, good);
		writer_words(w, ")");
	}
	writer_line(w, "Cause");
	writer_value(w, AS_TEXT, rows_cell(r, i, "cause"));
	writer_line(w, "Next");
	writer_value(w, AS_TEXT, rows_cell(r, i, "next"));
}

static void say_all(const struct checkup *c)
{
	static const struct table table = { .key = "findings" };
	struct writer *w = c->session->writer;
	struct cell n = cell_integer(c->n_troubles);

	writer_begin(w, "triaged.doctor.v1");
	writer_flag(w, "healthy", c->n_troubles == 0);
	writer_table(w, &table, &c->findings);
	writer_line(w, NULL);
	if (c->n_troubles == 0) {
		writer_words(w, "No trouble found.");
	} else {
		writer_value(w, AS_BAD_COUNT, &n);
		writer_words(w, c->n_troubles == 1 ? " thing is wrong."
						   : " things are wrong.");
	}
	for (size_t i = 0; i < c->findings.n; i++)
		say_finding(w, &c->findings, i);
}

int cmd_doctor(struct session *session, const struct arguments *args,
	       struct err *err)
{
	struct checkup c = { .session = session };
	int rc;

	(void)args;
	(void)err; /* whatever cannot be looked at is a finding */
	ask_daemon(&c);
	check_database(&c);
	check_settings(&c);
	say_all(&c);
	rc = c.n_troubles ? ERR_BAD_STATE : 0;
	rows_release(&c.findings);
	return rc;
}
