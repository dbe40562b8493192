/*
 * Text made safe for where it is shown. Called by the writers and by
 * triagectl.c for errors; nothing else in cli/ prints. Knows no screen.
 *
 * libsmartcols escapes control characters by itself, but not the
 * bidirectional ones (glibc calls them printable), and it would turn the
 * "\x" of C:\xampp into "\x5cx"; so its encoding is off and this one is used.
 */
#include "cli/escape.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>
#include "util/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS "\xe2\x80\xa6" /* U+2026 */

/* JSON's spelling, which most readers know: outside the BMP a pair. */
static void add_code(struct strbuf *sb, uint32_t c)
{
	if (c < 0x10000) {
		strbuf_addf(sb, "\\u%04x", (unsigned)c);
		return;
	}
	c -= 0x10000;
	strbuf_addf(sb, "\\u%04x\\u%04x", (unsigned)(0xd800 | c >> 10),
		    (unsigned)(0xdc00 | (c & 0x3ff)));
}

static void add_control(struct strbuf *sb, uint32_t c, enum escape_how how)
{
	if (c == '\n')
		strbuf_addstr(sb, how == ESCAPE_TEXT ? "\n" : "\\n");
	else if (c == '\t')
		strbuf_addstr(sb, how == ESCAPE_TEXT ? " " : "\\t");
	else
		add_code(sb, c);
}

void escape_add(struct strbuf *sb, const char *s, size_t len,
		enum escape_how how)
{
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_decode(s + i, len - i, &c);
		if (n == 0) {
			strbuf_addstr(sb, REPLACEMENT);
			n = 1;
		} else if (how == ESCAPE_TEXT && c == '\r' && i + 1 < len &&
			   s[i + 1] == '\n') {
			continue;
		} else if (utf8_is_deceptive(c)) {
			add_control(sb, c, how);
		} else {
			strbuf_add(sb, s + i, n);
		}
	}
}

void escape_add_json(struct strbuf *sb, const char *json)
{
	size_t len = strlen(json), n;
	uint32_t c;

	/* Layout needs newlines; inside strings jansson has escaped them. */
	for (size_t i = 0; i < len; i += n) {
		n = utf8_decode(json + i, len - i, &c);
		if (n == 0) {
			strbuf_addstr(sb, REPLACEMENT);
			n = 1;
		} else if (c != '\n' && utf8_is_deceptive(c)) {
			add_code(sb, c);
		} else {
			strbuf_add(sb, json + i, n);
		}
	}
}

void escape_add_csv(struct strbuf *sb, const char *s, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	bool quoted;

	if (len > 0 && strchr("=+-@\t\r", s[0]))
		strbuf_addch(&safe, '\'');
	escape_add(&safe, s, len, ESCAPE_TEXT);
	quoted = strpbrk(safe.buf, "\",\n'") || strchr(safe.buf, ' ');
	if (!quoted) {
		strbuf_add(sb, safe.buf, safe.len);
		return;
	}
	strbuf_addch(sb, '"');
	for (size_t i = 0; i < safe.len; i++) {
		if (safe.buf[i] == '"')
			strbuf_addch(sb, '"');
		strbuf_addch(sb, safe.buf[i]);
	}
	strbuf_addch(sb, '"');
}

/* Bytes of a colour sequence of ours at @s; foreign ones are escaped. */
static size_t colour_length(const char *s)
{
	const char *end;

	if (s[0] != '\033')
		return 0;
	end = strchr(s, 'm');
	return end ? (size_t)(end - s) + 1 : 0;
}

/* The next piece of safe text: its bytes, and its columns in @ret_width. */
static size_t piece(const char *s, size_t len, size_t *ret_width)
{
	size_t n = colour_length(s);
	uint32_t c = 0;
	int width;

	*ret_width = 0;
	if (n > 0)
		return n;
	n = utf8_decode(s, len, &c);
	width = n > 0 ? wcwidth((wchar_t)c) : 1;
	*ret_width = width < 0 ? 1 : (size_t)width;
	return n > 0 ? n : 1;
}

size_t escape_width(const char *s)
{
	size_t len = strlen(s), width = 0, w, n;

	for (size_t i = 0; i < len; i += n) {
		n = piece(s + i, len - i, &w);
		width += w;
	}
	return width;
}

void escape_add_cut(struct strbuf *sb, const char *s, size_t width)
{
	size_t len = strlen(s), used = 0, w, n, i;

	if (escape_width(s) <= width) {
		strbuf_addstr(sb, s);
		return;
	}
	for (i = 0; i < len; i += n) {
		n = piece(s + i, len - i, &w);
		if (used + w + 1 > width)
			break;
		used += w;
	}
	while (i > 0 && s[i - 1] == ' ')
		i--;
	strbuf_add(sb, s, i);
	if (width > 0)
		strbuf_addstr(sb, ELLIPSIS);
}

void escape_add_cut_start(struct strbuf *sb, const char *s, size_t width)
{
	size_t len = strlen(s), left = escape_width(s), w, n, i;

	if (left <= width) {
		strbuf_addstr(sb, s);
		return;
	}
	if (width == 0)
		return;
	for (i = 0; i < len; i += n) {
		n = piece(s + i, len - i, &w);
		/* A mark that stood on what is gone goes with it. */
		if (left + 1 <= width && w > 0)
			break;
		left -= w;
	}
	strbuf_addstr(sb, ELLIPSIS);
	strbuf_add(sb, s + i, len - i);
}
