/*
 * Links and codes of messages: made for who is told, and back to who that was.
 * What they prove is core/acktoken.h's; here are the key and the outbox.
 */
#ifndef DAEMON_ACKLINK_H
#define DAEMON_ACKLINK_H

#include <stdbool.h>
#include <stdint.h>
#include "conf/conf.h"
#include "core/acktoken.h"
#include "notify/deliver.h"
#include "store/outbox.h"

/* More wrong codes within a minute than this, and none is looked at. */
#define ACKLINK_WRONG_MAX 10
#define ACKLINK_WRONG_MS 60000

struct acklink {
	struct secret *key; /* NULL: neither links nor codes */
	struct store *store; /* borrowed */
	int64_t wrong_since_mono_ms; /* when the minute of wrong codes began */
	unsigned n_wrong;
	int64_t refused_since_mono_ms; /* the same of links */
	unsigned n_refused;
	int64_t told_mono_ms; /* when the log last heard of it; 0 never */
	unsigned n_untold;
};

/*
 * The key in STATE_DIRECTORY/acknowledge.key, made when there is none; whole
 * or not at all. On failure @err says what to do about the file.
 */
int acklink_open(struct acklink *l, const char *state_directory,
		 struct store *store, struct err *err) must_check;
void acklink_close(struct acklink *l);

/* What a message to the receiver of @n may offer under the settings @c. */
void acklink_offer(const struct acklink *l, const struct conf *c,
		   const struct notice *n, int64_t now_ms,
		   struct deliver_ack *ret);

/* Who a code or a claim belongs to, of those who were told of the episode. 1
 * found, and the caller releases *ret; 0 nobody. */
int acklink_find_code(struct acklink *l, int64_t alert_id, int64_t episode,
		      const char *code, struct told *ret,
		      struct err *err) must_check;
int acklink_find_claim(struct acklink *l, const struct ack_claim *c,
		       struct told *ret, struct err *err) must_check;
/* In whose name it is acknowledged: the recipient's, else the target's. */
const char *acklink_name(const struct told *t);

/* Codes are short: too many wrong ones close the door for a while. */
bool acklink_may_try(struct acklink *l, int64_t mono_ms);
void acklink_was_wrong(struct acklink *l, int64_t mono_ms);

/*
 * A link did not hold. True: there are so many within a minute that no page is
 * made for it; links that hold are served all the same, since nobody guesses
 * 128 bits. *ret_to_tell: how many the log is to hear of now, at most once a
 * minute; 0 not now.
 */
#define ACKLINK_REFUSED_MAX 30
bool acklink_refused(struct acklink *l, int64_t mono_ms, unsigned *ret_to_tell);

#endif
