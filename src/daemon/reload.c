/*
 * Reload: build and validate a whole new set of settings, then swap it in
 * between two turns of the loop. A bad file changes nothing and says where it
 * is wrong. Called on SIGHUP and by the control socket.
 *
 * tested with: scenario/test_settings
 */
#include <string.h>

#include "daemon/app_priv.h"
#include "daemon/hush.h"
#include "daemon/service.h"
#include "daemon/surveyor.h"
#include "daemon/trouble.h"
#include "source/source.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"

static int refuse(struct app *a, const struct faults *faults,
		  struct strbuf *answer)
{
	size_t n = 0;

	a->counters.reloads_failed++;
	a->counters.settings_refused = true;
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->v[i];

		if (f->warning)
			continue;
		n++;
		log_event(LOG_ERR, MSG_CONF_REFUSED, "settings refused",
			  kv_str("FILE", f->file), kv_int("LINE", f->line),
			  kv_int("COLUMN", f->column),
			  kv_str("FAULT", f->text));
		if (answer && f->file)
			strbuf_addf(answer, "%s:%d:%d: ", f->file, f->line,
				    f->column);
		if (answer)
			strbuf_addf(answer, "%s\n", f->text);
	}
	if (answer)
		strbuf_addf(answer, "%zu fault%s; the old settings stay in use",
			    n, n == 1 ? "" : "s");
	return ERR_CONF;
}

static void add_warnings(const struct faults *faults, struct strbuf *answer)
{
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->v[i];

		if (f->warning && f->file)
			strbuf_addf(answer, "%s:%d:%d: warning: %s\n", f->file,
				    f->line, f->column, f->text);
	}
}

/* What cannot change while running is named, not silently ignored. */
static void add_fixed(const char *name, const char *before, const char *after,
		      struct faults *faults)
{
	if (strcmp(before, after) != 0)
		faults_add(faults, NULL,
			   "%s cannot change while triaged runs (%s -> %s): "
			   "restart it",
			   name, before, after);
}

static const char *yes_no(bool value)
{
	return value ? "true" : "false";
}

static int register_sources(struct app *a, const struct conf *c,
			    struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, a->store, err);

	for (size_t i = 0; i < c->n_sources && rc >= 0; i++)
		rc = ledger_source(a->store, c->sources[i].name,
				   source_kind(c->sources[i].type),
				   clock_wall_ms(), err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* Who keeps more from now on is not to lose it to a round under way, and who
 * gives the database more or less room hears what comes of it. */
static void keep_anew(struct app *a, const struct retention_conf *was)
{
	const struct retention_conf *is = &a->settings.conf->retention;

	if (was->closed_alerts_ms == is->closed_alerts_ms &&
	    was->raw_ms == is->raw_ms && was->polls_ms == is->polls_ms &&
	    was->deliveries_ms == is->deliveries_ms &&
	    was->size_limit == is->size_limit)
		return;
	keeper_reload(&a->keeper);
	if (a->next_keeper_mono_ms)
		a->next_keeper_mono_ms =
			MIN(a->next_keeper_mono_ms, clock_mono_ms());
}

/* All that the store may refuse comes before anything changes. */
static int swap(struct app *a, struct settings *s, struct leaving *leaving,
		struct err *err)
{
	struct settings old;
	int rc;

	rc = register_sources(a, s->conf, err);
	if (rc < 0)
		return rc;
	rc = leaving_collect(leaving, a->store, s->conf, err);
	if (rc >= 0)
		rc = forward_prepare(a->forward, s->conf, err);
	if (rc < 0)
		return rc;
	rc = hush_hasten(&a->pipeline, clock_wall_ms(), err);
	if (rc < 0)
		return rc;
	rc = deliver_reload(a->deliver, s->conf, err);
	if (rc < 0)
		return rc;
	forward_use(a->forward, s->conf);
	standing_reload(a->standing, s->conf);
	poller_configure(a->poller, s->conf);
	surveyor_configure(a->surveyor, s->conf, clock_mono_ms());
	old = a->settings;
	a->settings = *s;
	*s = (struct settings){ 0 };
	a->pipeline.conf = a->settings.conf;
	a->pipeline.triage = a->settings.triage;
	if (a->heartbeats)
		heartbeats_reload(a->heartbeats, a->settings.conf);
	hush_reload(&a->pipeline);
	keep_anew(a, &old.conf->retention);
	emergency_drop(a); /* it would go on with the old ones */
	settings_release(&old);
	deliver_set_timezone(a->deliver, app_timezone(a));
	return 0;
}

/* What the old settings forward to is listed as that again: what is kept of the
 * log for it goes by the list. */
static void keep_places(struct app *a)
{
	struct err err = ERR_INIT;

	if (forward_prepare(a->forward, a->settings.conf, &err) < 0)
		app_store_trouble(a, &err);
}

int app_reload(struct app *a, struct strbuf *answer)
{
	CLEANUP(settings_release) struct settings s = { 0 };
	CLEANUP(faults_release) struct faults faults = { 0 };
	CLEANUP(leaving_release) struct leaving leaving = { 0 };
	struct err err = ERR_INIT;

	if (a->demo) {
		if (answer)
			strbuf_addstr(answer, "the demo has no settings to "
					      "read again");
		return ERR_CONF;
	}
	service_reloading();
	if (check_load(a->conf_path, NULL, &s, &faults) >= 0) {
		const struct conf *was = a->settings.conf;

		add_fixed("state-directory", was->state_directory,
			  s.conf->state_directory, &faults);
		add_fixed("control-socket", was->control_socket,
			  s.conf->control_socket, &faults);
		add_fixed("user", was->user ? was->user : "not given",
			  s.conf->user ? s.conf->user : "not given", &faults);
		add_fixed("listen", was->listen, s.conf->listen, &faults);
		add_fixed("sandbox: landlock", yes_no(was->sandbox.landlock),
			  yes_no(s.conf->sandbox.landlock), &faults);
		confine_check(&a->confine, s.conf, &faults);
	}
	if (!faults_fatal(&faults) && swap(a, &s, &leaving, &err) < 0) {
		faults_add(&faults, NULL, "%s", err.text);
		keep_places(a);
	}
	service_ready();
	if (faults_fatal(&faults))
		return refuse(a, &faults, answer);
	check_log(&faults); /* warnings are left */
	leaving_tell(&leaving, answer);
	a->counters.reloads++;
	a->counters.settings_refused = false;
	a->counters.settings_ms = clock_wall_ms();
	log_event(LOG_NOTICE, MSG_CONF_LOADED, "settings read again",
		  kv_str("FILE", a->conf_path),
		  kv_int("SOURCES", (int64_t)a->settings.conf->n_sources),
		  kv_int("TARGETS", (int64_t)a->settings.conf->n_targets));
	if (answer) {
		add_warnings(&faults, answer);
		strbuf_addf(answer,
			    "settings read again: %zu source%s, %zu "
			    "target%s",
			    a->settings.conf->n_sources,
			    a->settings.conf->n_sources == 1 ? "" : "s",
			    a->settings.conf->n_targets,
			    a->settings.conf->n_targets == 1 ? "" : "s");
	}
	trouble_recall(a);
	a->next_almanac_mono_ms = 0; /* newer holidays? a newer certificate? */
	agenda_kick(a->agenda);
	deliver_kick(a->deliver);
	return 0;
}

const char *app_timezone(const struct app *a)
{
	const struct policy *p = &a->settings.conf->policy;

	return p->n_calendars ? p->calendars[0].timezone : "UTC";
}
