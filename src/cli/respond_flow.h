/*
 * From a plan to its outcome: shown, asked about, let be done, waited for. What
 * `respond` and `approve` share.
 */
#ifndef CLI_RESPOND_FLOW_H
#define CLI_RESPOND_FLOW_H

#include "cli/commands.h"
#include "cli/respond_view.h"

/* Is there somebody to ask, and is the answer for people? */
bool respond_may_ask(const struct arguments *args);
/* Show @p on the terminal, then ask. 0, or ERR_CANCELLED: @no. */
int respond_ask(struct session *session, const struct arguments *args,
		const struct respond_plan *p, const char *question,
		const char *no, struct err *err) must_check;

/* Its row of v_responses. ERR_NOT_FOUND. */
int respond_row(struct session *session, int64_t id, struct rows *ret,
		struct err *err) must_check;
/* Ask the daemon; @args is taken over, as is its answer by the caller. */
int respond_call_daemon(struct session *session, const char *verb, json_t *args,
			json_t **ret, struct err *err) must_check;
/*
 * Let it be done, and wait for what comes of it unless --no-wait was given.
 * *ret is its row.
 */
int respond_approve(struct session *session, const struct arguments *args,
		    int64_t id, struct rows *ret, struct err *err) must_check;

/* The answer of both commands. @p NULL, or shown already (@seen): its lines
 * are left out. @row NULL: nothing is stored. */
void respond_answer(struct writer *w, const char *schema,
		    const struct respond_plan *p, bool seen,
		    const struct rows *row);
/* The exit status that @row makes: 0 done or on its way as it was asked for,
 * else ERR_BAD_STATE. @waited: it should have ended. */
int respond_outcome(const struct rows *row, bool waited);

#endif
