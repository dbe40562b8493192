/* What the files of casework share. */
#ifndef TRIAGE_CASEWORK_PRIV_H
#define TRIAGE_CASEWORK_PRIV_H

#include "triage/casework.h"
#include "util/strbuf.h"

/* casework_clock.c */
int case_clocks_follow(const struct casework *w, const struct decision *d,
		       enum severity from, struct err *err) must_check;
int case_clock_stop(const struct casework *w, enum clock_kind kind,
		    const char *why, struct err *err) must_check;
int case_clocks_tick(const struct casework *w, struct err *err) must_check;
/* Of an episode that begins now: which marks of its clocks were past before, as
 * words behind the reason of its first message. */
void case_clocks_add_late(const struct casework *w, struct strbuf *to);
/* The same as a message, where no ladder tells anybody at once. */
int case_clocks_tell_breach(const struct casework *w,
			    struct err *err) must_check;

/* casework_ladder.c */

/* Why ladders start, and as what their first message goes. */
struct case_cause {
	const char *text;
	enum notice_kind first;
	bool *told; /* becomes true with the first call; NULL: nobody asks */
};
/* The route that it climbs now; NULL: there is none any more. */
const struct route *case_ladder_route(const struct casework *w,
				      const struct ladder_row *row);
/* Begin every route that covers it anew. Nothing for information. */
int case_ladders_start(const struct casework *w, const struct case_cause *cause,
		       struct err *err) must_check;
int case_ladders_stop(const struct casework *w, const char *why,
		      struct err *err) must_check;
/* The steps that are due by now. */
int case_ladders_tick(const struct casework *w, struct err *err) must_check;

#endif
