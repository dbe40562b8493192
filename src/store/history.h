/*
 * The stored past, alert by alert, for who wants to live through it again
 * (what-if). Reading only; everything is read as of one moment, however long
 * it takes, and never more than one alert is in memory.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "core/bundle.h"
#include "core/decision.h"
#include "core/pause.h"
#include "core/silence.h"
#include "store/store.h"

/* What a source said, without the bytes: see history_raw(). */
struct past_revision {
	int64_t revision, seen_ms;
	char *source, *source_kind; /* configured name and kind */
	bool stale; /* an older copy: it changed nothing */
	uint8_t content_hash[ALERT_HASH_SIZE];
};

struct past_event {
	int64_t id; /* over all alerts: the order in which it happened */
	int64_t at_ms;
	char *actor, *kind, *detail; /* detail: one JSON object */
};

/* It waited in a bundle. */
struct past_hold {
	int64_t at_ms;
	enum noise_cause cause;
	char *name; /* of the bundle */
};

/*
 * One notice about this alert, to all recipients of a target at once, from the
 * decision to its end: each bundle it waited in, and the message that carried
 * it.
 */
struct past_notice {
	int64_t at_ms, episode;
	enum notice_kind kind;
	int step;
	int64_t transition; /* of one that waited; 0 else */
	char *target;
	char *reason; /* NULL none */
	struct past_hold *holds;
	size_t n_holds, n_holds_alloc;
	enum bundle_outcome outcome; /* CARRIED, too, if it never waited */
	int64_t ended_ms; /* when it came to that; 0: it waits */
	int64_t message; /* the delivery to the first recipient; 0: none */
	char *to; /* the target that was sent to; NULL: none was */
	int64_t heard_ms; /* when the first of them had it; 0: nobody did */
};

/* A route that carried it. */
struct past_route {
	int64_t episode;
	char *name;
};

/* All strings are owned; arrays are in order of time. */
struct past_alert {
	struct alert_view now; /* as it is kept today */
	struct past_revision *revisions;
	size_t n_revisions, n_revisions_alloc;
	struct past_event *events;
	size_t n_events, n_events_alloc;
	struct clock_row *clocks; /* of all episodes */
	size_t n_clocks, n_clocks_alloc;
	struct past_notice *notices;
	size_t n_notices, n_notices_alloc;
	struct past_route *routes;
	size_t n_routes, n_routes_alloc;
};

void past_alert_release(struct past_alert *p);

struct history;

/* Alerts about which anything was written down or said, or waited to be said,
 * since @since_ms. */
int history_open(struct store *s, int64_t since_ms, struct history **ret,
		 struct err *err) must_check;
struct history *history_close(struct history *h); /* returns NULL */
void history_close_ptr(struct history **h);
/* The next alert in order of their ids: 1, or 0 behind the last. The caller
 * releases *ret. */
int history_next(struct history *h, struct past_alert *ret,
		 struct err *err) must_check;
/* The bytes of a revision, as they came: 1, or 0 when they are kept no longer.
 * Heap. */
int history_raw(struct history *h, int64_t alert_id, int64_t revision,
		char **ret, size_t *ret_len, struct err *err) must_check;

/* Silences that were in force at @since_ms or later, with `when` not read yet.
 * *ret is the caller's (silence_rows_free). */
int history_silences(struct history *h, int64_t since_ms, struct silence **ret,
		     size_t *ret_n, struct err *err) must_check;

/*
 * When triaged was down, oldest first: from its last sign of life to each
 * start that was written down. *ret is heap; *ret_end_ms its last sign of life
 * of all (0: none).
 */
int history_pauses(struct history *h, struct pause **ret, size_t *ret_n,
		   int64_t *ret_end_ms, struct err *err) must_check;

#endif
