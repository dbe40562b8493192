/* `triagectl audit verify`. */
#ifndef CLI_AUDIT_VERIFY_H
#define CLI_AUDIT_VERIFY_H

#include "cli/commands.h"
#include "store/audit.h"
#include "util/strbuf.h"

/* 0, or ERR_BAD_STATE with the answer written when the log does not hold. */
int audit_verify_run(struct session *session, const struct arguments *args,
		     struct err *err) must_check;

/* "EVENT:HASH" or "HASH", as the journal, a backup or this command told it. */
int audit_parse_mark(const char *text, struct audit_mark *ret,
		     struct err *err) must_check;
/* What was found, as the end of a sentence about @file. */
void audit_fault_words(const struct audit_report *r, struct strbuf *sb);

#endif
