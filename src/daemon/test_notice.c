/*
 * See test_notice.h. Called by the verb of the control socket, and by
 * triaged --test-notice with an outbox of its own.
 *
 * tested with: scenario/test_control scenario/test_live
 */
#include "daemon/test_notice.h"

#include "core/notice.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/digest.h"

#define EXPIRES_MS INT64_C(900000)

static int put(struct store *s, const struct notice *like,
	       const char *recipient, json_t *ids, struct err *err)
{
	struct notice n = *like;
	int64_t id = 0;
	uint8_t random[8];
	char subject[32] = "test/";
	int rc;

	n.recipient = (char *)recipient;
	digest_random(random, sizeof(random));
	digest_hex(random, sizeof(random), subject + 5);
	notice_key(&(struct notice_subject){ .subject = subject,
					     .kind = NOTICE_TEST,
					     .target = n.target,
					     .recipient = recipient },
		   n.key);
	rc = outbox_put(s, &n, &id, err);
	if (rc >= 0)
		(void)json_array_append_new(ids, json_integer(id));
	return rc;
}

int test_notice_put(struct store *s, const struct target_conf *t,
		    const char *reason, json_t *ids, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t now_ms = clock_wall_ms();
	struct notice n = {
		.target = t->name,
		.kind = NOTICE_TEST,
		.severity = SEVERITY_LOW,
		.reason = (char *)reason,
		.created_ms = now_ms,
		.not_before_ms = now_ms,
		.expires_ms = now_ms + EXPIRES_MS,
	};
	int rc = txn_begin(&txn, s, err);

	if (rc >= 0 && t->type != TARGET_EMAIL)
		rc = put(s, &n, NULL, ids, err);
	for (size_t i = 0; i < t->to.n && rc >= 0; i++)
		rc = put(s, &n, t->to.v[i], ids, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}
