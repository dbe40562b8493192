/* Does a `when` block cover an alert? Globs, ASCII case ignored. */
#ifndef TRIAGE_MATCH_H
#define TRIAGE_MATCH_H

#include <stdbool.h>
#include "core/alert.h"
#include "core/policy.h"

/* What a block may ask about an alert beyond the record itself. */
struct match_subject {
	const struct alert *alert;
	enum severity severity; /* base for rules, effective for routes */
	const struct strlist *tags; /* NULL none */
};

bool match_covers(const struct match *m, const struct match_subject *s);

#endif
