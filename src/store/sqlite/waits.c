/*
 * Moves the waits of a clock that was set back: a statement for each kind.
 * Called by daemon/turnback, which knows by how much. A time that tells what
 * happened is never among the columns set here. A wait whose beginning is such
 * a time, and ends before it, was moved by an earlier step.
 *
 * tested with: test_waits
 */
#include "store/waits.h"

#include <string.h>
#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

static const struct {
	const char *name;
	enum statement statement;
} kinds[WAIT_KIND_MAX] = {
	[WAIT_ACKNOWLEDGEMENT] = { "acknowledgements", STMT_WAIT_ACKNOWLEDGE },
	[WAIT_CLOCK] = { "clocks", STMT_WAIT_CLOCK },
	[WAIT_LADDER] = { "ladders", STMT_WAIT_LADDER },
	[WAIT_MESSAGE] = { "messages", STMT_WAIT_NOTICE },
	[WAIT_TOO_OLD] = { "too_old", STMT_WAIT_TOO_OLD },
	[WAIT_BUNDLE] = { "bundles", STMT_WAIT_BUNDLE },
	[WAIT_SILENCE] = { "silences", STMT_WAIT_SILENCE },
	[WAIT_DRILL] = { "drills", STMT_WAIT_DRILL },
	[WAIT_RESPONSE] = { "responses", STMT_WAIT_RESPONSE },
};

const char *wait_kind_name(enum wait_kind k)
{
	return kinds[k].name;
}

static int move(struct store *s, enum statement id, int64_t now_ms,
		int64_t by_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@by", by_ms);
	return query_run(&q, err);
}

int waits_clocks(struct store *s, int64_t now_ms, struct wait_clock **ret,
		 struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	CLEANUP(free_ptr) struct wait_clock *v = NULL;
	size_t n = 0, n_alloc = 0;
	int rc = query_open(&q, s, STMT_WAIT_CLOCKS, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	while ((rc = query_step(&q, err)) == 1) {
		GROW(v, n + 1, n_alloc);
		v[n++] = (struct wait_clock){ row_int(&q, 0),
					      (int)row_int(&q, 1),
					      (int)row_int(&q, 2) };
	}
	if (rc < 0)
		return rc;
	*ret = take(v);
	return (int)n;
}

int waits_move(struct store *s, int64_t now_ms, int64_t by_ms,
	       int64_t ret_n[WAIT_KIND_MAX], struct err *err)
{
	int64_t n[WAIT_KIND_MAX];
	/* The queue's order first: it is that of the clocks before. */
	int rc = move(s, STMT_WAIT_URGENCY, now_ms, by_ms, err);

	for (size_t i = 0; i < WAIT_KIND_MAX; i++) {
		if (rc >= 0)
			rc = move(s, kinds[i].statement, now_ms, by_ms, err);
		n[i] = rc;
	}
	if (rc < 0)
		return rc;
	memcpy(ret_n, n, sizeof(n));
	return 0;
}
