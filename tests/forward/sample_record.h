/* A record for tests: an alert with an owner and a due time, and an event. */
#ifndef TESTS_FORWARD_SAMPLE_RECORD_H
#define TESTS_FORWARD_SAMPLE_RECORD_H

#include <string.h>
#include "forward/record.h"
#include "helpers/sample.h"
#include "util/xmalloc.h"

static inline void sample_event(struct forward_record *r, int64_t id,
				const char *kind, const char *detail)
{
	*r = (struct forward_record){ 0 };
	r->event.id = id;
	r->event.at_ms = SAMPLE_NOW_MS + id;
	r->event.actor = xstrdup("source azure");
	r->event.kind = xstrdup(kind);
	r->event.detail = xstrdup(detail);
	memset(r->event.hash, 0xab, sizeof(r->event.hash));
}

static inline void sample_record(struct forward_record *r, int64_t id,
				 const char *kind, const char *detail)
{
	sample_event(r, id, kind, detail);
	r->event.alert_id = 42;
	r->has_alert = true;
	sample_arm(&r->view.alert, 1);
	r->view.alert.portal_url =
		xstrdup("https://portal.azure.com/#alert/1?a=b");
	r->view.tracked.id = 42;
	r->view.tracked.severity = SEVERITY_HIGH;
	r->view.tracked.base = SEVERITY_HIGH;
	r->view.tracked.episode = 1;
	r->view.tracked.seen_ms = SAMPLE_NOW_MS;
	r->view.tracked.owner = xstrdup("ann");
	strlist_add(&r->view.tags, "pci");
	r->due_ms = SAMPLE_NOW_MS + 14400000;
}

#endif
