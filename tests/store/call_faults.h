/*
 * The calls to the engine that ask it for something, taken over by the test
 * program: each is counted, and a chosen one answers that the disk is full,
 * which does not make the connection unfit for the next. Calls that the engine
 * makes to itself are its own affair. For one test program alone.
 */
#ifndef TESTS_STORE_CALL_FAULTS_H
#define TESTS_STORE_CALL_FAULTS_H

#include <dlfcn.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static struct {
	long at, n; /* call @at fails, of @n so far */
	long total; /* of the last run */
	int depth; /* of calls from within the engine */
} fault;

static void fault_arm(long at)
{
	fault.at = at;
	fault.n = 0;
}

/* No call fails any more. Did one? */
static bool fault_disarm(void)
{
	bool struck = fault.at > 0 && fault.n >= fault.at;

	fault.at = 0;
	fault.total = fault.n;
	return struck;
}

static bool fault_hits(void)
{
	return fault.depth == 0 && ++fault.n == fault.at;
}

/* What was begun can always be given up. */
static bool fault_spares(const char *text)
{
	return text && strcmp(text, "ROLLBACK") == 0;
}

/* Ends ours: the answer of the function behind it, unless it is to fail. */
#define FAULT_ANSWER(name, counts, ...)                                        \
	do {                                                                   \
		static __typeof__(&name) real;                                 \
		int rc;                                                        \
                                                                               \
		if ((counts) && fault_hits())                                  \
			return SQLITE_FULL;                                    \
		if (!real)                                                     \
			real = (__typeof__(real))dlsym(RTLD_NEXT, #name);      \
		fault.depth++;                                                 \
		rc = real(__VA_ARGS__);                                        \
		fault.depth--;                                                 \
		return rc;                                                     \
	} while (0)

int sqlite3_prepare_v2(sqlite3 *db, const char *text, int len,
		       sqlite3_stmt **ret, const char **ret_end)
{
	FAULT_ANSWER(sqlite3_prepare_v2, true, db, text, len, ret, ret_end);
}

int sqlite3_prepare_v3(sqlite3 *db, const char *text, int len, unsigned flags,
		       sqlite3_stmt **ret, const char **ret_end)
{
	FAULT_ANSWER(sqlite3_prepare_v3, !fault_spares(text), db, text, len,
		     flags, ret, ret_end);
}

int sqlite3_step(sqlite3_stmt *stmt)
{
	FAULT_ANSWER(sqlite3_step, !fault_spares(sqlite3_sql(stmt)), stmt);
}

/* Here COMMIT ends what only read. */
int sqlite3_exec(sqlite3 *db, const char *text,
		 int (*fn)(void *, int, char **, char **), void *arg,
		 char **ret_error)
{
	FAULT_ANSWER(sqlite3_exec,
		     !fault_spares(text) && strcmp(text, "COMMIT") != 0, db,
		     text, fn, arg, ret_error);
}

int sqlite3_backup_step(sqlite3_backup *b, int pages)
{
	FAULT_ANSWER(sqlite3_backup_step, true, b, pages);
}

#endif
