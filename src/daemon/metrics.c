/*
 * Prometheus text format 0.0.4, written by hand. What the database knows is
 * asked there, so that a restart loses no count; the rest are the process's
 * counters.
 *
 * tested with: scenario/test_life
 */
#include <stdio.h>
#include <string.h>

#include "daemon/app_priv.h"
#include "store/ledger.h"
#include "store/look.h"
#include "util/clock.h"
#include "version.h"

/* One family fed by one question. */
struct family {
	const char *name, *type, *help;
	enum question question;
	const char *labels[2]; /* columns that become labels; NULL none */
	const char *value; /* column */
};

struct writing {
	const struct family *family;
	struct strbuf *out;
};

static void add_label_value(struct strbuf *out, const char *value)
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
	for (size_t i = 0; name && i < n; i++)
		if (strcmp(names[i], name) == 0)
			return &cells[i];
	return NULL;
}

static int write_row(void *arg, size_t n, const char *const *names,
		     const struct cell *cells)
{
	const struct writing *w = arg;
	const struct family *f = w->family;
	const struct cell *value = find(f->value, n, names, cells);

	strbuf_addf(w->out, "%s{", f->name);
	for (int i = 0; i < 2; i++) {
		const struct cell *c = find(f->labels[i], n, names, cells);

		if (!c)
			continue;
		strbuf_addf(w->out, "%s%s=\"", i ? "," : "", f->labels[i]);
		add_label_value(w->out, c->text ? c->text : "");
		strbuf_addch(w->out, '"');
	}
	strbuf_addf(w->out, "} %lld\n",
		    (long long)(value ? value->integer : 0));
	return 0;
}

static void head(struct strbuf *out, const char *name, const char *type,
		 const char *help)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		    type);
}

static const struct family families[] = {
	{ "triaged_alerts",
	  "gauge",
	  "Alerts known, by severity and state.",
	  LOOK_COUNTS,
	  { "severity", "state" },
	  "n" },
	{ "triaged_sla_overdue",
	  "gauge",
	  "Open triage clocks past their due time.",
	  LOOK_OVERDUE,
	  { "severity", NULL },
	  "n" },
	{ "triaged_sla_breaches_total",
	  "counter",
	  "Triage clocks that ran out.",
	  LOOK_BREACHES,
	  { "severity", NULL },
	  "n" },
	{ "triaged_outbox",
	  "gauge",
	  "Notices in the outbox, by state.",
	  LOOK_OUTBOX_COUNTS,
	  { "state", NULL },
	  "n" },
	{ "triaged_deliveries_total",
	  "counter",
	  "Notices by target and what became of them.",
	  LOOK_DELIVERY_COUNTS,
	  { "target", "result" },
	  "n" },
	{ "triaged_polls_total",
	  "counter",
	  "Listings by source and result.",
	  LOOK_POLL_COUNTS,
	  { "source", "result" },
	  "n" },
	{ "triaged_ingested_total",
	  "counter",
	  "Items by source and what became of them.",
	  LOOK_INGEST_COUNTS,
	  { "source", "result" },
	  "n" },
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
		add_label_value(out, s.name);
		strbuf_addf(out, "\"} %lld\n",
			    (long long)(last_ms ? (now_ms - last_ms) / 1000
						: -1));
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
	}
	head(out, "triaged_reloads_total", "counter", "Reloads by result.");
	strbuf_addf(out,
		    "triaged_reloads_total{result=\"ok\"} %llu\n"
		    "triaged_reloads_total{result=\"refused\"} %llu\n",
		    (unsigned long long)a->counters.reloads,
		    (unsigned long long)a->counters.reloads_failed);
	head(out, "triaged_build_info", "gauge", "The running version.");
	strbuf_addf(out, "triaged_build_info{version=\"%s\"} 1\n",
		    TRIAGED_VERSION);
}

void metrics_write(struct app *a, struct strbuf *out)
{
	struct selector all = { .now_ms = clock_wall_ms() };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct writing w = { &families[i], out };

		head(out, families[i].name, families[i].type, families[i].help);
		if (look(a->store, families[i].question, &all, write_row, &w,
			 &err) < 0)
			app_store_trouble(a, &err);
	}
	write_poll_age(a, out);
	write_latency(&a->counters, out);
	write_process(a, out);
}
