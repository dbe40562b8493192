/*
 * Finds the end of a JSON value by strict rules first and by a guess at what
 * was meant when those fail. Called by page_split, file_split and raw_hash;
 * judges no content.
 */
#include "source/slice_priv.h"

#include <stdint.h>
#include <string.h>

const char *slice_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* @p is behind the opening quote; behind the closing one, or NULL. */
static const char *skip_string(const char *p, const char *end)
{
	while (p < end) {
		const char *q = memchr(p, '"', (size_t)(end - p));
		const char *b;

		if (!q)
			return NULL;
		b = q;
		while (b > p && b[-1] == '\\')
			b--;
		p = q + 1;
		if ((q - b) % 2 == 0)
			return p;
	}
	return NULL;
}

/* What is open, innermost last; one bit each: is it an array? */
#define LEVELS_MAX 4096

struct open_brackets {
	size_t depth;
	size_t n[2]; /* objects, arrays */
	uint64_t is_array[LEVELS_MAX / 64];
};

static void push_bracket(struct open_brackets *o, bool is_array)
{
	uint64_t bit = UINT64_C(1) << o->depth % 64;

	if (is_array)
		o->is_array[o->depth / 64] |= bit;
	else
		o->is_array[o->depth / 64] &= ~bit;
	o->n[is_array]++;
	o->depth++;
}

static bool pop_bracket(struct open_brackets *o)
{
	bool is_array;

	o->depth--;
	is_array = o->is_array[o->depth / 64] >> o->depth % 64 & 1;
	o->n[is_array]--;
	return is_array;
}

/*
 * A closing bracket of the wrong kind: one that was forgotten before it, or
 * the right one mistyped. When what it closes is open somewhere, the former.
 */
static void close_bracket(struct open_brackets *o, bool is_array)
{
	if (o->n[is_array] == 0) {
		(void)pop_bracket(o); /* mistyped: whatever is innermost */
		return;
	}
	while (pop_bracket(o) != is_array)
		;
}

/* Behind the bracket that closes the one at @p, however deep; brackets of both
 * kinds count as one. NULL when the text ends before. */
static const char *skip_counting(const char *p, const char *end)
{
	struct slice_skip s;

	slice_skip_begin(&s, *p);
	p = slice_skip_on(&s, p + 1, end);
	return slice_skip_is_busy(&s) ? NULL : p;
}

/* The same for a container whose brackets need not match. */
static const char *skip_spoilt(const char *p, const char *end)
{
	const char *start = p;
	struct open_brackets o = { 0 };

	while (p < end) {
		char c = *p++;

		if (c == '"') {
			p = skip_string(p, end);
			if (!p)
				return NULL;
		} else if (c == '{' || c == '[') {
			if (o.depth == LEVELS_MAX)
				return skip_counting(start, end);
			push_bracket(&o, c == '[');
		} else if (c == '}' || c == ']') {
			close_bracket(&o, c == ']');
			if (o.depth == 0)
				return p;
		}
	}
	return NULL;
}

bool slice_ends_in_string(const char *p, const char *end)
{
	while (p && p < end) {
		p = memchr(p, '"', (size_t)(end - p));
		if (!p)
			return false;
		p = skip_string(p + 1, end);
	}
	return p == NULL;
}

static const char *skip_any(const char *p, const char *end)
{
	const char *start = p;

	if (*p == '{' || *p == '[')
		return skip_spoilt(p, end);
	if (*p == '"')
		return skip_string(p + 1, end);
	while (p < end && !strchr(" \t\r\n,:{}[]\"", *p))
		p++;
	return p == start ? p + 1 : p;
}

enum slice slice_value(const char **p, const char *end, struct span *ret_value)
{
	const char *start = slice_blank(*p, end);
	const char *after = start;
	int rc;

	rc = jscan_value(&after, end, ret_value);
	if (rc == 0)
		return SLICE_END;
	if (rc < 0) {
		after = skip_any(start, end);
		if (!after)
			return SLICE_CUT;
		*ret_value = (struct span){ start, (size_t)(after - start) };
	}
	*p = after;
	return SLICE_VALUE;
}

void slice_skip_begin(struct slice_skip *s, char first)
{
	*s = (struct slice_skip){ .in_string = first == '"',
				  .depth = first != '"' };
}

bool slice_skip_is_busy(const struct slice_skip *s)
{
	return s->depth > 0 || s->in_string;
}

static void skip_byte(struct slice_skip *s, char c)
{
	if (s->in_escape)
		s->in_escape = false;
	else if (s->in_string && c == '\\')
		s->in_escape = true;
	else if (c == '"')
		s->in_string = !s->in_string;
	else if (s->in_string)
		return;
	else if (c == '{' || c == '[')
		s->depth++;
	else if (c == '}' || c == ']')
		s->depth--;
}

const char *slice_skip_on(struct slice_skip *s, const char *p, const char *end)
{
	while (p < end && slice_skip_is_busy(s))
		skip_byte(s, *p++);
	return p;
}

bool slice_is_spoilt_line(struct span all, bool by_lines, bool can_wait,
			  struct span *ret_line)
{
	const char *newline = memchr(all.p, '\n', all.len);
	const char *after = all.p;
	struct span value;
	enum slice whole;

	if (!newline)
		return false;
	/* A raw line break inside a string is no JSON of any kind. */
	if (!by_lines && !slice_ends_in_string(all.p, newline))
		return false;
	whole = slice_value(&after, all.p + all.len, &value);
	if (whole == SLICE_CUT && can_wait)
		return false;
	after = all.p;
	if (jscan_value(&after, all.p + all.len, &value) > 0)
		return false;
	*ret_line = (struct span){ all.p, (size_t)(newline - all.p) };
	return true;
}
