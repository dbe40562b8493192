/*
 * `triagectl coverage`: which time is proven to have been read, and which is
 * not. From the database alone, so it works while the daemon is down.
 */
#include "cli/commands.h"

#include <string.h>
#include "cli/stands.h"
#include "conf/scope.h"
#include "store/coverage.h"
#include "util/timefmt.h"

/* As the daemon's own alert about a stale source. */
#define STALE_LEAST_MS INT64_C(600000)

static const struct column columns[] = {
	{ "source", "SOURCE", AS_TEXT, 0, NULL },
	{ "scope", "SCOPE", AS_TEXT, COLUMN_FLEX | COLUMN_RARE | COLUMN_PATH,
	  NULL },
	{ "state", "STATE", AS_TEXT, 0, NULL },
	{ "proven_from_ms", "PROVEN FROM", AS_AGO, COLUMN_RARE, NULL },
	{ "proven_to_ms", "TO", AS_LAST, 0, NULL },
	{ "unproven", "UNPROVEN", AS_ERROR, COLUMN_RARE, NULL },
	{ "gaps", "GAPS", AS_BAD_COUNT, COLUMN_RIGHT, NULL },
	{ "quarantined", "QUAR.", AS_BAD_COUNT, COLUMN_RIGHT, NULL },
	{ "error", "ERROR", AS_ERROR, COLUMN_RARE | COLUMN_WRAP, NULL },
};
static const struct table table = {
	.key = "coverage",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.empty = "no source is known yet",
};

static const struct column gap_columns[] = {
	{ "source", "SOURCE", AS_TEXT, 0, NULL },
	{ "scope", "SCOPE", AS_TEXT, COLUMN_FLEX | COLUMN_RARE | COLUMN_PATH,
	  NULL },
	{ "from_ms", "FROM", AS_SECOND, 0, NULL },
	{ "to_ms", "TO", AS_SECOND, 0, NULL },
	{ "tries", "TRIES", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "reason", "REASON", AS_ERROR, COLUMN_WRAP, NULL },
};
static const struct table gap_table = {
	.key = "gaps",
	.aside = true,
	.title = "Slices of time that cannot be read; tried again every hour:",
	.columns = gap_columns,
	.n_columns = ARRAY_SIZE(gap_columns),
};

struct survey {
	const struct session *session;
	struct rows rows;
	size_t n_unproven;
};

/* NULL when none was read, or one with faults, where a source may be lacking,
 * or one without any, as the demonstration leaves behind: then every source of
 * the database counts. */
static const struct conf *usable_conf(const struct session *session)
{
	const struct conf *conf = session->conf;

	return conf && !conf->unusable && conf->n_sources > 0 ? conf : NULL;
}

/* NULL: not configured (any more), or there are no settings to go by. */
static const struct source_conf *conf_of(const struct session *session,
					 const char *source)
{
	const struct conf *conf = usable_conf(session);

	for (size_t i = 0; conf && i < conf->n_sources; i++)
		if (strcmp(conf->sources[i].name, source) == 0)
			return &conf->sources[i];
	return NULL;
}

bool scope_has_left(const struct session *session, const char *source,
		    const char *scope)
{
	const struct source_conf *conf = conf_of(session, source);

	if (!usable_conf(session))
		return false;
	return !conf || (*scope && !conf_source_asks(conf, scope));
}

/* Files are read when they change, not at every interval. */
bool coverage_is_behind(const struct source_conf *conf,
			const struct coverage *c, int64_t now_ms)
{
	if (!conf || conf->type == SOURCE_FILE || conf->type == SOURCE_DEMO)
		return false;
	return now_ms - c->proven_to_ms >
	       MAX(3 * conf->interval_ms, STALE_LEAST_MS);
}

bool coverage_is_left_out(const struct source_conf *conf,
			  const struct coverage *c)
{
	return conf && *c->scope && !conf_source_asks(conf, c->scope);
}

bool coverage_has_left(const struct session *session, const struct coverage *c)
{
	return c->left || scope_has_left(session, c->source, c->scope);
}

static const char *state_of(const struct survey *s, const struct coverage *c)
{
	if (coverage_has_left(s->session, c))
		return "left";
	if (!c->proven_to_ms)
		return "never read";
	if (c->n_holes || c->n_gaps)
		return "unproven";
	return coverage_is_behind(conf_of(s->session, c->source), c,
				  s->session->now_ms)
		       ? "behind"
		       : "proven";
}

static int add(void *arg, const struct coverage *c)
{
	struct survey *s = arg;
	const char *state = state_of(s, c);
	bool bad = strcmp(state, "proven") != 0 &&
		   !coverage_has_left(s->session, c);
	int64_t unproven_ms = c->hole_ms;
	char span[TIMEFMT_MAX];

	if (scope_has_left(s->session, c->source, ""))
		return 0;
	if (strcmp(state, "behind") == 0)
		unproven_ms = s->session->now_ms - c->proven_to_ms;
	s->n_unproven += bad;
	return rows_keep(
		&s->rows, 14,
		(const char *const[]){ "source", "scope", "kind", "state",
				       "proven_from_ms", "proven_to_ms",
				       "holes", "unproven_seconds", "unproven",
				       "gaps", "quarantined", "last_failed_ms",
				       "last_error", "error" },
		(const struct cell[]){
			cell_text(c->source), cell_text(c->scope),
			cell_text(c->kind), cell_text(state),
			c->proven_from_ms ? cell_integer(c->proven_from_ms)
					  : cell_null(),
			c->proven_to_ms ? cell_integer(c->proven_to_ms)
					: cell_null(),
			cell_integer(c->n_holes),
			cell_integer(unproven_ms / 1000),
			unproven_ms ? cell_text(timefmt_span(unproven_ms, span))
				    : cell_null(),
			cell_integer(c->n_gaps), cell_integer(c->quarantined),
			c->last_failed_ms ? cell_integer(c->last_failed_ms)
					  : cell_null(),
			c->last_error[0] ? cell_text(c->last_error)
					 : cell_null(),
			c->failing ? cell_text(c->last_error) : cell_null() });
}

static void say_left_out(struct writer *w, const struct rows *gaps, int64_t all)
{
	struct cell n = cell_integer((int64_t)gaps->n), of = cell_integer(all);

	if (all <= (int64_t)gaps->n)
		return;
	writer_gap(w);
	writer_line(w, NULL);
	writer_words(w, "The oldest ");
	writer_value(w, AS_TEXT, &n);
	writer_words(w, " of ");
	writer_value(w, AS_TEXT, &of);
	writer_words(w, " slices of time that cannot be read are shown.");
}

static void say_verdict(struct writer *w, const struct survey *s)
{
	struct cell n = cell_integer((int64_t)s->n_unproven);
	struct cell all = cell_integer((int64_t)s->rows.n);

	writer_flag(w, "proven", s->n_unproven == 0);
	if (s->rows.n == 0)
		return;
	writer_gap(w);
	writer_line(w, NULL);
	if (s->n_unproven == 0) {
		writer_words(w, "Everything that could be asked for was read.");
		return;
	}
	writer_value(w, AS_TEXT, &n);
	writer_words(w, " of ");
	writer_value(w, AS_TEXT, &all);
	writer_words(w, " not proven: alerts of that time may be missing "
			"(see: triagectl doctor).");
}

int cmd_coverage(struct session *session, const struct arguments *args,
		 struct err *err)
{
	struct survey s = { .session = session };
	CLEANUP(rows_release) struct rows gaps = ROWS_INIT;
	const struct selector sel = { .now_ms = session->now_ms };
	struct store *store;
	int64_t n_gaps = 0;
	int rc;

	(void)args;
	rc = session_store(session, &store, err);
	if (rc < 0)
		return rc;
	rc = session_look(session, LOOK_GAPS, &sel, &gaps, err);
	if (rc >= 0)
		rc = session_sum(session, LOOK_GAP_COUNTS, &sel, &n_gaps, err);
	if (rc < 0)
		return rc;
	rc = coverage_look(store, session->now_ms, add, &s, err);
	if (rc >= 0) {
		writer_begin(session->writer, "triaged.coverage.v1");
		writer_table(session->writer, &table, &s.rows);
		if (gaps.n)
			writer_gap(session->writer);
		writer_table(session->writer, &gap_table, &gaps);
		say_left_out(session->writer, &gaps, n_gaps);
		say_verdict(session->writer, &s);
		rc = s.n_unproven ? ERR_BAD_STATE : 0;
	}
	rows_release(&s.rows);
	return rc;
}
