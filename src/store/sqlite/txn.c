/*
 * Transactions. Called by everything that writes. IMMEDIATE: whoever gets in
 * can also finish, there is no upgrade of a lock to fail halfway.
 */
#include "store/txn.h"

#include <assert.h>
#include "store/sqlite/engine_priv.h"
#include "store/sqlite/search_priv.h"
#include "store/sqlite/things_priv.h"
#include "util/xmalloc.h"

static int txn_simple(struct store *s, enum statement id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc < 0)
		return rc;
	rc = sqlite3_step(q.stmt);
	if (rc != SQLITE_DONE)
		return engine_error(s, rc, "commit or begin a change", err);
	return 0;
}

/* After a failed write or sync the engine's picture of the file may be wrong:
 * only a new connection reads it again. The lock is kept. */
static int txn_reconnect(struct store *s, struct err *err)
{
	int rc;

	engine_disconnect(s);
	rc = engine_connect(s, err);
	if (rc < 0) {
		/* Closed again, so that the next try starts from nothing. */
		(void)sqlite3_close(s->db);
		s->db = NULL;
		return rc;
	}
	s->suspect = false;
	return 0;
}

/* What is to be done behind the commit. */
struct txn_task {
	struct txn_task *next;
	txn_then_fn *fn, *release;
	void *arg;
};

static struct txn_task *take_tasks(struct store *s)
{
	struct txn_task *first = s->tasks;

	s->tasks = NULL;
	s->tasks_end = NULL;
	return first;
}

static void end_tasks(struct txn_task *first, bool done)
{
	while (first) {
		CLEANUP(free_ptr) struct txn_task *task = first;

		first = task->next;
		if (done)
			task->fn(task->arg);
		task->release(task->arg);
	}
}

void txn_then(struct store *s, txn_then_fn *fn, void *arg, txn_then_fn *release)
{
	struct txn_task *task;

	if (!s->in_txn) {
		fn(arg);
		release(arg);
		return;
	}
	task = xcalloc(1, sizeof(*task));
	*task = (struct txn_task){ .fn = fn, .release = release, .arg = arg };
	*(s->tasks ? s->tasks_end : &s->tasks) = task;
	s->tasks_end = &task->next;
}

int txn_begin(struct txn *t, struct store *s, struct err *err)
{
	int rc;

	assert(t->store == NULL && !s->in_txn);
	rc = engine_check_place(s, err);
	if (rc >= 0 && s->suspect)
		rc = txn_reconnect(s, err);
	if (rc < 0)
		return rc;
	rc = txn_simple(s, STMT_BEGIN, err);
	if (rc < 0)
		return rc;
	s->in_txn = true;
	t->store = s;
	return 0;
}

int txn_join(struct txn *t, struct store *s, struct err *err)
{
	if (!s->in_txn)
		return txn_begin(t, s, err);
	t->joined = true;
	return 0;
}

int txn_commit(struct txn *t, struct err *err)
{
	struct store *s = t->store;
	int rc;

	if (t->joined)
		return 0;
	assert(s != NULL && s->in_txn);
	if (sqlite3_get_autocommit(s->db) != 0) {
		txn_end(t);
		return err_set(err, ERR_STORE,
			       "a change of %s was given up halfway", s->path);
	}
	rc = search_write_notes(s, err);
	if (rc == 0)
		rc = txn_simple(s, STMT_COMMIT, err);
	if (rc < 0) {
		txn_end(t);
		return rc;
	}
	s->in_txn = false;
	s->written = s->writing;
	t->store = NULL;
	end_tasks(take_tasks(s), true);
	return 0;
}

void txn_end(struct txn *t)
{
	struct store *s = t->store;

	if (s == NULL)
		return;
	/* A failure means that the engine rolled back by itself. */
	if (sqlite3_get_autocommit(s->db) == 0)
		(void)txn_simple(s, STMT_ROLLBACK, NULL);
	s->in_txn = false;
	search_forget_notes(s);
	things_forget(s);
	end_tasks(take_tasks(s), false);
	s->n_rollbacks++;
	s->writing = s->written;
	s->poll = 0; /* may have been one that is gone now */
	t->store = NULL;
}

int64_t txn_rollbacks(const struct store *s)
{
	return s->n_rollbacks;
}
