/*
 * Names that there are now, for completion: asked of the database, which is
 * only read, and never of the daemon; at most some dozens of each. Called
 * through the table of cli/values.
 *
 * tested with: test_values
 */
#include "cli/values.h"

#include <inttypes.h>
#include <string.h>
#include "cli/session.h"
#include "triage/triage.h"
#include "util/xmalloc.h"

#define PRESENT_MAX 50

static bool is_known(const struct rows *rows, const char *word)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (strcmp(rows_text(rows, i, "word"), word) == 0)
			return true;
	}
	return false;
}

static void keep(struct rows *rows, const char *word)
{
	static const char *const names[] = { "word" };
	const struct cell cell = cell_text(word);

	if (word && *word && rows->n < PRESENT_MAX && !is_known(rows, word))
		(void)rows_keep(rows, 1, names, &cell);
}

static void keep_cell(struct rows *rows, const struct cell *c)
{
	CLEANUP(free_ptr) char *number = NULL;

	if (c->type == CELL_INTEGER)
		number = xasprintf("%" PRId64, c->integer);
	keep(rows, number ? number : c->text);
}

/* The different ones of @column among the rows that answer @q. */
static int ask(struct session *session, enum question q,
	       const struct selector *sel, const char *column, struct rows *ret,
	       struct err *err)
{
	CLEANUP(rows_release) struct rows rows = { .max = 4 * PRESENT_MAX };
	int rc = session_look(session, q, sel, &rows, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < rows.n; i++)
		keep_cell(ret, rows_cell(&rows, i, column));
	return 0;
}

static int ask_alerts(struct session *session, const char *column,
		      struct rows *ret, struct err *err)
{
	const struct selector sel = {
		.states = BIT(ALERT_OPEN) | BIT(ALERT_ACKNOWLEDGED),
		.limit = 4 * PRESENT_MAX,
		.now_ms = session->now_ms,
	};

	return ask(session, LOOK_ALERTS, &sel, column, ret, err);
}

int values_alerts(struct session *session, struct rows *ret, struct err *err)
{
	return ask_alerts(session, "id", ret, err);
}

int values_owners(struct session *session, struct rows *ret, struct err *err)
{
	return ask_alerts(session, "owner", ret, err);
}

int values_messages(struct session *session, struct rows *ret, struct err *err)
{
	const struct selector sel = { .limit = PRESENT_MAX,
				      .now_ms = session->now_ms };

	return ask(session, LOOK_OUTBOX, &sel, "id", ret, err);
}

int values_silences(struct session *session, struct rows *ret, struct err *err)
{
	const struct selector sel = { .now_ms = session->now_ms };

	return ask(session, LOOK_SILENCES, &sel, "id", ret, err);
}

int values_sources(struct session *session, struct rows *ret, struct err *err)
{
	const struct selector sel = { .now_ms = session->now_ms };

	return ask(session, LOOK_SOURCES, &sel, "source", ret, err);
}

int values_recommendations(struct session *session, struct rows *ret,
			   struct err *err)
{
	const struct selector sel = { .limit = PRESENT_MAX,
				      .now_ms = session->now_ms };

	return ask(session, LOOK_RECOMMENDATION_KINDS, &sel, "id", ret, err);
}

int values_subscriptions(struct session *session, struct rows *ret,
			 struct err *err)
{
	const struct selector sel = { .limit = 10 * PRESENT_MAX,
				      .now_ms = session->now_ms };

	return ask(session, LOOK_POSTURE_READS, &sel, "subscription", ret, err);
}

/* Those of the settings, so that test-notify knows one that was never used;
 * without settings those that were sent something. */
int values_targets(struct session *session, struct rows *ret, struct err *err)
{
	const struct selector sel = { .now_ms = session->now_ms };
	const struct triage *t;

	if (session_triage(session, &t, NULL) < 0)
		return ask(session, LOOK_TARGETS, &sel, "target", ret, err);
	for (size_t i = 0; i < session->conf->n_targets; i++)
		keep(ret, session->conf->targets[i].name);
	return 0;
}

/* Programs that respond: in the settings lets people run. */
int values_hooks(struct session *session, struct rows *ret, struct err *err)
{
	const struct triage *t;
	int rc = session_triage(session, &t, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < session->conf->respond.hooks.n; i++)
		keep(ret, session->conf->respond.hooks.v[i]);
	return 0;
}

int values_responses(struct session *session, struct rows *ret, struct err *err)
{
	const struct selector sel = { .limit = PRESENT_MAX,
				      .now_ms = session->now_ms };

	return ask(session, LOOK_RESPONSES_OPEN, &sel, "id", ret, err);
}

int values_rotations(struct session *session, struct rows *ret, struct err *err)
{
	const struct triage *t;
	const struct policy *p;
	int rc = session_triage(session, &t, err);

	if (rc < 0)
		return rc;
	p = triage_policy(t);
	for (size_t i = 0; i < p->n_rotations; i++)
		keep(ret, p->rotations[i].name);
	return 0;
}

int values_queries(struct session *session, struct rows *ret, struct err *err)
{
	const struct ready_query *q;

	(void)session;
	(void)err;
	for (size_t i = 0; (q = look_ready_query(i)); i++)
		keep(ret, q->name);
	return 0;
}
