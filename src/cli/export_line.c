/*
 * See export_line.h. Called by `export` and `import`. What comes in is
 * anybody's: bounded, and handed on only as bytes that are one JSON object.
 *
 * tested with: test_export_line
 */
#include "cli/export_line.h"

#include <string.h>
#include "core/alert.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

static json_t *bytes_value(const struct cell *c)
{
	CLEANUP(free_ptr) char *base64 = digest_base64(c->text, c->len);

	return json_pack("{s:s}", "base64", base64);
}

static json_t *cell_value(const struct cell *c)
{
	json_t *text = NULL;

	switch (c->type) {
	case CELL_INTEGER:
		return json_integer(c->integer);
	case CELL_REAL:
		return json_real(c->real) ?: json_null();
	case CELL_TEXT:
		text = json_stringn(c->text, c->len);
		return text ? text : bytes_value(c);
	case CELL_BYTES:
		return bytes_value(c);
	case CELL_NULL:
		break;
	}
	return json_null();
}

json_t *export_row(size_t n, const char *const *names, const struct cell *cells)
{
	json_t *row = json_object();

	for (size_t i = 0; i < n; i++)
		(void)json_object_set_new(row, names[i], cell_value(&cells[i]));
	return row;
}

/* The source's own text, on one line: a break inside of JSON is white space. */
static int add_raw(const char *raw, size_t len, struct strbuf *out)
{
	size_t start = out->len;

	strbuf_add(out, raw, len);
	for (size_t i = start; i < out->len; i++) {
		if (out->buf[i] == '\n' || out->buf[i] == '\r')
			out->buf[i] = ' ';
	}
	strbuf_addch(out, '\n');
	return 1;
}

/* --- what people did --- */

/* As an event tells it: the text of a note, and whose it was when it had been
 * imported before. */
static void add_note(json_t *notes, const json_t *event)
{
	const char *text = jsonx_str(event, "detail"), *by, *at;
	CLEANUP(jsonx_unref)
	json_t *detail = text ? json_loads(text, 0, NULL) : NULL;
	int64_t at_ms = 0;

	text = jsonx_str(detail, "text");
	by = jsonx_str(detail, "by");
	at = jsonx_str(detail, "at");
	if (!text)
		return;
	if (!by)
		(void)jsonx_int(event, "at_ms", &at_ms);
	else if (at && timefmt_parse(at, strlen(at), &at_ms) != 1)
		at_ms = 0;
	(void)json_array_append_new(
		notes, json_pack("{s:s*, s:s, s:I}", "by",
				 by ? by : jsonx_str(event, "actor"), "text",
				 text, "at_ms", (json_int_t)at_ms));
}

static json_t *notes_of(const json_t *events)
{
	json_t *notes = json_array();
	const json_t *e;
	size_t i;

	json_array_foreach(events, i, e)
	{
		const char *kind = jsonx_str(e, "kind");

		if (kind && strcmp(kind, "note") == 0)
			add_note(notes, e);
	}
	return notes;
}

static bool is_worked(const json_t *alert, const json_t *notes)
{
	static const char *const by_people[] = { "verdict", "assigned_by",
						 "acknowledged_by",
						 "closed_by" };
	const char *phase = jsonx_str(alert, "phase");
	const char *state = jsonx_str(alert, "state");

	for (size_t i = 0; i < ARRAY_SIZE(by_people); i++) {
		if (jsonx_str(alert, by_people[i]))
			return true;
	}
	return json_array_size(notes) > 0 ||
	       (phase && strcmp(phase, "detect") != 0) ||
	       (state && strcmp(state, "open") != 0);
}

/* NULL: nobody did anything with it. */
static json_t *work_of(const json_t *line)
{
	static const char *const kept[] = {
		"state",	   "phase",
		"verdict",	   "owner",
		"assigned_by",	   "acknowledged_by",
		"acknowledged_ms", "acknowledge_note",
		"closed_by",	   "closed_ms",
		"close_note",
	};
	const json_t *alert = json_object_get(line, "alert");
	CLEANUP(jsonx_unref)
	json_t *notes = notes_of(json_object_get(line, "events"));
	json_t *work;

	if (!is_worked(alert, notes))
		return NULL;
	work = json_pack("{s:b, s:O}", "confirmed",
			 jsonx_str(alert, "confirmed_severity") != NULL,
			 "notes", notes);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		json_t *value = json_object_get(alert, kept[i]);

		if (!json_is_null(value))
			(void)json_object_set(work, kept[i], value);
	}
	return work;
}

/* A revision of an alert that people worked on: nobody is told of it anew. What
 * they did comes with the last. */
static int add_worked(const json_t *raw, const json_t *work, struct strbuf *out,
		      struct err *err)
{
	CLEANUP(jsonx_unref)
	json_t *item = json_pack("{s:{s:O*}, s:O}", "triaged_import", "work",
				 work, "raw", raw);
	CLEANUP(free_ptr) char *text = item ? jsonx_dump(item) : NULL;

	if (!text)
		return err_set(err, ERR_LIMIT, "it is too large");
	return add_raw(text, strlen(text), out);
}

/* --- revisions --- */

static int take_revisions(const json_t *line, struct strbuf *out,
			  bool *ret_worked, struct err *err)
{
	const json_t *revisions = json_object_get(line, "revisions"), *r;
	CLEANUP(jsonx_unref) json_t *work = work_of(line);
	const json_t *last = NULL;
	size_t i;
	int n = 0, rc;

	json_array_foreach(revisions, i, r)
	{
		if (json_string_length(json_object_get(r, "raw")) > 0)
			last = r;
	}
	json_array_foreach(revisions, i, r)
	{
		const json_t *raw = json_object_get(r, "raw");

		if (json_string_length(raw) == 0)
			continue;
		rc = work ? add_worked(raw, r == last ? work : NULL, out, err)
			  : add_raw(json_string_value(raw),
				    json_string_length(raw), out);
		if (rc < 0)
			return rc;
		n += rc;
	}
	*ret_worked = n > 0 && work;
	if (n > 0)
		return n;
	return err_set(err, ERR_SCHEMA,
		       "the alert has no raw form (retention took it), so it "
		       "cannot be imported");
}

/* Or never to be: no source has raised a drill, and none reads it. */
static bool is_known(const json_t *alert, const struct export_known *known)
{
	const char *kind = jsonx_str(alert, "kind");
	const char *native_id = jsonx_str(alert, "native_id");
	const char *tenant = jsonx_str(alert, "tenant");

	if (kind && strcmp(kind, ALERT_KIND_DRILL) == 0)
		return true;
	return known && kind && native_id &&
	       known->fn(known->arg, kind, tenant ? tenant : "", native_id);
}

int export_take(const char *line, size_t len, const struct export_known *known,
		struct strbuf *out, bool *ret_worked, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *value = NULL;
	const char *schema;

	*ret_worked = false;

	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		len--;
	if (len == 0)
		return 0;
	/* jansson passes over a zero byte behind a number; the line is kept. */
	if (!memchr(line, '\0', len))
		value = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(value))
		return err_set(err, ERR_SCHEMA, "it is no JSON object");
	schema = jsonx_str(value, "schema");
	if (schema && strcmp(schema, EXPORT_SCHEMA) == 0)
		return 0;
	if (schema && strncmp(schema, "triaged.export.", 15) == 0)
		return err_set(err, ERR_SCHEMA,
			       "it is an export of another version than this "
			       "triagectl knows (" EXPORT_SCHEMA ")");
	if (json_is_true(json_object_get(value, "end")))
		return 0;
	if (json_is_object(json_object_get(value, "alert")) &&
	    json_is_array(json_object_get(value, "revisions")))
		return is_known(json_object_get(value, "alert"), known)
			       ? 0
			       : take_revisions(value, out, ret_worked, err);
	/* It would be taken for what people did. */
	if (json_object_get(value, "triaged_import"))
		return err_set(err, ERR_SCHEMA,
			       "it is no line of an export, nor an alert");
	return add_raw(line, len, out);
}
