/*
 * How a message says who may answer it: the token of a link, and a short code
 * to type. Both are bound by a key to one alert, one episode and the one they
 * were sent to, so that nothing needs to be stored. Whoever has the message
 * has them; they prove no more than that.
 */
#ifndef CORE_ACKTOKEN_H
#define CORE_ACKTOKEN_H

#include <stdbool.h>
#include <stdint.h>
#include "util/secret.h"

#define ACKTOKEN_LEN 76 /* characters, all of [A-Za-z0-9_-] */
#define ACKTOKEN_SIZE (ACKTOKEN_LEN + 1)
#define ACKCODE_LEN 5 /* behind the alert's number: 25 bits */
#define ACKCODE_SIZE (ACKCODE_LEN + 1)

/* Who was told about what; @recipient NULL where the target has none. */
struct ack_subject {
	int64_t alert_id, episode;
	const char *target, *recipient;
};

/* What a token says. */
struct ack_claim {
	int64_t alert_id, episode;
	int64_t expires_ms; /* whole seconds: the token keeps no less */
	int64_t delivery; /* by which it was sent */
	uint64_t who; /* of acktoken_who() */
};

enum ack_verdict {
	ACK_GOOD,
	ACK_MALFORMED, /* no token of this version */
	ACK_FORGED, /* not made with this key */
	ACK_EXPIRED,
};

/* A name of (target, recipient) that tells nothing without the key. */
uint64_t acktoken_who(const struct secret *key, const char *target,
		      const char *recipient);
void acktoken_make(const struct secret *key, const struct ack_claim *c,
		   char ret[ACKTOKEN_SIZE]);
/* *ret is what it says when it is ACK_GOOD or ACK_EXPIRED, else untouched.
 * Whether @ret->who was told is the caller's to find out. */
enum ack_verdict acktoken_read(const struct secret *key, const char *text,
			       int64_t now_ms, struct ack_claim *ret);

/* Digits and capitals of Crockford's base 32. */
void ackcode_make(const struct secret *key, const struct ack_subject *s,
		  char ret[ACKCODE_SIZE]);
/*
 * As people type it: of "1042-k7pmx" the number and the code in its own
 * letters, for O, I and L read as 0 and 1. False: that is none.
 */
bool ackcode_parse(const char *typed, int64_t *ret_alert,
		   char ret[ACKCODE_SIZE]);
/* Is @code, as ackcode_parse() gave it, that of @s? */
bool ackcode_is(const struct secret *key, const struct ack_subject *s,
		const char *code);

#endif
