/*
 * HTML to plain text, for descriptions. Called by whoever reads them out of an
 * API. It never fails and reads each byte a bounded number of times, whatever
 * the text.
 */
#include "util/html_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/strbuf.h"
#include "util/utf8.h"

/* A tag longer than this is taken as text. */
#define TAG_MAX 1000

enum tag {
	TAG_DROP, /* inline: nothing stands for it */
	TAG_BREAK, /* a new line */
	TAG_ITEM, /* a new line and a dash */
	TAG_CELL, /* a blank behind it */
	TAG_HIDE, /* gone with everything up to its end tag */
};

struct tag_row {
	const char *name;
	enum tag tag;
};

static const struct tag_row tags[] = {
	{ "a", TAG_DROP },	     { "abbr", TAG_DROP },
	{ "b", TAG_DROP },	     { "big", TAG_DROP },
	{ "blockquote", TAG_BREAK }, { "body", TAG_BREAK },
	{ "br", TAG_BREAK },	     { "button", TAG_DROP },
	{ "center", TAG_BREAK },     { "code", TAG_DROP },
	{ "div", TAG_BREAK },	     { "em", TAG_DROP },
	{ "font", TAG_DROP },	     { "form", TAG_BREAK },
	{ "h1", TAG_BREAK },	     { "h2", TAG_BREAK },
	{ "h3", TAG_BREAK },	     { "h4", TAG_BREAK },
	{ "h5", TAG_BREAK },	     { "h6", TAG_BREAK },
	{ "head", TAG_HIDE },	     { "hr", TAG_BREAK },
	{ "html", TAG_BREAK },	     { "i", TAG_DROP },
	{ "iframe", TAG_HIDE },	     { "img", TAG_DROP },
	{ "input", TAG_DROP },	     { "li", TAG_ITEM },
	{ "link", TAG_DROP },	     { "meta", TAG_DROP },
	{ "object", TAG_HIDE },	     { "ol", TAG_BREAK },
	{ "p", TAG_BREAK },	     { "pre", TAG_BREAK },
	{ "s", TAG_DROP },	     { "script", TAG_HIDE },
	{ "small", TAG_DROP },	     { "span", TAG_DROP },
	{ "strong", TAG_DROP },	     { "style", TAG_HIDE },
	{ "sub", TAG_DROP },	     { "sup", TAG_DROP },
	{ "svg", TAG_HIDE },	     { "table", TAG_BREAK },
	{ "tbody", TAG_DROP },	     { "td", TAG_CELL },
	{ "th", TAG_CELL },	     { "thead", TAG_DROP },
	{ "tr", TAG_BREAK },	     { "u", TAG_DROP },
	{ "ul", TAG_BREAK },
};

struct reference {
	const char *name; /* with its semicolon */
	const char *text;
};

static const struct reference references[] = {
	{ "amp;", "&" },
	{ "lt;", "<" },
	{ "gt;", ">" },
	{ "quot;", "\"" },
	{ "apos;", "'" },
	{ "nbsp;", " " },
	{ "hellip;", "\xe2\x80\xa6" },
	{ "ndash;", "\xe2\x80\x93" },
	{ "mdash;", "\xe2\x80\x94" },
	{ "lsquo;", "\xe2\x80\x98" },
	{ "rsquo;", "\xe2\x80\x99" },
	{ "ldquo;", "\xe2\x80\x9c" },
	{ "rdquo;", "\xe2\x80\x9d" },
	{ "bull;", "\xe2\x80\xa2" },
};

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static const struct tag_row *tag_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		if (strlen(tags[i].name) == len &&
		    strncasecmp(tags[i].name, name, len) == 0)
			return &tags[i];
	}
	return NULL;
}

/* Behind the '>' that ends the tag, quoted values respected; NULL for none. */
static const char *tag_end(const char *p)
{
	char quote = '\0';

	for (size_t n = 0; *p && n < TAG_MAX; n++, p++) {
		if (quote) {
			if (*p == quote)
				quote = '\0';
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (*p == '>') {
			return p + 1;
		} else if (*p == '<') {
			return NULL;
		}
	}
	return NULL;
}

static void new_line(struct strbuf *out)
{
	while (out->len > 0 && out->buf[out->len - 1] == ' ')
		strbuf_setlen(out, out->len - 1);
	if (out->len == 0 || (out->len > 1 && out->buf[out->len - 1] == '\n' &&
			      out->buf[out->len - 2] == '\n'))
		return;
	strbuf_addch(out, '\n');
}

/* Behind the end tag of @row; the end of the text when it is missing. */
static const char *hide(const struct tag_row *row, const char *p)
{
	size_t len = strlen(row->name);
	const char *end;

	while ((p = strstr(p, "</"))) {
		p += 2;
		if (strncasecmp(p, row->name, len) == 0 && !is_letter(p[len])) {
			end = strchr(p, '>');
			return end ? end + 1 : p + strlen(p);
		}
	}
	return NULL;
}

/* @p is at '<'. What follows the tag, or NULL when it is not one. */
static const char *take_tag(struct strbuf *out, const char *p)
{
	bool closes = p[1] == '/';
	const char *name = p + 1 + closes;
	const char *after = name;
	const struct tag_row *row;

	while (is_letter(*after) || (*after >= '0' && *after <= '9'))
		after++;
	row = tag_find(name, (size_t)(after - name));
	/* "<p:x>" and "<i-am-a-host>" are not HTML. */
	if (!row || !strchr(" \t\r\n/>", *after) || !*after)
		return NULL;
	after = tag_end(after);
	if (!after)
		return NULL;
	if (row->tag == TAG_HIDE && !closes) {
		p = hide(row, after);
		return p ? p : after + strlen(after);
	}
	if (row->tag == TAG_BREAK || (row->tag == TAG_ITEM && !closes))
		new_line(out);
	if (row->tag == TAG_ITEM && !closes)
		strbuf_addstr(out, "- ");
	if (row->tag == TAG_CELL && closes)
		strbuf_addch(out, ' ');
	return after;
}

/* "&#39;" or "&#x27;" at @p; behind it, or NULL. */
static const char *take_number(struct strbuf *out, const char *p)
{
	bool hex = (p[2] | 0x20) == 'x';
	const char *digits = p + 2 + hex;
	char *end;
	unsigned long c;

	if (!strchr("0123456789abcdefABCDEF", *digits) || !*digits)
		return NULL;
	c = strtoul(digits, &end, hex ? 16 : 10);
	if (*end != ';' || end - digits > 7 || c == 0 || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return NULL;
	utf8_add_point(out, (uint32_t)c);
	return end + 1;
}

/* @p is at '&'. What follows the reference, or NULL when it is not one. */
static const char *take_reference(struct strbuf *out, const char *p)
{
	if (p[1] == '#')
		return take_number(out, p);
	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		size_t len = strlen(references[i].name);

		if (strncmp(p + 1, references[i].name, len) == 0) {
			strbuf_addstr(out, references[i].text);
			return p + 1 + len;
		}
	}
	return NULL;
}

static const char *take_comment(const char *p)
{
	const char *end = strstr(p + 4, "-->");

	return end ? end + 3 : p + strlen(p);
}

char *html_text(const char *s)
{
	struct strbuf out = STRBUF_INIT;
	const char *p = s;

	while (*p) {
		size_t plain = strcspn(p, "<&");
		const char *after = NULL;

		strbuf_add(&out, p, plain);
		p += plain;
		if (strncmp(p, "<!--", 4) == 0)
			after = take_comment(p);
		else if (*p == '<')
			after = take_tag(&out, p);
		else if (*p == '&')
			after = take_reference(&out, p);
		if (after)
			p = after;
		else if (*p)
			strbuf_addch(&out, *p++);
	}
	return strbuf_detach(&out);
}
