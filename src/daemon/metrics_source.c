/*
 * Metrics of each source: how fresh it is, and what keeps it from being so.
 * Called by metrics.c.
 *
 * tested with: scenario/test_metrics
 */
#include "daemon/metrics_priv.h"

#include <string.h>

#include "advice/diagnose.h"
#include "daemon/app_priv.h"
#include "daemon/exposition.h"
#include "daemon/surveyor.h"
#include "store/ledger.h"
#include "util/clock.h"

/* A source that never was complete is older than any limit. */
static void write_age(struct app *a, const struct poller_state *s,
		      struct strbuf *out)
{
	struct err err = ERR_INIT;
	int64_t last_ms = 0;
	int64_t age_s = EXPOSITION_INFINITE;

	if (ledger_last_complete(a->store, s->name, &last_ms, &err) < 0) {
		app_store_trouble(a, &err);
		return;
	}
	/* A folder without files is complete, and has no row in the ledger. */
	last_ms = MAX(last_ms, s->last_complete_ms);
	if (last_ms)
		age_s = MAX(clock_wall_ms() - last_ms, 0) / 1000;
	exposition_add(out, "triaged_poll_age_seconds",
		       LABELS({ "source", s->name }), age_s);
}

/* Each reason there may be, and 1 for the one there is. */
static void write_trouble(struct app *a, const struct poller_state *s,
			  struct strbuf *out)
{
	const struct conf *c = a->settings.conf;
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	const char *reason = "", *step;

	for (size_t i = 0; s->failing && i < c->n_sources; i++)
		if (strcmp(c->sources[i].name, s->name) == 0)
			reason = diagnose_source(&c->sources[i], s->error,
						 &next);
	for (size_t i = 0; (step = diagnose_step_at(i)); i++)
		exposition_add(out, "triaged_source_trouble",
			       LABELS({ "source", s->name },
				      { "reason", step }),
			       strcmp(reason, step) == 0);
}

static void write_part(struct app *a, const struct poller_state *s,
		       struct strbuf *out)
{
	(void)a;
	exposition_add(out, "triaged_source_part_refused",
		       LABELS({ "source", s->name }), s->part[0] != '\0');
}

static void write_interval(struct app *a, const struct poller_state *s,
			   struct strbuf *out)
{
	(void)a;
	exposition_add_ms(out, "triaged_poll_interval_seconds",
			  LABELS({ "source", s->name }), s->interval_ms);
}

static void write_skew(struct app *a, const struct poller_state *s,
		       struct strbuf *out)
{
	(void)a;
	exposition_add_ms(out, "triaged_clock_skew_seconds",
			  LABELS({ "source", s->name }), s->skew_ms);
}

static void write_expiry(struct app *a, const struct poller_state *s,
			 struct strbuf *out)
{
	(void)a;
	if (s->certificate_ends_ms)
		exposition_add(out,
			       "triaged_credential_expiry_timestamp_seconds",
			       LABELS({ "source", s->name }),
			       s->certificate_ends_ms / 1000);
}

static const struct {
	const char *name, *help;
	void (*write)(struct app *a, const struct poller_state *s,
		      struct strbuf *out);
} families[] = {
	{ "triaged_poll_age_seconds",
	  "Seconds since the last complete poll; +Inf before the first.",
	  write_age },
	{ "triaged_poll_interval_seconds",
	  "How often the settings ask for a poll.", write_interval },
	{ "triaged_source_trouble",
	  "1 for the step at which the last poll failed.", write_trouble },
	{ "triaged_source_part_refused",
	  "1 while a part of the source may not be read.", write_part },
	{ "triaged_clock_skew_seconds",
	  "This machine's clock minus the service's, by its last answer.",
	  write_skew },
	{ "triaged_credential_expiry_timestamp_seconds",
	  "When the certificate ends that the source signs in with.",
	  write_expiry },
};

/* Of the sources that have one; no source, no family. */
static void write_posture(struct app *a, const char *name, const char *help,
			  int64_t (*value)(const struct surveyor_state *s),
			  struct strbuf *out)
{
	struct surveyor_state s;

	for (size_t i = 0; surveyor_state(a->surveyor, i, clock_mono_ms(), &s);
	     i++) {
		if (i == 0)
			exposition_head(out, name, EXPOSITION_GAUGE, help);
		exposition_add(out, name, LABELS({ "source", s.source }),
			       value(&s));
	}
}

static int64_t posture_age_s(const struct surveyor_state *s)
{
	if (!s->oldest_ms)
		return EXPOSITION_INFINITE;
	return MAX(clock_wall_ms() - s->oldest_ms, 0) / 1000;
}

static int64_t posture_interval_s(const struct surveyor_state *s)
{
	return s->every_ms / 1000;
}

static int64_t posture_incomplete(const struct surveyor_state *s)
{
	return s->n_incomplete;
}

void metrics_write_sources(struct app *a, struct strbuf *out)
{
	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		size_t before = out->len, headed;

		exposition_head(out, families[f].name, EXPOSITION_GAUGE,
				families[f].help);
		headed = out->len;
		for (size_t i = 0; i < poller_count(a->poller); i++) {
			struct poller_state s;

			poller_state(a->poller, i, &s);
			families[f].write(a, &s, out);
		}
		if (out->len == headed) /* no sample: no family */
			strbuf_setlen(out, before);
	}
	write_posture(a, "triaged_posture_age_seconds",
		      "Seconds since the oldest part of the posture was read "
		      "whole; +Inf before the first.",
		      posture_age_s, out);
	write_posture(a, "triaged_posture_interval_seconds",
		      "How often the settings ask for the posture.",
		      posture_interval_s, out);
	write_posture(a, "triaged_posture_incomplete",
		      "Parts of the posture that were not read whole the last "
		      "time.",
		      posture_incomplete, out);
}
