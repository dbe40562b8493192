/*
 * The audit trail of one account or address around a moment, asked of a source
 * that has one: the activities of the Cloud Apps portal, or the hunting table
 * CloudAppEvents. Beside the polls of that source, within its budget of
 * requests, and never an alert.
 */
#ifndef SOURCE_ACTIVITIES_H
#define SOURCE_ACTIVITIES_H

#include "core/evidence.h"
#include "source/source.h"

#define ACTIVITIES_MOST 2000
/* However slow the service is, an answer comes within this. */
#define ACTIVITIES_LIMIT_MS 150000

enum activities_about { ACTIVITIES_ACCOUNT, ACTIVITIES_ADDRESS };

struct activities_query {
	enum activities_about about;
	const char *value; /* a user name or object id; an IP address */
	/* Both ends belong to it; what is nearest to the moment comes first
	 * when there is more than @most. */
	int64_t from_ms, moment_ms, to_ms;
	size_t most; /* 1 to ACTIVITIES_MOST */
};

struct activities_result {
	struct evidence_list found; /* in no order; may be taken */
	int64_t n_unread; /* entries that could not be understood */
	/* Nothing was learned, and why not and what to do; else "". */
	char error[700];
	bool refused; /* sign-in or permission: asking again does not help */
	int64_t retry_after_ms; /* the service asked us to stay away; 0 no */
	/* With what was found: why it is not all there is; "" it is. */
	char trouble[700];
};

struct activities_progress {
	size_t n_pages, n_found;
	int64_t wait_ms; /* until the next request may be made; 0 none waits */
};

struct activities;
/* @r is the object's own; not to be freed from within. */
typedef void activities_done_fn(void *arg, struct activities_result *r);

/* Has this type of source an audit trail? */
bool activities_can(enum source_type t);
/* 0, or ERR_CONF with what is wrong: an address that is none, control
 * characters, an empty or endless name, a time that runs backwards. */
int activities_check(const struct activities_query *q,
		     struct err *err) must_check;

/*
 * Ask. @c and @q (which was checked) are copied as far as needed, @env lends
 * what it points to until activities_free(). @fn is called once, later, from
 * the loop.
 */
struct activities *activities_new(const struct source_conf *c,
				  const struct source_env *env,
				  const struct activities_query *q,
				  activities_done_fn *fn, void *arg);
void activities_progress(const struct activities *a,
			 struct activities_progress *ret);
/* What runs is abandoned. NULL is fine; returns NULL. */
struct activities *activities_free(struct activities *a);

#endif
