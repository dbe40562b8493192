/*
 * What the last error of a source means for who has to mend it: the step that
 * failed, and the command to go on with. Pure: settings and words in, words
 * out.
 */
#ifndef ADVICE_DIAGNOSE_H
#define ADVICE_DIAGNOSE_H

#include <stdbool.h>
#include "conf/conf.h"
#include "util/strbuf.h"

/*
 * @error as struct source_result has it. Returns the step ("name resolution",
 * "connection", "TLS", "sign-in", "permission", "throttling", "database",
 * "reading"), and appends the command.
 */
const char *diagnose_source(const struct source_conf *c, const char *error,
			    struct strbuf *ret_next);

/* May a clock that is off be why the sign-in or the token was refused? */
bool diagnose_may_be_clock(const char *error);

/* The command that the error itself ends with (within @error), or NULL. */
const char *diagnose_command(const char *error);

#endif
