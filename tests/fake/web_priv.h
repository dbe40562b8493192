/* Shared by web.c (what comes in) and web_send.c (what goes out, and how). */
#ifndef FAKE_WEB_PRIV_H
#define FAKE_WEB_PRIV_H

#include "fake/web.h"

enum conn_state {
	CONN_HEAD, /* waiting for a request */
	CONN_BODY, /* waiting for its body */
	CONN_SENDING, /* the answer is on its way, nothing is read */
	CONN_SILENT, /* nothing will come any more */
};

struct web_conn {
	struct web *web;
	struct bufferevent *bev;
	struct event *timer; /* delay, or the next slow piece */
	json_int_t number;
	enum conn_state state;
	struct web_request req;
	struct web_reply reply;

	/* Of the answer under way. */
	json_t *effect; /* a reference: the script may change meanwhile */
	bool started; /* the delay is over */
	bool close_after;
	size_t sent, limit; /* bytes of the body: so far, and to send */
	size_t slow_bytes; /* 0: all at once */
	json_int_t slow_ms;
	json_int_t n_huge; /* bytes still to be made up */
};

/* Overwrite the fake's answer as the effect (NULL none) says. */
void web_apply(struct web_reply *reply, const json_t *effect);
/* Send c->reply; calls web_conn_next or web_conn_free in the end. */
void web_send(struct web_conn *c, const json_t *effect);
void web_on_drained(struct web_conn *c);
struct event *web_timer_new(struct web_conn *c);

void web_conn_next(struct web_conn *c);
void web_conn_free(struct web_conn *c);

#endif
