/*
 * Foreign text for each kind of target, so that it stays text there. Called
 * for every value of a template. Knows no template.
 *
 * tested with: test_template_escape
 */
#include "notify/template.h"

#include <string.h>
#include "util/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* utf8_add_clean() ends at a NUL byte; what is behind one is not hidden. */
static void add_clean(struct strbuf *out, const char *s, size_t len,
		      enum utf8_clean how)
{
	size_t at = 0;

	for (;;) {
		utf8_add_clean(out, s + at, 0, how);
		at += strlen(s + at);
		if (at >= len)
			return;
		strbuf_addstr(out, REPLACEMENT);
		at++;
	}
}

void template_escape_text(struct strbuf *out, const char *s, size_t len)
{
	add_clean(out, s, len, UTF8_KEEP_NEWLINES);
}

void template_escape_line(struct strbuf *out, const char *s, size_t len)
{
	add_clean(out, s, len, UTF8_LINE);
}

void template_escape_html(struct strbuf *out, const char *s, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;

	add_clean(&clean, s, len, UTF8_KEEP_NEWLINES);
	for (const char *p = clean.buf;; p++) {
		size_t n = strcspn(p, "&<>\"'");

		strbuf_add(out, p, n);
		p += n;
		switch (*p) {
		case '\0':
			return;
		case '&':
			strbuf_addstr(out, "&amp;");
			break;
		case '<':
			strbuf_addstr(out, "&lt;");
			break;
		case '>':
			strbuf_addstr(out, "&gt;");
			break;
		case '"':
			strbuf_addstr(out, "&quot;");
			break;
		case '\'':
			strbuf_addstr(out, "&#39;");
			break;
		}
	}
}

void template_escape_json(struct strbuf *out, const char *s, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;

	/* No control characters but these two are left. */
	add_clean(&clean, s, len, UTF8_KEEP_NEWLINES);
	for (const char *p = clean.buf; *p; p++) {
		if (*p == '\n')
			strbuf_addstr(out, "\\n");
		else if (*p == '\t')
			strbuf_addstr(out, "\\t");
		else if (*p == '"' || *p == '\\')
			strbuf_addf(out, "\\%c", *p);
		else
			strbuf_addch(out, *p);
	}
}
