/*
 * Events and their alerts out of the store. Called by the forwarder; knows
 * nothing of formats and destinations.
 */
#include "forward/record.h"

#include "store/alerts.h"
#include "store/cases.h"
#include "util/xmalloc.h"

void record_release(struct forward_record *r)
{
	logged_event_release(&r->event);
	if (r->has_alert)
		alert_view_release(&r->view);
	*r = (struct forward_record){ 0 };
}

static int record_add_alert(struct store *s, struct forward_record *r,
			    struct err *err)
{
	struct casefile file = { 0 };
	int rc;

	if (!r->event.alert_id)
		return 0;
	rc = alerts_load(s, r->event.alert_id, &r->view, err);
	if (rc <= 0)
		return rc;
	r->has_alert = true;
	rc = cases_load(s, &r->view.tracked, &file, err);
	if (rc < 0)
		return rc;
	r->due_ms = file.clocks[CLOCK_TRIAGE].due_ms;
	return 0;
}

int records_read(struct store *s, int64_t after, struct forward_record *ret,
		 size_t max, struct err *err)
{
	CLEANUP(free_ptr) struct logged_event *events = NULL;
	int n, rc = 0;

	events = xcalloc(max, sizeof(*events));
	n = forwards_read(s, after, events, max, err);
	for (int i = 0; i < n; i++) {
		ret[i] = (struct forward_record){ .event = events[i] };
		if (rc >= 0)
			rc = record_add_alert(s, &ret[i], err);
	}
	if (n < 0 || rc >= 0)
		return n;
	for (int i = 0; i < n; i++)
		record_release(&ret[i]);
	return rc;
}
