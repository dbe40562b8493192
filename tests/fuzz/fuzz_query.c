/*
 * Questions that carry strangers' words: the name of an account in a filter and
 * in a query of the hunting language, the token of a next page, and what a
 * person types to search. The words stay data. The first byte chooses.
 */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include <sqlite3.h>
#include "source/activity_ask_priv.h"
#include "source/resource_graph_priv.h"
#include "source/skip_pages_priv.h"
#include "source/window_priv.h"
#include "store/sqlite/search_priv.h"

static json_t *parse(const char *text)
{
	json_t *v = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	must(json_is_object(v));
	return v;
}

/* The query with each string literal as "": as if nobody had a name. */
static void unliteral(const char *q, const char *value, struct strbuf *out)
{
	for (; *q; q++) {
		CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;

		strbuf_addch(out, *q);
		if (*q != '"')
			continue;
		for (q++; *q != '"'; q++) {
			must(*q && *q != '\n');
			q += *q == '\\';
			strbuf_addch(&said, *q);
		}
		must(strcmp(said.buf, value) == 0);
		strbuf_addch(out, '"');
	}
}

static void check_hunting(const struct activities_query *q)
{
	struct activities_query nobody = *q;
	CLEANUP(strbuf_release) struct strbuf ours = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf bare = STRBUF_INIT;
	CLEANUP(free_ptr) char *body = activity_ask_hunting(q);
	CLEANUP(free_ptr) char *empty = NULL;
	json_t *asked = parse(body), *none;

	nobody.value = "";
	empty = activity_ask_hunting(&nobody);
	none = parse(empty);
	unliteral(json_string_value(json_object_get(asked, "Query")), q->value,
		  &ours);
	unliteral(json_string_value(json_object_get(none, "Query")), "", &bare);
	must(json_object_size(asked) == 1 && strcmp(ours.buf, bare.buf) == 0);
	json_decref(asked);
	json_decref(none);
}

static void check_filter(const struct activities_query *q)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(free_ptr) char *filter = activity_ask_filter(q);
	struct skip_pages p;
	const char *key;
	json_t *root, *one, *value;

	skip_pages_begin(&p, "date", q->from_ms, q->to_ms);
	p.also = filter;
	skip_pages_request(&p, &body);
	root = parse(body.buf);
	must(json_object_size(json_object_get(root, "filters")) == 2);
	json_object_foreach(json_object_get(root, "filters"), key, one)
	{
		value = json_array_get(json_object_get(one, "eq"), 0);
		if (json_is_object(value))
			value = json_object_get(value, "id");
		must(strcmp(key, "date") == 0 ||
		     (json_is_string(value) &&
		      strcmp(json_string_value(value), q->value) == 0));
	}
	json_decref(root);
}

static void check_ask(const char *text, bool is_address)
{
	const struct activities_query q = {
		.about = is_address ? ACTIVITIES_ADDRESS : ACTIVITIES_ACCOUNT,
		.value = text,
		.from_ms = 1772442000000,
		.moment_ms = 1772442000001,
		.to_ms = 1772442000002,
		.most = 10,
	};
	struct err err = ERR_INIT;
	int rc = activities_check(&q, &err);

	if (rc < 0) {
		must(is_said(rc, &err));
		return;
	}
	check_filter(&q);
	check_hunting(&q);
}

static void check_pages(const char *body, size_t len)
{
	struct resource_graph g = { 0 };
	const struct page_shape shape = { "data", resource_graph_member, &g };
	CLEANUP(page_split_release) struct page_split s = { 0 };
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	resource_graph_init(&g, NULL, NULL);
	if (page_split_open(&s, &shape, body, len, NULL) == 0) {
		CLEANUP(free_ptr)
		char *token = g.skip_token ? xstrdup(g.skip_token) : NULL;

		rc = resource_graph_follow(&g, s.n_items, &next, &err);
		must(rc >= 0 || is_said(rc, &err));
		must((rc > 0) == (next.len > 0));
		if (rc > 0) {
			json_t *root = parse(next.buf);
			json_t *o = json_object_get(root, "options");

			must(token &&
			     strcmp(json_string_value(
					    json_object_get(o, "$skipToken")),
				    token) == 0);
			json_decref(root);
		}
	}
	resource_graph_release(&g);
}

static void check_skip(const char *body, size_t len)
{
	struct skip_pages p;
	const struct page_shape shape = { "data", skip_pages_member, &p };
	CLEANUP(page_split_release) struct page_split s = { 0 };

	skip_pages_begin(&p, "date", 1, 2);
	for (int i = 0; i < 3; i++) {
		CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
		struct err err = ERR_INIT;
		int rc;

		page_split_release(&s);
		if (page_split_open(&s, &shape, body, len, NULL) < 0)
			return;
		rc = skip_pages_follow(&p, s.n_items, &next, &err);
		must(rc >= 0 || is_said(rc, &err));
		if (rc <= 0)
			return;
		json_decref(parse(next.buf));
		must(p.skip >= 0 && p.limit > 0 && p.limit <= 100);
	}
}

/* Whatever is typed, the engine takes it for words. */
static void check_search(const char *typed)
{
	static sqlite3_stmt *stmt;
	static sqlite3 *db;
	struct search_words w = { 0 };
	struct err err = ERR_INIT;
	int rc;

	if (!db) {
		must(sqlite3_open(":memory:", &db) == SQLITE_OK);
		must(sqlite3_exec(db,
				  "CREATE VIRTUAL TABLE t USING fts5(resource, "
				  "entities)",
				  NULL, NULL, NULL) == SQLITE_OK);
		must(sqlite3_prepare_v2(db, "SELECT 1 FROM t WHERE t MATCH ?1",
					-1, &stmt, NULL) == SQLITE_OK);
	}
	rc = search_words_parse(typed, &w, &err);
	if (rc < 0) {
		must(is_said(rc, &err));
		return;
	}
	must(sqlite3_bind_text(stmt, 1, w.match.buf, -1, SQLITE_STATIC) ==
	     SQLITE_OK);
	must(sqlite3_step(stmt) == SQLITE_DONE);
	(void)sqlite3_reset(stmt); /* says again what step said */
	search_words_release(&w);
}

/* The cursor's text, which somebody may have altered in the database. */
static void check_window(const char *text)
{
	struct window_plan *p = xcalloc(1, sizeof(*p));
	struct window_plan *again = xcalloc(1, sizeof(*again));
	CLEANUP(strbuf_release) struct strbuf one = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf two = STRBUF_INIT;

	if (window_parse(p, text)) {
		must(p->n_holes <= WINDOW_HOLES_MAX &&
		     p->n_gaps <= WINDOW_GAPS_MAX);
		window_text(p, &one);
		must(window_parse(again, one.buf));
		window_text(again, &two);
		must(strcmp(one.buf, two.buf) == 0);
	}
	free(p);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	unsigned choice = feed_byte(&f);
	CLEANUP(free_ptr)
	char *text = xstrndup(f.left ? (const char *)f.p : "", f.left);

	if (choice % 6 < 2)
		check_ask(text, choice % 6);
	else if (choice % 6 == 2)
		check_pages((const char *)f.p, f.left);
	else if (choice % 6 == 3)
		check_skip((const char *)f.p, f.left);
	else if (choice % 6 == 4)
		check_search(text);
	else
		check_window(text);
	return 0;
}
