/*
 * An upgrade that is interrupted: from every schema that ever was, killed at
 * each call that changes a file, with the disk full from there on, or with that
 * one call failing. Afterwards the database is wholly the old one or wholly
 * the new one, a copy is there as soon as anything was changed, and the next
 * start ends what was begun with nothing lost.
 *
 *	TRIAGED_SLOW=1		all of it (else drawn from SEED, a second or
 *two)
 *
 * Battery: A12.
 */
#include "store/system_faults.h"

#include <glob.h>
#include <limits.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "helpers/dbstate.h"
#include "helpers/lots.h"
#include "helpers/tempstore.h"
#include "store/sqlite/engine_priv.h"
#include "util/digest.h"
#include "util/xmalloc.h"

#define SEED 20261122
#define DRAWN LOTS(36, 6)
#define FILE_MAX (4 << 20)

/* What a release with schema 1 had written; later ones only added to it. */
static const char content[] =
	"INSERT INTO meta VALUES ('mark', 42);"
	"INSERT INTO source (id, name, kind) VALUES (1, 'azure', 'd4c');"
	"INSERT INTO feed (id, source_id, scope) VALUES (1, 1, 'sub');"
	"INSERT INTO poll (id, feed_id, started_ms) VALUES (1, 1, 1000);"
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
	"WHERE i < 40) INSERT INTO alert (id, source_id, kind, tenant, "
	"native_id, title, severity_unmapped, source_state, is_incident, "
	"clipped, content_hash, base, severity, state, phase, episode, "
	"revision, historical, seen_ms, episode_ms, updated_ms, closed_ms) "
	"SELECT i, 1, 'd4c', 't', 'id-' || i, 'Title ' || i, 0, 0, 0, 0, "
	"x'00', 3, 3, iif(i % 4, 0, 2), 1, 1, 1, 0, i, i, i, iif(i % 4, NULL, "
	"i) FROM n;"
	"INSERT INTO origin (id, key, alert_id, kind, native_id) "
	"SELECT id, CAST(native_id AS BLOB), id, kind, native_id FROM alert;"
	"INSERT INTO revision SELECT id, 1, seen_ms, 1, x'00', '{}', "
	"printf('%.900c', 'r') FROM alert;"
	"INSERT INTO entity SELECT id, 1, 'host', 'h' || id, NULL FROM alert;"
	"INSERT INTO tag SELECT id, 'tag' FROM alert;"
	"INSERT INTO clock (alert_id, episode, severity, policy, started_ms, "
	"due_ms) SELECT id, 1, 3, 'p', 1, 2 FROM alert;"
	"INSERT INTO delivery (key, alert_id, episode, target, kind, step, "
	"severity, state, created_ms, not_before_ms, next_ms) SELECT 'k' || "
	"id, id, 1, 'soc', 0, 0, 3, iif(id % 3, 0, 4), 1, 1, iif(id % 3, 1, "
	"NULL) FROM alert;"
	"INSERT INTO event (alert_id, at_ms, actor, kind, detail, hash) "
	"SELECT id, 1, 'a', 'opened', '{}', x'11' FROM alert;";

/* The columns that schema 1 had of what it kept. */
static const char *const kept[] = {
	"SELECT * FROM meta WHERE name = 'mark'",
	"SELECT id, name, kind FROM source",
	"SELECT id, source_id, scope FROM feed",
	"SELECT id, native_id, title, severity, state, seen_ms, closed_ms "
	"FROM alert ORDER BY id",
	"SELECT id, key, alert_id, native_id FROM origin ORDER BY id",
	"SELECT * FROM revision ORDER BY 1",
	"SELECT * FROM tag ORDER BY 1",
	"SELECT alert_id, policy, started_ms, due_ms FROM clock ORDER BY 1",
	"SELECT id, key, alert_id, target, state FROM delivery ORDER BY id",
	"SELECT id, alert_id, at_ms, actor, kind, detail, hash FROM event "
	"WHERE actor = 'a' ORDER BY id",
};

struct bytes {
	char *p;
	size_t n;
};

/* The same database in all its states. */
struct upgrade {
	struct tempstore *t;
	int from;
	struct bytes file, log; /* as the killed release left them */
	uint8_t old[DIGEST_SIZE], new[DIGEST_SIZE];
	long calls; /* of an upgrade that nothing disturbs */
};

static struct bytes read_bytes(const char *path)
{
	struct bytes b = { xcalloc(1, FILE_MAX), 0 };
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	b.n = fread(b.p, 1, FILE_MAX, f);
	assert_true(b.n > 0 && b.n < FILE_MAX);
	fclose(f);
	return b;
}

static void write_bytes(const char *path, const struct bytes *b)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
	fclose(f);
}

/* Since schema 15 what an entity is stands in a table of its own. */
static const char *entities_of(sqlite3 *db)
{
	bool things = sqlite3_table_column_metadata(db, "main", "thing", NULL,
						    NULL, NULL, NULL, NULL,
						    NULL) == SQLITE_OK;

	return things ? "SELECT * FROM v_entities ORDER BY 1"
		      : "SELECT alert_id, kind, value, role FROM entity "
			"ORDER BY 1";
}

static void digest_kept(const char *path, uint8_t ret[DIGEST_SIZE])
{
	struct digest *d = digest_new();
	sqlite3 *db = dbstate_open(path);

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		dbstate_add(db, kept[i], d);
	dbstate_add(db, entities_of(db), d);
	sqlite3_close(db);
	digest_finish(d, ret);
}

/* --- one upgrade --- */

static void remove_all(const struct tempstore *t)
{
	char pattern[160];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*", t->directory);
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		unlink(found.gl_pathv[i]);
	globfree(&found);
}

static void lay(const struct upgrade *u)
{
	char log[160];

	remove_all(u->t);
	snprintf(log, sizeof(log), "%s-wal", u->t->path);
	write_bytes(u->t->path, &u->file);
	write_bytes(log, &u->log);
}

/* Schema @from with its rows, the newest of them in the write-ahead log. */
static void make_old(struct upgrade *u)
{
	char log[160];
	sqlite3 *db = NULL;

	remove_all(u->t);
	snprintf(log, sizeof(log), "%s-wal", u->t->path);
	assert_int_equal(sqlite3_open(u->t->path, &db), SQLITE_OK);
	dbstate_exec(db, (const char *)store_migrations[0].text);
	dbstate_exec(db, content);
	for (int i = 1; i < u->from; i++)
		dbstate_exec(db, (const char *)store_migrations[i].text);
	sqlite3_close(db);
	db = dbstate_open(u->t->path);
	dbstate_exec(db, "PRAGMA journal_mode = WAL;"
			 "PRAGMA wal_autocheckpoint = 0;"
			 "UPDATE alert SET title = title || ' changed'");
	u->file = read_bytes(u->t->path);
	u->log = read_bytes(log);
	sqlite3_close(db);
}

static void prepare(struct upgrade *u)
{
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	struct store *s = NULL;
	struct err err = ERR_INIT;

	make_old(u);
	lay(u);
	dbstate_digest(u->t->path, u->old);
	digest_kept(u->t->path, before);
	lay(u);
	fault.harm = HARM_NONE;
	fault.n = 0;
	if (store_open(u->t->directory, &s, &err) < 0)
		fail_msg("schema %d: %s", u->from, err.text);
	u->calls = fault.n;
	assert_int_equal(store_schema_found(s), u->from);
	store_close(s);
	dbstate_digest(u->t->path, u->new);
	digest_kept(u->t->path, after);
	assert_memory_equal(before, after, DIGEST_SIZE);
	/* A copy and a change are more than that, if calls are seen at all. */
	assert_true(u->calls > 50);
}

static void forget(struct upgrade *u)
{
	free(u->file.p);
	free(u->log.p);
}

/* Copies beside the database: each must be what it was before. */
static size_t count_copies(const struct upgrade *u)
{
	uint8_t found[DIGEST_SIZE];
	char pattern[160];
	size_t n = 0;
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s.before-%d-*", u->t->path,
		 u->from + 1);
	if (glob(pattern, 0, NULL, &g) != 0)
		return 0;
	for (; n < g.gl_pathc; n++) {
		dbstate_digest(g.gl_pathv[n], found);
		assert_memory_equal(found, u->old, DIGEST_SIZE);
	}
	globfree(&g);
	return n;
}

/* Opens the database in a process of its own, with the harm done to it. Its
 * exit status: 0 it works, 1 it said why not, -1 it was killed. */
static int open_harmed(const struct upgrade *u, enum harm harm, long at)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct store *s = NULL;
		struct err err = ERR_INIT;

		fault.harm = harm;
		fault.at = at;
		fault.n = 0;
		if (store_open(u->t->directory, &s, &err) >= 0)
			_exit(0);
		_exit(err.code < 0 && err.text[0] != '\0' ? 1 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_int_equal(harm, HARM_KILL);
		return -1;
	}
	assert_true(WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status);
}

static void check_whole(const struct upgrade *u, int status)
{
	uint8_t found[DIGEST_SIZE];
	size_t copies = count_copies(u);

	dbstate_digest(u->t->path, found);
	if (memcmp(found, u->new, DIGEST_SIZE) == 0) {
		assert_int_equal(copies, 1);
		return;
	}
	assert_memory_equal(found, u->old, DIGEST_SIZE);
	assert_int_not_equal(status, 0); /* who opens it has the new one */
}

static void check_heals(const struct upgrade *u)
{
	uint8_t found[DIGEST_SIZE];
	struct store *s = NULL;
	struct err err = ERR_INIT;
	char part[160];

	fault.harm = HARM_NONE;
	if (store_open(u->t->directory, &s, &err) < 0)
		fail_msg("the next start: %s", err.text);
	store_close(s);
	dbstate_digest(u->t->path, found);
	assert_memory_equal(found, u->new, DIGEST_SIZE);
	assert_int_equal(count_copies(u), 1);
	snprintf(part, sizeof(part), "%s.before.part", u->t->path);
	assert_int_equal(access(part, F_OK), -1);
}

static void try_harm(const struct upgrade *u, enum harm harm, long at)
{
	static const char *const names[] = { "", "killed", "disk full",
					     "failing call" };
	int status;

	print_message("schema %d, %s at %ld\n", u->from, names[harm], at);
	lay(u);
	status = open_harmed(u, harm, at);
	assert_true(harm != HARM_KILL || status == -1);
	/* The next who comes is a reader, or at once the daemon. */
	if (at % 2)
		check_whole(u, status);
	check_heals(u);
}

/* --- all of them --- */

static struct upgrade each[64];

static int prepare_all(void **state)
{
	int latest = migrate_latest(store_migrations);
	void *t = NULL;

	assert_int_equal(tempstore_setup_empty(&t), 0);
	assert_true((size_t)latest <= ARRAY_SIZE(each));
	for (int i = 1; i < latest; i++) {
		each[i] = (struct upgrade){ .t = t, .from = i };
		prepare(&each[i]);
	}
	*state = t;
	return 0;
}

static int forget_all(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(each); i++)
		forget(&each[i]);
	return tempstore_teardown(state);
}

static uint32_t draw(uint32_t below)
{
	static uint32_t lot = SEED;

	lot = lot * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)lot * below >> 32);
}

static void sweep(enum harm harm)
{
	int latest = migrate_latest(store_migrations);
	const char *slow = getenv("TRIAGED_SLOW");

	if (!slow || strcmp(slow, "1") != 0) {
		for (int i = 0; i < DRAWN / 3; i++) {
			const struct upgrade *u =
				&each[1 + draw((uint32_t)latest - 1)];

			try_harm(u, harm, 1 + draw((uint32_t)u->calls));
		}
		return;
	}
	for (int from = 1; from < latest; from++)
		for (long at = 1; at <= each[from].calls; at++)
			try_harm(&each[from], harm, at);
}

static void test_killed(void **state)
{
	(void)state;
	sweep(HARM_KILL);
}

static void test_disk_full(void **state)
{
	(void)state;
	sweep(HARM_FULL);
}

static void test_call_fails(void **state)
{
	(void)state;
	sweep(HARM_FAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_call_fails),
	};

	return cmocka_run_group_tests(tests, prepare_all, forget_all);
}
