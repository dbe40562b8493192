/* The key on the disk, what messages offer with it, and whose that was. */
#include "daemon/acklink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define T SAMPLE_NOW_MS
#define DAY_MS INT64_C(86400000)

static const struct conf linked = { .public_url = (char *)"https://t.example",
				    .ack_link_ms = DAY_MS };
static const struct conf unlinked = { .ack_link_ms = DAY_MS };

static int setup(void **state)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(alert_release) struct alert a;
	struct sighting at = { 0, T };
	struct decision d;
	struct tempstore *t;
	int64_t id;

	if (tempstore_setup(state) < 0)
		return -1;
	t = *state;
	sample_arm(&a, 1);
	d = sample_decision(&a);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(alerts_insert(t->store, &a, &d, &at, &id, NULL), 0);
	return txn_commit(&txn, NULL);
}

/* Owed and tried; the caller releases it. */
static void tell(struct tempstore *t, const char *recipient, int n,
		 struct notice *ret)
{
	CLEANUP(notice_release) struct notice v = sample_notice(1, "mail", n);
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	free(v.recipient);
	v.recipient = xstrdup(recipient);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(outbox_put(t->store, &v, NULL, NULL), 1);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_int_equal(outbox_lease(t->store, "mail", T, OUTBOX_ROOM(1), ret, NULL), 1);
	assert_int_equal(outbox_settle(t->store,
				       &(struct settlement){
					       .id = ret->id,
					       .state = NOTICE_SENT },
				       1, T, NULL),
			 0);
}

static void open_door(struct tempstore *t, struct acklink *l)
{
	struct err err = ERR_INIT;

	if (acklink_open(l, t->directory, t->store, &err) < 0)
		fail_msg("%s", err.text);
}

static char *key_path(const struct tempstore *t)
{
	return xasprintf("%s/acknowledge.key", t->directory);
}

static void remove_key(const struct tempstore *t)
{
	CLEANUP(free_ptr) char *path = key_path(t);

	assert_int_equal(unlink(path), 0);
}

static void test_key_is_made_once(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(free_ptr) char *path = key_path(t);
	CLEANUP(free_ptr) char *new = xasprintf("%s.new", path);
	CLEANUP(free_ptr) char *first = NULL;
	struct acklink l;
	struct stat st;
	FILE *left = fopen(new, "w"); /* of a start that was killed */

	assert_non_null(left);
	assert_int_equal(fclose(left), 0);
	open_door(t, &l);
	first = xstrdup(secret_peek(l.key));
	acklink_close(&l);
	assert_int_equal(strlen(first), 64);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(new, F_OK), -1);
	open_door(t, &l);
	assert_string_equal(secret_peek(l.key), first);
	acklink_close(&l);
	remove_key(t);
	open_door(t, &l);
	assert_string_not_equal(secret_peek(l.key), first);
	acklink_close(&l);
	remove_key(t);
}

static void write_key(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

#define GOOD "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A bad key is told and left alone; nothing is offered then. */
static void test_bad_keys(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		bool good;
	} rows[] = {
		{ GOOD "\n", 0600, true },  { GOOD, 0400, true },
		{ GOOD "\n", 0644, false }, { "", 0600, false },
		{ "0123\n", 0600, false },  { GOOD "00\n", 0600, false },
		{ "x" GOOD, 0600, false },
	};
	struct tempstore *t = *state;
	CLEANUP(free_ptr) char *path = key_path(t);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct deliver_ack ack = { 0 };
		struct err err = ERR_INIT;
		struct notice n = { .alert_id = 1, .target = (char *)"a" };
		struct acklink l;
		struct told told;
		int rc;

		(void)unlink(path);
		write_key(path, rows[i].text, rows[i].mode);
		rc = acklink_open(&l, t->directory, t->store, &err);
		assert_int_equal(rc == 0, rows[i].good);
		if (!rows[i].good) {
			assert_non_null(strstr(err.text, path));
			acklink_offer(&l, &linked, &n, T, &ack);
			assert_null(ack.code);
			assert_null(ack.url);
			assert_int_equal(acklink_find_code(&l, 1, 1, "00000",
							   &told, &err),
					 0);
		}
		acklink_close(&l);
	}
	remove_key(t);
}

static void claim_of(const struct acklink *l, const char *url,
		     struct ack_claim *ret)
{
	const char *token = strrchr(url, '/') + 1;

	assert_int_equal(acktoken_read(l->key, token, T, ret), ACK_GOOD);
}

/* Each offer leads back to the one it was made for, and to no other episode. */
static void test_there_and_back(void **state)
{
	static const char *const people[] = { "ada@example.org",
					      "bob@example.org", NULL };
	struct tempstore *t = *state;
	struct acklink l;

	open_door(t, &l);
	for (int i = 0; i < (int)ARRAY_SIZE(people); i++) {
		struct deliver_ack ack = { 0 };
		struct ack_claim claim;
		char code[ACKCODE_SIZE];
		struct notice n = { 0 };
		struct told told;
		int64_t id;

		tell(t, people[i], i, &n);
		acklink_offer(&l, &linked, &n, T + 999, &ack);
		assert_int_equal(strncmp(ack.url, "https://t.example/ack/", 22),
				 0);
		claim_of(&l, ack.url, &claim);
		assert_int_equal(claim.alert_id, 1);
		assert_int_equal(claim.episode, n.episode);
		assert_int_equal(claim.delivery, n.id);
		assert_int_equal(claim.expires_ms, ack.url_expires_ms);
		assert_int_equal(claim.expires_ms,
				 (T + 999 + DAY_MS) / 1000 * 1000);
		assert_int_equal(acklink_find_claim(&l, &claim, &told, NULL),
				 1);
		assert_string_equal(acklink_name(&told),
				    people[i] ? people[i] : "mail");
		told_release(&told);
		assert_true(ackcode_parse(ack.code, &id, code));
		assert_int_equal(id, 1);
		assert_int_equal(acklink_find_code(&l, 1, n.episode, code,
						   &told, NULL),
				 1);
		assert_string_equal(acklink_name(&told),
				    people[i] ? people[i] : "mail");
		told_release(&told);
		claim.episode++;
		assert_int_equal(acklink_find_claim(&l, &claim, &told, NULL),
				 0);
		assert_int_equal(acklink_find_code(&l, 1, n.episode + 1, code,
						   &told, NULL),
				 0);
		claim.episode--;
		claim.who++;
		assert_int_equal(acklink_find_claim(&l, &claim, &told, NULL),
				 0);
		free(ack.url);
		free(ack.code);
		notice_release(&n);
	}
	acklink_close(&l);
	remove_key(t);
}

/* A code that nobody was sent is nobody's; without an address, no link. */
static void test_offers(void **state)
{
	struct tempstore *t = *state;
	struct notice n = {
		.id = 5, .alert_id = 1, .episode = 1, .target = (char *)"boss"
	};
	struct deliver_ack ack = { 0 };
	char code[ACKCODE_SIZE];
	struct acklink l;
	struct told told;
	int64_t id;

	open_door(t, &l);
	acklink_offer(&l, &unlinked, &n, T, &ack);
	assert_null(ack.url);
	assert_int_equal(ack.url_expires_ms, 0);
	assert_true(ackcode_parse(ack.code, &id, code));
	assert_int_equal(acklink_find_code(&l, 1, 1, code, &told, NULL), 0);
	free(ack.code);
	acklink_close(&l);
	remove_key(t);
}

static void test_wrong_codes_are_few(void **state)
{
	struct acklink l = { .key = NULL };
	int64_t mono_ms = 5;

	(void)state;
	for (int i = 0; i < ACKLINK_WRONG_MAX; i++) {
		assert_true(acklink_may_try(&l, mono_ms));
		acklink_was_wrong(&l, mono_ms + i);
	}
	assert_false(acklink_may_try(&l, mono_ms + 100));
	assert_false(acklink_may_try(&l, mono_ms + ACKLINK_WRONG_MS - 1));
	assert_true(acklink_may_try(&l, mono_ms + ACKLINK_WRONG_MS));
	acklink_was_wrong(&l, mono_ms + ACKLINK_WRONG_MS);
	assert_true(acklink_may_try(&l, mono_ms + ACKLINK_WRONG_MS));
}

/* The log hears of the first at once, and then of how many in each minute; too
 * many get no page. */
static void test_refused_links_are_counted(void **state)
{
	struct acklink l = { .key = NULL };
	int64_t mono_ms = 1000;
	unsigned n;

	(void)state;
	assert_false(acklink_refused(&l, mono_ms, &n));
	assert_int_equal(n, 1);
	for (int i = 1; i < ACKLINK_REFUSED_MAX; i++) {
		assert_false(acklink_refused(&l, mono_ms, &n));
		assert_int_equal(n, 0);
	}
	for (int i = 0; i < 5; i++) {
		assert_true(acklink_refused(&l, mono_ms + 1, &n));
		assert_int_equal(n, 0);
	}
	assert_false(acklink_refused(&l, mono_ms + ACKLINK_WRONG_MS, &n));
	assert_int_equal(n, ACKLINK_REFUSED_MAX - 1 + 5 + 1);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_key_is_made_once),
		TEST(test_bad_keys),
		TEST(test_there_and_back),
		TEST(test_offers),
		TEST(test_wrong_codes_are_few),
		TEST(test_refused_links_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
