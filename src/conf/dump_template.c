/*
 * Templates for --dump-config, as YAML that loads again: the reference to a
 * file, or the text as a literal block.
 *
 * tested with: test_template_settings
 */
#include "conf/conf_priv.h"

#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

struct place {
	const struct conf *c;
	const char *target;
	struct strbuf *out;
};

static void add_end(const struct place *p, const char *option)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("targets.%s.template%s%s", p->target,
			       *option ? "." : "", option);

	dump_end(p->out, p->c, path, NULL);
}

/* Only a quoted text can hold a tab: the reader takes those of a block for
 * blanks. */
static void add_quoted(struct strbuf *out, const char *s)
{
	strbuf_addch(out, '"');
	for (; *s; s++) {
		if (*s == '\n')
			strbuf_addstr(out, "\\n");
		else if (*s == '\t')
			strbuf_addstr(out, "\\t");
		else if (*s == '"' || *s == '\\')
			strbuf_addf(out, "\\%c", *s);
		else
			strbuf_addch(out, *s);
	}
	strbuf_addch(out, '"');
}

static void add_block(struct strbuf *out, const char *s)
{
	while (*s) {
		size_t len = strcspn(s, "\n");

		strbuf_addf(out, "%s%.*s\n", len ? "        " : "", (int)len,
			    s);
		s += len + (s[len] == '\n');
	}
}

static void add_text(const struct place *p, const char *option,
		     const struct template_text *t)
{
	size_t len = t->text ? strlen(t->text) : 0;
	bool block = len > 0 && !t->path && strchr(t->text, '\n') &&
		     !strchr(t->text, '\t');

	if (!t->text)
		return;
	strbuf_addf(p->out, "      %s: ", option);
	if (t->path) {
		strbuf_addstr(p->out, "{file: ");
		dump_text(p->out, t->path);
		strbuf_addch(p->out, '}');
	} else if (block) {
		/* Without "+" a reader would drop line ends but one. */
		strbuf_addf(p->out, "|2%c",
			    t->text[len - 1] == '\n' ? '+' : '-');
	} else {
		add_quoted(p->out, t->text);
	}
	add_end(p, option);
	if (block)
		add_block(p->out, t->text);
}

void template_conf_dump(const struct target_conf *t, const struct conf *c,
			struct strbuf *out)
{
	const struct template_conf *own = &t->template;
	const struct place p = { c, t->name, out };

	if (!own->subject.text && !own->text.text && !own->html.text &&
	    !own->title.text && !own->body.text)
		return;
	strbuf_addstr(out, "    template:");
	add_end(&p, "");
	add_text(&p, "subject", &own->subject);
	add_text(&p, "title", &own->title);
	add_text(&p, "text", &own->text);
	add_text(&p, "html", &own->html);
	add_text(&p, "body", &own->body);
}
