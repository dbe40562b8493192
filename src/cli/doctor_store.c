/*
 * What the database tells the doctor: it works while the daemon is down.
 * Called by cmd_doctor.c.
 *
 * tested with: scenario/test_doctor
 */
#include <errno.h>
#include <string.h>
#include "advice/diagnose.h"
#include "cli/doctor_priv.h"
#include "store/coverage.h"
#include "util/xmalloc.h"

static int look_gaps(struct checkup *c, struct err *err)
{
	const struct selector sel = { .now_ms = c->session->now_ms,
				      .limit = 1 };
	CLEANUP(rows_release) struct rows gaps = ROWS_INIT;
	CLEANUP(free_ptr) char *cause = NULL;
	int64_t n = 0;
	int rc = session_look(c->session, LOOK_GAPS, &sel, &gaps, err);

	if (rc >= 0)
		rc = session_sum(c->session, LOOK_GAP_COUNTS, &sel, &n, err);
	if (rc < 0 || gaps.n == 0)
		return rc;
	cause = xasprintf("%lld slice%s of time cannot be read; the oldest, of "
			  "source %s: %s",
			  (long long)n, n == 1 ? "" : "s",
			  rows_text(&gaps, 0, "source"),
			  rows_text(&gaps, 0, "reason"));
	doctor_add(c, &(struct finding){ .trouble = true,
					 .about = "coverage",
					 .name = rows_text(&gaps, 0, "source"),
					 .step = STEP_READING,
					 .cause = cause,
					 .next = "triagectl coverage" });
	return 0;
}

static int count_quarantined(void *arg, const struct coverage *line)
{
	int64_t *n = arg;

	*n += line->quarantined;
	return 0;
}

static int look_quarantine(struct checkup *c, struct err *err)
{
	CLEANUP(free_ptr) char *cause = NULL;
	struct store *store;
	int64_t n = 0;
	int rc = session_store(c->session, &store, err);

	if (rc >= 0)
		rc = coverage_look(store, c->session->now_ms, count_quarantined,
				   &n, err);
	if (rc < 0 || n == 0)
		return rc;
	cause = xasprintf("%lld item%s kept raw, because this version does "
			  "not understand %s",
			  (long long)n, n == 1 ? " is" : "s are",
			  n == 1 ? "it" : "them");
	doctor_add(c, &(struct finding){ .about = "coverage",
					 .name = "quarantine",
					 .step = STEP_READING,
					 .cause = cause,
					 .next = "triagectl sql "
						 "unknown-items" });
	return 0;
}

static const struct source_conf *source_of(const struct conf *conf,
					   const char *name)
{
	for (size_t i = 0; conf && i < conf->n_sources; i++)
		if (conf->sources[i].name &&
		    strcmp(conf->sources[i].name, name) == 0)
			return &conf->sources[i];
	return NULL;
}

/* As the daemon words it: the listing that failed comes first. */
static void look_source(struct checkup *c, const struct rows *r, size_t i)
{
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf cause = STRBUF_INIT;
	CLEANUP(free_ptr) char *error = NULL;
	const char *name = rows_text(r, i, "source");
	const char *scope = rows_text(r, i, "scope");
	const struct source_conf *conf = source_of(doctor_conf(c), name);

	if (!conf || !rows_text(r, i, "error") ||
	    rows_integer(r, i, "complete"))
		return;
	error = xasprintf("%s%s%s", scope ? scope : "",
			  scope && *scope ? ": " : "",
			  rows_text(r, i, "error"));
	diagnose_source_cause(conf, error, &cause);
	doctor_add(c, &(struct finding){
			      .trouble = true,
			      .about = "source",
			      .name = name,
			      .step = diagnose_source(conf, error, &next),
			      .cause = cause.buf,
			      .next = next.buf,
			      .last_good_ms =
				      rows_integer(r, i, "last_complete_ms") });
}

static int look_all(struct checkup *c, struct err *err)
{
	const struct selector sel = { .now_ms = c->session->now_ms };
	CLEANUP(rows_release) struct rows sources = ROWS_INIT;
	int rc;

	rc = doctor_look_targets(c, err);
	if (rc >= 0)
		rc = look_gaps(c, err);
	if (rc >= 0)
		rc = session_look(c->session, LOOK_SOURCES, &sel, &sources,
				  err);
	if (rc < 0)
		return rc;
	/* The daemon knows more: also of what has not reached the ledger. */
	for (size_t i = 0; !c->answered && i < sources.n; i++)
		look_source(c, &sources, i);
	return look_quarantine(c, err);
}

static void say_failure(struct checkup *c, int rc, const struct err *err)
{
	CLEANUP(free_ptr) char *path = NULL;
	CLEANUP(free_ptr) char *join = NULL;
	struct finding f = { .trouble = true,
			     .about = "database",
			     .name = "triaged.db",
			     .step = "database",
			     .cause = err->text,
			     .next = "triagectl db check" };

	if ((rc == ERR_DENIED || rc == -EACCES) &&
	    session_database_path(c->session, &path, NULL) == 0) {
		join = doctor_join_group(path);
		f.step = "access";
		f.next = join;
	} else if (rc == ERR_STORE_NEWER) {
		f.step = "schema";
		f.next = "apt-get install --only-upgrade triaged";
	} else if (rc == ERR_STORE) {
		f.step = "not there";
		f.next = "systemctl status triaged";
	}
	doctor_add(c, &f);
}

void doctor_look_database(struct checkup *c)
{
	struct err err = ERR_INIT;
	int rc = look_all(c, &err);

	/* Faulty settings are told by themselves. */
	if (rc >= 0 || (rc == ERR_BAD_STATE && !c->session->database))
		return;
	say_failure(c, rc, &err);
}
