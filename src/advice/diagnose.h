/*
 * What the last error of a source or a target means for who has to mend it:
 * the step that failed, what it comes from, and the command to go on with.
 * Pure: settings and words in, words out. The settings need no secret in them.
 */
#ifndef ADVICE_DIAGNOSE_H
#define ADVICE_DIAGNOSE_H

#include <stdbool.h>
#include "conf/conf.h"
#include "util/strbuf.h"

#define STEP_NAMES "name resolution"
#define STEP_PROXY "proxy"
#define STEP_CONNECTION "connection"
#define STEP_TLS "TLS"
#define STEP_INTERCEPTION "TLS interception"
#define STEP_SIGN_IN "sign-in"
#define STEP_PERMISSION "permission"
#define STEP_THROTTLING "throttling"
#define STEP_DATABASE "database"
#define STEP_READING "reading"
#define STEP_DELIVERY "delivery"

/*
 * @error as struct source_result has it. Returns the step, one of the above,
 * and appends the command.
 */
const char *diagnose_source(const struct source_conf *c, const char *error,
			    struct strbuf *ret_next);
/* The same for a target's last error, as the outbox keeps it. */
const char *diagnose_target(const struct target_conf *t, const char *error,
			    struct strbuf *ret_next);

/* Append @error in full, but for its own command, and what it comes from. */
void diagnose_source_cause(const struct source_conf *c, const char *error,
			   struct strbuf *ret);
void diagnose_target_cause(const struct target_conf *t, const char *error,
			   struct strbuf *ret);

/* Append where the settings have that secret: "credential NAME", "file PATH" or
 * "the settings say"; @ref may be NULL. */
void diagnose_secret(const struct secret_ref *ref, struct strbuf *ret);

/* The name that @error says cannot be resolved (heap), or NULL. */
char *diagnose_unresolved(const char *error) must_check;

/* The steps of sources: row @i, or NULL behind the last. */
const char *diagnose_step_at(size_t i);

/* May a clock that is off be why the sign-in or the token was refused? */
bool diagnose_may_be_clock(const char *error);

#endif
