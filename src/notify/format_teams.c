/*
 * Microsoft Teams by a Power Automate workflow: a message with one Adaptive
 * Card. https://adaptivecards.io. Called through webhook_format.c.
 *
 * A card that is too large fails inside the flow, after it was accepted, and
 * nobody hears of it. 28 KB are said to pass; senders were refused from 14,000
 * bytes on, which is that limit where a character counts as two of UTF-16. So a
 * card stays below the lower one.
 *
 * Every word stands in a TextRun of a RichTextBlock: a TextBlock reads Markdown
 * and {{DATE}}, which foreign text must not reach.
 *
 * tested with: test_format_chat
 */
#include "notify/webhook_format.h"

#include <string.h>
#include "notify/format_words.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define CARD_BYTES_MAX 13500
/* Teams shows at most six; more are for nobody. */
#define ACTIONS_MAX 6

/* How much is said. */
struct measure {
	size_t texts, facts;
};
static const struct measure measures[] = {
	{ 80, 20 },
	{ 50, 16 },
	{ 25, 12 },
	{ 8, 6 },
	{ 1, 0 },
};

/* A card in the making. */
struct card {
	json_t *body, *actions;
	size_t n_facts;
};

static const char *colour_of(enum severity s)
{
	return s >= SEVERITY_HIGH     ? "attention"
	       : s == SEVERITY_MEDIUM ? "warning"
				      : "accent";
}

static json_t *text_run(const char *text, bool bold)
{
	json_t *run = json_pack("{s:s, s:s}", "type", "TextRun", "text", text);

	if (bold)
		(void)json_object_set_new(run, "weight", json_string("Bolder"));
	return run;
}

static void set(json_t *object, const char *name, const char *value)
{
	(void)json_object_set_new(object, name, json_string(value));
}

/* The label, if there is one, stands in front of the text. */
static void add_text(struct card *c, const struct block *b, enum severity s)
{
	json_t *runs = json_array();
	json_t *text = text_run(b->text,
				b->kind == BLOCK_LEAD || b->kind == BLOCK_HEAD);
	CLEANUP(free_ptr)
	char *label = b->label ? xasprintf("%s: ", b->label) : NULL;

	if (b->kind == BLOCK_LEAD) {
		set(text, "size", "Medium");
		set(text, "color", colour_of(s));
	}
	if (b->kind == BLOCK_COMMAND)
		set(text, "fontType", "Monospace");
	if (b->kind == BLOCK_FOOT || b->kind == BLOCK_QUOTE)
		(void)json_object_set_new(text, "isSubtle", json_true());
	if (label)
		(void)json_array_append_new(runs, text_run(label, true));
	else if (b->kind == BLOCK_ITEM)
		(void)json_array_append_new(runs, text_run("- ", false));
	(void)json_array_append_new(runs, text);
	runs = json_pack("{s:s, s:o}", "type", "RichTextBlock", "inlines",
			 runs);
	if (label || b->kind == BLOCK_QUOTE || b->kind == BLOCK_ITEM)
		set(runs, "spacing", "None");
	(void)json_array_append_new(c->body, runs);
}

static void add_action(struct card *c, const struct block *b)
{
	if (json_array_size(c->actions) < ACTIONS_MAX)
		(void)json_array_append_new(c->actions,
					    json_pack("{s:s, s:s, s:s}", "type",
						      "Action.OpenUrl", "title",
						      b->label, "url",
						      b->text));
}

static void add_block(struct card *c, const struct block *b,
		      const struct measure *m, enum severity s)
{
	bool is_fact = b->kind == BLOCK_FACT || b->kind == BLOCK_COMMAND;

	if (b->kind == BLOCK_LINK) {
		add_action(c, b);
		return;
	}
	if (is_fact ? c->n_facts >= m->facts
		    : json_array_size(c->body) - c->n_facts >= m->texts)
		return;
	c->n_facts += is_fact;
	add_text(c, b, s);
}

static json_t *make_card(const struct render_job *j, const struct doc *d,
			 const struct measure *m)
{
	struct card c = { .body = json_array(), .actions = json_array() };

	for (size_t i = 0; i < d->n; i++)
		add_block(&c, &d->v[i], m, render_severity(j));
	return json_pack("{s:s, s:s, s:s, s:{s:s}, s:o, s:o}", "$schema",
			 "http://adaptivecards.io/schemas/adaptive-card.json",
			 "type", "AdaptiveCard", "version", "1.4", "msteams",
			 "width", "full", "body", c.body, "actions", c.actions);
}

static void ask_teams(const struct talk *t, const struct talk_view *v,
		      struct webhook_request *ret)
{
	size_t last = ARRAY_SIZE(measures) - 1;
	CLEANUP(doc_release) struct doc d;
	json_t *card = NULL;

	format_build_doc(v->job, true, &d);
	for (size_t i = t->shorten ? last : 0; i <= last; i++) {
		CLEANUP(free_ptr) char *dump = NULL;

		json_decref(card);
		card = make_card(v->job, &d, &measures[i]);
		dump = jsonx_dump(card);
		if (dump && strlen(dump) <= CARD_BYTES_MAX)
			break;
	}
	format_set_json(ret,
			json_pack("{s:s, s:[{s:s, s:n, s:o}]}", "type",
				  "message", "attachments", "contentType",
				  "application/vnd.microsoft.card.adaptive",
				  "contentUrl", "content", card));
}

const struct format format_teams = { .ask = ask_teams };
