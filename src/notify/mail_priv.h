/*
 * Inside the mail worker: what its thread shares with the loop (mail.c), the
 * SMTP client that runs in the thread (mail_send.c), and what a server's answer
 * means (mail_reply.c).
 */
#ifndef NOTIFY_MAIL_PRIV_H
#define NOTIFY_MAIL_PRIV_H

#include <pthread.h>
#include <stdbool.h>
#include "core/notice.h"
#include "notify/mail.h"
#include "util/secret.h"
#include "util/strbuf.h"

/* libcurl tries two addresses of a name side by side, no more. */
#define MAIL_SOCKETS_MAX 8

/*
 * The way to stop libcurl from outside: its sockets, known to both threads.
 * Shutting them down makes every blocking call of it return at once, which no
 * option of libcurl 7.88 does.
 */
struct mail_brake {
	pthread_mutex_t lock;
	int sockets[MAIL_SOCKETS_MAX]; /* -1: free cell */
	bool stop; /* no new socket: the worker ends */
};

void mail_brake_init(struct mail_brake *b);
void mail_brake_release(struct mail_brake *b);
/* Cut every connection now; with @stop also every later one. */
void mail_brake_pull(struct mail_brake *b, bool stop);

/* What the sender needs; own copies, read by its thread alone. */
struct mail_account {
	char *server, *from, *username, *ca_file;
	struct secret *password;
	bool starttls;
};

struct mail_sender;

/* All of these run in one thread. @a and @b are borrowed. */
struct mail_sender *mail_sender_new(const struct mail_account *a,
				    struct mail_brake *b);
/* Cuts the connection, if any. Returns NULL. */
struct mail_sender *mail_sender_free(struct mail_sender *s);
/* One transaction for the recipient of @m, which is @bytes; reuses the
 * connection when that was signed in alike. */
void mail_sender_send(struct mail_sender *s, const struct mail_message *m,
		      const struct strbuf *bytes, struct outcome_report *ret);
/* The same up to where the mail would begin. @token: as in a message. */
void mail_sender_greet(struct mail_sender *s, const struct secret *token,
		       struct outcome_report *ret);
bool mail_sender_is_connected(const struct mail_sender *s);
/* Say goodbye, for a few seconds at most, and close. */
void mail_sender_hang_up(struct mail_sender *s);

#define MAIL_REPLY_MAX 128

/* One line of a server, of @len bytes; a refusal is kept in @ret, cut. */
void mail_reply_note(char ret[MAIL_REPLY_MAX], const char *line, size_t len);
/*
 * What the last code of @server means for a mail. True and *ret (outcome,
 * error, when to ask again) when it is a refusal or an unknown outcome; else
 * *ret is untouched. @reply: the refusal's line, "" none.
 */
bool mail_reply_judge(const char *server, long code, const char *reply,
		      struct outcome_report *ret);

#endif
