/*
 * `triagectl export`: alerts with all that is known of them, one JSON object a
 * line, to standard output. Reads one moment of the database; a large one goes
 * through a few megabytes of memory, alert by alert.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/export_line.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/selectors.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"
#include "version.h"

struct export
{
	struct store *store;
	struct progress progress;
	int64_t n;
	int rc; /* what ended it early */
	struct err *err;
};

static int write_line(json_t *value, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *owned = value;
	CLEANUP(free_ptr) char *text = owned ? jsonx_dump(owned) : NULL;
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	if (!text)
		return err_set(err, ERR_LIMIT,
			       "an alert is too large to be written as JSON");
	strbuf_addstr(&sb, text);
	strbuf_addch(&sb, '\n');
	return output_write(stdout, sb.buf, sb.len, err);
}

static int add_row(void *arg, size_t n, const char *const *names,
		   const struct cell *cells)
{
	(void)json_array_append_new(arg, export_row(n, names, cells));
	return 0;
}

static int add_part(struct export *e, json_t *to, const char *key,
		    enum question q, int64_t id)
{
	struct selector sel = { .id = id, .limit = INT64_MAX };
	json_t *list = json_array();
	int rc = look(e->store, q, &sel, add_row, list, e->err);

	(void)json_object_set_new(to, key, list);
	return rc;
}

static int export_alert(struct export *e, json_t *alert, int64_t id)
{
	static const struct {
		const char *key;
		enum question q;
	} parts[] = {
		{ "revisions", LOOK_CONTENTS },
		{ "entities", LOOK_ENTITIES },
		{ "origins", LOOK_ORIGINS },
		{ "clocks", LOOK_CLOCKS },
		{ "ladders", LOOK_LADDERS },
		{ "events", LOOK_EVENTS },
		{ "deliveries", LOOK_DELIVERIES },
	};
	CLEANUP(jsonx_unref) json_t *line = json_object();
	int rc = 0;

	(void)json_object_set_new(line, "alert", alert);
	for (size_t i = 0; i < ARRAY_SIZE(parts) && rc >= 0; i++)
		rc = add_part(e, line, parts[i].key, parts[i].q, id);
	return rc < 0 ? rc : write_line(json_incref(line), e->err);
}

static int on_alert(void *arg, size_t n, const char *const *names,
		    const struct cell *cells)
{
	struct export *e = arg;
	struct store_progress p = { .what = "exporting", .done = ++e->n };
	int64_t id = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "id") == 0)
			id = cells[i].integer;
	}
	e->rc = export_alert(e, export_row(n, names, cells), id);
	if (e->rc >= 0 && progress_step(&e->progress, &p))
		e->rc = err_set(e->err, ERR_CANCELLED,
				"the export was stopped after %" PRId64
				" alerts; it has no last line",
				e->n);
	return e->rc < 0;
}

static int begin(struct export *e, int64_t now_ms)
{
	char at[TIMEFMT_MAX];

	return write_line(json_pack("{s:s, s:s, s:i, s:s}", "schema",
				    EXPORT_SCHEMA, "triaged", TRIAGED_VERSION,
				    "database_schema",
				    store_schema_version(e->store),
				    "exported_at", timefmt_utc(now_ms, at)),
			  e->err);
}

int cmd_export(struct session *session, const struct arguments *args,
	       struct err *err)
{
	CLEANUP(selection_release) struct selection s = { 0 };
	struct export e = { .err = err };
	int rc = selectors_parse(args, session->now_ms, &s, err);

	if (rc >= 0)
		rc = session_store(session, &e.store, err);
	if (rc < 0)
		return rc;
	if (!arguments_has(args, "state"))
		s.sel.states = 0; /* all of them: it is no work list */
	if (!arguments_has(args, "limit"))
		s.sel.limit = INT64_MAX;
	s.sel.sort = "id";
	rc = begin(&e, session->now_ms);
	if (rc < 0)
		return rc;
	progress_begin(&e.progress);
	rc = look(e.store, LOOK_ALERTS, &s.sel, on_alert, &e, err);
	progress_end(&e.progress);
	if (e.rc < 0)
		return e.rc;
	if (rc < 0)
		return rc;
	return write_line(json_pack("{s:b, s:I}", "end", true, "alerts",
				    (json_int_t)e.n),
			  err);
}
