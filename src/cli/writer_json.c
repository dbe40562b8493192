/*
 * Answers for programs: one object with a versioned "schema", members named
 * as the views' columns. Called through cli/writer. Knows no screen.
 *
 * The whole answer is built before the first byte leaves, so a reader never
 * gets half an object.
 *
 * tested with: test_writer
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "cli/escape.h"
#include "cli/output.h"
#include "cli/writer.h"
#include "util/digest.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define DEPTH_MAX 8

struct writer_json {
	struct writer writer;
	FILE *out;
	json_t *stack[DEPTH_MAX]; /* [0] owned, the others borrowed from it */
	size_t depth;
	bool line; /* no layout */
	bool failed; /* something was no JSON: said at the end */
};

static struct writer_json *of(struct writer *w)
{
	return (struct writer_json *)w;
}

/* Takes @value over; NULL means it could not be made. */
static void set(struct writer_json *w, json_t *to, const char *key,
		json_t *value)
{
	if (!value || json_object_set_new(to, key, value) < 0)
		w->failed = true;
}

/* Bytes that are no text, such as the raw form of a spoilt item. */
static json_t *bytes_value(const struct cell *c)
{
	CLEANUP(free_ptr) char *base64 = digest_base64(c->text, c->len);

	return json_pack("{s:s}", "base64", base64);
}

static json_t *value_of(const struct cell *c)
{
	switch (c->type) {
	case CELL_INTEGER:
		return json_integer(c->integer);
	case CELL_REAL:
		/* An infinite number has no JSON. */
		return json_real(c->real) ?: json_null();
	case CELL_TEXT:
	case CELL_BYTES:
		/* jansson takes U+0000 in a value; nobody else likes it. */
		if (!utf8_valid(c->text, c->len) || strlen(c->text) != c->len)
			return bytes_value(c);
		return json_stringn(c->text, c->len);
	case CELL_NULL:
		break;
	}
	return json_null();
}

/* A length of time is no moment, of which there would be a year 1970. */
static bool is_length(const char *name)
{
	static const char *const lengths[] = { "left_ms", "waited_ms" };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		if (strcmp(name, lengths[i]) == 0)
			return true;
	}
	return false;
}

/* A column "x_ms" that comes without its "x_at" ("at_ms": "at") gets it. */
static void add_instant(struct writer_json *w, json_t *to, const struct rows *r,
			size_t column, const struct cell *c)
{
	CLEANUP(free_ptr) char *at = NULL;
	const char *name = r->names[column];
	size_t len = strlen(name);
	char buf[TIMEFMT_MAX];

	if (len < 4 || strcmp(name + len - 3, "_ms") != 0 || is_length(name))
		return;
	at = strcmp(name, "at_ms") == 0
		     ? xstrdup("at")
		     : xasprintf("%.*s_at", (int)(len - 3), name);
	if (rows_has(r, at))
		return;
	if (c->type == CELL_INTEGER && c->integer != 0)
		set(w, to, at, json_string(timefmt_utc(c->integer, buf)));
	else
		set(w, to, at, json_null());
}

static json_t *row_object(struct writer_json *w, const struct rows *r,
			  size_t row, bool instants)
{
	json_t *to = json_object();

	for (size_t i = 0; i < r->n_names; i++) {
		const struct cell *c = &r->cells[row * r->n_names + i];

		set(w, to, r->names[i], value_of(c));
		if (instants)
			add_instant(w, to, r, i, c);
	}
	return to;
}

static void json_on_begin(struct writer *writer, const char *schema)
{
	struct writer_json *w = of(writer);

	w->stack[0] = json_object();
	w->depth = 1;
	set(w, w->stack[0], "schema", json_string(schema));
}

static json_t *here(struct writer_json *w)
{
	return w->stack[w->depth - 1];
}

static json_t *column_names(struct writer_json *w, const struct rows *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->n_names; i++) {
		if (json_array_append_new(array, json_string(r->names[i])) < 0)
			w->failed = true;
	}
	return array;
}

static void json_on_table(struct writer *writer, const struct table *t,
			  const struct rows *r)
{
	struct writer_json *w = of(writer);
	json_t *array;

	if (!t->key)
		return;
	array = json_array();
	for (size_t i = 0; i < r->n; i++) {
		if (json_array_append_new(array, row_object(w, r, i,
							    !t->verbatim)) < 0)
			w->failed = true;
	}
	set(w, here(w), t->key, array);
	if (t->named)
		set(w, here(w), "columns", column_names(w, r));
}

static void json_on_object(struct writer *writer, const char *key)
{
	struct writer_json *w = of(writer);
	json_t *object = json_object();

	set(w, here(w), key, object);
	w->stack[w->depth++] = object;
}

static void json_on_object_end(struct writer *writer)
{
	of(writer)->depth--;
}

static void json_on_field(struct writer *writer, const char *key,
			  const struct cell *c)
{
	struct writer_json *w = of(writer);

	set(w, here(w), key, value_of(c));
}

static void json_on_flag(struct writer *writer, const char *key, bool value)
{
	struct writer_json *w = of(writer);

	set(w, here(w), key, json_boolean(value));
}

static void json_on_record(struct writer *writer, const char *key,
			   const struct rows *r, size_t row)
{
	struct writer_json *w = of(writer);

	if (row < r->n)
		set(w, here(w), key, row_object(w, r, row, true));
	else
		set(w, here(w), key, json_null());
}

static int add_piece(const char *piece, size_t len, void *to)
{
	strbuf_add(to, piece, len);
	return 0;
}

static int json_on_end(struct writer *writer, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	struct writer_json *w = of(writer);

	if (!w->stack[0]) /* never begun: export writes its lines itself */
		return 0;
	if (w->failed ||
	    json_dump_callback(w->stack[0], add_piece, &text,
			       w->line ? JSON_COMPACT : JSON_INDENT(2)) < 0)
		return err_set(err, ERR_LIMIT,
			       "the answer cannot be written as JSON; ask for "
			       "less with --limit");
	escape_add_json(&safe, text.buf);
	strbuf_addch(&safe, '\n');
	return output_write(w->out, safe.buf, safe.len, err);
}

static void json_on_free(struct writer *writer)
{
	json_decref(of(writer)->stack[0]);
	free(writer);
}

struct writer *writer_json_new(FILE *out)
{
	static const struct writer_ops ops = {
		.begin = json_on_begin,
		.table = json_on_table,
		.object = json_on_object,
		.object_end = json_on_object_end,
		.field = json_on_field,
		.flag = json_on_flag,
		.record = json_on_record,
		.end = json_on_end,
		.free = json_on_free,
	};
	struct writer_json *w = xcalloc(1, sizeof(*w));

	w->writer.ops = &ops;
	w->out = out;
	return &w->writer;
}

struct writer *writer_json_line_new(FILE *out)
{
	struct writer *w = writer_json_new(out);

	of(w)->line = true;
	return w;
}
