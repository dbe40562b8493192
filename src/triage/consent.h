/*
 * May a response be planned, approved, done? Pure: the settings, the alert,
 * what is stored and who asks, to yes or a refusal that says what to do.
 *
 * The rules, each held at every step where it can be:
 *
 *	enabled		the settings name the action (or the hook); by default
 *			they name none. plan, approve, run
 *	subject		a user is one of the alert's accounts, known to the
 *			directory by its name; with several it must be said
 *			which. plan
 *	protected	no account that `protect` covers, by any of its names,
 *			also those that the directory adds. plan, approve, run
 *	inverse		restore-user and activate take back what was done here,
 *			and nothing else: an account that somebody else disabled
 *			is not enabled by us. They pass `protect` and the cap,
 *			since what undoes harm must be possible. plan
 *	once		no second one of the kind for the same subject while the
 *			first has not ended (programs: for the same alert). plan
 *	role		who approves has the role. approve
 *	second		somebody else than who asked: for what is done to
 *			people and by programs, unless the settings say
 *			otherwise; for a privileged account always, by whatever
 *			name of it. approve, run
 *	unchanged	the alert says what it said when the plan was shown:
 *			nothing new from its source, and nobody has closed it.
 *			approve
 *	cap		so many in an hour, counted in the database, so also
 *			over restarts. approve
 *	in time		a plan ends by itself, and so does an approval whose
 *			call could not be made. approve, run
 */
#ifndef TRIAGE_CONSENT_H
#define TRIAGE_CONSENT_H

#include "core/alert.h"
#include "core/response.h"
#include "util/err.h"

/* All borrowed. */
struct consent {
	const struct response_policy *policy;
	const struct strlist *privileged; /* globs of accounts */
	const struct alert *alert;
	int64_t alert_version; /* now; that of the plan: it says the same */
	const struct response *response;
	int64_t now_ms;
	/* plan: one like it that has not ended; 0 none. */
	int64_t other;
	/* plan, of an inverse: what it takes back; NULL: nothing found. */
	const struct response *undone;
	/* approve: how many were, within RESPONSE_CAP_WINDOW_MS. */
	int64_t n_recent;
	/* run: what the directory calls the user beside the subject. */
	const struct strlist *names; /* NULL: it was not asked */
};

/*
 * Whom of the alert's accounts it is about: @wanted, or the only one there is.
 * *ret is borrowed from @a. 0; ERR_CONF when it must be said which,
 * ERR_NOT_FOUND, ERR_REFUSED when the directory cannot know it.
 */
int consent_user(const struct alert *a, const char *wanted, const char **ret,
		 struct err *err) must_check;

/* 0, or why not: ERR_REFUSED, ERR_BAD_STATE, ERR_BUSY (there is one). */
int consent_plan(const struct consent *c, struct err *err) must_check;
/* Also ERR_DENIED (role, same person), ERR_CONFLICT (the alert changed),
 * ERR_LIMIT (the cap). */
int consent_approve(const struct consent *c, const char *who, enum role role,
		    struct err *err) must_check;
int consent_run(const struct consent *c, struct err *err) must_check;

/* Must somebody else than who asked approve it? */
bool consent_needs_second(const struct consent *c);
/* The glob that protects the subject, or NULL. */
const char *consent_protects(const struct consent *c);
/* The glob by which the subject is a privileged account, or NULL. */
const char *consent_is_privileged(const struct consent *c);

#endif
