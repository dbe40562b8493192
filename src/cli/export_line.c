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

static int take_revisions(const json_t *revisions, struct strbuf *out,
			  struct err *err)
{
	const json_t *r;
	size_t i;
	int n = 0;

	json_array_foreach(revisions, i, r)
	{
		const json_t *raw = json_object_get(r, "raw");

		if (json_string_length(raw) > 0)
			n += add_raw(json_string_value(raw),
				     json_string_length(raw), out);
	}
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

	if (kind && strcmp(kind, ALERT_KIND_DRILL) == 0)
		return true;
	return known && kind && native_id &&
	       known->fn(known->arg, kind, native_id);
}

int export_take(const char *line, size_t len, const struct export_known *known,
		struct strbuf *out, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *value = NULL;
	const char *schema;

	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		len--;
	if (len == 0)
		return 0;
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
			       : take_revisions(json_object_get(value,
								"revisions"),
						out, err);
	return add_raw(line, len, out);
}
