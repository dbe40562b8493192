/*
 * Inside delivery. A target is a way out with its sender; a flight is one
 * leased notice: waiting for room, flying until its fate is known, then ended
 * until that is stored. deliver.c drives (when to lease, when to wake),
 * deliver_target.c makes and retires targets, deliver_ahead.c keeps what waits,
 * deliver_send.c starts flights and
 * hears how they end, with deliver_mail.c for e-mail; deliver_settle.c stores
 * and tells it, deliver_trouble.c knows which target is out of order,
 * deliver_rate.c how many messages one may get.
 */
#ifndef NOTIFY_DELIVER_PRIV_H
#define NOTIFY_DELIVER_PRIV_H

#include <sys/queue.h>
#include "notify/deliver.h"
#include "net/token.h"
#include "notify/mail.h"
#include "notify/rate.h"
#include "notify/runbook.h"
#include "notify/webhook.h"
#include "notify/webhook_format.h"
#include "store/audit.h"
#include "store/outbox.h"

#define DELIVER_WHY_MAX 256
/* Requests at once to one webhook: quick enough, and no flood. */
#define WEBHOOK_IN_FLIGHT_MAX 8
/* A store that refuses is asked again this often. */
#define DELIVER_STORE_RETRY_MS 1000

TAILQ_HEAD(targets, target);
TAILQ_HEAD(flights, flight);

struct target {
	TAILQ_ENTRY(target) link;
	struct deliver *deliver;
	const struct target_conf *conf; /* NULL once retired */
	char *name;
	char *peer; /* server or origin for error texts; no secret */
	enum target_type type;
	struct mail_worker *mail; /* e-mail by SMTP */
	struct token_source *token; /* e-mail with oauth; borrowed */
	struct custom *custom; /* own words; NULL: none */
	size_t n_flying;
	/* Leased beyond what may fly, so that a change of the store carries
	 * many: at most @ahead, which quick answers earn and a slow or a bad
	 * one takes away. */
	struct flights waiting;
	size_t n_waiting, ahead;
	bool due; /* there may be something to lease now */
	bool landed; /* some of its flights ended since the last turn stored */
	int64_t wake_mono_ms; /* look again then without being asked */
	int64_t empty_mono_ms; /* the last look that found nothing */
	int64_t paused_mono_ms; /* no lease before: credentials refused */
	bool tries; /* but of tests: somebody waits for the answer */
	bool refused; /* they are; the pause may be over */
	unsigned n_refused; /* how often that was heard */
	char disabled[DELIVER_WHY_MAX]; /* "" or why nothing is sent any more */
	int64_t print; /* tells its address from another one */
	struct rate rates[2]; /* of others, of criticals */
	int64_t dry_ms[2]; /* when one last waited for its rate; 0 never */
};

struct flight {
	TAILQ_ENTRY(flight) link;
	struct target *target; /* valid until it ended */
	struct notice notice;
	unsigned n_refused; /* of the target, when it was last asked */
	struct xfer *xfer; /* webhooks, Microsoft Graph */
	struct talk talk; /* webhooks */
	struct runbook *runbook; /* exec */
	char *output; /* what its program wrote; NULL: it was not run */
	/* e-mail with a token */
	struct token_wait *token_wait;
	struct mail_message mail; /* until it is handed on */
	struct secret *token; /* the one it went with */
	bool token_renewed; /* one was refused already */
	int64_t start_mono_ms;
	/* Once ended: */
	int64_t elapsed_ms;
	enum notice_state state;
	int64_t not_before_ms;
	bool paced; /* it waited for the rate of the target */
	bool astray; /* its recipient is none of the target's */
	enum settle_news news;
	bool begins; /* SETTLE_REFUSED: it was not so before */
	int64_t print; /* SETTLE_DISABLES */
	char error[DELIVER_WHY_MAX];
	char *detail; /* of the event, kept while the store refuses */
	struct audit_event event;
};

struct deliver {
	struct deliver_env env;
	char *timezone; /* NULL UTC; env has none */
	struct loop_timer *timer;
	struct token_cache *tokens;
	struct targets live, retired;
	struct flights flying, ended;
	size_t n_ended;
	struct loop_timer *company; /* runs while they wait for more to end */
	bool must_settle; /* they have waited long enough */
	int64_t turn_mono_ms; /* the last turn */
	bool draining;
	bool store_failed; /* nothing new before what ended is stored */
};

/* deliver.c */
void deliver_wake(struct deliver *d); /* a turn at the loop's next turn */

/* deliver_target.c */
int targets_new(struct deliver *d, const struct conf *c, struct targets *ret,
		struct err *err) must_check;
void targets_free(struct targets *list);
/* Its flights end as they do, then targets_reap() frees it. */
void targets_retire(struct deliver *d);
void targets_reap(struct deliver *d);
/* How many more notices it can take now. */
size_t target_room(const struct target *t);

/* deliver_trouble.c */
/* What an earlier life knew of the targets of @list. */
void targets_recall(struct deliver *d, struct targets *list);
/* It is asked now: what it answers is known to be later than what was heard. */
void target_asked(const struct target *t, struct flight *f);
/* What the answer to @f tells about the target as a whole. */
void target_heard(struct target *t, struct flight *f,
		  const struct outcome_report *r);
void target_enable(struct target *t);

/* deliver_rate.c */
void target_start_rate(struct target *t);
/* For a lease of at most @max. */
void target_lease_room(struct target *t, size_t max, struct outbox_room *ret);
/* @n was leased. True when it could have gone earlier but for the rate. */
bool target_spend(struct target *t, const struct notice *n);
/* When there is something to lease, and room for it; 0 never. */
int64_t target_next_ms(struct target *t, int64_t now_ms);
/* Until when something that is due waits for the rate; 0: nothing does. */
int64_t target_waits_until_ms(struct target *t);

/* deliver_send.c */
/* Takes over what *n owns; in no list yet. */
struct flight *flight_new(struct target *t, struct notice *n);
/* What was leased, and is on the disk as such, sets out. */
void flight_start(struct flight *f);
/* Flying -> ended. */
void flight_end(struct flight *f, const struct outcome_report *r);
void flight_end_with(struct flight *f, enum outcome outcome, const char *why);
/* The settings it began with are gone: it is tried again with the new ones. */
void flight_end_reloaded(struct flight *f);
/* What it is about, as it is now, to the sender. Its target has a conf. */
void flight_render(struct flight *f);
/* Its template failed? Then somebody hears of it. */
void target_tell_plain(struct target *t, const struct notice *n);
void flight_free(struct flight *f);

/* deliver_mail.c */
void flight_start_mail(struct flight *f, const struct render_job *j);
/* Nobody hears of its token or message any more. */
void flight_release_mail(struct flight *f);
mail_done_fn deliver_on_mail;
/* @from names the domain; takes from @mail what the message keeps. */
void deliver_make_mail(const struct render_job *j, const char *from,
		       struct render_mail *mail, struct mail_message *ret);

/* deliver_ahead.c */
/* How its last answer was: sent and quick, or not. */
void ahead_note_answer(struct target *t, bool sent, int64_t elapsed_ms);
/* How many more may be leased for it now; 0 while enough of them wait. */
size_t ahead_lease_max(const struct target *t);
/* What was leased, and is on the disk as such, sets out or waits for room. */
void ahead_start_leased(struct deliver *d, struct flights *leased);
/* There may be room. */
void ahead_start(struct deliver *d);
bool ahead_any(const struct deliver *d);
/* Does something wait that must not be sent any more, or not now? */
bool ahead_gives_back(const struct deliver *d);
/* Its leases are given back in the transaction that is open; the flights go
 * into *@ret whatever happens, to be freed once it is committed or else to be
 * taken again. */
int ahead_give_back(struct deliver *d, struct flights *ret,
		    struct err *err) must_check;
void ahead_take_again(struct flights *given);
/* All that waits, behind what is in *@ret. */
void ahead_take_all(struct deliver *d, struct flights *ret);
/* Nothing happened to them: their leases are given back. */
int flights_release(struct deliver *d, const struct flights *list,
		    struct err *err) must_check;
void flights_free(struct flights *list);

/* deliver_settle.c */
/* Stores what ended, in the transaction that is open or one of its own. */
int deliver_settle(struct deliver *d, struct err *err) must_check;
/* One more has ended: it is stored soon, with others. */
void deliver_note_ended(struct deliver *d);
/* Tells what ended and is on the disk, and forgets it. */
void deliver_tell(struct deliver *d);

#endif
