/*
 * See format_words.h. Called by the formats of webhooks.
 *
 * tested with: test_format_words
 */
#include "notify/format_words.h"

#include <string.h>
#include "notify/template.h"
#include "util/xmalloc.h"

bool format_add_own_title(const struct render_job *j, struct strbuf *out)
{
	return render_custom(j, SLOT_TITLE, template_escape_line, out);
}

void format_add_title(const struct render_job *j, struct strbuf *out,
		      size_t max)
{
	CLEANUP(strbuf_release) struct strbuf own = STRBUF_INIT;
	CLEANUP(render_mail_release) struct render_mail mail = { 0 };

	if (format_add_own_title(j, &own)) {
		words_add(out, own.buf, max);
		return;
	}
	render_mail(j, &mail);
	words_add(out, mail.subject, max);
}

/* Its lines, the first as what matters most. */
static void say_own_text(struct doc *d, char *text)
{
	enum block_kind kind = BLOCK_LEAD;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		doc_say(d, kind, NULL, line);
		if (d->n > 0)
			kind = BLOCK_PARA;
	}
}

/* Links are no words: they are kept beside a text of the target's. */
static void move_links(struct doc *to, struct doc *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (from->v[i].kind == BLOCK_LINK)
			doc_say(to, BLOCK_LINK, from->v[i].label,
				from->v[i].text);
}

static void say_all(struct doc *d, struct doc *from)
{
	for (size_t i = 0; i < from->n; i++)
		doc_say(d, from->v[i].kind, from->v[i].label, from->v[i].text);
}

void format_build_doc(const struct render_job *j, bool titled, struct doc *ret)
{
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(doc_release) struct doc words;
	struct doc d = { 0 };

	doc_build(j, &words);
	if (titled && format_add_own_title(j, &title))
		doc_say(&d, BLOCK_LEAD, NULL, title.buf);
	if (render_custom(j, SLOT_TEXT, template_escape_text, &text)) {
		say_own_text(&d, text.buf);
		move_links(&d, &words);
	} else {
		say_all(&d, &words);
	}
	*ret = d;
}

void format_add_lines(const struct doc *d, bool links, struct strbuf *out)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct block *b = &d->v[i];

		if (b->kind == BLOCK_LINK && !links)
			continue;
		if (out->len > 0)
			strbuf_addch(out, '\n');
		if (b->kind == BLOCK_ITEM)
			strbuf_addstr(out, "- ");
		if (b->label)
			strbuf_addf(out, "%s: ", b->label);
		strbuf_addstr(out, b->text);
	}
}
