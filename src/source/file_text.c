/*
 * Tells CSV, CEF and the like from one another by their looks. Called by
 * file_split for what is no JSON; parses nothing.
 */
#include "source/file_text_priv.h"

#include <string.h>
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
	*ret_reason = refuse(all);
	if (*ret_reason)
		return FILE_FOREIGN;
	if (all.len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
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
	if (memmem(line.p, line.len, "CEF:0|", 6))
		return "a CEF line, not JSON: the SIEM agent is retired, "
		       "export from the API instead";
	if (memmem(line.p, line.len, "LEEF:", 5))
		return "a LEEF line, not JSON: export from the API instead";
	if (line.p[0] == '<')
		return "XML, HTML or syslog, not JSON: export from the API "
		       "instead";
	if (is_row)
		return "a line of CSV, not JSON: export as JSON instead";
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
