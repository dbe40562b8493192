/*
 * Settings, checked as a whole: conf/ knows the words, triage/ knows calendars
 * and zones, secrets lie in files. Called at start, by reload and by
 * --check-config.
 *
 * tested with: scenario/test_settings
 */
#include "daemon/check.h"

#include <string.h>

#include "net/certificate_file.h"
#include "notify/custom.h"
#include "triage/calendar.h"
#include "triage/rotation.h"
#include "triage/windows.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"

void settings_release(struct settings *s)
{
	s->triage = triage_free(s->triage);
	s->conf = conf_free(s->conf);
}

struct lint {
	struct faults *faults;
	const char *section, *name;
};

static void check_on_lint(void *arg, const struct mark *mark, const char *text)
{
	const struct lint *l = arg;

	faults_warn(l->faults, mark, "%s.%s: %s", l->section, l->name, text);
}

/* All of them; triage_new() would stop at the first. */
static void check_calendars(const struct policy *policy, struct faults *faults)
{
	int64_t now_ms = clock_wall_ms();

	for (size_t i = 0; i < policy->n_calendars; i++) {
		const struct calendar_def *def = &policy->calendars[i];
		struct err err = ERR_INIT;
		struct calendar *c = calendar_new(def, now_ms, &err);

		if (c)
			calendar_lint(c, def, now_ms, check_on_lint,
				      &(struct lint){ faults, "calendars",
						      def->name });
		else
			faults_add(faults, &def->mark, "%s", err.text);
		calendar_free(c);
	}
}

static void check_rotations(const struct policy *policy, struct faults *faults)
{
	int64_t now_ms = clock_wall_ms();

	for (size_t i = 0; i < policy->n_rotations; i++) {
		const struct rotation *r = &policy->rotations[i];
		struct err err = ERR_INIT;

		if (rotation_check(r, &err) < 0)
			faults_add(faults, &r->mark, "%s", err.text);
		else
			rotation_lint(r, now_ms, check_on_lint,
				      &(struct lint){ faults, "rotations",
						      r->name });
	}
}

/* Weekly hours that compile; @name is the plan's. */
static void lint_hold(const struct calendar_def *def, const struct lint *l,
		      const struct mark *mark)
{
	int64_t now_ms = clock_wall_ms();
	struct calendar_def marked = *def; /* borrows all of it */
	struct calendar *c;

	marked.marks.hours = *mark;
	c = calendar_new(def, now_ms, NULL); /* else said already */
	if (c)
		calendar_lint_hold(c, &marked, now_ms, check_on_lint,
				   (void *)l);
	calendar_free(c);
}

static void check_hours(const struct policy *one, struct faults *faults)
{
	const struct quiet_plan *q = one->quiet;
	const struct maintenance_plan *m = one->maintenance;

	if (one->n_quiet > 0)
		lint_hold(&q->hours,
			  &(struct lint){ faults, "quiet-hours",
					  q->target ? q->target : "all" },
			  &q->mark);
	else if (!m->once)
		lint_hold(&m->hours,
			  &(struct lint){ faults, "maintenance", m->name },
			  &m->mark);
}

/* @one has one plan, of either kind. */
static void check_window(const struct policy *one, struct faults *faults)
{
	int64_t now_ms = clock_wall_ms();
	struct err err = ERR_INIT;
	struct mark mark = { 0 };
	struct windows *w = windows_new(one, now_ms, &mark, &err);
	struct window next;

	if (!w)
		faults_add(faults, &mark, "%s", err.text);
	else if (one->n_maintenance > 0 &&
		 !windows_maintenance(w, 0, now_ms, &next))
		faults_warn(faults, &one->maintenance->mark,
			    "maintenance.%s: is over and does nothing any more",
			    one->maintenance->name);
	else
		check_hours(one, faults);
	windows_free(w);
}

static void check_windows(const struct policy *policy, struct faults *faults)
{
	for (size_t i = 0; i < policy->n_quiet; i++) {
		struct policy one = { .quiet = &policy->quiet[i],
				      .n_quiet = 1 };

		check_window(&one, faults);
	}
	for (size_t i = 0; i < policy->n_maintenance; i++) {
		struct policy one = { .maintenance = &policy->maintenance[i],
				      .n_maintenance = 1 };

		check_window(&one, faults);
	}
}

struct template_lint {
	struct faults *faults;
	const char *target; /* NULL where other faults left none */
};

static void check_on_template(void *arg, const struct mark *mark, bool warning,
			      const char *text)
{
	const struct template_lint *l = arg;
	const char *target = l->target ? l->target : "[]";

	if (warning)
		faults_warn(l->faults, mark, "targets.%s.template: %s", target,
			    text);
	else
		faults_add(l->faults, mark, "targets.%s.template: %s", target,
			   text);
}

static void check_templates(const struct conf *c, struct faults *faults)
{
	for (size_t i = 0; i < c->n_targets; i++)
		custom_check(&c->targets[i], check_on_template,
			     &(struct template_lint){ faults,
						      c->targets[i].name });
}

static void check_authorities(const char *path, const struct mark *mark,
			      const char *section, const char *name,
			      struct faults *faults)
{
	struct err err = ERR_INIT;

	if (path && name && certificates_check(path, &err) < 0)
		faults_warn(faults, mark,
			    "%s.%s.ca-file: %s; until that is mended no peer "
			    "is trusted there",
			    section, name, err.text);
}

/* No faults: they are read for each connection, and may come back. */
static void check_all_authorities(const struct conf *c, struct faults *faults)
{
	for (size_t i = 0; i < c->n_sources; i++)
		check_authorities(c->sources[i].ca_file, &c->sources[i].mark,
				  "sources", c->sources[i].name, faults);
	for (size_t i = 0; i < c->n_targets; i++)
		check_authorities(c->targets[i].ca_file, &c->targets[i].mark,
				  "targets", c->targets[i].name, faults);
	for (size_t i = 0; i < c->n_heartbeats; i++)
		check_authorities(c->heartbeats[i].ca_file,
				  &c->heartbeats[i].mark, "heartbeats",
				  c->heartbeats[i].name, faults);
	for (size_t i = 0; i < c->n_forwards; i++)
		check_authorities(c->forwards[i].ca_file, &c->forwards[i].mark,
				  "forward", c->forwards[i].name, faults);
}

int check_load(const char *path, const char *text, struct settings *ret,
	       struct faults *faults)
{
	CLEANUP(settings_release) struct settings s = { 0 };
	struct err err = ERR_INIT;
	struct mark mark = { 0 };
	int rc;

	if (!text)
		s.conf = conf_load_partial(path, faults);
	else if (conf_load_text(path, text, strlen(text), &s.conf, faults) < 0)
		return ERR_CONF;
	/* Also of settings with a fault: whoever mends them wants to know all
	 * there is. */
	rc = conf_load_secrets(s.conf, faults);
	if (conf_find_groups(s.conf, faults) < 0)
		rc = ERR_CONF;
	check_calendars(&s.conf->policy, faults);
	check_rotations(&s.conf->policy, faults);
	check_windows(&s.conf->policy, faults);
	check_templates(s.conf, faults);
	check_all_authorities(s.conf, faults);
	faults_sort(faults, &s.conf->files);
	if (rc < 0 || s.conf->unusable || faults_fatal(faults))
		return ERR_CONF;
	s.triage = triage_new(&s.conf->policy, clock_wall_ms(), &mark, &err);
	if (!s.triage) {
		faults_add(faults, &mark, "%s", err.text);
		return ERR_CONF;
	}
	ret->conf = take(s.conf);
	ret->triage = take(s.triage);
	return 0;
}

void check_print(FILE *out, const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->v[i];
		const char *word = f->warning ? "warning: " : "";

		if (f->file && f->line)
			(void)fprintf(out, "%s:%d:%d: %s%s\n", f->file, f->line,
				      f->column, word, f->text);
		else if (f->file)
			(void)fprintf(out, "%s: %s%s\n", f->file, word,
				      f->text);
		else
			(void)fprintf(out, "%s%s\n", word, f->text);
	}
}

void check_log(const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->v[i];

		log_event(f->warning ? LOG_WARNING : LOG_ERR,
			  f->warning ? MSG_CONF_DOUBTFUL : MSG_CONF_REFUSED,
			  f->warning ? "settings: warning" : "settings: fault",
			  kv_str("FILE", f->file), kv_int("LINE", f->line),
			  kv_int("COLUMN", f->column),
			  kv_str("FAULT", f->text));
	}
}

int check_main(const char *path)
{
	CLEANUP(settings_release) struct settings s = { 0 };
	CLEANUP(faults_release) struct faults faults = { 0 };
	int rc = check_load(path, NULL, &s, &faults);
	size_t fatal = faults_count(&faults);

	check_print(stderr, &faults);
	if (rc < 0) {
		(void)fprintf(stderr, "%s: %zu fault%s, not usable\n", path,
			      fatal, fatal == 1 ? "" : "s");
		return 1;
	}
	(void)printf("%s: ok: %zu source%s, %zu target%s, %zu rule%s, "
		     "%zu route%s\n",
		     path, s.conf->n_sources, s.conf->n_sources == 1 ? "" : "s",
		     s.conf->n_targets, s.conf->n_targets == 1 ? "" : "s",
		     s.conf->policy.n_rules,
		     s.conf->policy.n_rules == 1 ? "" : "s",
		     s.conf->policy.n_routes,
		     s.conf->policy.n_routes == 1 ? "" : "s");
	return 0;
}

int check_dump_main(const char *path)
{
	CLEANUP(conf_free_ptr) struct conf *conf = NULL;
	CLEANUP(faults_release) struct faults faults = { 0 };
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	int rc = conf_load(path, &conf, &faults);

	check_print(stderr, &faults);
	if (rc < 0)
		return 1;
	conf_dump(conf, &out);
	(void)fwrite(out.buf, 1, out.len, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
