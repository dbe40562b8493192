/*
 * See page_html.h. Called by page.c; pure, and knows nothing of alerts. No
 * script, no picture, nothing loaded from anywhere: the headers of the server
 * forbid it, too. Colours are those of the reader's own setting, light or dark.
 *
 * tested with: test_page_html
 */
#include "daemon/page_html.h"

#include <inttypes.h>
#include <string.h>

#include "notify/template.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define TEXT_MAX 200 /* characters of one cell */

static const char begin[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width,"
	"initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n"
	"<meta http-equiv=\"refresh\" content=\"60\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n<style>\n"
	":root{--back:#fff;--text:#1b1b1b;--dim:#6b7075;--line:#dfe1e5;"
	"--good:#14632f;--warn:#8a5200;--bad:#b3151d}\n"
	"@media(prefers-color-scheme:dark){:root{--back:#121416;"
	"--text:#e6e6e6;--dim:#9aa0a6;--line:#33373b;--good:#6fcf8b;"
	"--warn:#f2b35c;--bad:#ff8a80}}\n"
	"body{margin:0;padding:16px;background:var(--back);color:var(--text);"
	"font:15px/1.45 -apple-system,'Segoe UI',Roboto,Arial,sans-serif}\n"
	"main{max-width:960px;margin:auto}\n"
	"h1{font-size:22px;margin:0 0 4px}h2{font-size:16px;margin:28px 0 4px}"
	"p{margin:4px 0}\n"
	"div{overflow-x:auto}\n"
	"table{border-collapse:collapse}\n"
	"th,td{text-align:left;vertical-align:top;padding:5px 28px 5px 0;"
	"border-bottom:1px solid var(--line);white-space:nowrap}\n"
	"th{color:var(--dim);font-weight:normal}\n"
	".n{text-align:right;font-variant-numeric:tabular-nums}\n"
	".long{white-space:normal;overflow-wrap:anywhere;padding-right:0}\n"
	".wide{width:100%}\n"
	"@media(max-width:640px){th,td{padding-right:14px}"
	".wide th{display:none}.wide tr{display:block;padding:5px 0;"
	"border-bottom:1px solid var(--line)}"
	".wide td{display:inline-block;padding:0 10px 0 0;border:0}"
	".wide td.long{display:block}}\n"
	".dim{color:var(--dim)}.good{color:var(--good)}.warn{color:var(--warn)}"
	".bad{color:var(--bad);font-weight:600}\n"
	"footer{margin-top:28px;color:var(--dim)}a{color:inherit}\n"
	"</style>\n<title>";

static const char *const classes[] = {
	[TONE_PLAIN] = "",    [TONE_DIM] = "dim", [TONE_GOOD] = "good",
	[TONE_WARN] = "warn", [TONE_BAD] = "bad",
};
_Static_assert(ARRAY_SIZE(classes) == TONE_MAX, "a tone lacks");

static void add_text(struct strbuf *out, const char *s)
{
	CLEANUP(free_ptr) char *cut = utf8_clean_dup(s, TEXT_MAX, UTF8_LINE);

	template_escape_html(out, cut, strlen(cut));
}

static void add_element(struct strbuf *out, const char *name, const char *class,
			const char *text)
{
	strbuf_addf(out, "<%s%s%s%s>", name, class[0] ? " class=\"" : "", class,
		    class[0] ? "\"" : "");
	add_text(out, text);
	strbuf_addf(out, "</%s>", name);
}

/* nowrap: for browsers that know no styles. */
static void add_cell(struct strbuf *out, const char *class, const char *text)
{
	strbuf_addf(out, "<td%s%s%s nowrap>", class[0] ? " class=\"" : "",
		    class, class[0] ? "\"" : "");
	add_text(out, text);
	strbuf_addstr(out, "</td>");
}

void page_begin(struct strbuf *out, const char *title)
{
	strbuf_addstr(out, begin);
	add_text(out, title);
	strbuf_addstr(out, "</title></head>\n<body><main>\n");
	add_element(out, "h1", "", title);
	strbuf_addch(out, '\n');
}

void page_end(struct strbuf *out)
{
	strbuf_addstr(out, "<footer>Asks again every minute. "
			   "<a href=\"/-/healthy\">healthy</a> "
			   "<a href=\"/-/ready\">ready</a> "
			   "<a href=\"/metrics\">metrics</a></footer>\n"
			   "</main></body></html>\n");
}

void page_heading(struct strbuf *out, const char *text)
{
	add_element(out, "h2", "", text);
	strbuf_addch(out, '\n');
}

void page_paragraph(struct strbuf *out, enum tone tone, const char *text)
{
	add_element(out, "p", classes[tone], text);
	strbuf_addch(out, '\n');
}

static bool has_long(const char *const *columns)
{
	while (*columns && **columns != '*')
		columns++;
	return *columns != NULL;
}

void page_table(struct strbuf *out, const char *const *columns)
{
	strbuf_addf(out, "<div><table%s>\n<tr>",
		    has_long(columns) ? " class=\"wide\"" : "");
	for (; *columns; columns++) {
		bool number = **columns == '#', text = **columns == '*';

		add_element(out, "th",
			    number ? "n"
			    : text ? "long"
				   : "",
			    *columns + (number || text));
	}
	strbuf_addch(out, '\n');
}

void page_row(struct strbuf *out)
{
	strbuf_addstr(out, "<tr>");
}

void page_cell(struct strbuf *out, enum tone tone, const char *text)
{
	add_cell(out, classes[tone], text);
}

void page_long(struct strbuf *out, const char *text)
{
	add_element(out, "td", "long", text);
}

void page_count(struct strbuf *out, enum tone tone, int64_t n)
{
	const char *class = classes[n == 0 ? TONE_DIM : tone];

	strbuf_addf(out, "<td class=\"n%s%s\">%" PRId64 "</td>",
		    class[0] ? " " : "", class, n);
}

void page_table_end(struct strbuf *out)
{
	strbuf_addstr(out, "</table></div>\n");
}
