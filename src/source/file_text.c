/*
 * Tells CSV, CEF and the like from one another by their looks, and has those
 * read that hold alerts. Called by file_split for what is no JSON.
 */
#include "source/file_text_priv.h"

#include <stdio.h>
#include <string.h>
#include "source/file_cef_priv.h"
#include "source/slice_priv.h"

static bool begins(struct span s, const char *bytes, size_t len)
{
	return s.len >= len && memcmp(s.p, bytes, len) == 0;
}

static const char *refuse(struct span head)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *reason;
	} marks[] = {
		{ "\xff\xfe", 2, "UTF-16 text: save the file as UTF-8" },
		{ "\xfe\xff", 2, "UTF-16 text: save the file as UTF-8" },
		{ "\x1f\x8b", 2, "a gzip archive: unpack it first" },
		{ "PK\x03\x04", 4, "a zip archive: unpack it first" },
		{ "\x28\xb5\x2f\xfd", 4, "a zstd archive: unpack it first" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (begins(head, marks[i].bytes, marks[i].len))
			return marks[i].reason;
	}
	return NULL;
}

static size_t count(struct span s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == c;
	return n;
}

static bool is_table(struct span line)
{
	return count(line, ',') >= 2 || count(line, ';') >= 2 ||
	       count(line, '\t') >= 2;
}

enum file_kind file_text_start(struct file_window *w, bool *ret_is_table,
			       const char **ret_reason)
{
	struct span all = file_window_rest(w);
	const char *end = all.p + all.len;
	const char *p = all.p;

	if (all.len < 4 && !w->eof)
		return FILE_UNKNOWN;
	/* Blanks may have gone before: marks stand at the very beginning. */
	if (w->base + w->pos == 0) {
		*ret_reason = refuse(all);
		if (*ret_reason)
			return FILE_FOREIGN;
		if (begins(all, "\xef\xbb\xbf", 3))
			p += 3;
	}
	p = slice_blank(p, end);
	w->pos += (size_t)(p - all.p);
	if (p == end)
		return FILE_UNKNOWN;
	if (*p == '{' || *p == '[')
		return FILE_JSON;
	all = (struct span){ p, (size_t)(end - p) };
	p = memchr(all.p, '\n', all.len);
	if (!p && file_window_can_wait(w))
		return FILE_UNKNOWN;
	if (p)
		all.len = (size_t)(p - all.p);
	*ret_is_table = is_table(all);
	return FILE_TEXT;
}

const char *file_text_reason(struct span line, bool is_row)
{
	if (memmem(line.p, line.len, "LEEF:", 5))
		return "a LEEF line, not JSON: export from the API instead";
	if (line.p[0] == '<')
		return "XML, HTML or syslog, not JSON: export from the API "
		       "instead";
	if (is_row)
		return "a line of CSV whose header names no alert: export as "
		       "JSON instead";
	return "a line of text, not JSON";
}

int file_text_line(struct file_window *w, bool *in_line, struct span *ret_line)
{
	for (;;) {
		struct span line = file_window_rest(w);
		const char *newline = memchr(line.p, '\n', line.len);
		bool was_in_line = *in_line;

		if (line.len == 0 || (!newline && file_window_can_wait(w)))
			return 0;
		if (newline)
			line.len = (size_t)(newline - line.p);
		w->pos += line.len + (newline != NULL);
		*in_line = !newline;
		while (line.len > 0 && strchr(" \t\r", line.p[line.len - 1]))
			line.len--;
		if (line.len == 0 || was_in_line)
			continue;
		line.len = MIN(line.len, SLICE_CLIP);
		*ret_line = line;
		return 1;
	}
}

void file_text_init(struct file_text *t)
{
	*t = (struct file_text){ 0 };
	strbuf_init(&t->json);
}

void file_text_release(struct file_text *t)
{
	file_csv_release(&t->csv);
	strbuf_release(&t->json);
}

void file_text_open(struct file_text *t, struct file_window *w, bool is_table)
{
	struct span header = file_window_rest(w);
	const char *newline = memchr(header.p, '\n', header.len);

	t->is_table = is_table;
	if (newline)
		header.len = (size_t)(newline - header.p);
	t->is_alerts = is_table && file_csv_open(&t->csv, header);
	if (t->is_alerts)
		w->pos += header.len + (newline != NULL);
}

static enum split found(struct split_found *ret, struct span raw,
			const char *reason)
{
	ret->raw = raw;
	if (!reason)
		return SPLIT_ITEM;
	snprintf(ret->reason, sizeof(ret->reason), "%s", reason);
	return SPLIT_BAD;
}

static struct span keep_json(struct file_text *t, struct file_window *w)
{
	return file_window_keep(w, (struct span){ t->json.buf, t->json.len });
}

static enum split next_row(struct file_text *t, struct file_window *w,
			   struct split_found *ret)
{
	const char *reason = NULL;
	struct span raw = { NULL, 0 };

	switch (file_csv_next(&t->csv, w, &t->json, &raw, &reason)) {
	case CSV_ROW:
		return found(ret, keep_json(t, w), NULL);
	case CSV_BROKEN:
		t->is_broken = true;
		return found(ret, raw, reason);
	case CSV_BAD:
		return found(ret, raw, reason);
	case CSV_MORE:
		return SPLIT_MORE;
	case CSV_CUT:
		return SPLIT_CUT;
	case CSV_END:
		break;
	}
	return w->eof ? SPLIT_END : SPLIT_MORE;
}

enum split file_text_next(struct file_text *t, struct file_window *w,
			  struct split_found *ret)
{
	const char *reason;
	struct span line;

	if (t->is_broken) {
		w->pos = w->len;
		return w->eof ? SPLIT_END : SPLIT_MORE;
	}
	if (t->is_alerts)
		return next_row(t, w, ret);
	if (file_text_line(w, &t->in_line, &line) == 0)
		return w->eof ? SPLIT_END : SPLIT_MORE;
	if (!file_cef_is(line))
		return found(ret, line, file_text_reason(line, t->is_table));
	reason = file_cef_read(line, &t->json);
	return found(ret, reason ? line : keep_json(t, w), reason);
}
