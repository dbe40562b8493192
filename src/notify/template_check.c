/*
 * Names in a template that no message will ever have. Called when settings
 * are checked; walks every section, whatever it holds.
 *
 * tested with: test_template
 */
#include "notify/template.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "notify/template_priv.h"
#include "util/strlist.h"
#include "util/suggest.h"

/* Names offered for a mistyped one: as deep as the payload goes. */
#define OFFER_DEPTH 4

struct check {
	const struct template *t;
	struct template_stack stack;
	template_fault_fn *fn;
	void *arg;
	size_t n;
};

static void say(struct check *c, const struct piece *p, const char *fmt, ...)
	printf_like(3, 4);
static void say(struct check *c, const struct piece *p, const char *fmt, ...)
{
	struct template_fault f;
	va_list ap;

	template_place(c->t->text, p->at, &f);
	va_start(ap, fmt);
	vsnprintf(f.text, sizeof(f.text), fmt, ap);
	va_end(ap);
	c->n++;
	c->fn(c->arg, &f);
}

/* Every name that can be written where @v is looked up. */
static void collect(const json_t *v, const char *prefix, int depth,
		    struct strlist *names)
{
	const char *key;
	json_t *value;

	if (depth == 0 || !json_is_object(v))
		return;
	json_object_foreach((json_t *)v, key, value)
	{
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

		strbuf_addstr(&name, prefix);
		strbuf_addstr(&name, key);
		strlist_add(names, name.buf);
		strbuf_addch(&name, '.');
		collect(value, name.buf, depth - 1, names);
	}
}

static void say_unknown(struct check *c, const struct piece *p)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;
	char word[TEMPLATE_NAME_MAX + 1], buf[SUGGEST_TEXT_MAX];
	struct suggest s = { .word = word };

	snprintf(word, sizeof(word), "%.*s", (int)p->len, p->at);
	for (size_t i = c->stack.n; i-- > 0;)
		collect(c->stack.v[i], "", OFFER_DEPTH, &names);
	for (size_t i = 0; i < names.n; i++)
		suggest_offer(&s, names.v[i]);
	say(c, p, "no message has '%.60s' here%s", word, suggest_text(&s, buf));
}

static void check_value(struct check *c, const struct piece *p, const json_t *v)
{
	int len = (int)p->len;

	if (json_is_array(v))
		say(c, p,
		    "'%.*s' is a list; write {{#%.*s}}...{{/%.*s}} with what "
		    "to say of each",
		    len, p->at, len, p->at, len, p->at);
	else if (json_is_object(v))
		say(c, p, "'%.*s' is a group; name one of its members", len,
		    p->at);
}

static void check_span(struct check *c, size_t from, size_t to);

static void check_piece(struct check *c, size_t at)
{
	const struct piece *p = &c->t->pieces[at];
	const json_t *v;

	if (p->kind == PIECE_TEXT)
		return;
	v = template_find(&c->stack, p);
	if (!v)
		say_unknown(c, p);
	else if (p->kind == PIECE_VALUE)
		check_value(c, p, v);
	if (p->kind != PIECE_SECTION) {
		check_span(c, at + 1, p->end);
		return;
	}
	c->stack.v[c->stack.n++] = json_is_array(v) ? json_array_get(v, 0) : v;
	check_span(c, at + 1, p->end);
	c->stack.n--;
}

static void check_span(struct check *c, size_t from, size_t to)
{
	for (size_t i = from; i < to; i = c->t->pieces[i].end)
		check_piece(c, i);
}

size_t template_check(const struct template *t, const json_t *model,
		      template_fault_fn *fn, void *arg)
{
	struct check c = {
		.t = t, .stack = { { model }, 1 }, .fn = fn, .arg = arg
	};

	check_span(&c, 0, t->n);
	return c.n;
}
