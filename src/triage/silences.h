/* What a silence may be: the rules of semantics 6. Pure. */
#ifndef TRIAGE_SILENCES_H
#define TRIAGE_SILENCES_H

#include "core/silence.h"
#include "triage/match.h"
#include "util/err.h"

/*
 * Read "key=glob[,glob...] ..." into @ret->when and when_text: the keys of a
 * `when` block, all of which must match. not.key=glob stands in its `not:`
 * block. "..." around globs keeps blanks and commas. A key may come twice.
 * @text may be @ret->when_text itself. 0, or ERR_CONF naming the word and, for
 * a key nearly right, what was meant.
 */
int silence_parse_when(const char *text, struct silence *ret,
		       struct err *err) must_check;
/*
 * May it stand? 0, or ERR_CONF with the rule it breaks: no author, no reason,
 * nothing in `when`, a beginning more than 7 d ahead, an end that is past or
 * too long after the beginning (7 d; 24 h when it can match high; 4 h with
 * covers_critical).
 */
int silence_check(const struct silence *s, int64_t now_ms,
		  struct err *err) must_check;
/* Has it begun and not ended? */
bool silence_is_active(const struct silence *s, int64_t now_ms);
/* A level that `when` does not rule out. */
bool silence_can_match(const struct silence *s, enum severity level);
/* Active, and it covers the alert (a critical only when it says so). */
bool silence_covers(const struct silence *s, const struct match_subject *m,
		    int64_t now_ms);
/* When its end is to be announced: an hour before, at once for short ones. */
int64_t silence_announce_ms(const struct silence *s);

#endif
