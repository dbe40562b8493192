/*
 * The mail worker: one thread per e-mail target, because libcurl's SMTP blocks
 * (CONTRIBUTING, traps). The loop hands it a finished message and gets an
 * outcome back; it touches no store and knows no alert.
 */
#ifndef NOTIFY_MAIL_H
#define NOTIFY_MAIL_H

#include <stdbool.h>
#include <stdint.h>
#include "conf/conf.h"
#include "core/notice.h"
#include "net/loop.h"
#include "net/token.h"
#include "util/secret.h"
#include "util/strbuf.h"

struct mail_worker;

struct mail_message {
	int64_t id; /* comes back with the outcome */
	char *recipient; /* one a transaction */
	char *subject, *text, *html;
	char *message_id; /* without <> */
	char *thread_id; /* a root that no mail has; NULL: stands alone */
	const char *importance;
	char *alert_key; /* X-Triaged-Alert; NULL none */
	const char *kind, *severity;
	int64_t date_ms;
	struct secret *token; /* to sign in with; NULL: as the settings say */
};

/*
 * A worker sends one by one, and a lease does not last for ever: so that what
 * was handed in is answered within it, hand in no more than this. It also
 * keeps a critical from waiting behind a long queue.
 */
#define MAIL_IN_FLIGHT_MAX 2

/* Called from the loop, at most once for every message handed in. */
typedef void mail_done_fn(void *arg, int64_t id,
			  const struct outcome_report *r);

/* @c is copied; its secrets too. NULL with @err when no thread can be had. */
struct mail_worker *mail_worker_new(struct loop *l, const struct target_conf *c,
				    mail_done_fn *fn, void *arg,
				    struct err *err);
/*
 * Ends within a second even when the server hangs. Reports the messages that
 * were begun (one cut off in the middle is OUTCOME_RETRY); those never begun
 * are not reported. Returns NULL.
 */
struct mail_worker *mail_worker_free(struct mail_worker *w);
/* Takes the message over (strings owned by it); *m is empty afterwards. */
void mail_worker_send(struct mail_worker *w, struct mail_message *m);
void mail_message_release(struct mail_message *m);

/* How a target with oauth signs in; borrows from @c. */
struct token_conf mail_token_conf(const struct target_conf *c);
/*
 * Greet, STARTTLS, sign in (with @token, when not NULL) and take leave: no mail
 * is sent. Blocks for up to 30 s, so never for the daemon. OUTCOME_SENT: all of
 * it went well; else the error is as for a mail.
 */
void mail_check(const struct target_conf *c, const struct secret *token,
		struct outcome_report *ret);

/* Whether an address can be used as it is: ASCII, one @, no white space or
 * control characters. */
bool mail_address_ok(const char *address);
/* The whole message, headers and body, as it goes out before dot-stuffing:
 * ASCII, CRLF, no line above 78. For the worker, the folder and the tests. */
void mail_compose(const struct mail_message *m, const char *from,
		  struct strbuf *out);

#endif
