/*
 * What the files of what-if share: the story of each alert as it was written
 * down and as another policy would have it, and the account of where the two
 * differ.
 */
#ifndef CLI_WHAT_IF_PRIV_H
#define CLI_WHAT_IF_PRIV_H

#include "cli/session.h"
#include "conf/conf.h"
#include "core/alert.h"
#include "core/notice.h"
#include "store/history.h"
#include "triage/replay.h"

/* What was decided about one word of a source. */
struct tale_decision {
	int64_t at_ms, episode;
	enum transition transition; /* TRANSITION_NONE: it meant nothing */
	enum severity severity;
	char *rule; /* NULL none */
};

/* Something was to be said to a target, and what became of it. */
struct tale_page {
	int64_t at_ms, episode;
	enum notice_kind kind;
	int step;
	char *target;
	struct strlist holds; /* what held it, in words, in order */
	unsigned causes; /* the same: 1 << enum noise_cause */
	enum bundle_outcome outcome;
	int64_t ended_ms; /* when it came to that; 0: it waits */
	int64_t message; /* that carried it; 0 none */
	char *to; /* the target of the message; NULL none */
	int64_t heard_ms; /* when that got there; 0 never */
	size_t like; /* the notice of the past it is, from 1; 0 none */
};

struct tale_route {
	int64_t episode;
	char *name;
};

/* Everything is owned. */
struct tale {
	struct tale_decision *decisions; /* one for each word of a source */
	size_t n_decisions, n_decisions_alloc;
	struct clock_row *clocks; /* as they ended, or stand */
	size_t n_clocks, n_clocks_alloc;
	struct tale_page *pages;
	size_t n_pages, n_pages_alloc;
	struct tale_route *routes;
	size_t n_routes, n_routes_alloc;
};

void tale_release(struct tale *t);
/* Each takes over the strings of its record. */
void tale_add_decision(struct tale *t, const struct tale_decision *d);
void tale_add_page(struct tale *t, const struct tale_page *p);
/* One more thing holds it back. */
void tale_page_hold(struct tale_page *p, enum noise_cause cause,
		    const char *name);
/* The last row of an (episode, kind) stands. */
void tale_put_clock(struct tale *t, const struct clock_row *row);
/* Once each; @name is copied. */
void tale_put_route(struct tale *t, int64_t episode, const char *name);

/* --- what_if_past.c --- */

/* Something that happened to the alert. Borrows from the past it was made of.
 */
struct past_item {
	enum replay_kind kind;
	int64_t order; /* over all alerts */
	int64_t at_ms;
	const char *who;
	char *owner; /* owned; of REPLAY_ASSIGNED, NULL nobody */
	int64_t until_ms; /* of REPLAY_HELD */
	/* Of REPLAY_SAID: its bytes, what it was taken for, and the rule that
	 * decided then (NULL none; borrowed from the tale). */
	const struct past_revision *revision;
	enum transition transition;
	const char *rule;
	/* It was not taken for history: whether its source had been read whole
	 * before is not kept, so that what was news then stays it. */
	bool is_news;
};

struct past_items {
	struct past_item *v;
	size_t n, n_alloc;
};

void past_items_release(struct past_items *items);
/*
 * In order, what sources and people did up to @end_ms; into @ret_tale what was
 * made of it. 0, or ERR_NOT_FOUND when not all of it is there to be lived
 * through again: an event or a revision is lacking.
 */
int past_read_items(const struct past_alert *p, int64_t end_ms,
		    struct past_items *ret, struct tale *ret_tale);

/*
 * A follow-up of then says that its target had heard before, also where a
 * message was still on its way: then its moment is known no better than that.
 */
void past_mend_heard(struct past_alert *p);

/* --- what_if_live.c --- */

/* One alert that lives again. */
struct tried {
	struct past_alert
		past; /* its content is left out, but its own kind's */
	struct past_items items;
	struct tale then, now;
	bool *taken; /* of the past's notices: said again already */
	struct replay_life *life; /* NULL: before its first word, or left */
};
struct tried *tried_free(struct tried *t); /* returns NULL */

struct live {
	struct store *store;
	struct history *history; /* of the store */
	const struct conf *conf; /* with the policy */
	struct replay *replay; /* under the policy */
	size_t n_read_anew; /* revisions this release reads otherwise */
};

/*
 * Can its words be read? 0; ERR_NOT_FOUND when the bytes of a revision are kept
 * no longer, ERR_SCHEMA when they cannot be read any more. Other codes end the
 * whole command.
 */
int live_check(struct live *l, const struct tried *t,
	       struct err *err) must_check;
/* Its next item happens. */
int live_item(struct live *l, struct tried *t, const struct past_item *it,
	      struct err *err) must_check;
/* The functions of the replay; @of of each alert is its struct tried. */
struct replay_out live_out(struct live *l);

/* --- what_if_compare.c --- */

/* In order of importance. */
enum difference_kind {
	DIFFERENCE_BREACH_GAINED,
	DIFFERENCE_BREACH_LOST,
	DIFFERENCE_SEVERITY,
	DIFFERENCE_OUTCOME, /* the decision itself, or how a clock ended */
	DIFFERENCE_DUE,
	DIFFERENCE_ROUTE_GAINED,
	DIFFERENCE_ROUTE_LOST,
	DIFFERENCE_PAGE_GAINED,
	DIFFERENCE_PAGE_LOST,
	DIFFERENCE_PAGE_MOVED,
	DIFFERENCE_LET_THROUGH, /* held then */
	DIFFERENCE_HELD_BACK, /* sent at once then, or with its group */
	DIFFERENCE_HELD_OTHERWISE, /* by another cause, or with another end */
	DIFFERENCE_RULE, /* another rule, the same severity */
};
#define DIFFERENCE_KIND_MAX (DIFFERENCE_RULE + 1)
const char *difference_kind_name(enum difference_kind k);

struct difference {
	enum difference_kind kind;
	int64_t alert_id, episode, at_ms;
	enum severity severity; /* the worse of both */
	char *then, *now; /* in words; NULL nothing */
	int64_t then_ms, now_ms; /* where it is about a moment */
};

/* One page more in this hour, or one message. */
struct page_mark {
	size_t target; /* place in the account's targets */
	int64_t hour_ms;
	int64_t message; /* its number; 0: a page */
	bool now; /* else then */
	enum arrival { ARRIVED, ARRIVED_LATE, ARRIVED_NEVER } arrival;
};

struct account {
	int64_t since_ms, end_ms;
	size_t n_alerts, n_decisions, n_pauses, n_silences;
	size_t n_without_raw, n_not_whole, n_unreadable; /* left out */
	size_t n_read_anew;
	size_t breaches_then[SEVERITY_MAX], breaches_now[SEVERITY_MAX];
	size_t held_then[NOISE_CAUSE_MAX], held_now[NOISE_CAUSE_MAX];
	size_t n_late, n_never; /* messages of then that got there so */
	size_t n_of[DIFFERENCE_KIND_MAX];
	struct difference *v;
	size_t n, n_alloc;
	struct strlist targets;
	struct page_mark *pages; /* and messages */
	size_t n_pages, n_pages_alloc;
};

void account_release(struct account *a);
/* Two tales of one alert; only what lies in the account's time counts. */
void account_compare(struct account *a, int64_t alert_id,
		     const struct tale *then, const struct tale *now);
/* The most important first; pages by target and hour, each message once. */
void account_sort(struct account *a);
bool account_has(const struct account *a, int64_t ms); /* it counts */
void account_add(struct account *a, const struct difference *d);

/* --- what_if_pages.c --- */

/* What was to be said, and what became of it. */
void account_compare_pages(struct account *a, const struct difference *about,
			   const struct tale *then, const struct tale *now);

/* --- what_if_report.c --- */

void account_say(struct writer *w, const struct account *a);

/* --- what_if_tables.c --- */

void account_say_breaches(struct writer *w, const struct account *a);
void account_say_targets(struct writer *w, const struct account *a);
void account_say_held(struct writer *w, const struct account *a);
void account_say_hours(struct writer *w, const struct account *a);

#endif
