/*
 * Alerts as they were recorded, spoilt: each member deleted, each member of
 * every other type, and bytes of pages altered at random. Whatever comes, each
 * item of a page that could be read is new, updated, known or quarantined; a
 * page that could not be read leaves the cursor where it was; and the database
 * is sound.
 *
 *	PROPERTY_PAGES=1000000	so many random pages (3000; 300 with a
 *sanitizer) PROPERTY_SEED=17	this chunk alone; a failure prints its number
 *	TRIAGED_SAMPLES=DIR	recorded answers; else the fuzzers' own alerts
 *
 * From 100,000 pages on every member is tried, else a part of them. Splitter,
 * normalizers, batch, pipeline and store are real; there is no network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "helpers/lots.h"
#include "helpers/tempstore.h"
#include "property/recorded.h"
#include "source/batch_priv.h"
#include "source/page_split_priv.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "store/txn.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define BEGIN INT64_C(1780992000000)
#define CHUNK_PAGES 500
#define PAGE_ITEMS_MAX 8
#define PAGE_ROOM 100 /* items that rubbish may make of them */
#define EVERYTHING 100000 /* pages from which on every member is tried */
#define WORKERS_MAX 8
#define PAGES LOTS(3000, 300)

static const char yaml[] = "targets:\n"
			   "  - {name: soc, type: folder, path: /nowhere}\n"
			   "fallback: soc\n"
			   "import-horizon: 3650d\n";

/* Nothing is killed here, so nobody has to wait for the disk. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* --- lots, from the chunk's number --- */

static uint64_t lots, chunk_now;

/* splitmix64 */
static uint64_t draw(uint64_t below)
{
	uint64_t z = lots += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

/* --- mutations --- */

enum { MUTANT_DELETED = 0 };

/* Of every type, and the odd ones of it. */
static json_t *mutant(size_t i)
{
	static const char *const values[] = {
		NULL, /* deleted */
		"null",
		"true",
		"0",
		"-1",
		"9223372036854775807",
		"1.5e300",
		"\"\"",
		"\"x\"",
		"\"\\u202e\\u001b[2J\"",
		"\"{\\\"a\\\":[\"",
		"\"0001-01-01T00:00:00Z\"",
		"[]",
		"[[[]]]",
		"[null,\"x\",{\"type\":7}]",
		"{}",
		"{\"a\":{\"b\":null}}",
	};
	const size_t n = ARRAY_SIZE(values);

	if (i == MUTANT_DELETED)
		return NULL;
	/* One more, longer than any field. */
	if (i == n) {
		CLEANUP(free_ptr) char *text = xmalloc(20001);

		memset(text, 'x', 20000);
		text[20000] = '\0';
		return json_string(text);
	}
	return i < n ? json_loads(values[i], JSON_DECODE_ANY, NULL) : NULL;
}
#define MUTANTS 18

/* Make @mutant of member number *n, counted down through all depths. True when
 * it was here. */
static bool mutate_member(json_t *value, size_t *n, size_t how)
{
	const char *key;
	json_t *inner;
	size_t i;

	json_object_foreach(value, key, inner)
	{
		if ((*n)-- == 0) {
			if (how == MUTANT_DELETED)
				(void)json_object_del(value, key);
			else
				(void)json_object_set_new(value, key,
							  mutant(how));
			return true;
		}
		if (mutate_member(inner, n, how))
			return true;
	}
	json_array_foreach(value, i, inner)
	{
		if (mutate_member(inner, n, how))
			return true;
	}
	return false;
}

static void add_mutant(const struct sample *s, size_t member, size_t how,
		       struct strbuf *out)
{
	json_t *copy = json_deep_copy(s->value);
	CLEANUP(free_ptr) char *text = NULL;

	assert_true(mutate_member(copy, &member, how));
	text = jsonx_dump(copy);
	json_decref(copy);
	assert_non_null(text);
	strbuf_addstr(out, text);
}

static void add_any(const struct sample *s, struct strbuf *out)
{
	if (s->n_members > 0 && draw(4))
		add_mutant(s, draw(s->n_members), draw(MUTANTS), out);
	else
		strbuf_addstr(out, s->text);
}

static void splice(struct strbuf *sb, size_t at, size_t gone, const char *text,
		   size_t len)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;

	strbuf_add(&all, sb->buf, at);
	strbuf_add(&all, text, len);
	strbuf_add(&all, sb->buf + at + gone, sb->len - at - gone);
	strbuf_reset(sb);
	strbuf_add(sb, all.buf, all.len);
}

/* One alteration of the bytes. */
static void spoil(struct strbuf *page)
{
	static const char *const scraps[] = {
		"{",
		"}",
		"[",
		"]",
		"\"",
		"\\",
		",",
		":",
		"\\u0000",
		"\\ud800",
		"\xff",
		"\xed\xa0\x80",
		"1e400",
		"NaN",
		"\n",
		"\x1b[31m",
		"\"id\":\"\",",
		"null",
		"99999999999999999999",
		"\xef\xbb\xbf",
	};
	size_t at = draw(page->len), drawn = draw(20);
	size_t n = MIN(drawn, page->len - at);
	const char *scrap = scraps[draw(ARRAY_SIZE(scraps))];
	char byte = (char)draw(256);

	switch (draw(5)) {
	case 0:
		splice(page, at, 1, &byte, 1);
		break;
	case 1:
		splice(page, at, n, "", 0);
		break;
	case 2: {
		CLEANUP(free_ptr) char *twice = xmemdup(page->buf + at, n + 1);

		splice(page, at, 0, twice, n);
		break;
	}
	case 3:
		splice(page, at, 0, scrap, strlen(scrap));
		break;
	default:
		if (draw(8) == 0)
			strbuf_setlen(page, at);
		break;
	}
}

/* --- polls --- */

struct world {
	struct rig rig;
	int64_t n_pages, n_read, n_items;
	char cursor[32]; /* of the last complete poll; "" none */
};

static void check_cursor(struct world *w)
{
	const struct ingest *in = &w->rig.pipeline.ingest;
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;
	struct err err = ERR_INIT;
	int rc = in->cursor(in->ctx, "azure", "s", &now, &err);

	assert_int_equal(rc, w->cursor[0] != '\0');
	assert_string_equal(now.buf, w->cursor);
}

/* Every item of a page that could be read. */
static void hand_over(struct world *w, struct page_split *split, enum door door,
		      int64_t poll)
{
	const struct ingest *in = &w->rig.pipeline.ingest;
	struct batch b = { .ingest = in, .door = door, .tenant = "t" };
	struct err err = ERR_INIT;
	struct span item;

	batch_init(&b, PAGE_ROOM);
	while (!batch_is_full(&b) && page_split_next(split, &item)) {
		batch_add(&b, item);
		w->n_items++;
	}
	(void)snprintf(w->cursor, sizeof(w->cursor), "page %lld",
		       (long long)w->n_pages);
	if (batch_send(&b, poll, true, w->cursor, &err) < 0)
		fail_msg("a page is refused: %s", err.text);
	batch_release(&b);
	w->n_read++;
}

static void poll(struct world *w, enum door door, const struct strbuf *page)
{
	const struct ingest *in = &w->rig.pipeline.ingest;
	const struct poll_window window = { .source = "azure", .scope = "s" };
	CLEANUP(page_split_release) struct page_split split = { 0 };
	/* Of the exact size, so that a sanitizer sees a byte too far. */
	CLEANUP(free_ptr) char *body = xmemdup(page->buf, page->len);
	struct err err = ERR_INIT;
	int64_t id = 0;

	w->n_pages++;
	if (in->poll_begin(in->ctx, &window, &id, &err) < 0)
		fail_msg("%s", err.text);
	if (page_split_open(&split, NULL, body, page->len, &err) == 0) {
		hand_over(w, &split, door, id);
		return;
	}
	assert_true(err.text[0]);
	if (in->poll_fail(in->ctx, id, err.text, &err) < 0)
		fail_msg("%s", err.text);
	check_cursor(w);
}

static void start(struct world *w)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct rig *r = &w->rig;
	struct err err = ERR_INIT;

	*w = (struct world){ 0 };
	rig_open(r, yaml, BEGIN);
	if (txn_begin(&txn, r->store, &err) < 0 ||
	    ledger_source(r->store, "azure", "defender-for-cloud", r->now_ms,
			  &err) < 0 ||
	    txn_commit(&txn, &err) < 0)
		fail_msg("start: %s", err.text);
}

/* --- what must hold --- */

static void check_sums(struct world *w)
{
	static const char *const none[] = {
		"SELECT count(*) FROM v_polls WHERE fetched <> new + updated + "
		"noop + quarantined OR ended_ms IS NULL OR complete = (error "
		"IS NOT NULL)",
		"SELECT sum(new) - (SELECT count(*) FROM v_alerts WHERE source "
		"= 'azure') FROM v_polls",
		"SELECT sum(quarantined) - (SELECT ifnull(sum(times), 0) FROM "
		"quarantine) FROM v_polls",
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		if (rig_integer(&w->rig, none[i]) != 0)
			fail_msg("not 0: %s", none[i]);
	assert_int_equal(rig_integer(&w->rig,
				     "SELECT ifnull(sum(fetched), 0) FROM "
				     "v_polls"),
			 w->n_items);
	assert_int_equal(rig_integer(&w->rig,
				     "SELECT count(*) FROM v_polls WHERE "
				     "complete"),
			 w->n_read);
}

static void finish(struct world *w)
{
	struct err err = ERR_INIT;
	struct tempstore t = { 0 };
	int64_t n, bad;

	check_cursor(w);
	check_sums(w);
	if (audit_verify(w->rig.store, &n, &bad, &err) < 0)
		fail_msg("%s", err.text);
	(void)snprintf(t.path, sizeof(t.path), "%s/triaged.db",
		       w->rig.directory);
	assert_string_equal(tempstore_value(&t, "PRAGMA integrity_check"),
			    "ok");
	rig_close(&w->rig);
}

/* --- pages --- */

static void begin_page(struct strbuf *page)
{
	strbuf_reset(page);
	strbuf_addstr(page, "{\"value\":[");
}

/* Every member in every way, as far as @part of all; full pages. */
static void run_members(uint64_t part, uint64_t of)
{
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	struct world w;
	uint64_t n = 0;

	start(&w);
	for (size_t i = 0; i < n_samples; i++) {
		size_t n_ways = samples[i].n_members * MUTANTS, in_page = 0;

		begin_page(&page);
		for (size_t k = 0; k < n_ways; k++) {
			if (n++ % of != part)
				continue;
			strbuf_addstr(&page, in_page++ ? "," : "");
			add_mutant(&samples[i], k / MUTANTS, k % MUTANTS,
				   &page);
			if (in_page < PAGE_ITEMS_MAX)
				continue;
			strbuf_addstr(&page, "],\"nextLink\":null}");
			poll(&w, samples[i].door, &page);
			begin_page(&page);
			in_page = 0;
		}
		strbuf_addstr(&page, "]}");
		poll(&w, samples[i].door, &page);
	}
	/* None of these pages is spoilt as a page. */
	assert_int_equal(w.n_read, w.n_pages);
	finish(&w);
}

static void random_page(struct world *w)
{
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	enum door door = samples[draw(n_samples)].door;
	size_t n = draw(4);

	begin_page(&page);
	for (size_t i = 0; i <= n; i++) {
		const struct sample *s = &samples[draw(n_samples)];

		strbuf_addstr(&page, i ? "," : "");
		/* Also what another API would send. */
		if (s->door == door || draw(20) == 0)
			add_any(s, &page);
		else
			strbuf_addstr(&page, "{}");
	}
	strbuf_addstr(&page, "],\"nextLink\":\"\"}");
	for (uint64_t i = draw(5); i > 0 && page.len > 0; i--)
		spoil(&page);
	poll(w, door, &page);
}

static void run_chunk(uint64_t chunk)
{
	struct world w;

	chunk_now = lots = chunk;
	start(&w);
	for (int i = 0; i < CHUNK_PAGES; i++) {
		random_page(&w);
		if (i % 100 == 99)
			rig_advance(&w.rig, w.rig.now_ms + 60000);
	}
	assert_true(w.n_read > 0 && w.n_read < w.n_pages);
	finish(&w);
	chunk_now = 0;
}

/* --- so many over so many processes --- */

static uint64_t chunk_from, chunk_to, worker, n_workers, members_of;

static void test_members(void **state)
{
	(void)state;
	for (uint64_t i = worker; members_of && i < n_workers; i += n_workers)
		run_members(worker, members_of);
}

static void test_pages(void **state)
{
	(void)state;
	for (uint64_t c = chunk_from + worker; c <= chunk_to; c += n_workers)
		run_chunk(c);
}

static int say_chunk(void **state)
{
	(void)state;
	if (chunk_now)
		fprintf(stderr, "repeat it with PROPERTY_SEED=%llu\n",
			(unsigned long long)chunk_now);
	return 0;
}

static int run_worker(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test_teardown(test_pages, say_chunk),
	};

	return cmocka_run_group_tests_name("mutated pages", tests, NULL, NULL);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* Items tried in all ways: as many as there are random pages, or all. */
static uint64_t share_of_members(uint64_t n_pages)
{
	uint64_t n = 0;

	for (size_t i = 0; i < n_samples; i++)
		n += samples[i].n_members * MUTANTS;
	return n_pages >= EVERYTHING
		       ? n_workers
		       : MAX(n / n_pages, (uint64_t)1) * n_workers;
}

int main(void)
{
	uint64_t one = number_from("PROPERTY_SEED", 0);
	uint64_t n_pages = MAX(number_from("PROPERTY_PAGES", PAGES), 1);
	long n_cores = MIN(sysconf(_SC_NPROCESSORS_ONLN), WORKERS_MAX);
	int failed = 0, status;

	jsonx_init();
	take_samples();
	n_workers = one ? 1 : (uint64_t)MAX(n_cores, 1);
	chunk_from = one ? one : 1;
	chunk_to = one ? one : (n_pages + CHUNK_PAGES - 1) / CHUNK_PAGES;
	members_of = one ? 0 : share_of_members(n_pages);
	printf("%zu samples, %llu random pages\n", n_samples,
	       (unsigned long long)(chunk_to - chunk_from + 1) * CHUNK_PAGES);
	(void)fflush(stdout); /* or each worker says it too */
	for (; worker + 1 < n_workers; worker++) {
		pid_t pid = fork();

		if (pid == 0)
			return run_worker();
		failed += pid < 0;
	}
	failed += run_worker() != 0;
	while (wait(&status) > 0)
		failed += status != 0;
	return failed != 0;
}
