/*
 * What the store is asked to do, one operation each, over a database that has
 * something for all of them: for the tests that let each of its calls to disk
 * and memory fail.
 */
#ifndef TESTS_STORE_FAULT_OPS_H
#define TESTS_STORE_FAULT_OPS_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helpers/dbstate.h"
#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/audit.h"
#include "store/backup.h"
#include "store/compact.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/restore.h"
#include "store/retention.h"
#include "store/sqlite/engine_priv.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define T SAMPLE_NOW_MS
#define DAY (INT64_C(24) * 3600 * 1000)
#define N_ALERTS 6
#define FILE_MAX (8 << 20)

struct bytes {
	char *p;
	size_t n;
};

struct scene {
	struct tempstore *t;
	/* The files as they are before each operation. */
	struct bytes file, log, backup, old;
	char copy[128]; /* where a backup goes */
	char other[128]; /* a backup that is there */
	int64_t held; /* a message that is leased */
	bool in_trouble; /* what a restore replaced could not be read */
};

struct op {
	const char *name;
	int (*run)(struct scene *sc, struct err *err);
	enum { OP_OPEN, OP_CLOSED, OP_OLD, OP_FIRST } begins;
	bool keeps; /* changes no row */
	bool makes_copy;
};

/* --- files, past the engine --- */

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

static void write_log(const struct scene *sc, const struct bytes *b)
{
	char log[128];

	snprintf(log, sizeof(log), "%s-wal", sc->t->path);
	write_bytes(log, b);
}

/* How many files of the state directory have @part in their name; 0 after
 * they were removed. */
static int files_with(const struct scene *sc, const char *part, bool remove)
{
	DIR *d = opendir(sc->t->directory);
	const struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char path[400];

		if (e->d_name[0] == '.' || !strstr(e->d_name, part))
			continue;
		n++;
		snprintf(path, sizeof(path), "%s/%s", sc->t->directory,
			 e->d_name);
		if (remove)
			assert_int_equal(unlink(path), 0);
	}
	closedir(d);
	return remove ? 0 : n;
}

/* The state directory as @op expects it; no store is open. */
static void lay(struct scene *sc, const struct op *op)
{
	struct err err = ERR_INIT;

	sc->t->store = store_close(sc->t->store);
	files_with(sc, "", true);
	if (op->begins == OP_FIRST)
		return;
	write_bytes(sc->t->path, op->begins == OP_OLD ? &sc->old : &sc->file);
	if (op->begins != OP_OLD)
		write_log(sc, &sc->log);
	write_bytes(sc->other, &sc->backup);
	if (op->begins == OP_OPEN &&
	    store_open(sc->t->directory, &sc->t->store, &err) < 0)
		fail_msg("%s", err.text);
}

/* --- the operations --- */

static int add_alert(struct store *s, int n, const struct sighting *at,
		     int64_t *ret_id, struct err *err)
{
	CLEANUP(alert_release) struct alert a;
	struct audit_event e = { 0, at->now_ms, "triaged", "opened", NULL };
	struct decision d;
	int rc;

	sample_arm(&a, n);
	d = sample_decision(&a);
	rc = alerts_insert(s, &a, &d, at, ret_id, err);
	if (rc < 0)
		return rc;
	e.alert_id = *ret_id;
	return audit_add(s, &e, err);
}

static int add_owed(struct store *s, int64_t alert, const char *target,
		    struct err *err)
{
	CLEANUP(notice_release)
	struct notice n = sample_notice(alert, target, (int)alert);

	return outbox_put(s, &n, NULL, err);
}

static int end_poll(struct store *s, const struct sighting *at, int n,
		    struct err *err)
{
	struct poll_counts c = { .pages = 1, .fetched = n, .added = n };
	int rc = ledger_poll_add(s, at->poll, &c, err);

	if (rc >= 0)
		rc = ledger_poll_end(s, at->poll, NULL, at->now_ms, err);
	if (rc >= 0)
		rc = ledger_cursor_set(s, "azure", "", "next", at->now_ms, err);
	return rc;
}

/* Alerts @from to @from + @n - 1, each owed to soc and to mail. */
static int ingest(struct store *s, int from, int n, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct poll_window w = { "azure", SAMPLE_SUBSCRIPTION, 0, 0 };
	struct sighting at = { 0, T };
	int64_t id;
	int rc = txn_begin(&txn, s, err);

	if (rc >= 0)
		rc = ledger_poll_begin(s, &w, T, &at.poll, err);
	for (int i = from; i < from + n && rc >= 0; i++) {
		rc = add_alert(s, i, &at, &id, err);
		if (rc >= 0)
			rc = add_owed(s, id, "soc", err);
		if (rc >= 0)
			rc = add_owed(s, id, "mail", err);
	}
	if (rc >= 0)
		rc = end_poll(s, &at, n, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int run_page(struct scene *sc, struct err *err)
{
	return ingest(sc->t->store, 100, 3, err);
}

static int run_lease(struct scene *sc, struct err *err)
{
	struct notice got[4];
	int n = outbox_lease(sc->t->store, "soc", T, OUTBOX_ROOM(4), got, err);

	for (int i = 0; i < n; i++) {
		assert_string_equal(got[i].target, "soc");
		assert_int_equal(strlen(got[i].key), NOTICE_KEY_SIZE - 1);
		assert_non_null(got[i].reason);
		notice_release(&got[i]);
	}
	return n;
}

static int run_settle(struct scene *sc, struct err *err)
{
	struct audit_event e = { 1, T, "triaged", "sent", NULL };
	struct settlement v = { .id = sc->held,
				.state = NOTICE_SENT,
				.event = &e };

	return outbox_settle(sc->t->store, &v, 1, T + 5, err);
}

static int run_acknowledge(struct scene *sc, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct human_change c = { .id = 2, .who = "ada", .now_ms = T + 9 };
	struct audit_event e = { 2, T + 9, "ada", "acknowledged", NULL };
	int rc = txn_begin(&txn, sc->t->store, err);

	if (rc >= 0)
		rc = alerts_acknowledge(sc->t->store, &c, T + DAY, err);
	if (rc >= 0)
		rc = outbox_supersede_ladder(sc->t->store, 2, 1, "acknowledged",
					     T + 9, err);
	if (rc >= 0)
		rc = audit_add(sc->t->store, &e, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int run_recover(struct scene *sc, struct err *err)
{
	return outbox_recover(sc->t->store, T + 5, true, err);
}

static int run_meta(struct scene *sc, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, sc->t->store, err);

	if (rc >= 0)
		rc = store_meta_set(sc->t->store, "last_up_ms", T, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* Everything that is closed goes, in one transaction. */
static int run_retention(struct scene *sc, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t removed = 0;
	int rc = txn_begin(&txn, sc->t->store, err);

	for (int class = 0; class < RETENTION_MAX && rc >= 0; class ++) {
		struct retention_walk w = { .class = class,
					    .before_ms = T + 9 * DAY };

		do
			rc = retention_step(sc->t->store, &w, T + 9 * DAY,
					    &removed, err);
		while (rc == 1);
	}
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int run_shrink(struct scene *sc, struct err *err)
{
	return store_shrink(sc->t->store, 1000, err);
}

/* Housekeeping that nobody waits for: what fails is done another time. */
static int run_checkpoint(struct scene *sc, struct err *err)
{
	struct store_log log;

	(void)err;
	store_tend_log(sc->t->store, &log);
	return 0;
}

static int run_backup(struct scene *sc, struct err *err)
{
	return store_backup(sc->t->store, sc->copy, true, NULL, NULL, err);
}

static int run_restore(struct scene *sc, struct err *err)
{
	struct restore_order o = { .database = sc->t->path,
				   .backup = sc->other,
				   .who = "ops",
				   .now_ms = T };
	struct restore_report r;
	int rc = store_restore(&o, &r, err);

	sc->in_trouble = r.present_trouble[0] != '\0';
	return rc;
}

static int run_compact(struct scene *sc, struct err *err)
{
	struct compact_report r;

	return store_compact(sc->t->path, false, NULL, &r, err);
}

/* Also the first start, and the upgrade. */
static int run_open(struct scene *sc, struct err *err)
{
	struct store *s = NULL;
	int rc = store_open(sc->t->directory, &s, err);

	store_close(s);
	return rc;
}

static int run_read(struct scene *sc, struct err *err)
{
	struct store *s = NULL;
	int rc = store_open_read(sc->t->path, &s, err);

	store_close(s);
	return rc;
}

static const struct op ops[] = {
	{ "a page", run_page, OP_OPEN, false, false },
	{ "lease", run_lease, OP_OPEN, false, false },
	{ "settle", run_settle, OP_OPEN, false, false },
	{ "acknowledge", run_acknowledge, OP_OPEN, false, false },
	{ "recover", run_recover, OP_OPEN, false, false },
	{ "a mark", run_meta, OP_OPEN, false, false },
	{ "retention", run_retention, OP_OPEN, false, false },
	{ "vacuum", run_shrink, OP_OPEN, true, false },
	{ "checkpoint", run_checkpoint, OP_OPEN, true, false },
	{ "backup", run_backup, OP_OPEN, true, true },
	{ "restore", run_restore, OP_CLOSED, false, false },
	{ "compact", run_compact, OP_CLOSED, true, false },
	{ "open", run_open, OP_CLOSED, true, false },
	{ "open to read", run_read, OP_CLOSED, true, false },
	{ "upgrade", run_open, OP_OLD, false, false },
	{ "first start", run_open, OP_FIRST, false, false },
};

/* --- the database of before --- */

static int64_t lease_one(struct store *s)
{
	struct notice got;
	int64_t id;

	assert_int_equal(outbox_lease(s, "mail", T, OUTBOX_ROOM(1), &got, NULL),
			 1);
	id = got.id;
	notice_release(&got);
	return id;
}

/* A file with alerts, some of them closed and done with, free pages in it, and
 * the newest changes in its write-ahead log, as a killed daemon leaves it. */
static void make_content(struct scene *sc)
{
	static const char bulk[] =
		"CREATE TABLE bulk (x);"
		"INSERT INTO bulk VALUES (zeroblob(200000));"
		"DROP TABLE bulk;"
		"UPDATE alert SET state = 2, closed_by = 'amy', closed_ms = 7 "
		"WHERE id > 3;"
		"UPDATE delivery SET state = 2, sent_ms = 7, next_ms = NULL "
		"WHERE alert_id > 3";
	struct store *s = sc->t->store;
	struct store_log moved;
	struct err err = ERR_INIT;
	char log[128];

	if (ingest(s, 1, N_ALERTS, &err) < 0)
		fail_msg("%s", err.text);
	tempstore_exec(sc->t, bulk);
	if (store_backup(s, sc->other, true, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
	store_tend_log(s, &moved);
	sc->held = lease_one(s);
	snprintf(log, sizeof(log), "%s-wal", sc->t->path);
	sc->file = read_bytes(sc->t->path);
	sc->log = read_bytes(log);
	sc->backup = read_bytes(sc->other);
}

static void make_old(struct scene *sc)
{
	sqlite3 *db = NULL;

	sc->t->store = store_close(sc->t->store);
	files_with(sc, "", true);
	assert_int_equal(sqlite3_open(sc->t->path, &db), SQLITE_OK);
	dbstate_exec(db, (const char *)store_migrations[0].text);
	dbstate_exec(db, "INSERT INTO meta VALUES ('mark', 42);"
			 "INSERT INTO source (id, name, kind) "
			 "VALUES (1, 'azure', 'd4c')");
	sqlite3_close(db);
	sc->old = read_bytes(sc->t->path);
}

static int scene_setup(void **state)
{
	struct scene *sc = xcalloc(1, sizeof(*sc));
	void *t = NULL;

	if (tempstore_setup(&t) < 0)
		return -1;
	sc->t = t;
	snprintf(sc->copy, sizeof(sc->copy), "%s/copy", sc->t->directory);
	snprintf(sc->other, sizeof(sc->other), "%s/other", sc->t->directory);
	make_content(sc);
	make_old(sc);
	*state = sc;
	return 0;
}

static int scene_teardown(void **state)
{
	struct scene *sc = *state;
	void *t = sc->t;

	free(sc->file.p);
	free(sc->log.p);
	free(sc->backup.p);
	free(sc->old.p);
	free(sc);
	return tempstore_teardown(&t);
}

#endif
