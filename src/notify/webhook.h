/*
 * One POST of the JSON payload: headers and signature before, the meaning of
 * the answer after. The transfer itself is net/xfer's.
 */
#ifndef NOTIFY_WEBHOOK_H
#define NOTIFY_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>
#include "conf/conf.h"
#include "core/notice.h"
#include "net/xfer.h"
#include "util/strbuf.h"

/* Refused credentials: somebody must act, so ask again this seldom. */
#define WEBHOOK_PAUSE_MS (15 * 60000)

/* A request and what it points to. */
struct webhook_post {
	struct strbuf id, timestamp, signature;
	const char *headers[5];
	struct xfer_request request;
};

/*
 * Fill *ret for the attempt of @now_ms. @c, @n and @body are borrowed until
 * webhook_post_release. The id is the notice's key on every attempt, the
 * timestamp is this attempt's.
 */
void webhook_post_init(struct webhook_post *ret, const struct target_conf *c,
		       const struct notice *n, const struct strbuf *body,
		       int64_t now_ms);
void webhook_post_release(struct webhook_post *p);

/* What @reply from @origin (no secret in it) means. */
void webhook_judge(const char *origin, const struct xfer_reply *reply,
		   struct outcome_report *ret);
/* 401 or 403: the whole target waits, not this notice alone. */
bool webhook_is_paused_by(const struct xfer_reply *reply);

#endif
