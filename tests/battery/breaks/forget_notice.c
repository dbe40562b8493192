/*
 * A daemon that forgets every fifth message that it owes.
 *
 * Breaks: I2 by outbox_put.
 */
#include "store/outbox.h"

int __real_outbox_put(struct store *s, const struct notice *n, int64_t *ret_id,
		      struct err *err);
int __wrap_outbox_put(struct store *s, const struct notice *n, int64_t *ret_id,
		      struct err *err);

int __wrap_outbox_put(struct store *s, const struct notice *n, int64_t *ret_id,
		      struct err *err)
{
	static unsigned count;

	if (++count % 5 != 0)
		return __real_outbox_put(s, n, ret_id, err);
	if (ret_id)
		*ret_id = 0;
	return 1;
}
