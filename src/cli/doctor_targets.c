/*
 * Who cannot be told: targets that are gone, refuse us or fail, what was given
 * up for them, and whether the last resort works. Called by doctor_store.c.
 *
 * tested with: scenario/test_doctor
 */
#include <string.h>
#include "advice/diagnose.h"
#include "cli/doctor_priv.h"
#include "util/xmalloc.h"

struct target_row {
	const char *name;
	const struct target_conf *conf; /* NULL: see absent */
	bool absent; /* the settings were read, and have it no more */
	bool disabled, refused, failing;
	int64_t dead, unsent, sent_ms, error_ms;
	const char *why, *error;
};

static struct target_row row_of(const struct checkup *c, const struct rows *r,
				size_t i)
{
	const struct conf *conf = doctor_conf(c);
	struct target_row t = {
		.name = rows_text(r, i, "target"),
		.disabled = rows_integer(r, i, "disabled_ms") != 0,
		.refused = rows_integer(r, i, "refused_ms") != 0,
		.dead = rows_integer(r, i, "dead"),
		.unsent = rows_integer(r, i, "unsent"),
		.sent_ms = rows_integer(r, i, "last_sent_ms"),
		.error_ms = rows_integer(r, i, "last_error_ms"),
		.error = rows_text(r, i, "last_error"),
	};

	t.conf = conf ? conf_target(conf, t.name) : NULL;
	/* A faulty entry is none, and its messages are owed all the same. */
	t.absent = conf && !conf->unusable && !t.conf;
	t.failing = t.error && t.error_ms > t.sent_ms && t.unsent + t.dead > 0;
	t.why = rows_text(r, i, t.disabled ? "disabled_why" : "refused_why");
	if (!t.why)
		t.why = "it did not say why";
	return t;
}

static void add_disabled(struct checkup *c, const struct target_row *t)
{
	CLEANUP(free_ptr)
	char *cause = xasprintf("the target answered that it is gone for good, "
				"so nothing is sent to it: %s; correct its "
				"address and reload, or have it asked again",
				t->why);
	CLEANUP(free_ptr)
	char *next = xasprintf("triagectl outbox enable %s", t->name);

	doctor_add(c, &(struct finding){ .trouble = true,
					 .about = "target",
					 .name = t->name,
					 .step = STEP_DELIVERY,
					 .cause = cause,
					 .next = next,
					 .last_good_ms = t->sent_ms });
}

/* What the error means. Without the settings nobody may say that a target is
 * gone, and that what it is owed can go. */
static void add_error(struct checkup *c, const struct target_row *t,
		      const char *before, const char *error)
{
	const struct conf *conf = doctor_conf(c);
	CLEANUP(strbuf_release) struct strbuf cause = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	const char *step = STEP_DELIVERY;

	strbuf_addstr(&cause, before);
	if (t->conf) {
		step = diagnose_target(t->conf, error, &next);
		diagnose_target_cause(t->conf, error, &cause);
	} else {
		strbuf_addf(&cause,
			    "%s; the settings were not read%s, so nothing "
			    "more is known of this target",
			    error, conf ? " whole" : "");
		if (conf)
			strbuf_addstr(&next, "triaged --check-config");
		else
			strbuf_addf(&next, "triagectl outbox --target %s",
				    t->name);
	}
	doctor_add(c, &(struct finding){ .trouble = true,
					 .about = "target",
					 .name = t->name,
					 .step = step,
					 .cause = cause.buf,
					 .next = next.buf,
					 .last_good_ms = t->sent_ms });
}

static void add_refused(struct checkup *c, const struct target_row *t)
{
	add_error(c, t,
		  "the target refuses our credentials; it is asked again every "
		  "15 min: ",
		  t->why);
}

static void add_failing(struct checkup *c, const struct target_row *t)
{
	CLEANUP(free_ptr)
	char *before = xasprintf("%lld message%s: ", (long long)t->unsent,
				 t->unsent == 1 ? " waits" : "s wait");

	add_error(c, t, before, t->error);
}

/* Of one that was removed nothing else matters any more. */
static void add_absent(struct checkup *c, const struct target_row *t)
{
	CLEANUP(free_ptr)
	char *cause =
		xasprintf("%lld message%s for it, and the settings have no "
			  "such target%s%s",
			  (long long)t->unsent,
			  t->unsent == 1 ? " waits" : "s wait",
			  t->error ? "; last error: " : "",
			  t->error ? t->error : "");
	CLEANUP(free_ptr)
	char *next = xasprintf("triagectl outbox drop --target %s --reason "
			       "gone",
			       t->name);

	doctor_add(c, &(struct finding){ .trouble = true,
					 .about = "target",
					 .name = t->name,
					 .step = STEP_DELIVERY,
					 .cause = cause,
					 .next = next,
					 .last_good_ms = t->sent_ms });
}

/* What was given up is trouble until something has arrived since; for one that
 * was removed it is history. */
static void add_dead(struct checkup *c, const struct target_row *t)
{
	bool works = !t->absent && !t->disabled && !t->refused && !t->failing;
	CLEANUP(free_ptr)
	char *cause = xasprintf(
		"%lld message%s given up and never delivered%s%s%s",
		(long long)t->dead, t->dead == 1 ? " was" : "s were",
		t->absent ? "; the settings have no such target any more"
		: works	  ? "; the target works again"
			  : "; mend the target first, then send them once more",
		t->error ? "; last error: " : "", t->error ? t->error : "");
	CLEANUP(free_ptr)
	char *next = xasprintf(works ? "triagectl outbox retry --dead --target "
				       "%s"
				     : "triagectl outbox --state dead "
				       "--target %s",
			       t->name);

	doctor_add(c, &(struct finding){ .trouble = !works && !t->absent,
					 .about = "target",
					 .name = t->name,
					 .step = "given up",
					 .cause = cause,
					 .next = next,
					 .last_good_ms = t->sent_ms });
}

static void look_target(struct checkup *c, const struct target_row *t)
{
	if (t->absent) {
		if (t->unsent > 0)
			add_absent(c, t);
	} else if (t->disabled) {
		add_disabled(c, t);
	} else if (t->refused) {
		add_refused(c, t);
	} else if (t->failing && t->unsent > 0) {
		add_failing(c, t);
	}
	if (t->dead > 0)
		add_dead(c, t);
}

/* Did it take what it was sent last? One that was never sent anything is not
 * among the rows. */
static bool hears(const struct checkup *c, const struct rows *r,
		  const char *name)
{
	for (size_t i = 0; i < r->n; i++) {
		struct target_row t = row_of(c, r, i);

		if (strcmp(t.name, name) == 0)
			return !t.disabled && !t.refused && !t.failing;
	}
	return true;
}

static bool somebody_hears(const struct checkup *c, const struct rows *r)
{
	const struct conf *conf = doctor_conf(c);

	for (size_t i = 0; i < conf->n_targets; i++) {
		const char *name = conf->targets[i].name;

		/* A faulty entry may have none. */
		if (name && hears(c, r, name))
			return true;
	}
	return false;
}

static void look_fallback(struct checkup *c, const struct rows *r,
			  const struct target_row *t)
{
	CLEANUP(free_ptr) char *cause = NULL;
	CLEANUP(free_ptr)
	char *next = xasprintf(t->disabled ? "triagectl outbox enable %s"
					   : "triagectl test-notify %s",
			       t->name);

	if (!t->disabled && !t->refused && !t->failing)
		return;
	cause = xasprintf("it is the fallback, and cannot deliver: alerts that "
			  "no route matches, and messages that other targets "
			  "fail to deliver, reach nobody%s: %s",
			  somebody_hears(c, r) ? ""
					       : "; no other target works "
						 "either",
			  t->disabled || t->refused ? t->why : t->error);
	doctor_add(c, &(struct finding){ .trouble = true,
					 .about = "target",
					 .name = t->name,
					 .step = "fallback",
					 .cause = cause,
					 .next = next,
					 .last_good_ms = t->sent_ms });
}

/* The daemon does not start without one: this is what the next start meets. */
static void look_absent_fallback(struct checkup *c)
{
	const struct conf *conf = doctor_conf(c);
	CLEANUP(free_ptr) char *cause = NULL;

	/* Settings that cannot be read at all are a finding of their own. */
	if (!conf || (!conf->n_sources && !conf->n_targets) ||
	    (conf->policy.fallback && conf_target(conf, conf->policy.fallback)))
		return;
	cause = conf->policy.fallback
			? xasprintf("fallback: names %s, which is no target: "
				    "alerts that no route matches would reach "
				    "nobody",
				    conf->policy.fallback)
			: xstrdup("the settings name no fallback: alerts that "
				  "no route matches would reach nobody");
	doctor_add(c, &(struct finding){ .trouble = true,
					 .about = "settings",
					 .name = "fallback",
					 .step = "configuration",
					 .cause = cause,
					 .next = "triaged --check-config" });
}

int doctor_look_targets(struct checkup *c, struct err *err)
{
	const struct selector sel = { .now_ms = c->session->now_ms };
	CLEANUP(rows_release) struct rows r = ROWS_INIT;
	const struct conf *conf;
	int rc = session_look(c->session, LOOK_TARGETS, &sel, &r, err);

	look_absent_fallback(c);
	if (rc < 0)
		return rc;
	conf = doctor_conf(c);
	for (size_t i = 0; i < r.n; i++) {
		struct target_row t = row_of(c, &r, i);

		if (conf && conf->policy.fallback &&
		    strcmp(t.name, conf->policy.fallback) == 0)
			look_fallback(c, &r, &t);
		look_target(c, &t);
	}
	return 0;
}
