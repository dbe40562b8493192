/*
 * `triagectl setup`: the first run. Asks what it must know, tries it on a copy
 * of the site, shows what it would change, and only then changes it.
 *
 *	answers (file, options, what was answered before) -> questions ->
 *	copy -> check -> test notice -> changes shown -> written -> service
 *
 * Without a terminal, with --yes or --json nobody is asked: what has no answer
 * and no usual one is a fault.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/as_typed.h"
#include "cli/commands.h"
#include "cli/setup_ask.h"
#include "cli/setup_check.h"
#include "cli/setup_diff.h"
#include "cli/setup_dropin.h"
#include "cli/setup_service.h"
#include "paths.h"
#include "util/shell.h"
#include "util/xmalloc.h"

struct setup {
	const struct arguments *args;
	bool asks; /* there is somebody to ask */
	struct setup_answers answers;
	struct setup_site site;
	struct strbuf dropin;
	struct setup_findings findings;
	struct setup_plan plan;
	enum setup_service service;
	bool encrypts;
	bool used; /* the service has taken it over */
};

static void setup_init(struct setup *s, const struct arguments *args)
{
	bool json = arguments_has(args, "json");

	memset(s, 0, sizeof(*s));
	strbuf_init(&s->dropin);
	s->args = args;
	s->asks = !json && !arguments_has(args, "yes") &&
		  isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (json)
		setup_say_nothing();
}

static void setup_release(struct setup *s)
{
	setup_plan_release(&s->plan);
	setup_findings_release(&s->findings);
	setup_site_release(&s->site);
	setup_answers_release(&s->answers);
	strbuf_release(&s->dropin);
}

/* ---- answers ---- */

static int take_given(struct setup *s, struct err *err)
{
	CLEANUP(faults_release) struct faults faults = { 0 };
	const char *file = arguments_value(s->args, "answers");
	const char *answer;
	int rc = 0;

	if (file)
		rc = setup_set_all(&s->answers, file, &faults, err);
	for (size_t i = 1; i < faults.n; i++) /* the first is in err */
		(void)fprintf(stderr, "%s:%d:%d: %s\n", file, faults.v[i].line,
			      faults.v[i].column, faults.v[i].text);
	for (size_t i = 0;
	     rc >= 0 && (answer = arguments_nth(s->args, "answer", i)); i++)
		rc = setup_set_option(&s->answers, answer, err);
	return rc;
}

static int take_earlier(struct setup *s)
{
	struct err err = ERR_INIT;

	if (setup_site_recall(&s->site, &s->answers, &err) < 0)
		setup_say("%s\nIt cannot be understood, so its answers are "
			  "asked anew.\n",
			  err.text);
	else if (s->site.old)
		setup_say("There is %s/" SETUP_DROPIN " already; its answers "
			  "stand in brackets.\n",
			  s->site.directory);
	return 0;
}

static bool is_answered(const struct setup *s)
{
	static const char *const sources[] = { "azure", "cloud-apps",
					       "cloud-apps-portal" };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		n += setup_is(&s->answers, sources[i]);
	return n > 0 && (setup_is(&s->answers, "mail") ||
			 setup_is(&s->answers, "webhook"));
}

static int ask_all(struct setup *s, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; setup_question_at(i) && rc >= 0; i++) {
		const struct setup_question *q = setup_question_at(i);

		if (!q->quiet && !s->answers.given[i] &&
		    setup_wants(&s->answers, i))
			rc = setup_ask(&s->answers, i, err);
	}
	return rc;
}

/* What nobody said is as usual. */
static int fill_in(struct setup *s, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf missing = STRBUF_INIT;
	struct setup_answers *a = &s->answers;

	setup_missing(a, &missing);
	if (missing.len > 0)
		return err_set(err, ERR_CONF,
			       "these answers are missing: %s; give them with "
			       "--answers FILE or --answer NAME=VALUE, or "
			       "start setup on a terminal",
			       missing.buf);
	for (size_t i = 0; setup_question_at(i); i++)
		if (!a->text[i] && setup_question_at(i)->kind < SETUP_SECRET &&
		    setup_wants(a, i))
			a->text[i] = setup_fallback(a, i);
	return 0;
}

static int gather(struct setup *s, struct err *err)
{
	int rc;

	do {
		rc = s->asks ? ask_all(s, err) : 0;
		if (rc >= 0)
			rc = fill_in(s, err);
		if (rc < 0 || is_answered(s))
			return rc;
		if (!s->asks)
			return err_set(err, ERR_CONF,
				       "there must be a source (azure, "
				       "cloud-apps or cloud-apps-portal) and a "
				       "target (mail or webhook)");
		setup_say("\nThere must be a source and a way to tell people. "
			  "Once more:\n");
		for (size_t i = 0; setup_question_at(i); i++)
			if (setup_question_at(i)->kind == SETUP_YES_NO)
				s->answers.given[i] = false;
	} while (rc >= 0);
	return rc;
}

/* ---- trying it ---- */

static int try_answers(struct setup *s, struct err *err)
{
	int rc;

	strbuf_reset(&s->dropin);
	setup_dropin_write(&s->answers, &s->dropin);
	rc = setup_stage(&s->site, &s->answers, s->dropin.buf, err);
	if (rc < 0)
		return rc;
	setup_say("\nTrying it; nothing is stored or changed yet.\n");
	return setup_check(&s->site, &s->answers, &s->findings, err);
}

/* 1 try again, 0 go on as it is, or a negative code. */
static int ask_what_now(struct setup *s, struct err *err)
{
	static const char *const words[] = { "retry", "change", "keep", "stop",
					     NULL };
	int rc, i;

	setup_say("\n%zu did not work. Mend it elsewhere and retry, change an "
		  "answer, keep\nthese settings anyway, or stop.\n",
		  s->findings.n_failed);
	rc = setup_ask_word("retry, change, keep or stop?", words, err);
	switch (rc) {
	case 0:
		return 1;
	case 1:
		i = setup_ask_name(s->findings.suspect, err);
		if (i < 0)
			return i;
		rc = setup_ask(&s->answers, (size_t)i, err);
		/* What only matters by the new answer. */
		for (i = 0; rc >= 0 && setup_question_at((size_t)i); i++)
			if (setup_wants(&s->answers, (size_t)i) &&
			    !s->answers.text[i] && !s->answers.secret[i] &&
			    !setup_question_at((size_t)i)->quiet)
				rc = setup_ask(&s->answers, (size_t)i, err);
		return rc < 0 ? rc : 1;
	case 2:
		return 0;
	case 3:
		return err_set(err, ERR_CANCELLED,
			       "stopped; nothing was changed");
	}
	return rc;
}

static int check(struct setup *s, struct err *err)
{
	int rc;

	do {
		rc = try_answers(s, err);
		if (rc < 0 || s->findings.n_failed == 0)
			return rc;
		if (arguments_has(s->args, "keep"))
			return 0;
		if (!s->asks)
			return err_set(err, ERR_BAD_STATE,
				       "%zu of the checks failed, so nothing "
				       "was changed; with --keep it is written "
				       "all the same",
				       s->findings.n_failed);
		rc = ask_what_now(s, err);
	} while (rc > 0);
	return rc;
}

static int send_notices(struct setup *s, struct err *err)
{
	static const char *const targets[] = { "mail", "webhook" };
	int rc = 0;

	if (arguments_has(s->args, "no-test-notice") ||
	    arguments_has(s->args, "dry-run") || s->findings.n_failed > 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(targets) && rc >= 0; i++) {
		CLEANUP(free_ptr)
		char *ask =
			xasprintf("Send a test message to %s now?", targets[i]);

		if (!setup_is(&s->answers, targets[i]))
			continue;
		rc = s->asks ? setup_ask_yes(ask, true, err) : 1;
		if (rc > 0)
			rc = setup_check_notice(&s->site, &s->answers,
						targets[i], &s->findings, err);
	}
	return rc;
}

/* Until it was checked, and a message came through. */
static int prove(struct setup *s, struct err *err)
{
	int rc;

	for (;;) {
		rc = check(s, err);
		if (rc < 0 || s->findings.n_failed > 0)
			return rc; /* kept anyway */
		rc = send_notices(s, err);
		if (rc < 0 || s->findings.n_failed == 0)
			return rc;
		if (arguments_has(s->args, "keep"))
			return 0;
		if (!s->asks)
			return err_set(err, ERR_BAD_STATE,
				       "the test message did not go out, so "
				       "nothing was changed; with --keep it is "
				       "written all the same");
		rc = ask_what_now(s, err);
		if (rc <= 0)
			return rc;
	}
}

/* ---- changing it ---- */

static void show_changes(const struct setup *s)
{
	CLEANUP(strbuf_release) struct strbuf diff = STRBUF_INIT;

	if (s->plan.n == 0) {
		setup_say("\nNothing has to change.\n");
		return;
	}
	setup_diff(s->site.old ? s->site.old : "", s->dropin.buf, &diff);
	if (diff.len > 0)
		setup_say("\n%s/" SETUP_DROPIN ":\n%s", s->site.directory,
			  diff.buf);
	setup_say("\n");
	for (size_t i = 0; i < s->plan.n; i++)
		setup_say("  %-8s %s\n",
			  setup_change_name(s->plan.files[i].change),
			  s->plan.files[i].path);
}

/* Who left them plain before does so again. */
static int choose_encryption(struct setup *s, struct err *err)
{
	int rc = !setup_stores_plain(&s->site);

	if (!setup_can_seal(&s->site) || arguments_has(s->args, "no-encrypt"))
		return 0;
	if (s->asks)
		rc = setup_ask_yes("Keep secrets encrypted with the key of "
				   "this machine (systemd-creds)?",
				   rc > 0, err);
	s->encrypts = rc > 0;
	return rc;
}

static int change(struct setup *s, struct err *err)
{
	int rc = choose_encryption(s, err);

	if (rc >= 0)
		rc = setup_plan_make(&s->plan, &s->site, &s->answers,
				     s->dropin.buf, s->encrypts, err);
	if (rc < 0)
		return rc;
	show_changes(s);
	/* Before: systemd stumbles over a drop-in that is no more. */
	s->service = setup_service_state(&s->site);
	if (arguments_has(s->args, "dry-run") || s->plan.n == 0)
		return 0;
	rc = s->asks ? setup_ask_yes("Write these files?", true, err) : 1;
	if (rc == 0)
		return err_set(err, ERR_CANCELLED,
			       "stopped; nothing was changed");
	return rc < 0 ? rc : setup_plan_write(&s->plan, err);
}

static int use(struct setup *s, struct err *err)
{
	const char *ask;
	int rc = 1;

	if (arguments_has(s->args, "dry-run") || s->plan.n == 0)
		return 0;
	if (s->service == SETUP_NO_SERVICE ||
	    arguments_has(s->args, "no-start"))
		return 0;
	ask = s->service == SETUP_UP ? "Have the running triaged use them now?"
				     : "Start triaged now, and at every boot?";
	if (s->asks)
		rc = setup_ask_yes(ask, true, err);
	if (rc < 0)
		return err_set(err, rc,
			       "stopped; the files are written, and triaged "
			       "was left as it is");
	if (rc > 0) {
		rc = setup_service_use(&s->plan, s->service, err);
		s->used = rc >= 0;
	}
	return rc;
}

/* ---- what is told at the end ---- */

static void say_by_hand(const struct setup *s)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/credentials", s->site.directory);
	CLEANUP(free_ptr) char *credentials = shell_word(path);
	CLEANUP(free_ptr) char *file = shell_word(s->site.main_file);

	setup_say(" Start it:\n  CREDENTIALS_DIRECTORY=%s triaged -c %s\n"
		  "Or copy it to /etc/triaged, the secrets 0600 and root's.\n",
		  credentials, file);
}

static void say_next(const struct setup *s)
{
	CLEANUP(free_ptr)
	char *start = as_typed(&(struct typist){ .root = geteuid() == 0 },
			       "systemctl enable --now triaged");

	if (arguments_has(s->args, "dry-run")) {
		setup_say("\nNothing was changed (--dry-run).\n");
		return;
	}
	setup_say("\nDone.");
	if (s->service == SETUP_UP || s->used)
		setup_say(" Look at it:\n  triagectl status\n"
			  "  journalctl -u triaged -f\n");
	else if (s->site.is_system)
		setup_say(" Start it:\n  %s\n", start);
	else
		say_by_hand(s);
}

static void say_json(struct writer *w, const struct setup *s)
{
	static const struct table checks = { .key = "checks" };
	static const struct table files = { .key = "files" };
	static const char *const names[] = { "path", "change" };
	CLEANUP(rows_release) struct rows changed = ROWS_INIT;

	for (size_t i = 0; i < s->plan.n; i++) {
		const struct setup_file *f = &s->plan.files[i];
		const struct cell cells[] = {
			cell_text(f->path),
			cell_text(setup_change_name(f->change)),
		};

		(void)rows_keep(&changed, ARRAY_SIZE(cells), names, cells);
	}
	writer_field(w, "directory", cell_text(s->site.directory));
	writer_flag(w, "written",
		    s->plan.n > 0 && !arguments_has(s->args, "dry-run"));
	writer_flag(w, "started", s->used);
	writer_flag(w, "encrypted", s->encrypts);
	writer_field(w, "failed", cell_integer((int64_t)s->findings.n_failed));
	writer_table(w, &checks, &s->findings.rows);
	writer_table(w, &files, &changed);
}

static void greet(const struct setup *s)
{
	if (!s->asks)
		return;
	setup_say(
		"Sets up triaged in %s. Enter takes what stands in brackets; "
		"Ctrl-C stops.\nNothing is changed before you have seen it.\n",
		s->site.directory);
}

static int open_site(struct setup *s, const struct session *session,
		     struct err *err)
{
	const char *output = arguments_value(s->args, "output");
	CLEANUP(free_ptr) char *file = NULL;

	if (output)
		file = xasprintf("%s/triaged.yaml", output);
	else
		file = xstrdup(session->config ? session->config
					       : CONF_DEFAULT_FILE);
	return setup_site_open(&s->site, file, output != NULL, err);
}

int cmd_setup(struct session *session, const struct arguments *args,
	      struct err *err)
{
	CLEANUP(setup_release) struct setup s;
	int rc;

	setup_init(&s, args);
	setup_ask_begin();
	rc = open_site(&s, session, err);
	if (rc >= 0)
		rc = take_given(&s, err);
	if (rc >= 0) {
		greet(&s);
		(void)take_earlier(&s); /* a fresh start without it */
		rc = gather(&s, err);
	}
	if (rc >= 0)
		rc = prove(&s, err);
	if (rc >= 0)
		rc = change(&s, err);
	if (rc >= 0)
		rc = use(&s, err);
	if (rc < 0)
		return rc;
	say_next(&s);
	session->streamed = !arguments_has(args, "json");
	writer_begin(session->writer, "triaged.setup.v1");
	say_json(session->writer, &s);
	return 0;
}
