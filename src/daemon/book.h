/*
 * The book that casework writes to, over the database: rows become rows, calls
 * become notices owed, events go to the audit log and the news. All inside the
 * caller's transaction.
 */
#ifndef DAEMON_BOOK_H
#define DAEMON_BOOK_H

#include "core/casefile.h"
#include "daemon/pipeline_priv.h"
#include "triage/casework.h"

/* Good as long as @p is. */
struct casebook book_of(struct pipeline *p);

#endif
