/*
 * The blocks of a message as one HTML page: inline styles, no picture, no
 * script, nothing loaded. Called by render_mail.c. Everything is escaped here;
 * the links are a portal's https URL that words_link_ok passed, and our own.
 *
 * tested with: test_render_mail
 */
#include "notify/render_priv.h"

#include <string.h>
#include "notify/template.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

#define BODY_STYLE                                                             \
	"margin:0;padding:12px;background:#ffffff;color:#1b1b1b;"              \
	"font:16px/1.45 -apple-system,'Segoe UI',Roboto,Arial,sans-serif"
#define BOX_STYLE "max-width:640px;overflow-wrap:anywhere"
#define CODE_STYLE                                                             \
	"font-family:Consolas,Menlo,monospace;background:#f0f0f0;"             \
	"padding:1px 4px"

/* To be hit with a thumb. */
#define LINK_STYLE                                                             \
	"display:inline-block;padding:9px 16px;border:1px solid #1565c0;"      \
	"border-radius:6px;color:#0d47a1;text-decoration:none"

static const char *colour(enum severity s)
{
	switch (s) {
	case SEVERITY_CRITICAL:
		return "#8b0000";
	case SEVERITY_HIGH:
		return "#c62828";
	case SEVERITY_MEDIUM:
		return "#b26a00";
	case SEVERITY_LOW:
		return "#1565c0";
	case SEVERITY_INFO:
		return "#5f6368";
	}
	return "#5f6368";
}

static void add_escaped(struct strbuf *out, const char *s)
{
	template_escape_html(out, s, strlen(s));
}

static void add_element(struct strbuf *out, const char *open, const char *text,
			const char *close)
{
	strbuf_addstr(out, open);
	add_escaped(out, text);
	strbuf_addstr(out, close);
}

static void add_label(struct strbuf *out, const struct block *b)
{
	strbuf_addf(out, "<p style=\"margin:2px 0\"><b>%s:</b> ", b->label);
}

/* Where it leads is seen: the host; the text form of the mail has it whole. */
static void add_link(struct strbuf *out, const struct block *b)
{
	const char *host = strstr(b->text, "://");
	CLEANUP(free_ptr) char *name = NULL;

	host = host ? host + 3 : b->text;
	name = xstrndup(host, strcspn(host, "/?#"));
	add_element(out, "<p style=\"margin:8px 0\"><a href=\"", b->text,
		    "\" style=\"" LINK_STYLE "\">");
	strbuf_addf(out, "<b>%s</b> on ", b->label);
	add_element(out, "", name, "</a></p>\n");
}

static void add_block(struct strbuf *out, const struct block *b,
		      enum severity severity)
{
	switch (b->kind) {
	case BLOCK_LEAD:
		strbuf_addf(out,
			    "<p style=\"margin:0 0 8px;padding-left:10px;"
			    "border-left:6px solid %s;font-size:18px\"><b>",
			    colour(severity));
		add_element(out, "", b->text, "</b></p>\n");
		break;
	case BLOCK_PARA:
		add_element(out, "<p style=\"margin:8px 0\">", b->text,
			    "</p>\n");
		break;
	case BLOCK_FACT:
		add_label(out, b);
		add_element(out, "", b->text, "</p>\n");
		break;
	case BLOCK_COMMAND:
		add_label(out, b);
		add_element(out, "<code style=\"" CODE_STYLE "\">", b->text,
			    "</code></p>\n");
		break;
	case BLOCK_LINK:
		add_link(out, b);
		break;
	case BLOCK_HEAD:
		add_element(out, "<p style=\"margin:14px 0 4px\"><b>", b->text,
			    "</b></p>\n");
		break;
	case BLOCK_QUOTE:
		add_element(out,
			    "<p style=\"margin:2px 0;padding-left:8px;"
			    "border-left:3px solid #d0d0d0\">",
			    b->text, "</p>\n");
		break;
	case BLOCK_ITEM:
		add_element(out, "<p style=\"margin:2px 0\">&bull; ", b->text,
			    "</p>\n");
		break;
	case BLOCK_FOOT:
		add_element(out,
			    "<p style=\"margin:16px 0 0;color:#5f6368;"
			    "font-size:13px\">",
			    b->text, "</p>\n");
		break;
	}
}

void doc_add_html(const struct doc *d, enum severity severity,
		  struct strbuf *out)
{
	strbuf_addstr(out, "<!DOCTYPE html>\n<html lang=\"en\"><head>"
			   "<meta charset=\"utf-8\">"
			   "<meta name=\"viewport\" content=\"width=device-"
			   "width,initial-scale=1\">"
			   "<title>triaged</title></head>\n"
			   "<body style=\"" BODY_STYLE "\">"
			   "<div style=\"" BOX_STYLE "\">\n");
	for (size_t i = 0; i < d->n; i++)
		add_block(out, &d->v[i], severity);
	strbuf_addstr(out, "</div></body></html>\n");
}
