/*
 * The newest event of the audit log as the daemon remembers it: what is in its
 * memory and in the journal cannot be altered with the file. Called by
 * `status`, daily after the proofs, and at the end.
 *
 * tested with: scenario/test_audit
 */
#include "daemon/app_priv.h"
#include "store/audit.h"
#include "triaged/messages.h"
#include "util/log.h"

json_t *app_head(const struct app *a)
{
	struct audit_mark mark;
	char hex[DIGEST_HEX_SIZE];

	if (!audit_written(a->store, &mark))
		return NULL;
	return json_pack("{s:I, s:s}", "event", (json_int_t)mark.id, "hash",
			 digest_hex(mark.hash, DIGEST_SIZE, hex));
}

void app_log_head(const struct app *a)
{
	struct audit_mark mark;
	char hex[DIGEST_HEX_SIZE];

	if (!a->store || !audit_written(a->store, &mark))
		return;
	log_event(LOG_INFO, MSG_AUDIT_HEAD, "the head of the audit log",
		  kv_int("EVENT", mark.id),
		  kv_str("HASH", digest_hex(mark.hash, DIGEST_SIZE, hex)));
}
