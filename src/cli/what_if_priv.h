/*
 * What the files of what-if share: the story of one alert as it was written
 * down and as another policy would have it, and the account of where the two
 * differ.
 */
#ifndef CLI_WHAT_IF_PRIV_H
#define CLI_WHAT_IF_PRIV_H

#include "cli/session.h"
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

struct tale_page {
	int64_t at_ms, episode;
	enum notice_kind kind;
	int step;
	char *target;
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
/* The last row of an (episode, kind) stands. */
void tale_put_clock(struct tale *t, const struct clock_row *row);
/* Once each; @name is copied. */
void tale_put_route(struct tale *t, int64_t episode, const char *name);

/* --- what_if_past.c --- */

/* Something that happened to the alert. Borrows from the past it was made of.
 */
struct past_item {
	enum replay_kind kind;
	int64_t at_ms;
	const char *who;
	char *owner; /* owned; of REPLAY_ASSIGNED, NULL nobody */
	int64_t until_ms; /* of REPLAY_HELD */
	/* Of REPLAY_SAID: its bytes, what it was taken for, and the rule that
	 * decided then (NULL none; borrowed from the tale). */
	const struct past_revision *revision;
	enum transition transition;
	const char *rule;
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

/* --- what_if_live.c --- */

struct live {
	struct store *store;
	struct history *history; /* of the store */
	const struct policy *policy;
	struct replay *replay; /* under the policy */
	int64_t end_ms;
	struct tale *tale; /* of the alert that lives now */
	const struct past_alert *past; /* the same */
	bool *taken; /* of its notices: said again already */
	size_t n_read_anew; /* revisions this release reads otherwise */
};

/*
 * Live through @items again. 0; ERR_NOT_FOUND when the bytes of a revision are
 * kept no longer, ERR_SCHEMA when they cannot be read any more: then *ret is
 * not whole. Other codes end the whole command.
 */
int live_again(struct live *l, struct past_alert *p,
	       const struct past_items *items, struct tale *ret,
	       struct err *err) must_check;
/* The functions of the replay; ctx is a struct live. */
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

/* One page more in this hour. */
struct page_mark {
	size_t target; /* place in the account's targets */
	int64_t hour_ms;
	bool now; /* else then */
};

struct account {
	int64_t since_ms, end_ms;
	size_t n_alerts, n_decisions, n_pauses;
	size_t n_without_raw, n_not_whole, n_unreadable; /* left out */
	size_t n_read_anew;
	size_t breaches_then[SEVERITY_MAX], breaches_now[SEVERITY_MAX];
	size_t n_of[DIFFERENCE_KIND_MAX];
	struct difference *v;
	size_t n, n_alloc;
	struct strlist targets;
	struct page_mark *pages;
	size_t n_pages, n_pages_alloc;
};

void account_release(struct account *a);
/* Two tales of one alert; only what lies in the account's time counts. */
void account_compare(struct account *a, int64_t alert_id,
		     const struct tale *then, const struct tale *now);
/* The most important first; pages by target and hour. */
void account_sort(struct account *a);

/* --- what_if_report.c --- */

void account_say(struct writer *w, const struct account *a);

#endif
