/* Shared by fake_smtp.c (dialogue), smtp_auth.c and smtp_store.c. */
#ifndef FAKE_SMTP_PRIV_H
#define FAKE_SMTP_PRIV_H

#include "fake/fault.h"
#include "fake/peer.h"
#include "util/strbuf.h"

struct smtp {
	struct peer *peer;
	struct fault_plan plan;
	json_t *conf; /* the script: users, require_auth, ... */
	json_int_t n_connections, n_messages;
};

enum smtp_mode {
	SMTP_COMMAND,
	SMTP_AUTH_PLAIN, /* the answer to 334 is the credential */
	SMTP_AUTH_XOAUTH2, /* the same */
	SMTP_AUTH_LOGIN_USER,
	SMTP_AUTH_LOGIN_PASSWORD,
	SMTP_TEXT, /* between DATA and the dot */
	SMTP_HUNG, /* reads on, never answers */
	SMTP_ENDED, /* close when what was said is out */
	SMTP_DROPPED, /* close now */
};

struct smtp_conn {
	struct smtp *smtp;
	struct bufferevent *bev;
	struct event *timer; /* until a late reply */
	char *late_reply;
	json_int_t number;
	enum smtp_mode mode;
	bool tls, tls_next; /* now; after the reply under way */

	char *login; /* of AUTH LOGIN, until the password is there */
	char *user; /* signed in, or NULL */
	char *sender; /* NULL: no transaction */
	json_t *recipients;
	struct strbuf text;
	json_int_t n_bare_newlines, longest_line;
};

/*
 * Answer @reply, or what the script wants at @stage, and log. Is the answer
 * positive, so that what was asked for takes place? @stored: the message is to
 * be kept although the client may never hear of it (NULL: no message).
 */
bool smtp_respond(struct smtp_conn *c, const char *stage, const char *argument,
		  const char *reply, bool *ret_stored);

/* "AUTH" came with @argument; and the lines that follow it. */
void smtp_auth_start(struct smtp_conn *c, const char *argument);
void smtp_auth_line(struct smtp_conn *c, const char *line);

/* Write the message of the transaction into --dir and a line into the log. */
void smtp_store(struct smtp_conn *c);

#endif
