/*
 * Every operation of the store while one of its calls to the disk or to memory
 * fails, the first, the second, until it has no n-th any more: it says what,
 * where and why; what it was to change is wholly there or not at all; the same
 * connection goes on when the harm is over, and so does the next start.
 *
 * TRIAGED_SLOW=1 tries every call, or STEPS where there are more; else a few of
 * each are drawn from SEED.
 *
 * Battery: A5 A6.
 *
 * tests/store/test_migrate_kill.c does the same below the engine, for an
 * upgrade that is killed.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "helpers/fault_vfs.h"
#include "store/fault_ops.h"

#define SEED 20261122
/* Of each operation with each harm, when not all. */
#define DRAWN 2
/* And at most, or so, when all: an upgrade allocates 200,000 times. */
#define STEPS 1000
#define ENDLESS 1000000

/* What the state directory may hold. */
struct sides {
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	long calls[FAULT_MAX]; /* of an undisturbed one */
};

/* --- looking --- */

static bool look(const struct scene *sc, const struct op *op,
		 uint8_t ret[DIGEST_SIZE])
{
	memset(ret, 0, DIGEST_SIZE);
	if (access(sc->t->path, F_OK) < 0)
		return false;
	/* The keys that a new database draws are its own. */
	if (op->begins == OP_FIRST) {
		sqlite3 *db = dbstate_open(sc->t->path);
		struct digest *d = digest_new();

		dbstate_add(db, "SELECT sql FROM sqlite_schema ORDER BY 1", d);
		digest_finish(d, ret);
		sqlite3_close(db);
		return true;
	}
	dbstate_digest(sc->t->path, ret);
	return true;
}

static void check_copy(const struct scene *sc, const struct op *op, int rc)
{
	uint8_t found[DIGEST_SIZE], own[DIGEST_SIZE];

	if (!op->makes_copy)
		return;
	assert_int_equal(files_with(sc, "copy", false), rc >= 0);
	if (rc < 0)
		return;
	dbstate_digest(sc->copy, found);
	dbstate_digest(sc->t->path, own);
	assert_memory_equal(found, own, DIGEST_SIZE);
	files_with(sc, "copy", true);
}

/* --- one of them --- */

static void must_run(struct scene *sc, const struct op *op)
{
	struct err err = ERR_INIT;

	if (op->run(sc, &err) < 0)
		fail_msg("%s, undisturbed: %s", op->name, err.text);
}

static void measure(struct scene *sc, const struct op *op, struct sides *ret)
{
	lay(sc, op);
	look(sc, op, ret->before);
	fault_vfs_arm(FAULT_NONE, 0);
	must_run(sc, op);
	for (int harm = 0; harm < FAULT_MAX; harm++)
		ret->calls[harm] = fault_vfs_count(harm);
	look(sc, op, ret->after);
	check_copy(sc, op, 0);
	assert_int_equal(op->keeps,
			 memcmp(ret->before, ret->after, DIGEST_SIZE) == 0);
}

/* An operator reads it at night: what was tried, with which file, and why not.
 */
static void check_said(const struct scene *sc, const struct op *op,
		       enum fault_harm harm, int rc, const struct err *err)
{
	assert_int_equal(rc, err->code);
	assert_true(strlen(err->text) > 20);
	if (strstr(err->text, sc->t->directory) == NULL)
		fail_msg("%s: no file is named: %s", op->name, err->text);
	if (harm == FAULT_FULL && rc != ERR_STORE_FULL)
		fail_msg("%s: it is the full disk: %s", op->name, err->text);
	if (harm == FAULT_SYNC && strstr(err->text, "no cause given"))
		fail_msg("%s: the cause is known: %s", op->name, err->text);
	/* The engine's own words where it has a file for what is temporary. */
	if (harm == FAULT_MEMORY && !strstr(err->text, "memory") &&
	    !strstr(err->text, "temporary"))
		fail_msg("%s: it is memory: %s", op->name, err->text);
}

static void check_whole(const struct scene *sc, const struct op *op,
			const struct sides *o, int rc)
{
	uint8_t found[DIGEST_SIZE];
	bool is_after;

	look(sc, op, found);
	is_after = memcmp(found, o->after, DIGEST_SIZE) == 0;
	if (is_after && (rc >= 0 || op->keeps || op->begins != OP_OPEN))
		return;
	/* A database that cannot be read is replaced, which is said: it cannot
	 * tell what it has sent since. */
	if (rc >= 0 && sc->in_trouble) {
		assert_memory_not_equal(found, o->before, DIGEST_SIZE);
		return;
	}
	assert_true(rc < 0);
	assert_memory_equal(found, o->before, DIGEST_SIZE);
}

/* A connection that went through a harm is made anew, before the next calls are
 * counted. */
static void be_ready(struct scene *sc)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;

	if (sc->t->store && txn_begin(&txn, sc->t->store, &err) < 0)
		fail_msg("after a harm: %s", err.text);
}

/* Did the harm come before the end? */
static bool try_harm(struct scene *sc, const struct op *op,
		     const struct sides *o, enum fault_harm harm, long at)
{
	struct err err = ERR_INIT;
	bool struck;
	int rc;

	print_message("%s, %s at %ld\n", op->name, fault_vfs_name(harm), at);
	sc->in_trouble = false;
	be_ready(sc);
	fault_vfs_arm(harm, at);
	rc = op->run(sc, &err);
	struck = fault_vfs_disarm();
	if (rc < 0) {
		assert_true(struck);
		check_said(sc, op, harm, rc, &err);
	}
	check_whole(sc, op, o, rc);
	check_copy(sc, op, rc);
	/* What was done in spite of it is not there to be done again. */
	if (rc >= 0 || op->begins != OP_OPEN)
		lay(sc, op);
	return struck;
}

/* The connection that has seen all that, and the next start. */
static void check_heals(struct scene *sc, const struct op *op,
			const struct sides *o)
{
	uint8_t found[DIGEST_SIZE];
	struct err err = ERR_INIT;

	must_run(sc, op);
	check_copy(sc, op, 0);
	sc->t->store = store_close(sc->t->store);
	if (store_open(sc->t->directory, &sc->t->store, &err) < 0)
		fail_msg("%s, the next start: %s", op->name, err.text);
	look(sc, op, found);
	if (op->begins != OP_CLOSED || !op->keeps)
		assert_memory_equal(found, o->after, DIGEST_SIZE);
}

static uint32_t draw(uint32_t below)
{
	static uint32_t lot = SEED;

	lot = lot * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)lot * below >> 32);
}

static void sweep(struct scene *sc, const struct op *op, const struct sides *o,
		  enum fault_harm harm)
{
	const char *slow = getenv("TRIAGED_SLOW");
	long calls = o->calls[harm];

	if (slow && strcmp(slow, "1") == 0) {
		for (long at = 1; try_harm(sc, op, o, harm, at);
		     at += 1 + calls / STEPS)
			assert_true(at < ENDLESS);
		return;
	}
	for (int i = 0; i < DRAWN && calls > 0; i++)
		(void)try_harm(sc, op, o, harm, 1 + draw((uint32_t)calls));
}

static struct scene *scene;

static void test_op(void **state)
{
	const struct op *op = *state;
	struct sides o;

	measure(scene, op, &o);
	lay(scene, op);
	for (int harm = FAULT_IO; harm < FAULT_MAX; harm++)
		sweep(scene, op, &o, harm);
	check_heals(scene, op, &o);
}

/* What the engine has in memory is not trusted after a harm. */
static void test_connects_again(void **state)
{
	static const struct {
		enum fault_harm harm;
		struct op op;
	} cases[] = {
		{ FAULT_IO, { .name = "a mark", .run = run_meta } },
		{ FAULT_TORN, { .name = "a mark", .run = run_meta } },
		{ FAULT_SYNC, { .name = "a mark", .run = run_meta } },
		{ FAULT_MEMORY, { .name = "a page", .run = run_page } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		long at = 1, before;
		struct err err = ERR_INIT;
		int rc;

		lay(scene, &cases[i].op);
		before = fault_vfs_connections();
		/* The engine can do without some. */
		do {
			fault_vfs_arm(cases[i].harm, at);
			rc = cases[i].op.run(scene, &err);
		} while (fault_vfs_disarm() && rc >= 0 && at++ < 100);
		assert_true(rc < 0);
		assert_int_equal(fault_vfs_connections(), before);
		must_run(scene, &cases[i].op);
		assert_int_equal(fault_vfs_connections(), before + 1);
	}
}

static int install_and_setup(void **state)
{
	void *made = NULL;

	(void)state;
	fault_vfs_install();
	if (scene_setup(&made) < 0)
		return -1;
	scene = made;
	return 0;
}

static int forget(void **state)
{
	void *made = scene;

	(void)state;
	return scene_teardown(&made);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(ops) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		tests[i] =
			(struct CMUnitTest){ .name = ops[i].name,
					     .test_func = test_op,
					     .initial_state = (void *)&ops[i] };
	tests[ARRAY_SIZE(ops)] =
		(struct CMUnitTest)cmocka_unit_test(test_connects_again);
	return cmocka_run_group_tests(tests, install_and_setup, forget);
}
