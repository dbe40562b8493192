/*
 * Prometheus text format 0.0.4, written by hand. What the database knows is
 * asked there, so that a restart loses no count; the rest are the process's
 * counters.
 *
 * tested with: scenario/test_life
 */
#include <stdio.h>
#include <string.h>

#include "core/notice.h"
#include "core/severity.h"
#include "core/status.h"
#include "daemon/app_priv.h"
#include "store/ledger.h"
#include "store/look.h"
#include "util/clock.h"
#include "util/xmalloc.h"
#include "version.h"

/* The values of a label, from 0 until NULL. */
typedef const char *word_fn(const struct app *a, size_t i);

struct axis {
	const char *label;
	word_fn *word; /* NULL: no such axis */
	const char *column; /* that holds the word; NULL: each word is one */
};

/*
 * One family fed by one question. Every combination is written, at zero too: a
 * series that begins with its first event shows no increase to Prometheus, and
 * one that ends with its last keeps its old value on the dashboard.
 */
struct family {
	const char *name, *type, *help;
	enum question question;
	struct axis axes[2];
};

struct grid {
	const struct family *family;
	const struct app *app;
	size_t sizes[2];
	int64_t *values;
};

static const char *severity_word(const struct app *a, size_t i)
{
	(void)a;
	return i < SEVERITY_MAX ? severity_name((enum severity)i) : NULL;
}

static const char *alert_state_word(const struct app *a, size_t i)
{
	(void)a;
	return i < ALERT_STATE_MAX ? alert_state_name((enum alert_state)i)
				   : NULL;
}

static const char *notice_state_word(const struct app *a, size_t i)
{
	(void)a;
	return i < NOTICE_STATE_MAX ? notice_state_name((enum notice_state)i)
				    : NULL;
}

/* How a notice ends; what it is until then is no count that only grows. */
static const char *notice_end_word(const struct app *a, size_t i)
{
	static const enum notice_state ends[] = { NOTICE_SENT, NOTICE_DEAD,
						  NOTICE_SUPERSEDED };

	(void)a;
	return i < ARRAY_SIZE(ends) ? notice_state_name(ends[i]) : NULL;
}

static const char *trouble_word(const struct app *a, size_t i)
{
	static const char *const words[] = { "disabled", "refused" };

	(void)a;
	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const char *poll_word(const struct app *a, size_t i)
{
	static const char *const words[] = { "complete", "incomplete" };

	(void)a;
	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const char *item_word(const struct app *a, size_t i)
{
	static const char *const words[] = { "new", "updated", "noop",
					     "quarantined" };

	(void)a;
	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const char *removed_word(const struct app *a, size_t i)
{
	(void)a;
	/* What is remembered of removed alerts is not counted. */
	return i < RETENTION_GONE ? retention_name((enum retention_class)i)
				  : NULL;
}

static const char *source_word(const struct app *a, size_t i)
{
	const struct conf *c = a->settings.conf;

	return i < c->n_sources ? c->sources[i].name : NULL;
}

static const char *target_word(const struct app *a, size_t i)
{
	const struct conf *c = a->settings.conf;

	return i < c->n_targets ? c->targets[i].name : NULL;
}

void metrics_add_label(struct strbuf *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			strbuf_addch(out, '\\');
		if (*value == '\n')
			strbuf_addstr(out, "\\n");
		else
			strbuf_addch(out, *value);
	}
}

static const struct cell *find(const char *name, size_t n,
			       const char *const *names,
			       const struct cell *cells)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return &cells[i];
	return NULL;
}

/* Where on its axis a row stands; the size of the axis for nowhere. */
static size_t place(const struct grid *g, int axis, const struct cell *word)
{
	size_t i = 0;

	while (i < g->sizes[axis] &&
	       (!word || !word->text ||
		strcmp(g->family->axes[axis].word(g->app, i), word->text) != 0))
		i++;
	return i;
}

static int add_row(void *arg, size_t n, const char *const *names,
		   const struct cell *cells)
{
	const struct grid *g = arg;
	const struct axis *axes = g->family->axes;
	const struct cell *value = find("n", n, names, cells);
	size_t x = place(g, 0, find(axes[0].column, n, names, cells));
	size_t y = 0;

	if (axes[1].word && axes[1].column)
		y = place(g, 1, find(axes[1].column, n, names, cells));
	if (x == g->sizes[0] || y == g->sizes[1])
		return 0; /* of a source or target of former settings */
	if (axes[1].column || !axes[1].word) {
		g->values[x * g->sizes[1] + y] = value ? value->integer : 0;
		return 0;
	}
	for (y = 0; y < g->sizes[1]; y++) {
		value = find(axes[1].word(g->app, y), n, names, cells);
		g->values[x * g->sizes[1] + y] = value ? value->integer : 0;
	}
	return 0;
}

static void head(struct strbuf *out, const char *name, const char *type,
		 const char *help)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		    type);
}

static void write_sample(const struct grid *g, size_t x, size_t y,
			 struct strbuf *out)
{
	const struct axis *axes = g->family->axes;

	strbuf_addf(out, "%s{%s=\"", g->family->name, axes[0].label);
	metrics_add_label(out, axes[0].word(g->app, x));
	if (axes[1].word) {
		strbuf_addf(out, "\",%s=\"", axes[1].label);
		metrics_add_label(out, axes[1].word(g->app, y));
	}
	strbuf_addf(out, "\"} %lld\n",
		    (long long)g->values[x * g->sizes[1] + y]);
}

static size_t axis_size(const struct axis *axis, const struct app *a)
{
	size_t n = 0;

	while (axis->word && axis->word(a, n))
		n++;
	return axis->word ? n : 1;
}

static void write_family(struct app *a, const struct family *f,
			 struct strbuf *out)
{
	struct selector all = { .now_ms = clock_wall_ms() };
	CLEANUP(free_ptr) int64_t *values = NULL;
	struct err err = ERR_INIT;
	struct grid g = { .family = f, .app = a };

	for (int i = 0; i < 2; i++)
		g.sizes[i] = axis_size(&f->axes[i], a);
	values = xcalloc(g.sizes[0] * g.sizes[1] + 1, sizeof(*values));
	g.values = values;
	if (look(a->store, f->question, &all, add_row, &g, &err) < 0) {
		/* No numbers are better than wrong ones. */
		app_store_trouble(a, &err);
		return;
	}
	head(out, f->name, f->type, f->help);
	for (size_t x = 0; x < g.sizes[0]; x++)
		for (size_t y = 0; y < g.sizes[1]; y++)
			write_sample(&g, x, y, out);
}

static const struct family families[] = {
	{ "triaged_alerts",
	  "gauge",
	  "Alerts known, by severity and state.",
	  LOOK_COUNTS,
	  { { "severity", severity_word, "severity" },
	    { "state", alert_state_word, "state" } } },
	{ "triaged_sla_overdue",
	  "gauge",
	  "Open triage clocks past their due time.",
	  LOOK_OVERDUE,
	  { { "severity", severity_word, "severity" } } },
	{ "triaged_sla_breaches_total",
	  "counter",
	  "Triage clocks that ran out.",
	  LOOK_BREACHES,
	  { { "severity", severity_word, "severity" } } },
	{ "triaged_outbox",
	  "gauge",
	  "Notices in the outbox, by state.",
	  LOOK_OUTBOX_COUNTS,
	  { { "state", notice_state_word, "state" } } },
	{ "triaged_deliveries_total",
	  "counter",
	  "Notices by target and what became of them.",
	  LOOK_DELIVERY_COUNTS,
	  { { "target", target_word, "target" },
	    { "result", notice_end_word, "state" } } },
	{ "triaged_removed_total",
	  "counter",
	  "Rows that retention has removed, by class.",
	  LOOK_REMOVED,
	  { { "class", removed_word, "class" } } },
	{ "triaged_target_trouble",
	  "gauge",
	  "1 while a target is disabled, or refuses our credentials.",
	  LOOK_TARGET_TROUBLES,
	  { { "target", target_word, "target" },
	    { "trouble", trouble_word, "trouble" } } },
	{ "triaged_polls_total",
	  "counter",
	  "Listings by source and result.",
	  LOOK_POLL_COUNTS,
	  { { "source", source_word, "source" },
	    { "result", poll_word, "result" } } },
	{ "triaged_ingested_total",
	  "counter",
	  "Items by source and what became of them.",
	  LOOK_INGEST_COUNTS,
	  { { "source", source_word, "source" },
	    { "result", item_word, NULL } } },
};

static void write_poll_age(struct app *a, struct strbuf *out)
{
	int64_t now_ms = clock_wall_ms();

	head(out, "triaged_poll_age_seconds", "gauge",
	     "Seconds since the last complete poll; -1 never.");
	for (size_t i = 0; i < poller_count(a->poller); i++) {
		struct poller_state s;
		struct err err = ERR_INIT;
		int64_t last_ms = 0;

		poller_state(a->poller, i, &s);
		if (ledger_last_complete(a->store, s.name, &last_ms, &err) < 0)
			continue;
		strbuf_addstr(out, "triaged_poll_age_seconds{source=\"");
		metrics_add_label(out, s.name);
		strbuf_addf(out, "\"} %lld\n",
			    (long long)(last_ms ? (now_ms - last_ms) / 1000
						: -1));
	}
}

static void write_forwards(const struct app *a, struct strbuf *out)
{
	static const struct {
		const char *name, *type, *help;
	} kinds[] = {
		{ "triaged_forward_lag_events", "gauge",
		  "Events that a destination of the log does not have yet." },
		{ "triaged_forwarded_total", "counter",
		  "Events that a destination of the log has." },
	};

	for (int k = 0; k < 2; k++) {
		head(out, kinds[k].name, kinds[k].type, kinds[k].help);
		for (size_t i = 0; i < forward_count(a->forward); i++) {
			struct forward_state s;

			forward_state(a->forward, i, &s);
			strbuf_addf(out, "%s{destination=\"", kinds[k].name);
			metrics_add_label(out, s.name);
			strbuf_addf(out, "\"} %lld\n",
				    (long long)(k == 0 ? s.lag
						       : s.n_forwarded));
		}
	}
}

/* Milliseconds as seconds with a fraction, without floating point. */
static void add_seconds(struct strbuf *out, int64_t ms)
{
	strbuf_addf(out, "%lld.%03lld", (long long)(ms / 1000),
		    (long long)(ms % 1000));
}

static void write_latency(const struct counters *c, struct strbuf *out)
{
	head(out, "triaged_delivery_seconds", "histogram",
	     "Duration of delivery attempts.");
	for (int i = 0; i < LATENCY_BUCKETS; i++) {
		strbuf_addstr(out, "triaged_delivery_seconds_bucket{le=\"");
		add_seconds(out, latency_limits_ms[i]);
		strbuf_addf(out, "\"} %llu\n",
			    (unsigned long long)c->latency[i]);
	}
	strbuf_addf(out, "triaged_delivery_seconds_bucket{le=\"+Inf\"} %llu\n",
		    (unsigned long long)c->latency_n);
	strbuf_addstr(out, "triaged_delivery_seconds_sum ");
	add_seconds(out, c->latency_sum_ms);
	strbuf_addf(out, "\ntriaged_delivery_seconds_count %llu\n",
		    (unsigned long long)c->latency_n);
}

static void write_control(const struct app *a, struct strbuf *out)
{
	struct ctl_load load = { 0 };

	if (a->ctl)
		load = ctl_server_load(a->ctl);
	head(out, "triaged_control_clients", "gauge",
	     "Connections to the control socket now.");
	strbuf_addf(out, "triaged_control_clients %zu\n", load.clients);
	head(out, "triaged_control_sent_away_total", "counter",
	     "Connections closed because there were too many.");
	strbuf_addf(out, "triaged_control_sent_away_total %llu\n",
		    (unsigned long long)load.sent_away);
	head(out, "triaged_control_requests_total", "counter",
	     "Requests by the control socket, by whether their sender may.");
	strbuf_addf(out,
		    "triaged_control_requests_total{result=\"allowed\"} %llu\n"
		    "triaged_control_requests_total{result=\"denied\"} %llu\n",
		    (unsigned long long)(a->counters.control_requests -
					 a->counters.control_denied),
		    (unsigned long long)a->counters.control_denied);
}

static void write_process(struct app *a, struct strbuf *out)
{
	int64_t bytes = 0, log_bytes = 0;
	int64_t stall_us = loop_take_stall_us(a->loop);

	head(out, "triaged_detection_lag_seconds", "gauge",
	     "Creation at the source to first sight, of the newest alert.");
	strbuf_addstr(out, "triaged_detection_lag_seconds ");
	add_seconds(out, MAX(a->counters.detection_lag_ms, 0));
	strbuf_addch(out, '\n');
	head(out, "triaged_loop_stall_seconds", "gauge",
	     "Longest time the event loop was held since the last scrape.");
	strbuf_addf(out, "triaged_loop_stall_seconds %lld.%06lld\n",
		    (long long)(stall_us / 1000000),
		    (long long)(stall_us % 1000000));
	if (store_size(a->store, &bytes, &log_bytes) >= 0) {
		head(out, "triaged_db_bytes", "gauge",
		     "Size of the database and of its write-ahead log.");
		strbuf_addf(out,
			    "triaged_db_bytes{file=\"main\"} %lld\n"
			    "triaged_db_bytes{file=\"wal\"} %lld\n",
			    (long long)bytes, (long long)log_bytes);
		head(out, "triaged_db_limit_bytes", "gauge",
		     "What retention: size-limit allows; 0 no limit.");
		strbuf_addf(out, "triaged_db_limit_bytes %lld\n",
			    (long long)a->settings.conf->retention.size_limit);
	}
	head(out, "triaged_reloads_total", "counter", "Reloads by result.");
	strbuf_addf(out,
		    "triaged_reloads_total{result=\"ok\"} %llu\n"
		    "triaged_reloads_total{result=\"refused\"} %llu\n",
		    (unsigned long long)a->counters.reloads,
		    (unsigned long long)a->counters.reloads_failed);
	head(out, "triaged_acknowledge_links_total", "counter",
	     "Links of messages, by what came of them.");
	strbuf_addf(
		out,
		"triaged_acknowledge_links_total{result=\"acknowledged\"} "
		"%llu\n"
		"triaged_acknowledge_links_total{result=\"refused\"} %llu\n",
		(unsigned long long)a->counters.ack_links,
		(unsigned long long)a->counters.ack_links_refused);
	head(out, "triaged_template_failures_total", "counter",
	     "Messages whose template failed, sent in the built-in words.");
	strbuf_addf(out, "triaged_template_failures_total %llu\n",
		    (unsigned long long)a->counters.template_failures);
	write_control(a, out);
	head(out, "triaged_build_info", "gauge", "The running version.");
	strbuf_addf(out, "triaged_build_info{version=\"%s\"} 1\n",
		    TRIAGED_VERSION);
}

void metrics_write(struct app *a, struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		write_family(a, &families[i], out);
	write_poll_age(a, out);
	write_forwards(a, out);
	if (heartbeats_count(a->heartbeats) > 0) {
		head(out, "triaged_heartbeat_age_seconds", "gauge",
		     "Seconds since a heartbeat arrived; -1 never.");
		beat_write_ages(a, out);
	}
	write_latency(&a->counters, out);
	write_process(a, out);
}
