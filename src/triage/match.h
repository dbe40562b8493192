/*
 * Does a `when` block cover an alert? In a glob, * is any text and ? one
 * character; everything else stands for itself, ASCII case ignored. A key
 * whose value the alert does not have never matches, not even "*".
 *
 * `entity` is compared with the display name and every entity's value,
 * `account` with the value of each entity that is an account,
 * `tactic` and `technique` with each word of the alert's list, `status` with
 * the source's word and with ours (active, in-progress, resolved, dismissed),
 * `incident` with yes or no: is the alert itself an incident?
 */
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

/* Why a block does not cover an alert. */
struct match_miss {
	enum match_key key; /* the first that fails; of `not`: the first of it
			     */
	bool denied; /* the keys match, and `not` does too */
	const struct strlist *globs; /* what the key asks for; borrowed; NULL:
					`not` denies everything */
};
/* True when it does not cover; then *ret (not NULL) says what was in the way.
 */
bool match_find_miss(const struct match *m, const struct match_subject *s,
		     struct match_miss *ret);
/*
 * What the alert has for a key, for people; NULL: nothing. Of entities the
 * display name alone, of tags and accounts the first.
 */
const char *match_value(enum match_key key, const struct match_subject *s);
/* Both valid UTF-8. */
bool match_glob(const char *glob, const char *text);

#endif
