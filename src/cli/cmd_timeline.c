/* `triagectl timeline ID`: events and notifications of an alert, in order. */
#include <stdlib.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/heading.h"
#include "cli/pick.h"
#include "util/xmalloc.h"

/* A row of either kind and its place in time. */
struct moment {
	int64_t at_ms;
	size_t place; /* keeps the order of what happened in the same ms */
	const struct rows *rows;
	size_t row;
	bool is_delivery;
};

static int compare(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* "opened to oncall, ada@example.org: sent" */
static char *delivery_words(const struct rows *r, size_t i)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *recipient = rows_text(r, i, "recipient");
	const char *error = rows_text(r, i, "last_error");

	strbuf_addf(&sb, "%s to %s", rows_text(r, i, "kind"),
		    rows_text(r, i, "target"));
	if (recipient)
		strbuf_addf(&sb, ", %s", recipient);
	strbuf_addf(&sb, ": %s", rows_text(r, i, "state"));
	if (error && *error)
		strbuf_addf(&sb, " (%s)", error);
	return strbuf_detach(&sb);
}

static void keep_moment(struct rows *to, const struct moment *m)
{
	static const char *const names[] = { "at_ms", "actor", "kind",
					     "detail" };
	CLEANUP(free_ptr) char *words = NULL;
	struct cell cells[4] = { cell_integer(m->at_ms) };

	if (m->is_delivery) {
		words = delivery_words(m->rows, m->row);
		cells[1] = cell_text("triaged");
		cells[2] = cell_text("notify");
		cells[3] = cell_text(words);
	} else {
		cells[1] = *rows_cell(m->rows, m->row, "actor");
		cells[2] = *rows_cell(m->rows, m->row, "kind");
		cells[3] = *rows_cell(m->rows, m->row, "detail");
	}
	(void)rows_keep(to, ARRAY_SIZE(names), names, cells);
}

static void merge(struct rows *to, const struct rows *events,
		  const struct rows *deliveries)
{
	size_t n = events->n + deliveries->n;
	CLEANUP(free_ptr) struct moment *all = xcalloc(n + 1, sizeof(*all));

	for (size_t i = 0; i < n; i++) {
		bool is_delivery = i >= events->n;
		struct moment *m = &all[i];

		m->place = i;
		m->is_delivery = is_delivery;
		m->rows = is_delivery ? deliveries : events;
		m->row = is_delivery ? i - events->n : i;
		m->at_ms =
			is_delivery
				? pick_delivery_time(m->rows, m->row)->integer
				: rows_integer(m->rows, m->row, "at_ms");
	}
	qsort(all, n, sizeof(*all), compare);
	for (size_t i = 0; i < n; i++)
		keep_moment(to, &all[i]);
}

static void say(struct session *session, const struct rows *alert,
		const struct rows *events, const struct rows *deliveries)
{
	CLEANUP(rows_release) struct rows merged = ROWS_INIT;
	static const struct column columns[] = {
		{ "at_ms", "WHEN", AS_SECOND, 0, NULL },
		{ "actor", "WHO", AS_TEXT, COLUMN_FLEX, NULL },
		{ "kind", "WHAT", AS_TEXT, 0, NULL },
		{ "detail", "DETAIL", AS_DETAIL, COLUMN_WRAP, NULL },
	};
	const struct table people = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "nothing has happened to it yet",
	};
	const struct table events_data = { .key = "events" };
	const struct table deliveries_data = { .key = "deliveries" };

	merge(&merged, events, deliveries);
	writer_begin(session->writer, "triaged.timeline.v1");
	writer_record(session->writer, "alert", alert, 0);
	writer_table(session->writer, &events_data, events);
	writer_table(session->writer, &deliveries_data, deliveries);
	say_heading(session->writer, alert);
	writer_gap(session->writer);
	writer_table(session->writer, &people, &merged);
}

int cmd_timeline(struct session *session, const struct arguments *args,
		 struct err *err)
{
	CLEANUP(rows_release) struct rows alert = ROWS_INIT;
	CLEANUP(rows_release) struct rows events = ROWS_INIT;
	CLEANUP(rows_release) struct rows deliveries = ROWS_INIT;
	/* Its end is what somebody looks for. */
	struct selector sel = { .now_ms = session->now_ms, .limit = INT64_MAX };
	int rc;

	rc = session_alert(session, args->words[0], &sel.id, err);
	if (rc < 0)
		return rc;
	rc = session_alert_row(session, sel.id, &alert, err);
	if (rc < 0)
		return rc;
	rc = session_look(session, LOOK_EVENTS, &sel, &events, err);
	if (rc < 0)
		return rc;
	rc = session_look(session, LOOK_DELIVERIES, &sel, &deliveries, err);
	if (rc < 0)
		return rc;
	say(session, &alert, &events, &deliveries);
	return 0;
}
