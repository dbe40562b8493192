/* The states an alert can be in, here and at its source. Numbers are stored. */
#ifndef CORE_STATUS_H
#define CORE_STATUS_H

#include <stdbool.h>

/* Ours. */
enum alert_state {
	ALERT_OPEN = 0,
	ALERT_ACKNOWLEDGED = 1,
	ALERT_CLOSED = 2,
};
#define ALERT_STATE_MAX (ALERT_CLOSED + 1)

enum phase {
	PHASE_DETECT = 0,
	PHASE_TRIAGE = 1,
	PHASE_INVESTIGATE = 2,
	PHASE_CONTAIN = 3,
	PHASE_REMEDIATE = 4,
	PHASE_DOCUMENT = 5,
};
#define PHASE_MAX (PHASE_DOCUMENT + 1)

/* What the source says, mapped from its words; absent means active. */
enum source_state {
	SOURCE_ACTIVE = 0,
	SOURCE_IN_PROGRESS = 1,
	SOURCE_RESOLVED = 2,
	SOURCE_DISMISSED = 3,
};
#define SOURCE_STATE_MAX (SOURCE_DISMISSED + 1)

enum verdict {
	VERDICT_NONE = 0,
	VERDICT_TRUE_POSITIVE = 1,
	VERDICT_FALSE_POSITIVE = 2,
	VERDICT_BENIGN = 3,
};
#define VERDICT_MAX (VERDICT_BENIGN + 1)

const char *alert_state_name(enum alert_state s); /* open acknowledged closed */
const char *phase_name(enum phase p);
const char *source_state_name(enum source_state s); /* "in-progress" ... */
const char *verdict_name(enum verdict v); /* "true-positive"...; none: "" */
bool alert_state_parse(const char *word, enum alert_state *ret);
bool phase_parse(const char *word, enum phase *ret);
bool verdict_parse(const char *word, enum verdict *ret);
/* The source no longer counts it as open. */
bool source_state_is_closed(enum source_state s);

#endif
