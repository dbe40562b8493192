/*
 * One event of the log with the alert it is about as that is now: what every
 * format is made of. A plain record.
 */
#ifndef FORWARD_RECORD_H
#define FORWARD_RECORD_H

#include <stdbool.h>
#include "core/decision.h"
#include "store/forwards.h"

struct forward_record {
	struct logged_event event;
	bool has_alert; /* else the event is about the daemon, or the alert is
			   gone */
	struct alert_view view;
	int64_t due_ms; /* of its triage clock; 0 none */
};

/*
 * Up to @max records behind @after, oldest first. Returns how many; the caller
 * releases each. Needs no transaction.
 */
int records_read(struct store *s, int64_t after, struct forward_record *ret,
		 size_t max, struct err *err) must_check;
void record_release(struct forward_record *r);

#endif
