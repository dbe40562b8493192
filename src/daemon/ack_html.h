/* The page behind a link of a message, as HTML for a telephone at night. */
#ifndef DAEMON_ACK_HTML_H
#define DAEMON_ACK_HTML_H

#include "core/decision.h"
#include "util/strbuf.h"

enum ack_screen_kind {
	ACK_SCREEN_ASK, /* open: the one with the button */
	ACK_SCREEN_DONE, /* acknowledged just now, by the button */
	ACK_SCREEN_TAKEN, /* somebody has it */
	ACK_SCREEN_CLOSED,
	ACK_SCREEN_OTHER_EPISODE, /* re-opened since the message */
	ACK_SCREEN_EXPIRED,
	ACK_SCREEN_REFUSED, /* not one of our links, and no word why */
	ACK_SCREEN_GONE, /* no such alert any more */
	ACK_SCREEN_MISUSED, /* a POST that is not the button's */
	ACK_SCREEN_FAILED, /* the database would not */
};
#define ACK_SCREEN_KIND_MAX (ACK_SCREEN_FAILED + 1)

struct ack_screen {
	enum ack_screen_kind kind;
	int64_t alert_id; /* 0: not said */
	/* What is said of the alert; NULL nothing. Borrowed. */
	const struct alert_view *view;
	const char *told; /* who the message was sent to; NULL not said */
	int64_t due_ms; /* of a running triage clock; 0 none */
	int64_t now_ms;
};

/* What the button sends, as a form. */
#define ACK_FORM "acknowledge=yes"

/* Appends the whole page; returns its HTTP status. */
int ack_html_write(const struct ack_screen *s, struct strbuf *out);

#endif
