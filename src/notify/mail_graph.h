/*
 * One e-mail to Microsoft Graph's sendMail: the request before, the meaning of
 * the answer after. Pure; the transfer is net/xfer's, the token net/token's.
 */
#ifndef NOTIFY_MAIL_GRAPH_H
#define NOTIFY_MAIL_GRAPH_H

#include "conf/conf.h"
#include "core/notice.h"
#include "net/xfer.h"
#include "notify/mail.h"

/* A request and what it points to. */
struct graph_post {
	char *url;
	char *authorization; /* holds the token: wiped */
	char *body;
	const char *headers[4];
	struct xfer_request request;
};

/* @c and @m are borrowed until graph_post_release. */
void graph_post_init(struct graph_post *ret, const struct target_conf *c,
		     const struct mail_message *m, const struct secret *token);
void graph_post_release(struct graph_post *p);

/* What @reply from @origin means for the message. */
void graph_judge(const char *origin, const struct xfer_reply *reply,
		 struct outcome_report *ret);

#endif
