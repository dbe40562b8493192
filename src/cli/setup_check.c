/*
 * See setup_check.h. Called by the flow of `triagectl setup`. triagectl knows
 * no network: triaged asks, and tells in lines of JSON.
 *
 * tested with: scenario/test_setup
 */
#include "cli/setup_check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "cli/setup_ask.h"
#include "cli/setup_run.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define LINE_HEAP ((size_t)1 << 18)
#define EXIT_NO_PROGRAM 127

void setup_findings_release(struct setup_findings *f)
{
	rows_release(&f->rows);
	*f = (struct setup_findings){ 0 };
}

struct hearing {
	const struct setup_site *site;
	const struct setup_answers *answers;
	struct setup_findings *findings;
	struct strlist lines; /* of --check-config */
};

struct finding {
	const char *about, *name, *step;
	bool ok;
	const char *text, *next;
};

/* ---- what is likely wrong ---- */

/* By the codes of the sign-in; the first row whose words stand in it. */
static const struct {
	const char *words, *question;
} by_words[] = {
	{ "AADSTS70002", "client-secret" },
	{ "AADSTS700016", "client-id" },
	{ "AADSTS90002", "tenant" },
	{ "AADSTS90038", "tenant" },
	{ "AADSTS900382", "tenant" },
	{ "AADSTS", "client-id" },
	{ "sign-in refused", "mail-password" },
};

static const struct {
	const char *name, *question;
} by_name[] = {
	{ "azure", "subscriptions" },
	{ "cloud-apps", "client-id" },
	{ "cloud-apps-portal", "cloud-apps-url" },
	{ "mail", "mail-server" },
	{ "webhook", "webhook-url" },
};

static const char *proof_of(const struct setup_answers *a)
{
	const char *auth = setup_text(a, "auth");

	if (strcmp(auth, "client-certificate") == 0)
		return "client-certificate";
	return strcmp(auth, "client-secret") == 0 ? "client-secret" : "auth";
}

static const char *suspect_of(const struct setup_answers *a,
			      const struct finding *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(by_words); i++) {
		if (!strstr(f->text, by_words[i].words))
			continue;
		return strcmp(by_words[i].question, "client-secret") == 0
			       ? proof_of(a)
			       : by_words[i].question;
	}
	for (size_t i = 0; i < ARRAY_SIZE(by_name); i++)
		if (strcmp(f->name, by_name[i].name) == 0)
			return by_name[i].question;
	return "tenant";
}

/* ---- lines ---- */

static void keep(struct hearing *h, const struct finding *f)
{
	static const char *const names[] = { "about",  "name", "step",
					     "result", "text", "next" };
	const struct cell cells[] = {
		cell_text(f->about), cell_text(f->name),
		cell_text(f->step),  cell_text(f->ok ? "ok" : "failed"),
		cell_text(f->text),  cell_text(f->next),
	};

	CLEANUP(free_ptr) char *line = NULL;

	(void)rows_keep(&h->findings->rows, ARRAY_SIZE(cells), names, cells);
	line = xasprintf("%s %s: %s: %s", f->about, f->name, f->step, f->text);
	setup_say_item(f->ok ? "  ok      " : "  FAILED  ", line, false);
	if (f->next)
		setup_say_item("    next  ", f->next, true);
	if (f->ok)
		return;
	h->findings->n_failed++;
	if (!h->findings->suspect)
		h->findings->suspect = suspect_of(h->answers, f);
}

static const char *member(const json_t *o, const char *name)
{
	const char *text = jsonx_str(o, name);

	return text ? text : "";
}

static void on_line(void *arg, const char *line)
{
	struct hearing *h = arg;
	CLEANUP(jsonx_unref) json_t *o = NULL;
	CLEANUP(free_ptr) char *text = NULL;

	if (*line == '{')
		o = jsonx_parse(line, strlen(line), LINE_HEAP, NULL);
	if (!o) { /* a warning of the settings, or why it cannot begin */
		text = setup_stage_translate(h->site, line);
		setup_say_item("  ", text, false);
		return;
	}
	if (strcmp(member(o, "about"), "end") != 0)
		keep(h, &(struct finding){
				.about = member(o, "about"),
				.name = member(o, "name"),
				.step = member(o, "step"),
				.ok = json_is_true(jsonx_get(o, "ok")),
				.text = member(o, "text"),
				.next = jsonx_str(o, "next"),
			});
}

/* ---- the program ---- */

static void on_fault(void *arg, const char *line)
{
	struct hearing *h = arg;

	strlist_add(&h->lines, line);
}

/* Triaged with options @how, on the copy. Its status, or a negative code. */
static int run(struct hearing *h, const char *const how[3],
	       void (*line)(void *arg, const char *line), struct err *err)
{
	CLEANUP(free_ptr) char *program = setup_run_daemon();
	const char *const words[] = { program, "-c",   h->site->stage_file,
				      how[0],  how[1], how[2],
				      NULL };
	int rc = setup_run(
		&(struct setup_program){ .words = words,
					 .credentials =
						 h->site->stage_credentials,
					 .line = line,
					 .arg = h },
		NULL, err);

	if (rc == EXIT_NO_PROGRAM)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no program triaged to ask with; is "
			       "the package whole?");
	if (setup_ask_stopped())
		return err_set(err, ERR_CANCELLED,
			       "stopped; nothing was changed");
	return rc;
}

/* The last line only counts them. */
static void keep_fault(struct hearing *h, const char *line)
{
	CLEANUP(free_ptr) char *text = setup_stage_translate(h->site, line);

	if (strstr(text, ": warning: "))
		setup_say_item("  ", text, false);
	else if (!strstr(text, ", not usable"))
		keep(h, &(struct finding){ .about = "settings",
					   .name = "all",
					   .step = "check",
					   .text = text });
}

/* Faults come first: to ask with them would only confuse. 1: there are. */
static int check_settings(struct hearing *h, struct err *err)
{
	int rc = run(h, (const char *const[]){ "--check-config", NULL, NULL },
		     on_fault, err);

	if (rc == 0)
		keep(h, &(struct finding){ .about = "settings",
					   .name = "all",
					   .step = "check",
					   .ok = true,
					   .text = "no fault" });
	for (size_t i = 0; i < h->lines.n && rc > 0; i++)
		keep_fault(h, h->lines.v[i]);
	strlist_release(&h->lines);
	if (rc > 0 && h->findings->n_failed == 0)
		return err_set(err, ERR_BAD_STATE,
			       "triaged --check-config ended with status %d",
			       rc);
	return rc;
}

int setup_check(const struct setup_site *s, const struct setup_answers *a,
		struct setup_findings *f, struct err *err)
{
	struct hearing h = { .site = s, .answers = a, .findings = f };
	int rc;

	setup_findings_release(f);
	rc = check_settings(&h, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = run(&h, (const char *const[]){ "--check-live", "--json", NULL },
		 on_line, err);
	if (rc > 0 && f->n_failed == 0)
		return err_set(err, ERR_BAD_STATE,
			       "triaged --check-live ended with status %d", rc);
	return rc < 0 ? rc : 0;
}

int setup_check_notice(const struct setup_site *s,
		       const struct setup_answers *a, const char *name,
		       struct setup_findings *f, struct err *err)
{
	struct hearing h = { .site = s, .answers = a, .findings = f };
	int rc = run(&h,
		     (const char *const[]){ "--json", "--test-notice", name },
		     on_line, err);

	return rc < 0 ? rc : 0;
}
