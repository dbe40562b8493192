/*
 * Metrics that are answers of the database: one question, one family. What is
 * counted there survives a restart. Called by metrics.c.
 *
 * tested with: scenario/test_metrics
 */
#include "daemon/metrics_priv.h"

#include <string.h>

#include "core/notice.h"
#include "core/response.h"
#include "core/severity.h"
#include "core/status.h"
#include "daemon/app_priv.h"
#include "daemon/cells.h"
#include "daemon/exposition.h"
#include "store/look.h"
#include "store/retention.h"
#include "util/clock.h"
#include "util/xmalloc.h"

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
	const char *name;
	enum exposition_type type;
	const char *help;
	enum question question;
	const char *column; /* of the value; NULL: n */
	bool ms; /* milliseconds, written as seconds */
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

static const char *action_word(const struct app *a, size_t i)
{
	(void)a;
	return i < RESPONSE_ACTION_MAX
		       ? response_action_name((enum response_action)i)
		       : NULL;
}

static const char *response_open_word(const struct app *a, size_t i)
{
	(void)a;
	return i < RESPONSE_DONE ? response_state_name((enum response_state)i)
				 : NULL;
}

static const char *response_end_word(const struct app *a, size_t i)
{
	(void)a;
	i += RESPONSE_DONE;
	return i < RESPONSE_STATE_MAX
		       ? response_state_name((enum response_state)i)
		       : NULL;
}

static const char *removed_word(const struct app *a, size_t i)
{
	(void)a;
	/* What is remembered of removed alerts is not counted. */
	return i < RETENTION_GONE ? retention_name((enum retention_class)i)
				  : NULL;
}

static const char *due_severity_word(const struct app *a, size_t i)
{
	/* info has no clock */
	return i + SEVERITY_LOW < SEVERITY_MAX
		       ? severity_word(a, i + SEVERITY_LOW)
		       : NULL;
}

static const char *cause_word(const struct app *a, size_t i)
{
	static const char *const words[] = { "digest",	"import",      "group",
					     "silence", "maintenance", "quiet",
					     "storm" };

	(void)a;
	return i < ARRAY_SIZE(words) ? words[i] : NULL;
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
	const struct cells row = { n, names, cells };
	const struct grid *g = arg;
	const struct axis *axes = g->family->axes;
	const char *column = g->family->column ? g->family->column : "n";
	const struct cell *value = cells_find(&row, column);
	size_t x = 0, y = 0;

	if (axes[0].word)
		x = place(g, 0, cells_find(&row, axes[0].column));
	if (axes[1].word && axes[1].column)
		y = place(g, 1, cells_find(&row, axes[1].column));
	if (x == g->sizes[0] || y == g->sizes[1])
		return 0; /* of a source or target of former settings */
	if (axes[1].column || !axes[1].word) {
		g->values[x * g->sizes[1] + y] = value ? value->integer : 0;
		return 0;
	}
	for (y = 0; y < g->sizes[1]; y++) {
		value = cells_find(&row, axes[1].word(g->app, y));
		g->values[x * g->sizes[1] + y] = value ? value->integer : 0;
	}
	return 0;
}

static void write_sample(const struct grid *g, size_t x, size_t y,
			 struct strbuf *out)
{
	const struct family *f = g->family;
	int64_t value = g->values[x * g->sizes[1] + y];
	struct label labels[ARRAY_SIZE(f->axes) + 1] = { { NULL, NULL } };
	const size_t at[] = { x, y };

	for (size_t i = 0; i < ARRAY_SIZE(f->axes) && f->axes[i].word; i++)
		labels[i] = (struct label){ f->axes[i].label,
					    f->axes[i].word(g->app, at[i]) };
	if (f->ms)
		exposition_add_ms(out, f->name, labels, value);
	else
		exposition_add(out, f->name, labels, value);
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

	for (size_t i = 0; i < ARRAY_SIZE(f->axes); i++)
		g.sizes[i] = axis_size(&f->axes[i], a);
	values = xcalloc(g.sizes[0] * g.sizes[1] + 1, sizeof(*values));
	g.values = values;
	if (look(a->store, f->question, &all, add_row, &g, &err) < 0) {
		/* No numbers are better than wrong ones. */
		app_store_trouble(a, &err);
		return;
	}
	exposition_head(out, f->name, f->type, f->help);
	for (size_t x = 0; x < g.sizes[0]; x++)
		for (size_t y = 0; y < g.sizes[1]; y++)
			write_sample(&g, x, y, out);
}

static const struct family families[] = {
	{
		.name = "triaged_alerts",
		.type = EXPOSITION_GAUGE,
		.help = "Alerts known, by severity and state.",
		.question = LOOK_COUNTS,
		.axes = { { "severity", severity_word, "severity" },
			  { "state", alert_state_word, "state" } },
	},
	{
		.name = "triaged_sla_overdue",
		.type = EXPOSITION_GAUGE,
		.help = "Open alerts that a clock has run out for.",
		.question = LOOK_OVERDUE,
		.axes = { { "severity", severity_word, "severity" } },
	},
	{
		.name = "triaged_sla_breaches_total",
		.type = EXPOSITION_COUNTER,
		.help = "Clocks that ran out.",
		.question = LOOK_BREACHES,
		.axes = { { "severity", severity_word, "severity" } },
	},
	{
		.name = "triaged_outbox",
		.type = EXPOSITION_GAUGE,
		.help = "Notices in the outbox, by state.",
		.question = LOOK_OUTBOX_COUNTS,
		.axes = { { "state", notice_state_word, "state" } },
	},
	{
		.name = "triaged_deliveries_total",
		.type = EXPOSITION_COUNTER,
		.help = "Notices by target and what became of them.",
		.question = LOOK_DELIVERY_COUNTS,
		.axes = { { "target", target_word, "target" },
			  { "result", notice_end_word, "state" } },
	},
	{
		.name = "triaged_removed_total",
		.type = EXPOSITION_COUNTER,
		.help = "Rows that retention has removed, by class.",
		.question = LOOK_REMOVED,
		.axes = { { "class", removed_word, "class" } },
	},
	{
		.name = "triaged_target_trouble",
		.type = EXPOSITION_GAUGE,
		.help = "1 while a target is disabled, or refuses our "
			"credentials.",
		.question = LOOK_TARGET_TROUBLES,
		.axes = { { "target", target_word, "target" },
			  { "trouble", trouble_word, "trouble" } },
	},
	{
		.name = "triaged_polls_total",
		.type = EXPOSITION_COUNTER,
		.help = "Listings by source and result.",
		.question = LOOK_POLL_COUNTS,
		.axes = { { "source", source_word, "source" },
			  { "result", poll_word, "result" } },
	},
	{
		.name = "triaged_ingested_total",
		.type = EXPOSITION_COUNTER,
		.help = "Items by source and what became of them.",
		.question = LOOK_INGEST_COUNTS,
		.axes = { { "source", source_word, "source" },
			  { "result", item_word, NULL } },
	},
	{
		.name = "triaged_sla_worst_overdue_seconds",
		.type = EXPOSITION_GAUGE,
		.help = "How late the open alert is whose triage clock ran out "
			"first; 0 none.",
		.question = LOOK_WORST_OVERDUE,
		.ms = true,
		.axes = { { "severity", due_severity_word, "severity" } },
	},
	{
		.name = "triaged_outbox_oldest_seconds",
		.type = EXPOSITION_GAUGE,
		.help = "Age of the oldest notice that has not left; 0 none.",
		.question = LOOK_OLDEST_OWED,
		.ms = true,
		.axes = { { "target", target_word, "target" } },
	},
	{
		.name = "triaged_held_back",
		.type = EXPOSITION_GAUGE,
		.help = "Notices that wait to be told with others, by cause.",
		.question = LOOK_HELD_COUNTS,
		.axes = { { "cause", cause_word, "cause" } },
	},
	{
		.name = "triaged_silences",
		.type = EXPOSITION_GAUGE,
		.help = "Silences that hold now.",
		.question = LOOK_SILENCE_COUNT,
	},
	{
		.name = "triaged_quarantine_items",
		.type = EXPOSITION_GAUGE,
		.help = "Items kept raw because they are not understood.",
		.question = LOOK_QUARANTINE_COUNTS,
		.axes = { { "source", source_word, "source" } },
	},
	{
		.name = "triaged_coverage_gaps",
		.type = EXPOSITION_GAUGE,
		.help = "Slices of time that could not be read, and are tried "
			"again.",
		.question = LOOK_GAP_COUNTS,
		.axes = { { "source", source_word, "source" } },
	},
	{
		.name = "triaged_coverage_gap_seconds",
		.type = EXPOSITION_GAUGE,
		.help = "How much time these slices span.",
		.question = LOOK_GAP_COUNTS,
		.column = "ms",
		.ms = true,
		.axes = { { "source", source_word, "source" } },
	},
	{
		.name = "triaged_responses",
		.type = EXPOSITION_GAUGE,
		.help = "Responses that have not ended, by state.",
		.question = LOOK_RESPONSE_COUNTS,
		.axes = { { "state", response_open_word, "state" } },
	},
	{
		.name = "triaged_responses_total",
		.type = EXPOSITION_COUNTER,
		.help = "Responses that have ended, by action and how.",
		.question = LOOK_RESPONSE_ENDS,
		.axes = { { "action", action_word, "action" },
			  { "result", response_end_word, "result" } },
	},
	{
		.name = "triaged_audit_events_total",
		.type = EXPOSITION_COUNTER,
		.help = "Events in the audit log.",
		.question = LOOK_EVENT_COUNT,
	},
};

void metrics_write_tables(struct app *a, struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		write_family(a, &families[i], out);
}
