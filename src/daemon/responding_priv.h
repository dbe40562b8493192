/* What the files share that move responses: responding, responding_run,
 * responding_tend, responding_word. */
#ifndef DAEMON_RESPONDING_PRIV_H
#define DAEMON_RESPONDING_PRIV_H

#include "daemon/responding.h"
#include "triage/consent.h"

/* The event of a change of @r, and a line in the journal when it is one of
 * those that people wait for. */
int responding_tell(struct pipeline *p, const struct response *r,
		    const char *kind, const char *actor, int64_t now_ms,
		    struct err *err) must_check;
/* 1, or ERR_NOT_FOUND in words. */
int responding_alert(struct pipeline *p, int64_t id, struct alert_view *ret,
		     struct err *err) must_check;
/* What consent is asked with; borrows from all of them. */
struct consent responding_consent(const struct pipeline *p,
				  const struct alert_view *v,
				  const struct response *r, int64_t now_ms);
/* The same for who approves: when the alert says what it said as @r was
 * planned, it counts as unchanged, whatever people did with it since. */
int responding_consent_now(struct pipeline *p, const struct alert_view *v,
			   const struct response *r, int64_t now_ms,
			   struct consent *ret, struct err *err) must_check;
/* responding_word.c: @r waits for a second person; whoever was told of its
 * alert hears of it, else the fallback. */
int responding_ask_second(struct pipeline *p, const struct alert_view *v,
			  const struct response *r, int64_t now_ms,
			  struct err *err) must_check;
/* Nobody has answered that for half of its time: they hear it once more, unless
 * approving it would be refused by now. */
int responding_ask_again(struct pipeline *p, const struct response *r,
			 int64_t now_ms, struct err *err) must_check;
/* @r waited for a second person, and does no more because of @who: those who
 * were asked hear so, and what was not sent yet asks nobody. */
int responding_tell_decided(struct pipeline *p, const struct response *r,
			    const char *who, int64_t now_ms,
			    struct err *err) must_check;
/* The same as the first when @r ended and somebody has to look; nothing
 * otherwise. */
int responding_tell_end(struct pipeline *p, const struct response *r,
			int64_t now_ms, struct err *err) must_check;
/* A restore ended @r while somebody waited for it: whoever was told of its
 * alert hears so, since the restored outbox may not know whom it asked. */
int responding_tell_restored(struct pipeline *p, const struct response *r,
			     int64_t now_ms, struct err *err) must_check;
/* responding_run.c: @r is over, or is tried again, as @e says and by @who, with
 * its event. In the transaction that is open. */
int responding_enter(struct pipeline *p, struct response *r,
		     const struct respond_ending *e, const char *who,
		     int64_t now_ms, struct err *err) must_check;

#endif
