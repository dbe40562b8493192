/*
 * Which slice of time to read next, for sources that can be asked for one
 * (Graph, Cloud Apps, hunting). Pure: the plan is a value, kept as the source's
 * cursor text, so that a restart goes on where it was.
 *
 * Rules (semantics 7): the watermark is the newest update time committed, and
 * moves only when everything before it was read; after downtime the newest
 * window comes first, then the backlog oldest first; a window that fails three
 * times is halved; the smallest failing slice becomes a gap, retried hourly,
 * and the rest goes on; a sweep re-reads the past from time to time.
 *
 * The service may be down altogether. So that an outage is not cut up into
 * gaps, a caller ends its poll with the first window that fails (other than a
 * gap's): the newest comes first in the next one too, and what is behind it is
 * given up only while the newest can be read. Failures that say nothing about
 * the window (sign-in, throttling, our own store) are not told to the plan.
 */
#ifndef SOURCE_WINDOW_H
#define SOURCE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include "util/err.h"
#include "util/strbuf.h"

#define WINDOW_GAP_RETRY_MS INT64_C(3600000)
#define WINDOW_SMALLEST_MS INT64_C(60000)
#define WINDOW_TRIES 3
/* So many slices of the backlog in one poll: years that nobody read, or that a
 * clock jumped over, are no reason for a poll that has no end. */
#define WINDOW_BACKLOG_MAX 32

struct window_plan; /* opaque */

struct window_limits {
	int64_t horizon_ms; /* how far back a first run reads */
	int64_t overlap_ms; /* read again before the watermark */
	int64_t largest_ms; /* of one window */
	int64_t sweep_every_ms, sweep_window_ms; /* 0: none */
};

enum window_kind {
	WINDOW_NONE, /* nothing to read now: wait for the interval */
	WINDOW_NEWEST, /* up to now */
	WINDOW_BACKLOG,
	WINDOW_GAP, /* trying a gap again */
	WINDOW_SWEEP,
};

struct window {
	enum window_kind kind;
	int64_t from_ms, to_ms;
};

/* From cursor text; NULL or "" begins anew, and so does text that does not
 * parse (*ret_reset says so). Never NULL. */
struct window_plan *window_plan_new(const char *text,
				    const struct window_limits *l,
				    int64_t now_ms, bool *ret_reset);
struct window_plan *window_plan_free(struct window_plan *p); /* NULL */
/* What to read next. A poll asks until it gets WINDOW_NONE. */
void window_next(struct window_plan *p, int64_t now_ms, struct window *ret);
/* After WINDOW_NONE: the poll has had its part of a backlog, and there is more
 * of it. */
bool window_has_more(const struct window_plan *p);
/* It was read whole; @newest_ms is the newest update time in it, 0 none. */
void window_done(struct window_plan *p, const struct window *w,
		 int64_t newest_ms, int64_t now_ms);
/* It failed. True: @ret_gap is a slice given up as a gap (open it). */
bool window_failed(struct window_plan *p, const struct window *w,
		   int64_t now_ms, struct window *ret_gap);
/* No instant before it, since the first horizon, is unread, but for gaps. 0:
 * nothing was seen yet. */
int64_t window_watermark(const struct window_plan *p);
/* The cursor text to commit with the last page of a window. */
void window_text(const struct window_plan *p, struct strbuf *out);

#endif
