/*
 * Alerts as Prometheus' Alertmanager knows them, shared by the two formats
 * that say them: format_alertmanager.c and format_alertmanager_webhook.c.
 */
#ifndef NOTIFY_FORMAT_ALERTMANAGER_H
#define NOTIFY_FORMAT_ALERTMANAGER_H

#include "notify/webhook_format.h"

/* Alerts in one request. */
#define ALERTMANAGER_BATCH 100
/* What is told as firing ends by itself after this, unless it is told again. */
#define ALERTMANAGER_FIRING_MS (5 * 60000)

/*
 * How many alerts @j is to an Alertmanager: one; for a digest those in it, up
 * to ALERTMANAGER_BATCH.
 */
size_t alertmanager_count(const struct render_job *j);
/* The labels of alert @i: what tells it from others there. */
json_t *alertmanager_labels(const struct talk_view *v, size_t i) must_check;
json_t *alertmanager_annotations(const struct talk *t,
				 const struct talk_view *v,
				 size_t i) must_check;
/* The link of alert @i into the portal; "" none. Borrowed from the job. */
const char *alertmanager_link(const struct render_job *j, size_t i);

/* When it began, and when it ended or will. */
struct alertmanager_times {
	int64_t from_ms, until_ms;
	bool firing;
};
void alertmanager_times(const struct render_job *j, size_t i,
			struct alertmanager_times *ret);

#endif
