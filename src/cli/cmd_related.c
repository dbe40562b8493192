/*
 * `triagectl related`: other alerts about the same, the closest first, each
 * with its reason. From the database alone.
 */
#include "cli/commands.h"

#include <string.h>
#include "store/related.h"
#include "triage/kinship.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define LIMIT_DEFAULT 20
/* Reasons that are said; all of them count. */
#define REASONS_MAX 3

static const struct column columns[] = {
	{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "severity", "SEV", AS_SEVERITY, 0, NULL },
	{ "state", "STATE", AS_STATE, 0, NULL },
	{ "title", "TITLE", AS_TEXT, COLUMN_FLEX, NULL },
	{ "reason", "WHY", AS_TEXT, COLUMN_WRAP, NULL },
};

struct telling {
	struct session *session;
	int64_t seen_ms; /* of the alert asked about */
	const struct related *related;
	struct rows *rows;
};

static void add_apart(struct strbuf *sb, int64_t apart_ms)
{
	char span[TIMEFMT_MAX];

	if (apart_ms == 0) {
		strbuf_addstr(sb, "at the same time");
		return;
	}
	strbuf_addf(sb, "%s %s",
		    timefmt_span(apart_ms < 0 ? -apart_ms : apart_ms, span),
		    apart_ms < 0 ? "before" : "after");
}

/* "same user mallory@contoso.com, same incident 4711, 12 min before" */
static char *reason(const struct telling *t)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct related *r = t->related;

	for (size_t i = 0; i < r->n_why && i < REASONS_MAX; i++)
		strbuf_addf(&sb, "same %s %s, ", relation_word(r->why[i]),
			    r->why[i]->value);
	if (r->n_why > REASONS_MAX)
		strbuf_addf(&sb, "%zu more, ", r->n_why - REASONS_MAX);
	add_apart(&sb, r->seen_ms - t->seen_ms);
	return xstrdup(sb.buf);
}

static bool is_told(const char *name)
{
	static const char *const told[] = {
		"id",	   "severity", "state",	    "phase",
		"owner",   "source",   "native_id", "seen_at",
		"seen_ms", "title",    "entity",    "resource_id",
	};

	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		if (strcmp(told[i], name) == 0)
			return true;
	return false;
}

/* A look_row_fn: of the row of v_alerts what tells one from another, and what
 * it has to do with the alert. */
static int tell_row(void *arg, size_t n, const char *const *names,
		    const struct cell *cells)
{
	static const char *const more[] = { "score", "shared", "apart_ms",
					    "reason" };
	const struct telling *t = arg;
	CLEANUP(free_ptr) char *why = reason(t);
	const struct cell more_cells[] = {
		cell_integer(t->related->score),
		cell_integer((int64_t)t->related->n_why),
		cell_integer(t->related->seen_ms - t->seen_ms),
		cell_text(why),
	};
	size_t most = n + ARRAY_SIZE(more), all = 0;
	CLEANUP(free_ptr)
	const char **all_names = xcalloc(most, sizeof(*all_names));
	CLEANUP(free_ptr)
	struct cell *all_cells = xcalloc(most, sizeof(*all_cells));

	for (size_t i = 0; i < n; i++) {
		if (!is_told(names[i]))
			continue;
		all_names[all] = names[i];
		all_cells[all++] = cells[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		all_names[all] = more[i];
		all_cells[all++] = more_cells[i];
	}
	return rows_keep(t->rows, all, all_names, all_cells);
}

static int tell(const struct telling *t, struct store *store, struct err *err)
{
	const struct selector sel = { .id = t->related->alert_id,
				      .now_ms = t->session->now_ms };
	int rc = look(store, LOOK_ALERT, &sel, tell_row, (void *)t, err);

	return MIN(rc, 0);
}

static void say(struct writer *w, int64_t id, const struct rows *rows,
		size_t n_found)
{
	static const struct table table = {
		.key = "alerts",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "no other alert shares anything with this one",
	};
	struct cell left = cell_integer((int64_t)(n_found - rows->n));

	writer_begin(w, "triaged.related.v1");
	writer_field(w, "id", cell_integer(id));
	writer_field(w, "found", cell_integer((int64_t)n_found));
	writer_table(w, &table, rows);
	if (left.integer <= 0)
		return;
	writer_line(w, NULL);
	writer_value(w, AS_TEXT, &left);
	writer_words(w, " more, less close; see them with --limit.");
}

int cmd_related(struct session *session, const struct arguments *args,
		struct err *err)
{
	CLEANUP(relations_release) struct relations relations = { 0 };
	CLEANUP(kinship_release) struct kinship list = { 0 };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	struct telling t = { .session = session, .rows = &rows };
	struct store *store;
	int64_t id, limit;
	int rc = arguments_number(args, "limit", LIMIT_DEFAULT, &limit, err);

	if (rc == 0)
		rc = session_store(session, &store, err);
	if (rc == 0)
		rc = session_alert(session, args->words[0], &id, err);
	if (rc < 0)
		return rc;
	rc = related_find(store, id, &relations, &t.seen_ms, err);
	if (rc < 0)
		return rc;
	kinship_rank(&relations, t.seen_ms, &list);
	rc = 0;
	for (size_t i = 0; i < list.n && rows.n < (size_t)limit && rc == 0;
	     i++) {
		t.related = &list.v[i];
		rc = tell(&t, store, err);
	}
	if (rc == 0)
		say(session->writer, id, &rows, list.n);
	return rc;
}
