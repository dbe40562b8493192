/*
 * Tables of alerts. Called by file_split; knows of alerts only what shape.c
 * tells from member names: the header decides whether rows are worth reading.
 */
#include "source/file_csv_priv.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "source/shape_priv.h"
#include "source/slice_priv.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define NAMES_MAX 500

static const char *const delimiters = ",;\t";

static size_t count(struct span s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == c;
	return n;
}

static char pick_delimiter(struct span header)
{
	char best = delimiters[0];

	for (const char *d = delimiters; *d; d++) {
		if (count(header, *d) > count(header, best))
			best = *d;
	}
	return best;
}

/* In the place of a zero byte, which would end the cell: no UTF-8 has it. */
#define NO_TEXT '\xff'

/*
 * The cell at *@p, without its quotes; *@p is left at its delimiter or @end.
 * What stands between a closing quote and the delimiter is kept: it is wrong,
 * and still somebody's data.
 */
static void take_cell(const char **p, const char *end, char delimiter,
		      struct strbuf *ret)
{
	bool quoted = false;
	const char *s = *p;

	strbuf_reset(ret);
	if (s < end && *s == '"') {
		quoted = true;
		s++;
	}
	for (; s < end && (quoted || *s != delimiter); s++) {
		if (quoted && *s == '"' && s + 1 < end && s[1] == '"')
			s++;
		else if (quoted && *s == '"') {
			quoted = false;
			continue;
		}
		strbuf_addch(ret, *s ? *s : NO_TEXT);
	}
	*p = s;
}

/* Text as JSON: bytes that are no UTF-8 could not stand in it. */
static json_t *text_of(const struct strbuf *cell)
{
	CLEANUP(free_ptr) char *clean = NULL;
	json_t *text = json_stringn(cell->buf, cell->len);

	if (text)
		return text;
	clean = utf8_clean_dup(cell->buf, 0, UTF8_KEEP_NEWLINES);
	return json_string(clean);
}

/* 0, or the reason. With @c still empty the cells are its names. */
static const char *read_row(const struct file_csv *c, struct span row,
			    json_t *object)
{
	CLEANUP(strbuf_release) struct strbuf cell = STRBUF_INIT;
	const char *p = row.p;
	const char *end = row.p + row.len;

	for (size_t i = 0;; i++) {
		take_cell(&p, end, c->delimiter, &cell);
		if (i == c->names.n)
			return "a row of CSV with more cells than its header";
		if (cell.len > 0 && *c->names.v[i])
			json_object_set_new(object, c->names.v[i],
					    text_of(&cell));
		if (p < end) {
			p++;
			continue;
		}
		return i + 1 < c->names.n
			       ? "a row of CSV with fewer cells than its header"
			       : NULL;
	}
}

static void read_names(struct file_csv *c, struct span header)
{
	CLEANUP(strbuf_release) struct strbuf cell = STRBUF_INIT;
	const char *p = header.p;
	const char *end = header.p + header.len;

	for (;;) {
		CLEANUP(free_ptr) char *name = NULL;

		take_cell(&p, end, c->delimiter, &cell);
		name = utf8_clean_dup(cell.buf, 0, UTF8_LINE);
		/* The first column of a name is the one that counts. */
		strlist_add(&c->names,
			    strlist_has(&c->names, name) ? "" : name);
		if (p == end || c->names.n == NAMES_MAX)
			return;
		p++;
	}
}

static bool names_an_alert(const struct file_csv *c)
{
	CLEANUP(jsonx_unref) json_t *object = json_object();
	CLEANUP(free_ptr) char *text = NULL;

	for (size_t i = 0; i < c->names.n; i++) {
		if (*c->names.v[i])
			json_object_set_new(object, c->names.v[i],
					    json_string(""));
	}
	text = jsonx_dump(object);
	return text &&
	       shape_of((struct span){ text, strlen(text) }) == SHAPE_ARM_FLAT;
}

bool file_csv_open(struct file_csv *c, struct span header)
{
	*c = (struct file_csv){ .delimiter = pick_delimiter(header) };
	while (header.len > 0 && header.p[header.len - 1] == '\r')
		header.len--;
	read_names(c, header);
	if (names_an_alert(c))
		return true;
	file_csv_release(c);
	return false;
}

void file_csv_release(struct file_csv *c)
{
	strlist_release(&c->names);
}

/* Where the row that begins at @all ends: its line break, outside quotes, or
 * NULL. */
static const char *find_end(const struct file_csv *c, struct span all,
			    bool *ret_quoted)
{
	const char *end = all.p + all.len;
	bool quoted = false, at_start = true;

	for (const char *p = all.p; p < end; p++) {
		if (quoted) {
			quoted = *p != '"';
		} else if (*p == '\n') {
			return p;
		} else if (*p == '"') {
			/* A quote begins a cell, or doubles the one before. */
			quoted = at_start || p[-1] == '"';
		}
		at_start = !quoted && *p == c->delimiter;
	}
	*ret_quoted = quoted;
	return NULL;
}

static enum csv_row refuse(struct span row, const char *reason,
			   struct span *ret_raw, const char **ret_reason)
{
	*ret_raw = (struct span){ row.p, MIN(row.len, SLICE_CLIP) };
	*ret_reason = reason;
	return CSV_BAD;
}

static enum csv_row take_row(const struct file_csv *c, struct span row,
			     struct strbuf *ret_json, struct span *ret_raw,
			     const char **ret_reason)
{
	CLEANUP(jsonx_unref) json_t *object = json_object();
	CLEANUP(free_ptr) char *text = NULL;
	const char *reason = read_row(c, row, object);

	if (reason)
		return refuse(row, reason, ret_raw, ret_reason);
	text = jsonx_dump(object);
	if (!text ||
	    shape_of((struct span){ text, strlen(text) }) == SHAPE_NONE)
		return refuse(row, "a row of CSV that names no alert", ret_raw,
			      ret_reason);
	strbuf_reset(ret_json);
	strbuf_addstr(ret_json, text);
	return CSV_ROW;
}

enum csv_row file_csv_next(const struct file_csv *c, struct file_window *w,
			   struct strbuf *ret_json, struct span *ret_raw,
			   const char **ret_reason)
{
	struct span all = file_window_rest(w);
	bool quoted = false;
	const char *end;

	while (all.len > 0 && (*all.p == '\n' || *all.p == '\r')) {
		all.p++;
		all.len--;
		w->pos++;
	}
	end = find_end(c, all, &quoted);
	if (!end && file_window_can_wait(w))
		return CSV_MORE;
	if (!end && !w->eof) {
		(void)refuse(all,
			     "a row of CSV that does not end: the rest of the "
			     "file was not read",
			     ret_raw, ret_reason);
		return CSV_BROKEN;
	}
	if (all.len == 0)
		return CSV_END;
	if (!end && quoted)
		return CSV_CUT;
	if (end)
		all.len = (size_t)(end - all.p);
	w->pos += all.len + (end != NULL);
	while (all.len > 0 && all.p[all.len - 1] == '\r')
		all.len--;
	return take_row(c, all, ret_json, ret_raw, ret_reason);
}
