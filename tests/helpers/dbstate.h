/*
 * A database seen from outside: all that is in it as one digest, so that a test
 * of faults can say "as before", "as after" or neither. Looking changes
 * nothing: the write-ahead log stays as it is, for who comes next.
 */
#ifndef TESTS_HELPERS_DBSTATE_H
#define TESTS_HELPERS_DBSTATE_H

#include <sqlite3.h>
#include "util/digest.h"

/* What goes wrong in here ends the test program. */
sqlite3 *dbstate_open(const char *path);
void dbstate_exec(sqlite3 *db, const char *text);
/* Every value of the answer to @text. */
void dbstate_add(sqlite3 *db, const char *text, struct digest *d);
/* Schema and every row of every table. The structure must be sound, and no
 * reference may lead nowhere. */
void dbstate_digest(const char *path, uint8_t ret[DIGEST_SIZE]);

#endif
