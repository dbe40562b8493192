/*
 * Text of strangers made fit to be kept and shown: cleaned, its HTML read,
 * made harmless for a terminal, a spreadsheet, JSON, Markdown, and the
 * templates. The first byte chooses a limit.
 */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include <locale.h>
#include "cli/escape.h"
#include "cli/markdown.h"
#include "notify/template.h"
#include "util/html_text.h"

/* Nothing drives a terminal, but newlines where they are wanted. */
static bool is_safe(const char *s, size_t len, const char *wanted)
{
	uint32_t c = 0;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_decode(s + i, len - i, &c);
		if (n == 0)
			return false;
		if (utf8_is_harmful(c) &&
		    (c >= 0x80 || c == 0 || !strchr(wanted, (int)c)))
			return false;
	}
	return true;
}

static void check_clean(const char *s, size_t max, enum utf8_clean how)
{
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(s, max, how);
	CLEANUP(free_ptr) char *again = utf8_clean_dup(clean, max, how);
	CLEANUP(free_ptr) char *place = xstrdup(s);

	must(utf8_valid(clean, strlen(clean)));
	must(max == 0 || utf8_length(clean) <= max);
	must(strcmp(clean, again) == 0);
	must(is_safe(clean, strlen(clean), how ? "\n\t" : ""));
	utf8_clean_in_place(place);
	must(strlen(place) <= strlen(s));
	must(is_safe(place, strlen(place), ""));
}

static void check_html(const char *s)
{
	CLEANUP(free_ptr) char *text = html_text(s);

	must(strlen(text) <= strlen(s));
	if (utf8_valid(s, strlen(s)))
		must(utf8_valid(text, strlen(text)));
}

static void check_terminal(const char *s, size_t len, size_t width)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf again = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf cut = STRBUF_INIT;

	escape_add(&line, s, len, ESCAPE_LINE);
	escape_add(&text, s, len, ESCAPE_TEXT);
	must(is_safe(line.buf, line.len, ""));
	must(is_safe(text.buf, text.len, "\n"));
	escape_add(&again, line.buf, line.len, ESCAPE_LINE);
	must(strcmp(line.buf, again.buf) == 0);
	escape_add_cut(&cut, line.buf, width);
	must(escape_width(cut.buf) <= width);
	must(is_safe(cut.buf, cut.len, ""));
	strbuf_reset(&cut);
	escape_add_cut_start(&cut, line.buf, width);
	must(escape_width(cut.buf) <= width);
	must(is_safe(cut.buf, cut.len, ""));
}

/* What RFC 4180 reads back from one field; it must be one. */
static void uncsv(const struct strbuf *field, struct strbuf *ret)
{
	const char *p = field->buf, *end = p + field->len;

	if (*p != '"') {
		must(!strpbrk(p, "\",\r\n"));
		strbuf_add(ret, p, field->len);
		return;
	}
	for (p++; *p != '"' || p[1] == '"'; p++) {
		must(p < end);
		p += *p == '"';
		strbuf_addch(ret, *p);
	}
	must(p + 1 == end);
}

static void check_csv(const char *s, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf field = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf cell = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT;

	escape_add_csv(&field, s, len);
	uncsv(&field, &cell);
	escape_add(&want, s, len, ESCAPE_TEXT);
	must(!cell.len || !strchr("=+-@\t\r", cell.buf[0]));
	must(strcmp(cell.buf + (cell.len > want.len), want.buf) == 0);
	must(cell.len == want.len || cell.buf[0] == '\'');
}

static void check_json(const char *clean)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	json_t *value = json_string(clean);
	char *text = json_dumps(value, JSON_ENCODE_ANY);
	json_t *back;

	escape_add_json(&out, text);
	must(is_safe(out.buf, out.len, "\n"));
	back = json_loads(out.buf, JSON_DECODE_ANY, NULL);
	must(back && json_equal(value, back));
	json_decref(value);
	json_decref(back);
	free(text);
}

static void check_template(const char *s, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	json_t *value;

	template_escape_line(&out, s, len);
	must(is_safe(out.buf, out.len, ""));
	strbuf_reset(&out);
	template_escape_html(&out, s, len);
	must(is_safe(out.buf, out.len, "\n\t") && !strpbrk(out.buf, "<>\"'"));
	strbuf_reset(&out);
	strbuf_addch(&out, '"');
	template_escape_json(&out, s, len);
	strbuf_addch(&out, '"');
	value = json_loadb(out.buf, out.len, JSON_DECODE_ANY, NULL);
	must(json_is_string(value));
	json_decref(value);
}

/* Every character that could be markup has its backslash. */
static void check_markdown(const char *line)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	markdown_add_text(&out, line);
	must(is_safe(out.buf, out.len, ""));
	for (const char *p = out.buf; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else
			must(!strchr("<[]`*|", *p));
	}
	strbuf_reset(&out);
	markdown_add_code(&out, line);
	must(is_safe(out.buf, out.len, ""));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	size_t max = feed_byte(&f);
	const char *bytes = (const char *)f.p;
	CLEANUP(free_ptr) char *all = feed_rest(&f);
	CLEANUP(free_ptr) char *text = xstrdup(all);
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(text, 0, UTF8_LINE);
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	if (f.left == 0)
		return 0;
	setlocale(LC_CTYPE, "C.UTF-8");
	check_clean(text, max, UTF8_LINE);
	check_clean(text, max, UTF8_KEEP_NEWLINES);
	check_html(text);
	check_terminal(bytes, f.left, max);
	check_csv(bytes, f.left);
	check_json(clean);
	check_template(all, f.left);
	escape_add(&line, bytes, f.left, ESCAPE_LINE);
	check_markdown(line.buf);
	return 0;
}
