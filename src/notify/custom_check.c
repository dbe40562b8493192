/*
 * Templates tried before they are used: their grammar, their names, and what
 * each makes of a message of every kind. Called by the daemon whenever it
 * reads settings.
 *
 * tested with: test_custom_check
 */
#include "notify/custom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/custom_priv.h"
#include "notify/custom_sample.h"
#include "notify/render_priv.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

struct check {
	const struct template_text *text;
	enum template_slot slot;
	struct custom *custom;
	custom_fault_fn *fn;
	void *arg;
	bool bad;
};

static void say(struct check *c, const struct template_fault *f)
{
	struct mark m = template_text_place(c->text, f->line, f->column);

	c->bad = true;
	c->fn(c->arg, &m, false, f->text);
}

static void check_on_name(void *arg, const struct template_fault *f)
{
	say(arg, f);
}

/* ---- every name there is ---- */

static json_t *merged(const json_t *a, const json_t *b);

static json_t *merged_objects(const json_t *a, const json_t *b)
{
	json_t *out = json_is_object(a) ? json_deep_copy(a) : json_object();
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)b, key, value)
	{
		json_t *both = merged(json_object_get(out, key), value);

		(void)json_object_set_new(out, key, both);
	}
	return out;
}

/* One item that has what any of them has. */
static json_t *merged_lists(const json_t *a, const json_t *b)
{
	json_t *item = json_deep_copy(json_array_get(a, 0));
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(b); i++) {
		json_t *both = merged(item, json_array_get(b, i));

		json_decref(item);
		item = both;
	}
	(void)json_array_append_new(list, item);
	return list;
}

/* A new value with every member that @a or @b has. */
static json_t *merged(const json_t *a, const json_t *b)
{
	if (json_is_object(b))
		return merged_objects(a, b);
	if (json_is_array(b))
		return merged_lists(a, b);
	return json_deep_copy(a && !json_is_null(a) ? a : b);
}

static json_t *model_of_all(void)
{
	struct custom_sample s;
	json_t *model = json_object();

	for (size_t i = 0; custom_sample_init(&s, i); i++) {
		CLEANUP(jsonx_unref) json_t *one = render_context(&s.job);
		json_t *both = merged(model, one);

		json_decref(model);
		model = both;
		custom_sample_release(&s);
	}
	return model;
}

/* ---- every kind of message ---- */

static void say_failed(struct check *c, const char *sample, const char *why)
{
	struct template_fault f = { .line = 1, .column = 1 };

	snprintf(f.text, sizeof(f.text), "a message \"%s\" fails: %.150s",
		 sample, why);
	say(c, &f);
}

/* The text that sample @i gets; false: the built-in one. */
static bool render_sample(struct check *c, size_t i, struct strbuf *out)
{
	struct custom_sample s;
	bool good, again;

	if (!custom_sample_init(&s, i))
		return false;
	s.job.custom = c->custom;
	good = render_custom(&s.job, c->slot, custom_escape(c->slot), out);
	if (custom_take_fault(c->custom, 0, &again) && !c->bad)
		say_failed(c, s.name, c->custom->why);
	custom_sample_release(&s);
	return good;
}

/* Some mail programs begin another thread when the subject changes. */
static void check_subject(struct check *c)
{
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT;
	struct mark m = template_text_place(c->text, 1, 1);

	(void)render_sample(c, 0, &first); /* it did not fail before */
	for (size_t i = 1; i < CUSTOM_SAMPLES_OF_ONE; i++) {
		CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
		CLEANUP(free_ptr) char *text = NULL;

		if (!render_sample(c, i, &next) ||
		    strcmp(first.buf, next.buf) == 0)
			continue;
		text = xasprintf("the messages of one alert get different "
				 "subjects (\"%.80s\", then \"%.80s\"), and "
				 "some mail programs will not show them "
				 "together",
				 first.buf, next.buf);
		c->fn(c->arg, &m, true, text);
		return;
	}
}

static void check_samples(struct check *c)
{
	struct mark m = template_text_place(c->text, 1, 1);
	struct custom_sample s;
	size_t n_said = 0;

	for (size_t i = 0; custom_sample_init(&s, i); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		custom_sample_release(&s);
		n_said += render_sample(c, i, &out);
	}
	if (c->bad)
		return;
	if (n_said == 0)
		c->fn(c->arg, &m, true,
		      "says nothing of any kind of message, so the built-in "
		      "words are always sent");
	else if (c->slot == SLOT_SUBJECT)
		check_subject(c);
}

static void check_slot(struct check *c, const json_t *model)
{
	struct custom custom = { .failed = false };
	struct template_fault fault;
	struct template *t = template_parse(c->text->text, &fault);

	if (!t) {
		say(c, &fault);
		return;
	}
	template_check(t, model, check_on_name, c);
	custom.templates[c->slot] = t;
	c->custom = &custom;
	if (!c->bad)
		check_samples(c);
	template_free(t);
}

void custom_check(const struct target_conf *c, custom_fault_fn *fn, void *arg)
{
	CLEANUP(jsonx_unref) json_t *model = NULL;

	for (int i = 0; i < TEMPLATE_SLOT_MAX; i++) {
		enum template_slot slot = (enum template_slot)i;
		struct check one = { .text = custom_text(c, slot),
				     .slot = slot,
				     .fn = fn,
				     .arg = arg };

		if (!one.text->text)
			continue;
		if (!model)
			model = model_of_all();
		check_slot(&one, model);
	}
}
