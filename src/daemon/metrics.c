/*
 * Everything that /metrics says, in the Prometheus text format: what the
 * database knows, what each source is at, and the counts of this process.
 * Called by the page. No name of a recipient, nothing of an alert, and no
 * label whose values are not in the settings or in a table of ours.
 *
 * tested with: scenario/test_metrics
 */
#include <stdlib.h>

#include "daemon/app_priv.h"
#include "daemon/condition.h"
#include "daemon/exposition.h"
#include "daemon/metrics_priv.h"
#include "store/inspect.h"
#include "triage/rotation.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xmalloc.h"
#include "version.h"

/* Between two looks for a backup: it reads folders. */
#define BACKUP_LOOK_MS 300000

static void write_parts(const struct app *a, struct strbuf *out)
{
	static const char name[] = "triaged_ready";

	exposition_head(out, name, EXPOSITION_GAUGE,
			"1 while the part does its work, as /-/ready says.");
	for (enum part p = PART_SOURCES; p < PART_MAX; p++) {
		struct condition c;

		condition_of(a, p, &c);
		exposition_add(out, name, LABELS({ "part", part_name(p) }),
			       c.trouble == NULL);
	}
}

static void write_forwards(const struct app *a, struct strbuf *out)
{
	static const char lag[] = "triaged_forward_lag_events";
	static const char done[] = "triaged_forwarded_total";
	struct forward_state s;

	if (forward_count(a->forward) == 0)
		return;
	exposition_head(out, lag, EXPOSITION_GAUGE,
			"Events that a destination of the log does not have "
			"yet.");
	for (size_t i = 0; i < forward_count(a->forward); i++) {
		forward_state(a->forward, i, &s);
		exposition_add(out, lag, LABELS({ "destination", s.name }),
			       s.lag);
	}
	exposition_head(out, done, EXPOSITION_COUNTER,
			"Events that a destination of the log has.");
	for (size_t i = 0; i < forward_count(a->forward); i++) {
		forward_state(a->forward, i, &s);
		exposition_add(out, done, LABELS({ "destination", s.name }),
			       s.n_forwarded);
	}
}

static void write_heartbeats(const struct app *a, struct strbuf *out)
{
	static const char name[] = "triaged_heartbeat_interval_seconds";
	const struct conf *c = a->settings.conf;

	if (heartbeats_count(a->heartbeats) == 0)
		return;
	exposition_head(out, "triaged_heartbeat_age_seconds", EXPOSITION_GAUGE,
			"Seconds since a heartbeat arrived; +Inf before the "
			"first.");
	beat_write_ages(a, out);
	exposition_head(out, name, EXPOSITION_GAUGE,
			"How often the settings ask for a heartbeat.");
	for (size_t i = 0; i < c->n_heartbeats; i++)
		exposition_add_ms(out, name,
				  LABELS({ "target", c->heartbeats[i].name }),
				  c->heartbeats[i].interval_ms);
}

static void write_rotations(const struct app *a, struct strbuf *out)
{
	static const char name[] = "triaged_rotation_staffed";
	const struct policy *p = &a->settings.conf->policy;
	int64_t now_ms = clock_wall_ms();

	if (p->n_rotations == 0)
		return;
	exposition_head(out, name, EXPOSITION_GAUGE,
			"1 while somebody of the rotation has the duty.");
	for (size_t i = 0; i < p->n_rotations; i++)
		exposition_add(out, name,
			       LABELS({ "rotation", p->rotations[i].name }),
			       rotation_at(&p->rotations[i], now_ms) != NULL);
}

static void write_retries(const struct app *a, struct strbuf *out)
{
	static const char name[] = "triaged_delivery_retries_total";
	const struct conf *c = a->settings.conf;

	exposition_head(out, name, EXPOSITION_COUNTER,
			"Tries that failed and are made again, by target.");
	for (size_t i = 0; i < c->n_targets; i++) {
		const char *target = c->targets[i].name;

		exposition_add(out, name, LABELS({ "target", target }),
			       (int64_t)tally_get(&a->counters.retries,
						  target));
	}
}

static void write_latency(const struct counters *c, struct strbuf *out)
{
	static const char bucket[] = "triaged_delivery_seconds_bucket";

	exposition_head(out, "triaged_delivery_seconds", EXPOSITION_HISTOGRAM,
			"Duration of delivery attempts.");
	for (int i = 0; i < LATENCY_BUCKETS; i++)
		exposition_add(out, bucket,
			       LABELS({ "le", latency_limits[i].seconds }),
			       (int64_t)c->latency[i]);
	exposition_add(out, bucket, LABELS({ "le", "+Inf" }),
		       (int64_t)c->latency_n);
	exposition_add_ms(out, "triaged_delivery_seconds_sum", NO_LABELS,
			  c->latency_sum_ms);
	exposition_add(out, "triaged_delivery_seconds_count", NO_LABELS,
		       (int64_t)c->latency_n);
}

static void write_news(const struct counters *c, struct strbuf *out)
{
	static const char name[] = "triaged_alert_events_total";

	exposition_head(out, name, EXPOSITION_COUNTER,
			"What happened to alerts since the start, by kind.");
	for (size_t i = 0; i < NEWS_KIND_MAX; i++)
		exposition_add(out, name,
			       LABELS({ "event", news_kind_name(i) }),
			       (int64_t)c->news[i]);
}

/* A counter whose one label tells two outcomes apart. */
static void write_pair(struct strbuf *out, const char *name, const char *help,
		       const struct label *results, const uint64_t *values)
{
	exposition_head(out, name, EXPOSITION_COUNTER, help);
	for (size_t i = 0; results[i].name; i++) {
		const struct label labels[] = { results[i], { NULL, NULL } };

		exposition_add(out, name, labels, (int64_t)values[i]);
	}
}

static void write_requests(const struct app *a, struct strbuf *out)
{
	const struct counters *c = &a->counters;
	struct ctl_load load = { 0 };

	if (a->ctl)
		load = ctl_server_load(a->ctl);
	exposition_one(out, "triaged_control_clients", EXPOSITION_GAUGE,
		       "Connections to the control socket now.",
		       (int64_t)load.clients);
	exposition_one(out, "triaged_control_sent_away_total",
		       EXPOSITION_COUNTER,
		       "Connections closed because there were too many.",
		       (int64_t)load.sent_away);
	write_pair(out, "triaged_control_requests_total",
		   "Requests by the control socket, by whether their sender "
		   "may.",
		   LABELS({ "result", "allowed" }, { "result", "denied" }),
		   (const uint64_t[]){ c->control_requests - c->control_denied,
				       c->control_denied });
	write_pair(out, "triaged_acknowledge_links_total",
		   "Links of messages, by what came of them.",
		   LABELS({ "result", "acknowledged" },
			  { "result", "refused" }),
		   (const uint64_t[]){ c->ack_links, c->ack_links_refused });
}

static void write_settings(const struct counters *c, struct strbuf *out)
{
	write_pair(out, "triaged_reloads_total", "Reloads by result.",
		   LABELS({ "result", "ok" }, { "result", "refused" }),
		   (const uint64_t[]){ c->reloads, c->reloads_failed });
	exposition_one(out, "triaged_config_last_reload_successful",
		       EXPOSITION_GAUGE,
		       "0 while the settings on the disk were refused.",
		       !c->settings_refused);
	exposition_one_ms(
		out, "triaged_config_last_reload_success_timestamp_seconds",
		EXPOSITION_GAUGE, "When the settings in use were read.",
		c->settings_ms);
	exposition_one(out, "triaged_template_failures_total",
		       EXPOSITION_COUNTER,
		       "Messages whose template failed, sent in the built-in "
		       "words.",
		       (int64_t)c->template_failures);
}

/* Those that lie beside the database, or in backup/ or backups/ below. */
static void write_backup(struct app *a, struct strbuf *out)
{
	struct counters *c = &a->counters;
	int64_t mono_ms = clock_mono_ms();

	if (!c->backup_looked_mono_ms ||
	    mono_ms - c->backup_looked_mono_ms >= BACKUP_LOOK_MS) {
		CLEANUP(free_ptr)
		char *file = xasprintf("%s/triaged.db",
				       a->settings.conf->state_directory);
		CLEANUP(free_ptr) char *found = NULL;

		c->backup_looked_mono_ms = mono_ms;
		c->backup_ms = 0;
		(void)store_newest_backup(file, &found, &c->backup_ms);
	}
	exposition_one(out, "triaged_backup_age_seconds", EXPOSITION_GAUGE,
		       "Age of the newest backup beside the database; +Inf "
		       "without one.",
		       c->backup_ms
			       ? MAX(clock_wall_ms() - c->backup_ms, 0) / 1000
			       : EXPOSITION_INFINITE);
}

static void write_database(struct app *a, struct strbuf *out)
{
	static const char name[] = "triaged_db_bytes";
	int64_t bytes = 0, log_bytes = 0;

	if (store_size(a->store, &bytes, &log_bytes) >= 0) {
		exposition_head(out, name, EXPOSITION_GAUGE,
				"Size of the database and of its write-ahead "
				"log.");
		exposition_add(out, name, LABELS({ "file", "main" }), bytes);
		exposition_add(out, name, LABELS({ "file", "wal" }), log_bytes);
	}
	exposition_one(out, "triaged_db_limit_bytes", EXPOSITION_GAUGE,
		       "What retention: size-limit allows; 0 no limit.",
		       a->settings.conf->retention.size_limit);
	exposition_one_ms(out, "triaged_db_wal_held_seconds", EXPOSITION_GAUGE,
			  "How long a reader has kept the write-ahead log from "
			  "shrinking; 0 none does.",
			  tend_held_ms(&a->tend, clock_mono_ms()));
	write_backup(a, out);
}

static void write_loop(struct app *a, struct strbuf *out)
{
	static const char name[] = "triaged_loop_stall_seconds";

	exposition_one_ms(out, "triaged_detection_lag_seconds",
			  EXPOSITION_GAUGE,
			  "Creation at the source to first sight, of the "
			  "newest alert.",
			  MAX(a->counters.detection_lag_ms, 0));
	exposition_head(out, name, EXPOSITION_GAUGE,
			"Longest time the event loop was held in the last two "
			"minutes.");
	exposition_add_us(out, name, NO_LABELS,
			  worst_note(&a->counters.stall,
				     loop_take_stall_us(a->loop),
				     clock_mono_ms()));
}

void metrics_write(struct app *a, struct strbuf *out)
{
	static const char build[] = "triaged_build_info";

	write_parts(a, out);
	metrics_write_tables(a, out);
	metrics_write_sources(a, out);
	write_news(&a->counters, out);
	write_latency(&a->counters, out);
	write_retries(a, out);
	write_rotations(a, out);
	exposition_one(out, "triaged_storms", EXPOSITION_GAUGE,
		       "Targets that get summaries instead of single notices.",
		       (int64_t)a->storms.n);
	write_forwards(a, out);
	write_heartbeats(a, out);
	write_requests(a, out);
	write_settings(&a->counters, out);
	write_database(a, out);
	write_loop(a, out);
	metrics_write_process(a, out);
	exposition_one(out, "triaged_log_lost_total", EXPOSITION_COUNTER,
		       "Entries of the log that nobody took.",
		       (int64_t)log_lost());
	exposition_head(out, build, EXPOSITION_GAUGE, "The running version.");
	exposition_add(out, build, LABELS({ "version", TRIAGED_VERSION }), 1);
}
