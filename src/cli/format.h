/*
 * One value as words for people. What a value is (a severity, a due time) is
 * told by `enum as`; how it looks is decided here and nowhere else.
 */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include "store/look.h"
#include "util/strbuf.h"

enum as {
	AS_TEXT, /* one line */
	AS_OPTIONAL, /* one line; nothing at all for null and "" */
	AS_SEVERITY,
	AS_STATE, /* of an alert: "acked" for acknowledged */
	AS_DELIVERY, /* state of a delivery */
	AS_RESULT, /* a code word of ctl.h */
	AS_ERROR, /* text that is bad news */
	AS_RESOURCE, /* the last name of a resource path */
	AS_DETAIL, /* a JSON object as "from high to critical" */
	AS_BRIEF, /* the beginning of a long text */
	AS_LINES, /* text whose newlines count: paragraphs, steps */
	AS_COMMAND, /* a line for the shell, to be copied */
	AS_BAD_COUNT, /* a number that should be 0 */
	AS_SIZE, /* bytes */
	/* instants in milliseconds; 0 and null are "-" */
	AS_DUE, /* "in 42 min", "12 min late" */
	AS_NEXT, /* "in 5 min"; "now" when that has come */
	AS_AGO, /* "3 min ago"; "in 5 min" when it is to come */
	AS_LAST, /* the same of what may never have been: "never" */
	AS_LOCAL, /* "2026-11-21 23:04 CET" */
	AS_SECOND, /* "2026-11-21 23:04:09 CET" */
	AS_BOTH, /* "2026-11-21 23:04 CET (22:04 UTC)" */
};

enum tint { TINT_NONE, TINT_DIM, TINT_STRONG, TINT_WARN, TINT_BAD, TINT_WORST };

/* Append @c, safe to print; "-" for null. */
void format_value(struct strbuf *sb, enum as as, const struct cell *c,
		  int64_t now_ms);
enum tint format_tint(enum as as, const struct cell *c, int64_t now_ms);
/* The sequence that starts a tint, and the one that ends any. */
const char *tint_start(enum tint t);
#define TINT_END "\033[0m"

#endif
