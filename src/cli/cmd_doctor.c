/*
 * `triagectl doctor`: what is wrong, why, and the next command. What only the
 * daemon knows it is asked for; what the database and the machine tell is
 * found here, so that a daemon that is down is one finding among others.
 */
#include "cli/commands.h"

#include <string.h>
#include "cli/doctor_priv.h"
#include "cli/pick.h"
#include "paths.h"

#define TROUBLE "trouble"
#define REMARK "remark"

static struct cell instant(int64_t ms)
{
	return ms ? cell_integer(ms) : cell_null();
}

static void keep_rows(const struct checkup *c, struct rows *ret)
{
	static const char *const names[] = { "grade",	     "about",	"name",
					     "step",	     "cause",	"next",
					     "last_good_ms", "until_ms" };

	for (size_t i = 0; i < c->n; i++) {
		const struct finding *f = &c->v[i];
		const struct cell cells[] = {
			cell_text(f->trouble ? TROUBLE : REMARK),
			cell_text(f->about),
			cell_text(f->name),
			cell_text(f->step),
			cell_text(f->cause),
			cell_text(f->next),
			instant(f->last_good_ms),
			instant(f->until_ms),
		};

		(void)rows_keep(ret, ARRAY_SIZE(names), names, cells);
	}
}

static bool has_settings(const struct checkup *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].about, "settings") == 0)
			return true;
	return false;
}

static void check_settings(struct checkup *c)
{
	const struct conf *conf = doctor_conf(c);

	/* The daemon goes on with what it had, until somebody restarts it, and
	 * can read more than we: what it says has more. */
	if (!conf || !conf->unusable || has_settings(c))
		return;
	doctor_add(c, &(struct finding){
			      .trouble = true,
			      .about = "settings",
			      .name = c->session->config ? c->session->config
							 : CONF_DEFAULT_FILE,
			      .step = "configuration",
			      .cause = "the settings have faults: triaged "
				       "would not start with them",
			      .next = "triaged --check-config" });
}

/* "(last good 3 h ago, again at 2026-11-22 02:14 CET)" */
static void say_times(struct writer *w, const struct cell *good,
		      const struct cell *until)
{
	if (good->type != CELL_INTEGER && until->type != CELL_INTEGER)
		return;
	writer_words(w, " (");
	if (good->type == CELL_INTEGER) {
		writer_words(w, "last good ");
		writer_value(w, AS_AGO, good);
	}
	if (until->type == CELL_INTEGER) {
		writer_words(w, good->type == CELL_INTEGER ? ", " : "");
		writer_words(w, "tried again at ");
		writer_value(w, AS_LOCAL, until);
	}
	writer_words(w, ")");
}

static void say_finding(struct writer *w, const struct rows *r, size_t i)
{
	writer_gap(w);
	writer_line(w, "Where");
	writer_value(w, AS_TEXT, rows_cell(r, i, "about"));
	writer_words(w, " ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "name"));
	writer_words(w, ": ");
	writer_value(w, pick_is(r, i, "grade", TROUBLE) ? AS_ERROR : AS_TEXT,
		     rows_cell(r, i, "step"));
	say_times(w, rows_cell(r, i, "last_good_ms"),
		  rows_cell(r, i, "until_ms"));
	writer_line(w, "Cause");
	writer_value(w, AS_TEXT, rows_cell(r, i, "cause"));
	writer_line(w, "Next");
	writer_value(w, AS_COMMAND, rows_cell(r, i, "next"));
}

static void say_totals(struct writer *w, size_t n_troubles, size_t n_remarks)
{
	struct cell troubles = cell_integer((int64_t)n_troubles);
	struct cell remarks = cell_integer((int64_t)n_remarks);

	writer_line(w, NULL);
	if (n_troubles == 0) {
		writer_words(w, "No trouble found.");
	} else {
		writer_value(w, AS_BAD_COUNT, &troubles);
		writer_words(w, n_troubles == 1 ? " thing is wrong."
						: " things are wrong, the "
						  "worst first.");
	}
	if (n_remarks == 0)
		return;
	writer_words(w, " ");
	writer_value(w, AS_TEXT, &remarks);
	writer_words(w, n_remarks == 1 ? " remark that can wait."
				       : " remarks that can wait.");
}

static void say_all(const struct checkup *c)
{
	static const struct table table = { .key = "findings" };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	struct writer *w = c->session->writer;
	size_t n_troubles = doctor_troubles(c);

	keep_rows(c, &rows);
	writer_begin(w, "triaged.doctor.v1");
	writer_flag(w, "healthy", n_troubles == 0);
	writer_table(w, &table, &rows);
	say_totals(w, n_troubles, c->n - n_troubles);
	for (size_t i = 0; i < rows.n; i++)
		say_finding(w, &rows, i);
}

int cmd_doctor(struct session *session, const struct arguments *args,
	       struct err *err)
{
	CLEANUP(checkup_release) struct checkup c = { .session = session };

	(void)args;
	(void)err; /* whatever cannot be looked at is a finding */
	/* Its settings say where the rest is, so they are read first; a disk
	 * says more than a daemon that could not write to it. */
	session_settings(session);
	doctor_look_disk(&c);
	doctor_ask_daemon(&c);
	doctor_look_database(&c);
	check_settings(&c);
	doctor_look_clock(&c);
	doctor_look_zones(&c);
	doctor_look_names(&c);
	doctor_sort(&c);
	say_all(&c);
	return doctor_troubles(&c) ? ERR_BAD_STATE : 0;
}
