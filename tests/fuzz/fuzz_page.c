/*
 * The page splitter against jansson. A page that jansson reads whole is cut
 * into the same items with the same link; of a page with spoilt items those
 * before the first spoilt one are what they were. The first byte says which:
 * odd, the rest are items with a zero byte behind each.
 */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include "source/page_split_priv.h"

static bool is_link(struct span key)
{
	return span_eq_ci(key, "nextLink") || span_eq_ci(key, "@nextLink") ||
	       span_eq_ci(key, "@odata.nextLink");
}

/* What jansson thinks of a page. */
struct opinion {
	const json_t *items, *link;
	size_t n_lists, n_links;
};

static struct opinion opinion_of(json_t *page)
{
	struct opinion o = { 0 };
	const char *key;
	json_t *value;

	json_object_foreach(page, key, value)
	{
		struct span name = { key, strlen(key) };

		if (span_eq_ci(name, "value")) {
			o.items = value;
			o.n_lists++;
		} else if (is_link(name)) {
			o.link = value;
			o.n_links++;
		}
	}
	return o;
}

/*
 * Is it a page by our rules too? An escape in a name is none of ours, and a NUL
 * after a word is JSON for jansson alone.
 */
static bool is_page(const struct opinion *o, const char *body, size_t len)
{
	return !memchr(body, '\\', len) && !memchr(body, '\0', len) &&
	       o->n_lists == 1 && json_is_array(o->items) && o->n_links <= 1 &&
	       (!o->link || json_is_null(o->link) ||
		(json_is_string(o->link) &&
		 json_string_length(o->link) < PAGE_SPLIT_LINK_MAX - 2));
}

static void check_borders(const struct page_split *s, const char *body,
			  size_t len)
{
	const char *from = body;

	for (size_t i = 0; i < s->n_items; i++) {
		must(s->items[i].p >= from && s->items[i].len > 0);
		from = s->items[i].p + s->items[i].len;
	}
	must(from <= body + len);
	must(!s->next || (*s->next && strlen(s->next) <= PAGE_SPLIT_LINK_MAX));
}

static void check_same(const struct page_split *s, const struct opinion *o)
{
	const char *link = json_string_value(o->link);

	must(s->n_items == json_array_size(o->items));
	for (size_t i = 0; i < s->n_items; i++) {
		json_t *item = json_loadb(s->items[i].p, s->items[i].len,
					  JSON_DECODE_ANY, NULL);

		must(json_equal(item, json_array_get(o->items, i)));
		json_decref(item);
	}
	must(link && *link ? s->next && strcmp(link, s->next) == 0 : !s->next);
}

static void check_page(const char *body, size_t len)
{
	CLEANUP(page_split_release) struct page_split s = { 0 };
	json_t *page = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	struct opinion o = opinion_of(page);
	struct err err = ERR_INIT;
	int rc = page_split_open(&s, NULL, body, len, &err);

	if (rc < 0)
		must(is_said(rc, &err) && !s.items && !s.next);
	else
		check_borders(&s, body, len);
	if (json_is_object(page) && is_page(&o, body, len)) {
		must(rc == 0);
		check_same(&s, &o);
	}
	json_decref(page);
}

/* Neither more nor less than one value, in jansson's eyes. */
static bool is_whole(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);
	bool whole = v != NULL;

	json_decref(v);
	return whole;
}

static void check_spoilt(struct feed *f)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(page_split_release) struct page_split s = { 0 };
	size_t ends[64], n = 0, n_whole = 0;

	strbuf_addstr(&body, "{\"value\":[");
	while (f->left > 0 && n < 64) {
		CLEANUP(free_ptr) char *item = feed_text(f);

		strbuf_addstr(&body, n ? "," : "");
		n_whole += n_whole == n && is_whole(item);
		strbuf_addstr(&body, item);
		ends[n++] = body.len;
	}
	strbuf_addstr(&body, "]}");
	if (page_split_open(&s, NULL, body.buf, body.len, NULL) < 0) {
		must(n_whole < n);
		return;
	}
	check_borders(&s, body.buf, body.len);
	must(s.n_items >= n_whole);
	for (size_t i = 0; i < n_whole; i++) {
		size_t end = (size_t)(s.items[i].p + s.items[i].len - body.buf);

		must(end <= ends[i] && (i == 0 || end > ends[i - 1]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };

	if (feed_byte(&f) & 1)
		check_spoilt(&f);
	else
		check_page((const char *)f.p, f.left);
	return 0;
}
