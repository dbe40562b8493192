/*
 * A template with values. Called by render_custom.c for each message, with
 * values that strangers chose: bounded in steps and bytes, every value
 * through the escaper.
 *
 * tested with: test_template
 */
#include "notify/template.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "notify/template_priv.h"

struct run {
	const struct template *t;
	struct template_stack stack;
	template_escape_fn *escape;
	struct strbuf *out;
	size_t max; /* bytes of *out at the end */
	size_t steps;
};

static const json_t *member(const json_t *object, const char *name, size_t len)
{
	return json_is_object(object) ? json_object_getn(object, name, len)
				      : NULL;
}

const json_t *template_find(const struct template_stack *s,
			    const struct piece *p)
{
	const char *end = p->at + p->len;
	const char *part = p->at;
	const char *dot = memchr(part, '.', p->len);
	const json_t *v = NULL;
	size_t i = s->n;

	if (p->len == 1 && *part == '.')
		return s->v[s->n - 1];
	while (!v && i-- > 0)
		v = member(s->v[i], part, (size_t)((dot ? dot : end) - part));
	while (v && dot) {
		part = dot + 1;
		dot = memchr(part, '.', (size_t)(end - part));
		v = member(v, part, (size_t)((dot ? dot : end) - part));
	}
	return v;
}

static bool has_room(const struct run *r, size_t more)
{
	return r->out->len <= r->max && more <= r->max - r->out->len;
}

static bool add_escaped(struct run *r, const char *s, size_t len)
{
	/* Before the work, so that a long value costs none. */
	if (!has_room(r, len))
		return false;
	r->escape(r->out, s, len);
	return has_room(r, 0);
}

static bool add_value(struct run *r, const json_t *v)
{
	char number[40];

	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		return add_escaped(r, json_string_value(v),
				   json_string_length(v));
	case JSON_INTEGER:
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(v));
		break;
	case JSON_REAL:
		snprintf(number, sizeof(number), "%.15g", json_real_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		snprintf(number, sizeof(number), "%s",
			 json_is_true(v) ? "true" : "false");
		break;
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_ARRAY:
		return true; /* nothing that could be said in a text */
	}
	return add_escaped(r, number, strlen(number));
}

/* Absent, null, false, 0, "" and the empty list are nothing. */
static bool is_something(const json_t *v)
{
	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_NULL:
	case JSON_FALSE:
		return false;
	case JSON_INTEGER:
		return json_integer_value(v) != 0;
	case JSON_REAL:
		return json_real_value(v) != 0;
	case JSON_STRING:
		return json_string_length(v) > 0;
	case JSON_ARRAY:
		return json_array_size(v) > 0;
	case JSON_OBJECT:
	case JSON_TRUE:
		return true;
	}
	return false;
}

static bool render_span(struct run *r, size_t from, size_t to);

static bool render_with(struct run *r, size_t section, const json_t *v)
{
	bool good;

	r->stack.v[r->stack.n++] = v;
	good = render_span(r, section + 1, r->t->pieces[section].end);
	r->stack.n--;
	return good;
}

static bool render_section(struct run *r, size_t at)
{
	const json_t *v = template_find(&r->stack, &r->t->pieces[at]);

	if (!is_something(v))
		return true;
	if (!json_is_array(v))
		return render_with(r, at, v);
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!render_with(r, at, json_array_get(v, i)))
			return false;
	return true;
}

static bool render_piece(struct run *r, size_t at)
{
	const struct piece *p = &r->t->pieces[at];

	if (++r->steps > TEMPLATE_STEPS_MAX)
		return false;
	switch (p->kind) {
	case PIECE_TEXT:
		if (!has_room(r, p->len))
			return false;
		strbuf_add(r->out, p->at, p->len);
		return true;
	case PIECE_VALUE:
		return add_value(r, template_find(&r->stack, p));
	case PIECE_SECTION:
		return render_section(r, at);
	case PIECE_INVERTED:
		return is_something(template_find(&r->stack, p)) ||
		       render_span(r, at + 1, p->end);
	}
	return true;
}

/* Depth is that of the sections, which was limited when they were read. */
static bool render_span(struct run *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i = r->t->pieces[i].end)
		if (!render_piece(r, i))
			return false;
	return true;
}

bool template_render(const struct template *t, const json_t *context,
		     template_escape_fn *escape, struct strbuf *out, size_t max)
{
	size_t len = out->len;
	struct run r = { .t = t,
			 .stack = { { context }, 1 },
			 .escape = escape,
			 .out = out,
			 .max = len + max };

	if (render_span(&r, 0, t->n))
		return true;
	strbuf_setlen(out, len);
	return false;
}
