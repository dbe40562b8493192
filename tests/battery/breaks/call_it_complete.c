/*
 * A daemon for which every poll read all it asked for.
 *
 * Breaks: I4 by ledger_poll_end.
 */
#include "store/ledger.h"

int __real_ledger_poll_end(struct store *s, int64_t poll, const char *error,
			   int64_t now_ms, struct err *err);
int __wrap_ledger_poll_end(struct store *s, int64_t poll, const char *error,
			   int64_t now_ms, struct err *err);

int __wrap_ledger_poll_end(struct store *s, int64_t poll, const char *error,
			   int64_t now_ms, struct err *err)
{
	(void)error;
	return __real_ledger_poll_end(s, poll, NULL, now_ms, err);
}
