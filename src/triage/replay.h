/*
 * The life of one alert once more, on a virtual clock: what sources and people
 * did goes in as it happened, what this policy makes of it comes out. The same
 * decisions as the daemon's, by the same functions; nothing is stored or sent.
 * For what-if and for tests.
 */
#ifndef TRIAGE_REPLAY_H
#define TRIAGE_REPLAY_H

#include "core/casefile.h"
#include "core/pause.h"
#include "triage/triage.h"

/* What happened to the alert. All borrowed for the call. */
struct replay_item {
	enum replay_kind {
		REPLAY_SAID, /* a source sent @alert */
		REPLAY_ACKNOWLEDGED, /* by @who */
		REPLAY_ASSIGNED, /* by @who to @owner; NULL: to nobody */
		REPLAY_PHASED, /* @who works on it at this level */
		REPLAY_HELD, /* until @until_ms; 0: no longer */
		REPLAY_CLOSED, /* by @who */
		REPLAY_REOPENED, /* by @who */
		REPLAY_MERGED, /* another row goes on as this alert */
	} kind;
	int64_t at_ms;
	const struct alert *alert;
	struct surroundings around; /* of @alert, then */
	const char *who, *owner;
	int64_t until_ms;
};

/* Whom it is to be said to. */
struct replay_page {
	const struct call *call;
	const char *target; /* a name of the policy */
	/* When it gets there: at once, unless the function it is handed to
	 * knows better; 0 never. Who has heard of an alert is told what
	 * follows. */
	int64_t heard_ms;
};

/* What comes out, in order of time. 0, or an error that ends the replay. */
struct replay_out {
	void *ctx;
	/* A source's word was decided about; never TRANSITION_NONE or STALE. */
	int (*decision)(void *ctx, int64_t episode, const struct decision *d,
			int64_t now_ms, struct err *err);
	/* The row as it is now; the last of each (episode, kind) is its end. */
	int (*clock)(void *ctx, const struct clock_row *row, struct err *err);
	/* A route carries it; several times as its ladder goes on. */
	int (*route)(void *ctx, int64_t episode, const char *route,
		     struct err *err);
	/* It is said to somebody: not for a digest, which collects. */
	int (*page)(void *ctx, struct replay_page *page, struct err *err);
};

struct replay;

/*
 * @t and @pauses (oldest first) are borrowed. What falls due in a pause is
 * done at its end, as the daemon does at its start. Never NULL.
 */
struct replay *replay_new(const struct triage *t, const struct pause *pauses,
			  size_t n_pauses, const struct replay_out *out);
struct replay *replay_free(struct replay *r); /* returns NULL */
void replay_free_ptr(struct replay **r);

/* The next alert: forgets the one before. */
void replay_begin(struct replay *r, int64_t alert_id);
/*
 * Goes on to item->at_ms, doing what falls due on the way, and then lets it
 * happen. What cannot happen in this life (an acknowledgement of what is
 * closed in it) is passed over: 0. 1 when it did happen.
 */
int replay_happen(struct replay *r, const struct replay_item *item,
		  struct err *err) must_check;
/* Goes on to @end_ms. */
int replay_run(struct replay *r, int64_t end_ms, struct err *err) must_check;

/* How it stands; episode 0: nothing was said yet. */
const struct tracked *replay_standing(const struct replay *r);

#endif
