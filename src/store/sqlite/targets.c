/*
 * What is remembered about targets. Called by the deliverer when it starts, by
 * the daemon for its alerts about itself, and for operators.
 *
 * tested with: test_outbox_operators
 */
#include "store/targets.h"

#include <stdlib.h>
#include "store/sqlite/engine_priv.h"

void target_state_release(struct target_state *t)
{
	free(t->disabled_why);
	free(t->refused_why);
	*t = (struct target_state){ 0 };
}

int targets_get(struct store *s, const char *name, struct target_state *ret,
		struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_TARGET_GET, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", name);
	rc = query_step(&q, err);
	if (rc < 0)
		return rc;
	*ret = (struct target_state){ 0 };
	if (rc == 0)
		return 0;
	ret->disabled_ms = row_int(&q, 0);
	ret->disabled_why = row_text(&q, 1);
	ret->print = row_int(&q, 2);
	ret->refused_ms = row_int(&q, 3);
	ret->refused_why = row_text(&q, 4);
	return 0;
}

int targets_enable(struct store *s, const char *name, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_TARGET_WORKS, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", name);
	return query_run(&q, err);
}
