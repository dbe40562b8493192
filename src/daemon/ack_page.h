/*
 * What the page behind a link of a message does: GET tells, POST acknowledges.
 * Whoever has the link may; see core/acktoken.h for what that proves.
 */
#ifndef DAEMON_ACK_PAGE_H
#define DAEMON_ACK_PAGE_H

#include "daemon/app.h"

/* The token in the path of a request, or NULL: it is not for this page. What is
 * in front of it is no matter: a link has the path that public-url had when it
 * was sent, and a proxy may leave it or take it away. */
const char *ack_page_token(const char *path);
/* As an httpd_fn, for a @token of ack_page_token(). */
int ack_page_answer(struct app *a, const struct httpd_request *r,
		    const char *token, struct strbuf *body,
		    const char **ret_type);

#endif
