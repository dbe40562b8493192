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

/* An alert as it stands, ready for casework. Stays where it is: the parts of
 * @work are the others. */
struct book_case {
	struct alert_view view;
	struct casefile file;
	struct casebook book;
	struct casework work;
};

/* Alert @id at @now_ms. 1, or 0 when it is not there any more; @ret is released
 * by book_case_release() in each case. */
int book_case(struct pipeline *p, int64_t id, int64_t now_ms,
	      struct book_case *ret, struct err *err) must_check;
void book_case_release(struct book_case *c);

#endif
