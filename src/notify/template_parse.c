/*
 * The text of a template into pieces. Called by render_custom.c when
 * settings are read or checked. Knows no value.
 *
 * tested with: test_template
 */
#include "notify/template.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/template_priv.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

struct open_section {
	const char *tag;
	size_t piece;
};

struct parser {
	struct template *t;
	const char *p; /* what is read next */
	const char *text_from; /* literal text that is not a piece yet */
	struct open_section open[TEMPLATE_DEPTH_MAX];
	size_t n_open;
	struct template_fault *fault;
};

/* A tag: from "{{" to behind "}}", and what it says. */
struct tag {
	const char *from, *to;
	char kind; /* '\0' a value, else '#', '^', '/', '!' */
	const char *name;
	size_t name_len;
};

void template_place(const char *text, const char *at,
		    struct template_fault *ret)
{
	ret->line = ret->column = 1;
	for (const char *p = text; p < at; p++) {
		if (*p == '\n') {
			ret->line++;
			ret->column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			ret->column++;
		}
	}
}

static bool refuse(struct parser *p, const char *at, const char *fmt, ...)
	printf_like(3, 4);
static bool refuse(struct parser *p, const char *at, const char *fmt, ...)
{
	va_list ap;

	template_place(p->t->text, at, p->fault);
	va_start(ap, fmt);
	vsnprintf(p->fault->text, sizeof(p->fault->text), fmt, ap);
	va_end(ap);
	utf8_clean_in_place(p->fault->text);
	return false;
}

static struct piece *add_piece(struct parser *p, enum piece_kind kind,
			       const char *at, size_t len)
{
	struct template *t = p->t;

	GROW(t->pieces, t->n + 1, t->n_alloc);
	t->pieces[t->n] = (struct piece){ kind, at, len, t->n + 1 };
	return &t->pieces[t->n++];
}

static void add_text(struct parser *p, const char *to)
{
	if (to > p->text_from)
		add_piece(p, PIECE_TEXT, p->text_from,
			  (size_t)(to - p->text_from));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * Sections and comments alone on their line take the line with them: move
 * tag->from to its beginning and tag->to behind its end.
 */
static void take_line(const struct parser *p, struct tag *tag)
{
	const char *from = tag->from, *to = tag->to;

	while (from > p->t->text && (from[-1] == ' ' || from[-1] == '\t'))
		from--;
	if (from > p->t->text && from[-1] != '\n')
		return;
	while (*to == ' ' || *to == '\t')
		to++;
	if (to[0] == '\r' && to[1] == '\n')
		to++;
	if (*to != '\n' && *to != '\0')
		return;
	tag->from = from;
	tag->to = *to ? to + 1 : to;
}

/* Letters, digits, "-" and "_" in parts with dots between them, or ".". */
static bool name_is_good(const char *s, size_t len)
{
	bool part = false;

	if (len == 1 && *s == '.')
		return true;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '.' && !part)
			return false;
		part = c != '.';
		if (part && c < 0x80 && !memchr("-_", c, 2) &&
		    !(c >= '0' && c <= '9') &&
		    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			return false;
	}
	return part;
}

static bool check_name(struct parser *p, const struct tag *tag)
{
	if (tag->name_len == 0)
		return refuse(p, tag->from, "a tag without a name");
	if (tag->name_len > TEMPLATE_NAME_MAX)
		return refuse(p, tag->from, "a name longer than %d bytes",
			      TEMPLATE_NAME_MAX);
	if (name_is_good(tag->name, tag->name_len))
		return true;
	return refuse(p, tag->from,
		      "'%.*s' is not a name; a tag is {{name}}, {{a.b}}, "
		      "{{#name}}, {{^name}}, {{/name}} or {{! comment}}",
		      (int)MIN(tag->name_len, (size_t)40), tag->name);
}

static bool check_kind(struct parser *p, const struct tag *tag)
{
	switch (tag->kind) {
	case '>':
		return refuse(p, tag->from,
			      "a template cannot take in another one ({{>)");
	case '=':
		return refuse(p, tag->from,
			      "the delimiters {{ and }} cannot be changed");
	case '$':
	case '<':
		return refuse(p, tag->from,
			      "blocks and parents ({{%c) are not supported",
			      tag->kind);
	default:
		return tag->kind == '!' || check_name(p, tag);
	}
}

/* Reads the tag at p->p, which begins with "{{". */
static bool read_tag(struct parser *p, struct tag *ret)
{
	const char *s = p->p + 2, *end;
	struct tag tag = { .from = p->p };
	bool triple = *s == '{';

	end = strstr(s, triple ? "}}}" : "}}");
	if (!end)
		return refuse(p, p->p, "'{{' without '%s' behind it",
			      triple ? "}}}" : "}}");
	tag.to = end + (triple ? 3 : 2);
	s += triple;
	while (s < end && is_blank(*s))
		s++;
	if (s < end && !triple && strchr("#^/!>=$<&", *s))
		tag.kind = *s++;
	/* No value goes out unescaped, so the sign means nothing. */
	if (tag.kind == '&')
		tag.kind = '\0';
	while (s < end && is_blank(*s))
		s++;
	while (end > s && is_blank(end[-1]))
		end--;
	tag.name = s;
	tag.name_len = (size_t)(end - s);
	if (!check_kind(p, &tag))
		return false;
	*ret = tag;
	return true;
}

static bool open_section(struct parser *p, const char *at, const struct tag *t)
{
	if (p->n_open == TEMPLATE_DEPTH_MAX)
		return refuse(p, at, "more than %d sections inside each other",
			      TEMPLATE_DEPTH_MAX);
	p->open[p->n_open++] = (struct open_section){ at, p->t->n };
	add_piece(p, t->kind == '#' ? PIECE_SECTION : PIECE_INVERTED, t->name,
		  t->name_len);
	return true;
}

static bool close_section(struct parser *p, const char *at, const struct tag *t)
{
	struct template_fault place;
	struct piece *s;

	if (p->n_open == 0)
		return refuse(p, at, "{{/%.*s}} closes nothing",
			      (int)t->name_len, t->name);
	s = &p->t->pieces[p->open[p->n_open - 1].piece];
	template_place(p->t->text, p->open[p->n_open - 1].tag, &place);
	if (s->len != t->name_len || memcmp(s->at, t->name, s->len) != 0)
		return refuse(p, at,
			      "{{/%.*s}} stands where {{/%.*s}} must, which "
			      "closes the section of line %d",
			      (int)MIN(t->name_len, (size_t)40), t->name,
			      (int)MIN(s->len, (size_t)40), s->at, place.line);
	s->end = p->t->n;
	p->n_open--;
	return true;
}

static bool add_tag(struct parser *p)
{
	struct tag tag = { 0 };
	const char *at = p->p;
	bool good = true;

	if (!read_tag(p, &tag))
		return false;
	if (tag.kind)
		take_line(p, &tag);
	add_text(p, tag.from);
	if (tag.kind == '\0')
		add_piece(p, PIECE_VALUE, tag.name, tag.name_len);
	else if (tag.kind == '/')
		good = close_section(p, at, &tag);
	else if (tag.kind != '!')
		good = open_section(p, at, &tag);
	p->p = p->text_from = tag.to;
	return good;
}

static bool parse_all(struct parser *p)
{
	const char *at;
	struct piece *s;

	if (strlen(p->t->text) > TEMPLATE_BYTES_MAX)
		return refuse(p, p->t->text, "a template longer than %d KiB",
			      TEMPLATE_BYTES_MAX / 1024);
	while ((at = strstr(p->p, "{{"))) {
		p->p = at;
		if (!add_tag(p))
			return false;
	}
	add_text(p, p->text_from + strlen(p->text_from));
	if (p->n_open == 0)
		return true;
	s = &p->t->pieces[p->open[p->n_open - 1].piece];
	return refuse(p, p->open[p->n_open - 1].tag,
		      "the section '%.*s' is never closed; {{/%.*s}} is "
		      "missing",
		      (int)MIN(s->len, (size_t)60), s->at,
		      (int)MIN(s->len, (size_t)60), s->at);
}

struct template *template_parse(const char *text, struct template_fault *ret)
{
	struct template *t = xcalloc(1, sizeof(*t));
	struct template_fault fault;
	struct parser p = { .t = t, .fault = &fault };

	t->text = xstrdup(text);
	p.p = p.text_from = t->text;
	if (parse_all(&p))
		return t;
	*ret = fault;
	return template_free(t);
}

struct template *template_free(struct template *t)
{
	if (!t)
		return NULL;
	free(t->pieces);
	free(t->text);
	free(t);
	return NULL;
}
