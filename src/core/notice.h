/*
 * A notice: one message owed to one recipient of one target. The idempotency
 * key is the same on every retry and restart and differs for every new event.
 */
#ifndef CORE_NOTICE_H
#define CORE_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/severity.h"

/* Stored numbers; only ever append. */
enum notice_kind {
	NOTICE_OPENED = 0,
	NOTICE_ESCALATED = 1,
	NOTICE_UPDATED = 2,
	NOTICE_ACKNOWLEDGED = 3,
	NOTICE_WARNING = 4,
	NOTICE_BREACHED = 5,
	NOTICE_CLOSED = 6,
	NOTICE_REOPENED = 7,
	NOTICE_DIGEST = 8,
	NOTICE_TEST = 9,
	NOTICE_SILENCE = 10, /* a silence of the receiver ends soon */
	/* People decided (core/response.h): to whom an alert is about, and so
	 * nothing of the alert but the reason; or to a program, all of it. */
	NOTICE_RESPONSE = 11,
};
#define NOTICE_KIND_MAX (NOTICE_RESPONSE + 1)

enum notice_state {
	NOTICE_PENDING = 0,
	NOTICE_LEASED = 1,
	NOTICE_SENT = 2,
	NOTICE_RETRY = 3,
	NOTICE_DEAD = 4,
	NOTICE_SUPERSEDED = 5,
};
#define NOTICE_STATE_MAX (NOTICE_SUPERSEDED + 1)

#define NOTICE_KEY_SIZE 65 /* hex SHA-256 and NUL */

/* The steps of a NOTICE_UPDATED that is about a response; no ladder has them:
 * somebody is needed, and nobody is any more. Any other begins a ladder anew,
 * because the severity rose. */
#define NOTICE_STEP_ABOUT_RESPONSE (-1)
#define NOTICE_STEP_RESPONSE_DECIDED (-2)
bool notice_is_about_response(int step);

const char *notice_kind_name(enum notice_kind k); /* "opened" ... */
const char *notice_state_name(enum notice_state s); /* "pending" ... */

/* What the key is made of; strings may be NULL. */
struct notice_subject {
	const char *tenant;
	const char *subject; /* "KIND/NATIVE-ID", a digest's or test's name */
	int64_t episode;
	int64_t transition; /* counts events of one kind: revision, repeat */
	enum notice_kind kind;
	int step;
	const char *target;
	const char *recipient;
};

void notice_key(const struct notice_subject *s, char ret[NOTICE_KEY_SIZE]);

/* One outbox row, as put and as leased. Strings owned. */
struct notice {
	int64_t id; /* 0 before it is put */
	int64_t alert_id; /* 0: digest of several, test, silence */
	int64_t bundle_id; /* what was collected in it; 0: about one alert */
	int64_t episode;
	char *target, *recipient; /* recipient NULL for webhooks */
	enum notice_kind kind;
	int step;
	int64_t transition; /* as of its key; not read back */
	enum severity severity; /* at the time it was owed: decides the TTL */
	char *reason; /* one line: why this person gets it */
	char key[NOTICE_KEY_SIZE];
	unsigned attempts; /* tries so far */
	int64_t created_ms;
	int64_t not_before_ms;
	int64_t expires_ms; /* 0 never */
	bool maybe_duplicate; /* a lease of it ran out before an answer was kept
			       */
	char *last_error;
};

void notice_release(struct notice *n);
/* TTL of semantics 6: critical never runs out, high 24 h, others 72 h. */
int64_t notice_expires_ms(enum severity s, int64_t created_ms);

/* How an attempt ended, as the senders classify it. */
enum outcome {
	OUTCOME_SENT,
	OUTCOME_RETRY, /* transport, 408 425 429 5xx, SMTP 4yz */
	OUTCOME_DEAD, /* permanent for this message */
	OUTCOME_DISABLE, /* 410: the target is gone for good */
};

/* Who refuses our credentials is asked again so much later: an hour is too long
 * for who has just mended it, a minute locks accounts. */
#define OUTCOME_REFUSED_PAUSE_MS (15 * 60 * 1000)

struct outcome_report {
	enum outcome outcome;
	int64_t retry_after_ms; /* from the peer; 0 it did not say */
	bool refused; /* our credentials: the target waits, see the error */
	char error[256]; /* one line, no secret, no body */
};

/* The class of an HTTP status (semantics 6, notification-targets 0). */
enum outcome outcome_of_http(long status);
/* The class of an SMTP reply code; 354 and 0 are unknown outcomes: retry. */
enum outcome outcome_of_smtp(long code);

#endif
