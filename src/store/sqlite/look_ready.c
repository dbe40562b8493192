/*
 * Ready queries, offered to somebody who gives none. Called by triagectl; they
 * stand in ready.sql, from which the table is made.
 *
 * tested with: test_look
 */
#include "store/sqlite/look_priv.h"

const struct ready_query *look_ready_query(size_t i)
{
	return ready_queries[i].name ? &ready_queries[i] : NULL;
}
