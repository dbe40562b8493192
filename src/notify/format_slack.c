/*
 * A Slack incoming webhook: Block Kit, and the text that telephones show.
 * https://api.slack.com/messaging/webhooks. Called through webhook_format.c.
 *
 * Foreign text is inert: & < > are escaped, so nobody is mentioned and nothing
 * becomes a link, and verbatim keeps Slack from looking for either by itself.
 *
 * tested with: test_format_chat
 */
#include "notify/webhook_format.h"

#include <string.h>
#include "notify/format_words.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/*
 * In characters. A section takes 3,000. The sum over all blocks has a limit
 * that nobody publishes; 13,200 were refused.
 */
#define SECTION_MAX 2900
#define LINE_MAX 2800 /* of a section, without its marks */
#define TOTAL_MAX 9000
#define TEXT_MAX 3000
#define REPLY_MAX 64

/* A message that grows until it is full. */
struct slack {
	json_t *blocks;
	struct strbuf section; /* not yet in blocks */
	size_t n_section, n_total; /* characters */
	bool full;
};

/* NULL: it stands for itself. */
static const char *entity_of(char c)
{
	return c == '&'	  ? "&amp;"
	       : c == '<' ? "&lt;"
	       : c == '>' ? "&gt;"
			  : NULL;
}

/* All but the characters of @without, as far as it fits into @max. */
static void add_cut(struct strbuf *out, const char *s, const char *without,
		    size_t max)
{
	size_t n = 0; /* characters */

	for (; *s; s++) {
		const char *entity = entity_of(*s);

		if (strchr(without, *s))
			continue;
		if (((unsigned char)*s & 0xc0) != 0x80)
			n += entity ? strlen(entity) : 1;
		if (n > max) {
			strbuf_addstr(out, "\xe2\x80\xa6"); /* U+2026 */
			return;
		}
		if (entity)
			strbuf_addstr(out, entity);
		else
			strbuf_addch(out, *s);
	}
}

/* A few hundred angle brackets make a line longer than a section may be. */
static void add_escaped(struct strbuf *out, const char *s, const char *without)
{
	add_cut(out, s, without, LINE_MAX);
}

static bool fits_escaped(const char *s)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;

	add_cut(&all, s, "", SIZE_MAX);
	return all.len <= LINE_MAX;
}

static void end_section(struct slack *s)
{
	if (s->section.len > 0)
		(void)json_array_append_new(
			s->blocks,
			json_pack("{s:s, s:{s:s, s:s, s:b}}", "type", "section",
				  "text", "type", "mrkdwn", "text",
				  s->section.buf, "verbatim", 1));
	strbuf_reset(&s->section);
	s->n_section = 0;
}

/* What does not fit any more is left out, and that is said. */
static void add_line(struct slack *s, const char *line)
{
	size_t n = utf8_length(line) + 1;

	if (s->full)
		return;
	s->full = s->n_total + n > TOTAL_MAX;
	if (s->full) {
		line = "(cut here)";
		n = strlen(line) + 1;
	}
	if (s->n_section + n > SECTION_MAX)
		end_section(s);
	if (s->section.len > 0)
		strbuf_addch(&s->section, '\n');
	strbuf_addstr(&s->section, line);
	s->n_section += n;
	s->n_total += n;
}

static void add_block(struct slack *s, const struct block *b)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	switch (b->kind) {
	case BLOCK_LEAD:
	case BLOCK_HEAD:
		strbuf_addch(&line, '*');
		add_escaped(&line, b->text, "*");
		strbuf_addch(&line, '*');
		break;
	case BLOCK_COMMAND:
		strbuf_addf(&line, "%s: `", b->label);
		add_escaped(&line, b->text, "`");
		strbuf_addch(&line, '`');
		break;
	case BLOCK_LINK:
		if (!fits_escaped(b->text))
			return; /* half a link leads nowhere */
		strbuf_addch(&line, '<');
		add_escaped(&line, b->text, "|");
		strbuf_addf(&line, "|%s>", b->label);
		break;
	case BLOCK_ITEM:
		strbuf_addstr(&line, "- ");
		add_escaped(&line, b->text, "");
		break;
	case BLOCK_QUOTE:
		strbuf_addch(&line, '>');
		add_escaped(&line, b->text, "");
		break;
	case BLOCK_FACT:
		strbuf_addf(&line, "%s: ", b->label);
		add_escaped(&line, b->text, "");
		break;
	case BLOCK_PARA:
	case BLOCK_FOOT:
		add_escaped(&line, b->text, "");
		break;
	}
	add_line(s, line.buf);
}

static json_t *make_blocks(const struct doc *d)
{
	struct slack s = { .blocks = json_array(), .section = STRBUF_INIT };

	for (size_t i = 0; i < d->n; i++)
		add_block(&s, &d->v[i]);
	end_section(&s);
	strbuf_release(&s.section);
	return s.blocks;
}

static void ask_slack(const struct talk *t, const struct talk_view *v,
		      struct webhook_request *ret)
{
	CLEANUP(strbuf_release) struct strbuf lead = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(doc_release) struct doc d;
	json_t *root = json_object();

	format_build_doc(v->job, true, &d);
	words_add(&lead, d.v[0].text, TEXT_MAX);
	add_cut(&text, lead.buf, "", SIZE_MAX);
	(void)json_object_set_new(root, "text", json_string(text.buf));
	if (!t->shorten)
		(void)json_object_set_new(root, "blocks", make_blocks(&d));
	format_set_json(ret, root);
}

/* A word such as "no_service": Slack itself said it. */
static bool is_word(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz_")];
}

/* Success is the two letters "ok". Another word of Slack's with 200 is a
 * refusal, anything else came from between, as the page of a proxy does. */
static bool hear_slack(struct talk *t, const struct target_conf *target,
		       const struct xfer_reply *reply,
		       struct outcome_report *ret)
{
	CLEANUP(free_ptr)
	char *word = xstrndup(reply->body.buf, MIN(reply->body.len, REPLY_MAX));

	(void)t, (void)target;
	if (reply->status == 200 && strcmp(word, "ok") != 0) {
		ret->outcome = is_word(word) ? OUTCOME_DEAD : OUTCOME_RETRY;
		snprintf(ret->error, sizeof(ret->error),
			 "Slack answered 200, but not \"ok\"");
	}
	if (ret->outcome != OUTCOME_SENT)
		format_explain(ret, word);
	return false;
}

const struct format format_slack = { .ask = ask_slack, .hear = hear_slack };
