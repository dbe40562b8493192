/*
 * A silence: somebody does not want to be told about some alerts for a while.
 * It never touches ingestion, SLA or audit; what it held back and is still
 * open when it ends is told then.
 */
#ifndef CORE_SILENCE_H
#define CORE_SILENCE_H

#include "core/policy.h"

struct silence {
	int64_t id; /* 0 before it is stored */
	char *author, *reason; /* owned, as all strings here */
	char *when_text; /* the block as it was given: `severity=low title=*x*`
			  */
	struct match when;
	bool covers_critical; /* said in so many words */
	char *notify; /* target that hears of its end; NULL: the fallback */
	int64_t created_ms, starts_ms, ends_ms;
	int64_t announced_ms; /* its end was announced; 0 not yet */
	int64_t ended_ms; /* really ended; 0 not yet */
	char *ended_by; /* NULL: by itself */
};

void silence_release(struct silence *s);

#endif
