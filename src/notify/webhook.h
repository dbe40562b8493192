/*
 * One notice to one webhook: requests before, the meaning of answers after.
 * What they say is the format's matter (webhook_format.h), the transfer
 * net/xfer's.
 */
#ifndef NOTIFY_WEBHOOK_H
#define NOTIFY_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>
#include "conf/conf.h"
#include "core/notice.h"
#include "net/xfer.h"
#include "notify/webhook_format.h"
#include "util/strbuf.h"

/* Why the settings of @c cannot work, as far as a file can tell. 0 or ERR_CONF.
 * Its secrets are loaded. */
int webhook_check_target(const struct target_conf *c,
			 struct err *err) must_check;
/* Where @c leads, the path left out: for logs (heap, free()). */
char *webhook_peer(const struct target_conf *c);

void talk_begin(struct talk *ret, enum webhook_format f, enum notice_kind kind);
/* How many requests it takes, as far as @j tells before the first answer. */
void talk_plan(struct talk *t, const struct render_job *j);

/* A request and what it points to. */
struct webhook_post {
	struct webhook_request asked;
	const char **headers;
	struct xfer_request request;
};
/* The next request of @t. @v is borrowed until webhook_post_release. */
void webhook_post_init(struct webhook_post *ret, const struct talk *t,
		       const struct talk_view *v);
/* Wipes what may be secret. */
void webhook_post_release(struct webhook_post *p);

/*
 * What @reply from @origin (no secret in it) means; secrets of @c that its body
 * quotes are blotted out in it. True: the talk goes on with
 * another request. False: *ret is how it ended.
 */
bool webhook_hear(struct talk *t, const struct target_conf *c,
		  const char *origin, struct xfer_reply *reply,
		  struct outcome_report *ret);
/* The same for a receiver that has no words of its own. */
void webhook_judge(const char *origin, const struct xfer_reply *reply,
		   struct outcome_report *ret);

#endif
