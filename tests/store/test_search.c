/* Finding alerts by their words, and the index that follows every write. */
#include "store/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "alert_scene.h"
#include "store/retention.h"
#include "store/sqlite/search_priv.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

struct want {
	const char *column;
	struct strbuf out;
};

static int on_row(void *arg, size_t n, const char *const *names,
		  const struct cell *cells)
{
	struct want *w = arg;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], w->column) != 0)
			continue;
		if (w->out.len > 0)
			strbuf_addch(&w->out, ' ');
		if (cells[i].type == CELL_INTEGER)
			strbuf_addf(&w->out, "%lld",
				    (long long)cells[i].integer);
		else
			strbuf_addstr(&w->out,
				      cells[i].text ? cells[i].text : "-");
	}
	return 0;
}

static struct search_outcome outcome;

/* What a reader beside the daemon finds: the column of every row. */
static const char *find_by(struct scene *sc, const char *text,
			   const struct selector *sel, const char *column)
{
	static char found[4096];
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	const struct search what = { text, *sel };
	struct want w = { column, STRBUF_INIT };
	struct err err = ERR_INIT;

	if (sc->txn.store != NULL)
		assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	assert_int_equal(store_open_read(sc->t->path, &reader, NULL), 0);
	if (search_alerts(reader, &what, on_row, &w, &outcome, &err) < 0)
		fail_msg("'%s': %s", text, err.text);
	snprintf(found, sizeof(found), "%s", w.out.buf);
	strbuf_release(&w.out);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	return found;
}

static const char *ids(struct scene *sc, const char *text)
{
	struct selector any = { .now_ms = SAMPLE_NOW_MS };

	return find_by(sc, text, &any, "id");
}

/* Alert number @n of the samples, with this title. */
static int64_t put(struct scene *sc, int n, const char *title,
		   const char *description)
{
	alert_release(&sc->a);
	sample_arm(&sc->a, n);
	free(sc->a.title);
	sc->a.title = xstrdup(title);
	free(sc->a.description);
	sc->a.description = xstrdup(description);
	sc->d = sample_decision(&sc->a);
	return insert(sc);
}

/* The index and the text agree, word for word. */
static void check_index(struct scene *sc)
{
	if (sc->txn.store != NULL)
		assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	tempstore_exec(sc->t, "INSERT INTO alert_search (alert_search, rank) "
			      "VALUES ('integrity-check', 1)");
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
}

/* What comes into the index without being read back is what the table says:
 * the tags in order and each once, nothing where there is nothing. */
static void test_new_alerts_as_the_table_has_them(void **state)
{
	struct scene *sc = *state;
	struct strlist tags = STRLIST_INIT;

	strlist_add(&tags, "vip");
	strlist_add(&tags, "crown-jewel");
	strlist_add(&tags, "vip");
	sc->d.tags = &tags;
	insert(sc);
	check_index(sc);
	assert_string_equal(ids(sc, "crown-jewel"), "1");
	alert_release(&sc->a);
	sc->a = (struct alert){ .source = xstrdup("azure"),
				.kind = xstrdup(ALERT_KIND_SELF),
				.native_id = xstrdup("bare"),
				.provider = xstrdup("triaged"),
				.subscription = xstrdup("only-here") };
	sc->d = sample_decision(&sc->a);
	insert(sc);
	strlist_release(&tags);
	check_index(sc);
	assert_string_equal(ids(sc, "only-here"), "2");
}

/* Stored and changed in one transaction: the words of the change. */
static void test_changed_before_the_end(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "Ransomware", "Files were encrypted.");
	sample_change(&sc->a, "Phishing", "changed");
	update(sc, TRANSITION_UPDATED);
	check_index(sc);
	assert_string_equal(ids(sc, "phishing"), "1");
	assert_string_equal(ids(sc, "ransomware"), "");
}

static void test_what_people_type(void **state)
{
	struct scene *sc = *state;
	static const struct {
		const char *text, *ids;
	} cases[] = {
		{ "ransomware", "1" },
		{ "RANSOM*", "1" },
		{ "vm-2", "2" },
		{ "192.0.2.1", "2 1" },
		{ "192.0.2.*", "2 1" },
		{ "192.0.2.2", "" },
		{ "ada@example.org", "2 1" },
		{ "example.org", "2 1" },
		{ "ada@example.com", "" },
		{ "\"process executed\"", "2" },
		{ "\"executed process\"", "" },
		{ "executed process", "2" },
		{ "T1059 inc-7", "2 1" },
		{ "VM_SuspectProcessName", "2 1" },
		{ "2517000002_a11ce000", "2" },
		{ "/subscriptions/" SAMPLE_SUBSCRIPTION
		  "/resourceGroups/rg-payments/providers/Microsoft.Compute/"
		  "virtualMachines/vm-2",
		  "2" },
		{ "/subscriptions/00000000-0000-0000-0000-000000000000"
		  "/resourceGroups/rg-payments/providers/Microsoft.Compute/"
		  "virtualMachines/vm-2",
		  "" },
		{ "OR", "" },
		{ "title:ransomware", "" },
	};

	put(sc, 1, "Ransomware on the file server", "Files were encrypted.");
	put(sc, 2, "Suspicious process executed", "It is called x.");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found = ids(sc, cases[i].text);

		if (strcmp(found, cases[i].ids) != 0)
			fail_msg("'%s': %s", cases[i].text, found);
	}
	assert_false(outcome.cut);
	check_index(sc);
}

static void test_the_better_place_is_first(void **state)
{
	struct scene *sc = *state;
	struct selector any = { .now_ms = SAMPLE_NOW_MS };

	put(sc, 1, "Crypto mining", "x");
	put(sc, 2, "Other", "about crypto mining");
	put(sc, 3, "Crypto mining again", "x");
	sc->d.transition = TRANSITION_OPENED;
	assert_string_equal(ids(sc, "crypto"), "3 1 2");
	assert_string_equal(find_by(sc, "crypto", &any, "match_in"),
			    "title title description");
	assert_string_equal(find_by(sc, "about", &any, "match"),
			    "\002about\003 crypto mining");
}

static void test_open_before_closed(void **state)
{
	struct scene *sc = *state;
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS };
	struct selector open = { .states = BIT(ALERT_OPEN) };
	struct selector closed = { .states = BIT(ALERT_CLOSED) };

	put(sc, 1, "Crypto", "x");
	c.id = put(sc, 2, "Crypto", "x");
	assert_int_equal(alerts_close(sc->s, &c, VERDICT_BENIGN, NULL), 0);
	assert_string_equal(ids(sc, "crypto"), "1 2");
	assert_string_equal(find_by(sc, "crypto", &open, "id"), "1");
	assert_string_equal(find_by(sc, "crypto", &closed, "id"), "2");
}

/* Each open one is known, or, when very many are, looked at. */
static void test_open_before_closed_among_very_many(void **state)
{
	struct scene *sc = *state;
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS };

	put(sc, 1, "Crypto", "x");
	put(sc, 2, "Crypto", "x");
	c.id = put(sc, 3, "Crypto", "x");
	assert_int_equal(alerts_close(sc->s, &c, VERDICT_BENIGN, NULL), 0);
	assert_string_equal(ids(sc, "crypto"), "2 1 3");
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	tempstore_exec(sc->t, "UPDATE alert_count SET n = n + 20000 "
			      "WHERE state = 0");
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_string_equal(ids(sc, "crypto"), "2 1 3");
}

/* As put(), with an entity. */
static int64_t put_about(struct scene *sc, int n, const char *title,
			 const char *kind, const char *value)
{
	alert_release(&sc->a);
	sample_arm(&sc->a, n);
	free(sc->a.title);
	sc->a.title = xstrdup(title);
	alert_add_entity(&sc->a, kind, value, NULL);
	sc->d = sample_decision(&sc->a);
	return insert(sc);
}

/* Also when nothing but the name is looked for, which a small limit does. */
static void test_what_has_the_name_is_first(void **state)
{
	struct scene *sc = *state;
	static const char name[] = "mallory@contoso.com";
	struct selector cases[] = { { .limit = 1 },
				    { .limit = 3 },
				    { .limit = 4 },
				    { .states = BIT(ALERT_OPEN) },
				    { .source = "azure" } };
	static const char *const wanted[] = { "3", "3 2 1", "3 2 1 4",
					      "3 2 1 4", "3 2 1 4" };

	/* Its title, a better place, does not bring one forward. */
	put_about(sc, 1, name, "account", name);
	put_about(sc, 2, "x", "mailbox", "Mallory@Contoso.com");
	put_about(sc, 3, "x", "account", "MALLORY@contoso.com");
	alert_release(&sc->a);
	put(sc, 4, "About mallory@contoso.com.example", "x");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found = find_by(sc, name, &cases[i], "id");

		if (strcmp(found, wanted[i]) != 0)
			fail_msg("case %zu: %s", i, found);
		assert_false(outcome.cut);
	}
	assert_string_equal(find_by(sc, name, &cases[1], "match_in"),
			    "entities entities entities");
	assert_string_equal(find_by(sc, name, &cases[2], "match_in"),
			    "entities entities entities title");
	/* Not the whole text. */
	assert_string_equal(ids(sc, "mallory contoso.com"), "4 1 3 2");
}

/* What an alert is about stands in its resource or among its entities, the path
 * of another one too. */
static void test_a_path_is_found_wherever_it_stands(void **state)
{
	struct scene *sc = *state;
	struct selector any = { .now_ms = SAMPLE_NOW_MS };
	static const char group[] = "/subscriptions/" SAMPLE_SUBSCRIPTION
				    "/resourceGroups/rg-vault";
	static const char vault[] = "/subscriptions/" SAMPLE_SUBSCRIPTION
				    "/resourcegroups/RG-vault/providers/"
				    "Microsoft.KeyVault/vaults/kv-1";

	put_about(sc, 1, "x", "resource", vault);
	put_about(sc, 2, "x", "host", "kv-1");
	alert_release(&sc->a);
	sample_arm(&sc->a, 3);
	free(sc->a.resource_id);
	sc->a.resource_id = xstrdup(vault);
	sc->d = sample_decision(&sc->a);
	insert(sc);
	assert_string_equal(ids(sc, vault), "1 3");
	assert_string_equal(find_by(sc, vault, &any, "match_in"),
			    "entities resource");
	assert_string_equal(ids(sc, group), "1 3");
	assert_non_null(strstr(find_by(sc, group, &any, "match"),
			       "\002RG-vault\003/providers/"));
}

/* One alert may name it twice, as two things. */
static void test_one_name_of_several_kinds(void **state)
{
	struct scene *sc = *state;
	struct selector two = { .limit = 2 };
	static const char *const kinds[] = { "account", "mailbox", "user",
					     "mail-cluster" };

	for (int i = 0; i < (int)ARRAY_SIZE(kinds); i++) {
		put_about(sc, i + 1, "x", kinds[i], "mallory");
		assert_string_equal(find_by(sc, "mallory", &two, "id"),
				    i == 0   ? "1"
				    : i == 1 ? "2 1"
				    : i == 2 ? "3 2"
					     : "4 3");
	}
	alert_release(&sc->a);
	sample_arm(&sc->a, 9);
	alert_add_entity(&sc->a, "account", "eve", NULL);
	alert_add_entity(&sc->a, "mailbox", "eve", NULL);
	sc->d = sample_decision(&sc->a);
	insert(sc);
	assert_string_equal(find_by(sc, "eve", &two, "id"), "5");
}

/* The rare part of an address, by which it is found, is not a better place. */
static void test_an_address_is_one_word(void **state)
{
	struct scene *sc = *state;
	struct selector any = { .now_ms = SAMPLE_NOW_MS };

	put(sc, 1, "Build 113.9 failed", "from 203.0.113.9");
	put(sc, 2, "Build failed", "from 203.0.113.9");
	put(sc, 3, "Build 113.9 failed", "from 203.0.114.9");
	assert_string_equal(ids(sc, "203.0.113.9"), "2 1");
	assert_string_equal(ids(sc, "203.0.113.9 build"), "2 1");
	assert_string_equal(find_by(sc, "203.0.113.9", &any, "match_in"),
			    "description description");
	assert_string_equal(find_by(sc, "203.0.113.9", &any, "match"),
			    "from \002203.0.113.9\003 "
			    "from \002203.0.113.9\003");
}

/* Addresses are looked for from the oldest on: the newest are what counts where
 * there are too many. */
static void test_an_address_of_very_many(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "Build failed", "from 203.0.113.9");
	assert_string_equal(ids(sc, "203.0.113.9"), "1");
	assert_false(outcome.cut);
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	/* Older ones than any, as far as the index knows. */
	tempstore_exec(sc->t, "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL "
			      "SELECT n + 1 FROM c WHERE n < 5000) "
			      "INSERT INTO alert_search (rowid, description) "
			      "SELECT -n, 'from 203.0.113.9' FROM c");
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_string_equal(ids(sc, "203.0.113.9"), "1");
	assert_true(outcome.cut);
}

/* Of what was asked for with an option, more are looked at. */
static void test_depth(void **state)
{
	struct scene *sc = *state;
	struct selector cases[] = { { 0 },
				    { .states = BIT(ALERT_OPEN) },
				    { .states = BIT(ALERT_CLOSED) },
				    { .owner = "ada" },
				    { .overdue = true } };

	put(sc, 1, "Crypto", "x");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)find_by(sc, "crypto", &cases[i], "id");
		assert_int_equal(outcome.depth,
				 i == 0 ? SEARCH_DEPTH : SEARCH_DEPTH_SELECTED);
	}
}

/* The text around the words: of the best place, all of them marked there. */
static void test_excerpts(void **state)
{
	struct scene *sc = *state;
	struct selector any = { .now_ms = SAMPLE_NOW_MS };
	static const struct {
		const char *text, *match;
	} cases[] = {
		{ "zurich", "Sign-in from \002Z\303\274rich\003" },
		{ "sign-in", "\002Sign-in\003 from Z\303\274rich" },
		{ "from sig*", "\002Sign\003-in \002from\003 Z\303\274rich" },
		/* One of the words stands elsewhere. */
		{ "seventeen zurich", "Sign-in from \002Z\303\274rich\003" },
		{ "seventeen eighteen",
		  "\342\200\246ten eleven twelve thirteen fourteen fifteen "
		  "sixteen \002seventeen\003 \002eighteen\003 nineteen twenty "
		  "twentyone twentytwo twentythree twentyfour "
		  "twentyfive\342\200\246" },
		{ "/subscriptions/" SAMPLE_SUBSCRIPTION "/resourceGroups/"
		  "rg-payments",
		  "/subscriptions/" SAMPLE_SUBSCRIPTION "/resourceGroups/"
		  "\002rg-payments\003/providers/Microsoft.Compute/"
		  "virtualMachines/vm-1" },
	};

	put(sc, 1, "Sign-in from Z\303\274rich",
	    "one two three four five six seven eight nine ten eleven twelve "
	    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
	    "twenty twentyone twentytwo twentythree twentyfour twentyfive "
	    "twentysix twentyseven twentyeight");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(find_by(sc, cases[i].text, &any, "match"),
				    cases[i].match);
}

static void test_selectors(void **state)
{
	struct scene *sc = *state;
	struct selector cases[] = {
		{ .severities = BIT(SEVERITY_HIGH) },
		{ .severities = BIT(SEVERITY_LOW) },
		{ .source = "azure" },
		{ .source = "graph" },
		{ .owner = "ada" },
		{ .since_ms = SAMPLE_NOW_MS + 1 },
		{ .until_ms = SAMPLE_NOW_MS + 1 },
		{ .limit = 1 },
	};
	static const char *const wanted[] = { "2 1", "", "2 1", "",
					      "",    "", "2 1", "2" };

	put(sc, 1, "Crypto", "x");
	put(sc, 2, "Crypto", "x");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found = find_by(sc, "crypto", &cases[i], "id");

		if (strcmp(found, wanted[i]) != 0)
			fail_msg("case %zu: %s", i, found);
	}
}

static void test_the_index_follows(void **state)
{
	struct scene *sc = *state;
	int64_t id = put(sc, 1, "Crypto mining", "x");

	assert_string_equal(ids(sc, "crypto"), "1");
	sample_change(&sc->a, "Ransomware", "changed");
	update(sc, TRANSITION_UPDATED);
	assert_string_equal(ids(sc, "crypto"), "");
	assert_string_equal(ids(sc, "ransomware"), "1");
	/* Twice in one transaction. */
	sample_change(&sc->a, "Phishing", "again");
	update(sc, TRANSITION_UPDATED);
	sample_change(&sc->a, "Smishing", "and again");
	update(sc, TRANSITION_UPDATED);
	assert_string_equal(ids(sc, "phishing"), "");
	assert_string_equal(ids(sc, "smishing"), "1");
	check_index(sc);
	assert_int_equal(id, 1);
}

static void test_what_is_rolled_back_is_not_found(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "Crypto mining", "x");
	txn_end(&sc->txn);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	sc->at.poll = 0;
	put(sc, 2, "Ransomware", "x");
	assert_string_equal(ids(sc, "crypto"), "");
	assert_string_equal(ids(sc, "ransomware"), "1");
	check_index(sc);
}

static void test_removed_alerts_leave_the_index(void **state)
{
	struct scene *sc = *state;
	int64_t removed = 0;

	put(sc, 1, "Crypto mining", "x");
	put(sc, 2, "Crypto mining", "x");
	assert_string_equal(ids(sc, "crypto"), "2 1");
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	tempstore_exec(sc->t, "UPDATE alert SET state = 2, closed_ms = 1 "
			      "WHERE id = 1");
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_true(retention_step(sc->s,
				   &(struct retention_walk){
					   .class = RETENTION_ALERTS,
					   .before_ms = 2 },
				   2, &removed, NULL) >= 0);
	assert_int_equal(removed, 1);
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_string_equal(ids(sc, "crypto"), "2");
	check_index(sc);
}

/* As after a migration: rows, and no index. */
static void test_old_alerts_are_brought_in(void **state)
{
	struct scene *sc = *state;
	int rc;

	for (int i = 1; i <= 150; i++)
		put(sc, i, "Crypto mining", "x");
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	tempstore_exec(sc->t, "INSERT INTO alert_search (alert_search, rowid, "
			      "title, entities, resource, type, ids, tags, "
			      "description) SELECT 'delete', id, title, "
			      "entities, resource, type, ids, tags, "
			      "description FROM alert_text WHERE id <> 140");
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_int_equal(search_fill_again(sc->s, NULL), 0);
	assert_string_equal(ids(sc, "crypto vm-149"), "");
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	assert_int_equal(search_fill(sc->s, NULL), 1);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_string_equal(ids(sc, "crypto vm-149"), "149");
	assert_string_equal(ids(sc, "crypto vm-1"), "");
	assert_int_equal(outcome.below, 87); /* 150 .. 87 are in it */
	/* What changes meanwhile comes in by itself. */
	alert_release(&sc->a);
	sample_arm(&sc->a, 1);
	sample_change(&sc->a, "Phishing", "changed");
	update(sc, TRANSITION_UPDATED);
	assert_string_equal(ids(sc, "phishing"), "1");
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	while ((rc = search_fill(sc->s, NULL)) == 1)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_string_equal(ids(sc, "crypto vm-2"), "2");
	assert_int_equal(outcome.below, 0);
	check_index(sc);
}

#define PIECES "SELECT count(DISTINCT segid) FROM alert_search_idx"

/* Each commit leaves a piece, up to fifteen of a size; idle time merges them,
 * and everything is found as before. */
static void test_pieces_are_merged(void **state)
{
	struct scene *sc = *state;
	int rc, n = 0;

	for (int i = 1; i <= 12; i++) {
		put(sc, i, "Crypto mining", "x");
		assert_int_equal(txn_commit(&sc->txn, NULL), 0);
		assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	}
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	assert_true(tempstore_number(sc->t, PIECES) >= 12);
	while ((rc = search_tidy(sc->s, NULL)) == 1)
		n++;
	assert_int_equal(rc, 0);
	assert_true(n > 0);
	assert_true(tempstore_number(sc->t, PIECES) < 4);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_string_equal(ids(sc, "crypto vm-7"), "7");
	check_index(sc);
}

/* Ways to damage the index, of which the engine's own check sees nothing. */
static const char *const damages[] = {
	"UPDATE alert_search_data SET block = zeroblob(length(block)) "
	"WHERE id = 10",
	"UPDATE alert_search_data SET block = zeroblob(length(block)) "
	"WHERE id > 10",
	"UPDATE alert_search_data SET block = substr(block, 1, 7)",
	"UPDATE alert_search_data SET block = x'00' WHERE id = 1",
	"DELETE FROM alert_search_data WHERE id >= 10",
	"DELETE FROM alert_search_docsize WHERE id % 2",
	"DELETE FROM alert_search_config",
};

static bool is_sound(struct scene *sc)
{
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	struct err err = ERR_INIT;
	bool sound = false;

	assert_int_equal(store_open_read(sc->t->path, &reader, NULL), 0);
	if (search_check(reader, &sound, &err) < 0)
		fail_msg("%s", err.text);
	return sound;
}

static bool is_doubted(struct scene *sc, const char *text)
{
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	struct err err = ERR_INIT;
	bool damaged = false;

	assert_int_equal(store_open_read(sc->t->path, &reader, NULL), 0);
	if (search_doubt(reader, text, &damaged, &err) < 0)
		fail_msg("%s", err.text);
	return damaged;
}

/* A search that finds nothing where there is something is not silent. */
static void expect_a_word(struct scene *sc, const char *damage)
{
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	const struct search what = { .text = "mining" };
	struct want w = { "id", STRBUF_INIT };

	assert_int_equal(store_open_read(sc->t->path, &reader, NULL), 0);
	if (search_alerts(reader, &what, on_row, &w, &outcome, NULL) == 0 &&
	    w.out.len == 0 && !is_doubted(sc, "mining"))
		fail_msg("%s: nothing is found, and nothing said", damage);
	strbuf_release(&w.out);
}

static void take_three(struct scene *sc, int *n, const char *damage)
{
	struct err err = ERR_INIT;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
		put(sc, ++*n, "Crypto mining", "x");
		if (txn_commit(&sc->txn, &err) < 0)
			fail_msg("%s: %s", damage, err.text);
	}
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	sample_change(&sc->a, "Phishing", "changed");
	update(sc, TRANSITION_UPDATED);
	if (txn_commit(&sc->txn, &err) < 0)
		fail_msg("%s: %s", damage, err.text);
	while (search_tidy(sc->s, &err) == 1)
		;
	if (err.code)
		fail_msg("%s: %s", damage, err.text);
}

/* The index of words is made of the alerts: no alert waits for it, none is
 * refused. Damage is seen by who looks for it, and most of it by who writes. */
static void test_a_damaged_index_stops_no_alert(void **state)
{
	struct scene *sc = *state;
	int n = 0;

	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	take_three(sc, &n, "none");
	assert_true(is_sound(sc));
	assert_false(is_doubted(sc, "mining"));
	assert_false(is_doubted(sc, "\"zz\" min* vm-1"));
	assert_int_equal(search_renewals(sc->s), 0);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		tempstore_exec(sc->t, damages[i]);
		if (is_sound(sc))
			fail_msg("%s: not seen", damages[i]);
		expect_a_word(sc, damages[i]);
		take_three(sc, &n, damages[i]);
		if (!is_sound(sc))
			assert_int_equal(search_empty(sc->s, NULL), 0);
		while (search_fill(sc->s, NULL) == 1)
			;
		assert_true(is_sound(sc));
		assert_false(is_doubted(sc, "mining"));
		assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
		check_index(sc);
		assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	}
	assert_true(search_renewals(sc->s) >= 2);
	/* People are told a number that there is. */
	assert_int_equal(search_empty(sc->s, NULL), 0);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_string_equal(ids(sc, "phishing"), "");
	assert_int_equal(outcome.below, n + 1);
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	/* What it does not have yet is told otherwise. */
	assert_false(is_doubted(sc, "mining"));
	while (search_fill(sc->s, NULL) == 1)
		;
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	assert_string_equal(ids(sc, "phishing vm-6"), "6");
}

/* Text that would be an order to somebody: it is found, and nothing else. */
static void test_hostile_text_is_inert(void **state)
{
	struct scene *sc = *state;
	static const char *const texts[] = {
		"'; DROP TABLE alert; --",
		"\"\"\" OR * NEAR(",
		"$(reboot) `id`",
		"=HYPERLINK(\"http://x\")",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		put(sc, (int)i + 1, "t", texts[i]);
	assert_string_equal(ids(sc, "'; DROP TABLE alert; --"), "1");
	assert_string_equal(ids(sc, "\"\"\" OR * NEAR("), "2");
	assert_string_equal(ids(sc, "$(reboot) `id`"), "3");
	assert_string_equal(ids(sc, "=HYPERLINK(\"http://x\")"), "4");
	assert_string_equal(ids(sc, "\xff\xfe hyperlink"), "4");
	check_index(sc);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_what_people_type),
		WITH(test_new_alerts_as_the_table_has_them),
		WITH(test_changed_before_the_end),
		WITH(test_the_better_place_is_first),
		WITH(test_open_before_closed),
		WITH(test_open_before_closed_among_very_many),
		WITH(test_what_has_the_name_is_first),
		WITH(test_a_path_is_found_wherever_it_stands),
		WITH(test_one_name_of_several_kinds),
		WITH(test_an_address_is_one_word),
		WITH(test_an_address_of_very_many),
		WITH(test_depth),
		WITH(test_excerpts),
		WITH(test_selectors),
		WITH(test_the_index_follows),
		WITH(test_what_is_rolled_back_is_not_found),
		WITH(test_removed_alerts_leave_the_index),
		WITH(test_old_alerts_are_brought_in),
		WITH(test_pieces_are_merged),
		WITH(test_a_damaged_index_stops_no_alert),
		WITH(test_hostile_text_is_inert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
