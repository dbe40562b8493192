/*
 * Microsoft Teams by a Power Automate workflow: a message with one Adaptive
 * Card. https://adaptivecards.io. Called through webhook_format.c.
 *
 * A card that is too large fails inside the flow, after it was accepted, and
 * nobody hears of it. So it is kept well below the 28 KB that are said to pass.
 *
 * tested with: test_format_chat
 */
#include "notify/webhook_format.h"

#include <string.h>
#include "notify/render_priv.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define CARD_BYTES_MAX (24 * 1024)
/* Teams shows at most six; more are for nobody. */
#define ACTIONS_MAX 6
/* Of the Markdown that a TextBlock reads. */
#define MARKDOWN "\\*_[]()"

/* How much is said. */
struct measure {
	size_t texts, facts;
};
static const struct measure measures[] = {
	{ 80, 20 },
	{ 25, 12 },
	{ 8, 6 },
	{ 1, 0 },
};

/* A card in the making. */
struct card {
	json_t *body, *actions;
	json_t *facts; /* of the fact set at the end of body; NULL none */
	size_t n_facts;
};

static const char *colour_of(enum severity s)
{
	return s >= SEVERITY_HIGH     ? "attention"
	       : s == SEVERITY_MEDIUM ? "warning"
				      : "accent";
}

static json_t *text_block(struct strbuf *text)
{
	return json_pack("{s:s, s:s, s:b}", "type", "TextBlock", "text",
			 text->buf, "wrap", 1);
}

static void add_fact(struct card *c, const struct block *b)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	format_add_markdown(&value, b->text, MARKDOWN);
	if (!c->facts) {
		c->facts = json_array();
		(void)json_array_append_new(c->body,
					    json_pack("{s:s, s:o}", "type",
						      "FactSet", "facts",
						      c->facts));
	}
	(void)json_array_append_new(c->facts,
				    json_pack("{s:s, s:s}", "title", b->label,
					      "value", value.buf));
	c->n_facts++;
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

static void add_text(struct card *c, const struct block *b, enum severity s)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	json_t *block;

	if (b->kind == BLOCK_ITEM)
		strbuf_addstr(&text, "- ");
	format_add_markdown(&text, b->text, MARKDOWN);
	block = text_block(&text);
	if (b->kind == BLOCK_LEAD || b->kind == BLOCK_HEAD)
		(void)json_object_set_new(block, "weight",
					  json_string("Bolder"));
	if (b->kind == BLOCK_LEAD) {
		(void)json_object_set_new(block, "size", json_string("Medium"));
		(void)json_object_set_new(block, "color",
					  json_string(colour_of(s)));
	}
	if (b->kind == BLOCK_FOOT || b->kind == BLOCK_QUOTE)
		(void)json_object_set_new(block, "isSubtle", json_true());
	if (b->kind == BLOCK_QUOTE || b->kind == BLOCK_ITEM)
		(void)json_object_set_new(block, "spacing",
					  json_string("None"));
	(void)json_array_append_new(c->body, block);
	c->facts = NULL; /* the next fact begins another set */
}

static void add_block(struct card *c, const struct block *b,
		      const struct measure *m, enum severity s)
{
	bool is_fact = b->kind == BLOCK_FACT || b->kind == BLOCK_COMMAND;

	if (b->kind == BLOCK_LINK)
		add_action(c, b);
	else if (is_fact && c->n_facts < m->facts)
		add_fact(c, b);
	else if (!is_fact && json_array_size(c->body) < m->texts)
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

	doc_build(v->job, &d);
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
