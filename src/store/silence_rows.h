/* Silences as rows. None is ever removed: an ended one tells why. */
#ifndef STORE_SILENCE_ROWS_H
#define STORE_SILENCE_ROWS_H

#include "core/silence.h"
#include "store/store.h"

/*
 * Strings as they are stored; `when` stays empty: whoever needs it reads
 * when_text again. The caller releases each.
 */
int silence_rows_add(struct store *s, const struct silence *v, int64_t *ret_id,
		     struct err *err) must_check;
/* Those that have not ended, begun or not, by number. Returns how many; *ret is
 * the caller's (silence_rows_free). */
int silence_rows_open(struct store *s, struct silence **ret, size_t *ret_n,
		      struct err *err) must_check;
void silence_rows_free(struct silence *v, size_t n);
/* 1, 0. */
int silence_rows_get(struct store *s, int64_t id, struct silence *ret,
		     struct err *err) must_check;
/* Its end was announced. */
int silence_rows_announced(struct store *s, int64_t id, int64_t now_ms,
			   struct err *err) must_check;
/* @by NULL: by itself. 1 ended, 0 it had ended. */
int silence_rows_end(struct store *s, int64_t id, const char *by,
		     int64_t now_ms, struct err *err) must_check;

#endif
