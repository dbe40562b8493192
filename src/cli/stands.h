/* What stands now, as the rows of the commands that tell it: for who tells
 * several things at once. */
#ifndef CLI_STANDS_H
#define CLI_STANDS_H

#include "cli/session.h"

struct policy;
struct coverage;

/* cmd_oncall.c: rotation, target, until_ms, then, timezone of each rotation at
 * @at_ms. */
void oncall_rows(struct rows *to, const struct policy *p, int64_t at_ms);
/* cmd_maintenance.c: name, state ("goes on", "planned", "over"), from_ms,
 * to_ms, holding, owner, reason of each plan. Fails without settings. */
int maintenance_rows(struct session *session, struct rows *to,
		     struct err *err) must_check;

/* cmd_coverage.c: has the source of these settings (NULL: unknown) not been
 * read whole for longer than it should? */
bool coverage_is_behind(const struct source_conf *conf,
			const struct coverage *c, int64_t now_ms);
/* The source was asked for it before its settings were as @conf (NULL: not
 * known) has them, and is not any more. */
bool coverage_is_left_out(const struct source_conf *conf,
			  const struct coverage *c);
/* Nor is anything of a source that the settings do not name any more, or a
 * subscription that is not there: nobody misses what is not read of it. */
bool coverage_has_left(const struct session *session, const struct coverage *c);
/* Are there usable settings, and does no source of that name in them read
 * @scope ("": all of it)? */
bool scope_has_left(const struct session *session, const char *source,
		    const char *scope);

#endif
