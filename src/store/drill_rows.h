/* Drills as rows. None is ever removed: each proves that somebody looked. */
#ifndef STORE_DRILL_ROWS_H
#define STORE_DRILL_ROWS_H

#include "core/drill.h"
#include "store/store.h"
#include "util/strlist.h"

/* A new one, which has no alert yet; needs a transaction, as all that write. */
int drill_rows_add(struct store *s, const struct drill *d, int64_t *ret_id,
		   struct err *err) must_check;
/* Its alert is there. */
int drill_rows_bind(struct store *s, int64_t id, int64_t alert_id,
		    struct err *err) must_check;
/* The one that runs; the caller releases it. 1, 0. */
int drill_rows_running(struct store *s, struct drill *ret,
		       struct err *err) must_check;
/*
 * When the one that runs is to be looked at: when its time is over, or at a
 * moment past once somebody was told and has answered, or its alert is closed;
 * 0: none runs. Needs no transaction.
 */
int64_t drill_rows_next_ms(struct store *s);
/* The targets that accepted a message about @alert_id; added to @ret. */
int drill_rows_told(struct store *s, int64_t alert_id, struct strlist *ret,
		    struct err *err) must_check;
int drill_rows_end(struct store *s, int64_t id, const char *by,
		   enum drill_result result, int64_t now_ms,
		   struct err *err) must_check;

#endif
