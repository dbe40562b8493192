/*
 * What is known of an alert as short texts with names, for receivers that show
 * a table beside the message: details of PagerDuty and Opsgenie, annotations
 * of Alertmanager. The names are documented (WEBHOOK FORMATS in the manual):
 * added, never renamed. Also the one line such receivers show.
 */
#ifndef NOTIFY_FORMAT_FACTS_H
#define NOTIFY_FORMAT_FACTS_H

#include <jansson.h>
#include "notify/render.h"
#include "util/compiler.h"

/* In characters. */
struct facts_limits {
	size_t word; /* of one text */
	size_t text; /* of the description, and of what tells several; 0: none
		      */
	size_t total; /* of all with their names; what does not fit is left
			 out */
};

/* An object of strings; NULL out of memory. @a is NULL for a notice that is
 * not about one alert, and may be one alert of many. */
json_t *format_facts(const struct render_job *j, const struct render_alert *a,
		     const struct facts_limits *limits) must_check;
/* "HIGH: Suspicious sign-in on vm-web-1 (#42)", whatever happened to it. */
void format_add_what(struct strbuf *out, const struct render_alert *a,
		     size_t max);
/* The same behind what is new; of several, a test and the like their first
 * line. */
void format_add_headline(struct strbuf *out, const struct render_job *j,
			 size_t max);
/* All that is said to people, in lines. */
void format_add_text(struct strbuf *out, const struct render_job *j,
		     size_t max);
/* Clean text on one line; without a member when there is none. */
void format_put(json_t *object, const char *name, const char *s, size_t max);
void format_put_instant(json_t *object, const char *name, int64_t ms);

#endif
