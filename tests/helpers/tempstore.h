/* A state directory of its own for each test, and a store in it. */
#ifndef TESTS_HELPERS_TEMPSTORE_H
#define TESTS_HELPERS_TEMPSTORE_H

#include "store/store.h"

struct tempstore {
	char directory[64];
	char path[96]; /* the database */
	struct store *store; /* open for writing; may be NULL */
};

/* cmocka's setup and teardown; *state is a struct tempstore. */
int tempstore_setup(void **state);
int tempstore_teardown(void **state);
/* A directory alone, without a database. */
int tempstore_setup_empty(void **state);

/* Runs @text in the file by a connection of its own, like an admin would. Ends
 * the test when it fails. */
void tempstore_exec(const struct tempstore *t, const char *text);
/* The first value of an answer as text ("" for null), valid until the next
 * call. */
const char *tempstore_value(const struct tempstore *t, const char *text);
int64_t tempstore_number(const struct tempstore *t, const char *text);

#endif
