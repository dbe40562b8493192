/*
 * Past and policy once more, on a virtual clock: what sources and people did
 * goes in as it happened, what this policy makes of it comes out, down to the
 * messages that people would have got. The same decisions as the daemon's, by
 * the same functions; nothing is stored or sent. For what-if and for tests.
 */
#ifndef TRIAGE_REPLAY_H
#define TRIAGE_REPLAY_H

#include "core/bundle.h"
#include "core/casefile.h"
#include "core/pause.h"
#include "core/silence.h"
#include "triage/triage.h"

/* What happened to an alert. All borrowed for the call. */
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
		REPLAY_TOLD, /* the target @who is told beside all ladders */
	} kind;
	int64_t at_ms;
	const struct alert *alert;
	struct surroundings around; /* of @alert, then */
	bool is_news; /* as in struct triage_input */
	const char *who, *owner;
	int64_t until_ms;
};

/* Something is to be said to a target about one alert. Borrowed. */
struct replay_notice {
	void *of; /* as given to replay_begin() */
	int64_t alert_id, episode;
	enum notice_kind kind;
	int step;
	const char *target;
	int64_t at_ms; /* when that was decided */
	size_t mark; /* whoever listens sets it, and knows it again by it */
};

/* What carries notices to people in the end. */
struct replay_message {
	int64_t number; /* from 1: several notices may go in one */
	const char *target; /* who gets it: of a rotation whoever had duty */
	enum noise_cause cause; /* what it was collected by; NOISE_NONE */
	int64_t at_ms;
	/* When it gets there: at once, unless the function it is handed to
	 * knows better; 0 never. Who has heard of an alert is told what
	 * follows. */
	int64_t heard_ms;
};

/*
 * What comes out, in order of time; @of as given to replay_begin(). 0, or an
 * error that ends the replay.
 */
struct replay_out {
	void *ctx;
	/* A source's word was decided about; never TRANSITION_NONE or STALE. */
	int (*decision)(void *ctx, void *of, int64_t episode,
			const struct decision *d, int64_t now_ms,
			struct err *err);
	/* The row as it is now; the last of each (episode, kind) is its end. */
	int (*clock)(void *ctx, void *of, const struct clock_row *row,
		     struct err *err);
	/* A route carries it; several times as its ladder goes on. */
	int (*route)(void *ctx, void *of, int64_t episode, const char *route,
		     struct err *err);
	/* It is to be said. What becomes of it follows: held() each time
	 * something holds it back, and once sent() or dropped(). */
	int (*notice)(void *ctx, struct replay_notice *n, struct err *err);
	int (*held)(void *ctx, const struct replay_notice *n,
		    const struct bundle_place *place, struct err *err);
	int (*sent)(void *ctx, const struct replay_notice *n,
		    struct replay_message *m, struct err *err);
	/* There is nothing to tell any more, or another says the same. */
	int (*dropped)(void *ctx, const struct replay_notice *n,
		       enum bundle_outcome outcome, int64_t now_ms,
		       struct err *err);
};

/* What is the same under every policy. All borrowed. */
struct replay_world {
	const struct pause *pauses; /* oldest first */
	size_t n_pauses;
	/* `when` is read. One that ended before its time has ended_ms. */
	const struct silence *silences;
	size_t n_silences;
};

struct replay;
struct replay_life;

/*
 * @t is borrowed, too. What falls due in a pause is done at its end, as the
 * daemon does at its start. Never NULL.
 */
struct replay *replay_new(const struct triage *t, const struct replay_world *w,
			  const struct replay_out *out);
struct replay *replay_free(struct replay *r); /* returns NULL */
void replay_free_ptr(struct replay **r);

/* An alert of which nothing was said yet; the replay's own. */
struct replay_life *replay_begin(struct replay *r, int64_t alert_id, void *of);
/*
 * Goes on to item->at_ms, doing what falls due on the way to all alerts, and
 * then lets it happen. What cannot happen in this life (an acknowledgement of
 * what is closed in it) is passed over: 0. 1 when it did happen.
 */
int replay_happen(struct replay *r, struct replay_life *life,
		  const struct replay_item *item, struct err *err) must_check;
/* Nothing more will happen to it but what falls due: @life is gone. */
void replay_leave(struct replay *r, struct replay_life *life);
/* Goes on to @end_ms. */
int replay_run(struct replay *r, int64_t end_ms, struct err *err) must_check;

/* How it stands; episode 0: nothing was said yet. */
const struct tracked *replay_standing(const struct replay_life *life);

#endif
