/*
 * Templates of targets at work: made with the target, asked by the renderers
 * for each message. Whatever goes wrong, the caller has built-in words.
 *
 * tested with: test_render_custom
 */
#include "notify/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/custom_priv.h"
#include "notify/render_priv.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* One hour: an operator is told, not flooded. */
#define TELL_AGAIN_MS 3600000
#define LINE_CHARS_MAX 300

static const struct {
	const char *name;
	size_t max; /* bytes of the result */
	template_escape_fn *escape;
} slots[TEMPLATE_SLOT_MAX] = {
	[SLOT_SUBJECT] = { "subject", 131072, template_escape_line },
	[SLOT_TEXT] = { "text", 262144, template_escape_text },
	[SLOT_HTML] = { "html", 524288, template_escape_html },
	[SLOT_TITLE] = { "title", 131072, template_escape_line },
	[SLOT_BODY] = { "body", 262144, template_escape_json },
};

const char *custom_slot_name(enum template_slot slot)
{
	return slots[slot].name;
}

template_escape_fn *custom_escape(enum template_slot slot)
{
	return slots[slot].escape;
}

const struct template_text *custom_text(const struct target_conf *c,
					enum template_slot slot)
{
	switch (slot) {
	case SLOT_SUBJECT:
		return &c->template.subject;
	case SLOT_TEXT:
		return &c->template.text;
	case SLOT_HTML:
		return &c->template.html;
	case SLOT_TITLE:
		return &c->template.title;
	case SLOT_BODY:
		return &c->template.body;
	}
	return NULL;
}

int custom_new(const struct target_conf *c, struct custom **ret,
	       struct err *err)
{
	struct custom *custom = NULL;
	struct template_fault fault;

	for (int i = 0; i < TEMPLATE_SLOT_MAX; i++) {
		const char *text = custom_text(c, (enum template_slot)i)->text;

		if (!text)
			continue;
		if (!custom)
			custom = xcalloc(1, sizeof(*custom));
		custom->templates[i] = template_parse(text, &fault);
		if (custom->templates[i])
			continue;
		custom_free(custom);
		return err_set(err, ERR_CONF,
			       "template.%s, line %d, column %d: %s",
			       slots[i].name, fault.line, fault.column,
			       fault.text);
	}
	*ret = custom;
	return 0;
}

struct custom *custom_free(struct custom *c)
{
	if (!c)
		return NULL;
	for (int i = 0; i < TEMPLATE_SLOT_MAX; i++)
		template_free(c->templates[i]);
	free(c);
	return NULL;
}

const char *custom_take_fault(struct custom *c, int64_t mono_ms,
			      bool *ret_again)
{
	if (!c || !c->failed)
		return NULL;
	c->failed = false;
	*ret_again =
		c->told_mono_ms && mono_ms - c->told_mono_ms < TELL_AGAIN_MS;
	if (!*ret_again)
		c->told_mono_ms = mono_ms;
	return c->fault;
}

/* A headline: one line whatever the template has between its values. */
static void make_line(struct strbuf *s, size_t from)
{
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	utf8_add_clean(&clean, s->buf + from, 0, UTF8_LINE);
	for (const char *p = clean.buf; *p; p++)
		if (*p != ' ' || (line.len > 0 && p[1] && p[1] != ' '))
			strbuf_addch(&line, *p);
	strbuf_setlen(s, from);
	utf8_add_clean(s, line.buf, LINE_CHARS_MAX, UTF8_LINE);
}

static bool fail(struct custom *c, enum template_slot slot, const char *why)
{
	int len = snprintf(c->fault, sizeof(c->fault),
			   "template.%s: ", slots[slot].name);

	c->why = c->fault + len;
	snprintf(c->fault + len, sizeof(c->fault) - (size_t)len, "%s", why);
	utf8_clean_in_place(c->fault);
	c->failed = true;
	return false;
}

static bool check_json(struct custom *c, const char *text, size_t len)
{
	struct err err = ERR_INIT;
	CLEANUP(jsonx_unref) json_t *v = jsonx_parse(text, len, 0, &err);

	if (v)
		return true;
	(void)err_prefix(&err, "the result is no JSON");
	return fail(c, SLOT_BODY, err.text);
}

/* In what was added to @out behind @from. */
static bool finish(struct custom *c, enum template_slot slot,
		   struct strbuf *out, size_t from)
{
	if (slot == SLOT_SUBJECT || slot == SLOT_TITLE)
		make_line(out, from);
	/* It has nothing to say of this kind of message: no failure. */
	if (!out->buf[from + strspn(out->buf + from, " \t\n")])
		return false;
	return slot != SLOT_BODY ||
	       check_json(c, out->buf + from, out->len - from);
}

bool render_custom(const struct render_job *j, enum template_slot slot,
		   template_escape_fn *escape, struct strbuf *out)
{
	struct custom *c = j->custom;
	CLEANUP(jsonx_unref) json_t *context = NULL;
	size_t from = out->len;

	if (!c || !c->templates[slot])
		return false;
	context = render_context(j);
	if (!context)
		return fail(c, slot, "no memory for its values");
	if (!template_render(c->templates[slot], context, escape, out,
			     slots[slot].max))
		return fail(c, slot,
			    "the result would be too long; lists inside lists "
			    "multiply");
	if (finish(c, slot, out, from))
		return true;
	strbuf_setlen(out, from);
	return false;
}
