/*
 * The SMTP client of the mail worker: libcurl's easy interface, which blocks.
 * Called by the worker's thread in mail.c alone; knows neither the loop nor
 * what a message says.
 *
 * tested with: test_mail
 */
#include "notify/mail_priv.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "util/utf8.h"
#include "util/xmalloc.h"

#define CONNECT_S 10L
/* RFC 5321 allows ten minutes behind the final dot. We cannot wait that long
 * with a lease in hand: what comes later is an unknown outcome. */
#define ANSWER_S 60L
#define TOTAL_S 75L
#define GREETING_S 30L
#define GOODBYE_S 3L

struct mail_sender {
	const struct mail_account *account;
	struct mail_brake *brake;
	CURL *curl; /* NULL: none yet; holds the connection */
	bool connected;
	const char *upload; /* what is left of the message */
	size_t upload_len;
	char reply[MAIL_REPLY_MAX]; /* the server's last refusal */
	char error[CURL_ERROR_SIZE];
};

void mail_brake_init(struct mail_brake *b)
{
	pthread_mutex_init(&b->lock, NULL);
	for (size_t i = 0; i < MAIL_SOCKETS_MAX; i++)
		b->sockets[i] = -1;
	b->stop = false;
}

void mail_brake_release(struct mail_brake *b)
{
	pthread_mutex_destroy(&b->lock);
}

void mail_brake_pull(struct mail_brake *b, bool stop)
{
	pthread_mutex_lock(&b->lock);
	b->stop = b->stop || stop;
	for (size_t i = 0; i < MAIL_SOCKETS_MAX; i++) {
		if (b->sockets[i] >= 0)
			(void)shutdown(b->sockets[i], SHUT_RDWR); /* or gone */
	}
	pthread_mutex_unlock(&b->lock);
}

/* False: the worker ends, or there is no cell. */
static bool brake_watch(struct mail_brake *b, int fd)
{
	bool found = false;

	pthread_mutex_lock(&b->lock);
	for (size_t i = 0; i < MAIL_SOCKETS_MAX && !b->stop && !found; i++) {
		if (b->sockets[i] < 0) {
			b->sockets[i] = fd;
			found = true;
		}
	}
	pthread_mutex_unlock(&b->lock);
	return found;
}

/* Closed under the lock, so that the brake never meets a reused number. */
static int brake_close(struct mail_brake *b, int fd)
{
	int rc;

	pthread_mutex_lock(&b->lock);
	for (size_t i = 0; i < MAIL_SOCKETS_MAX; i++) {
		if (b->sockets[i] == fd)
			b->sockets[i] = -1;
	}
	rc = close(fd);
	pthread_mutex_unlock(&b->lock);
	return rc;
}

static bool brake_is_stopped(struct mail_brake *b)
{
	bool stop;

	pthread_mutex_lock(&b->lock);
	stop = b->stop;
	pthread_mutex_unlock(&b->lock);
	return stop;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose,
			     struct curl_sockaddr *address)
{
	struct mail_sender *s = arg;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
			address->protocol);

	(void)purpose; /* there is one kind */
	if (fd >= 0 && !brake_watch(s->brake, fd)) {
		close(fd);
		fd = CURL_SOCKET_BAD;
	}
	return fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct mail_sender *s = arg;

	return brake_close(s->brake, fd);
}

/* Called about once a second: ends a wait that has no socket yet (DNS). */
static int on_progress(void *arg, curl_off_t down_total, curl_off_t down,
		       curl_off_t up_total, curl_off_t up)
{
	struct mail_sender *s = arg;

	(void)down_total, (void)down, (void)up_total, (void)up;
	return brake_is_stopped(s->brake);
}

static size_t on_read(char *to, size_t size, size_t n, void *arg)
{
	struct mail_sender *s = arg;
	size_t len = MIN(size * n, s->upload_len);

	memcpy(to, s->upload, len);
	s->upload += len;
	s->upload_len -= len;
	return len;
}

/* The server's lines; the last refusal names the cause, whatever QUIT gets. */
static size_t on_reply(char *bytes, size_t size, size_t n, void *arg)
{
	struct mail_sender *s = arg;

	mail_reply_note(s->reply, bytes, size * n);
	return size * n;
}

static size_t on_text(char *bytes, size_t size, size_t n, void *arg)
{
	(void)bytes, (void)arg; /* SMTP has no body for us */
	return size * n;
}

static void set_callbacks(struct mail_sender *s)
{
	CURL *c = s->curl;

	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->error);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, s);
	curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, s);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(c, CURLOPT_READDATA, s);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_reply);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, s);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_text);
}

static void set_security(struct mail_sender *s)
{
	const struct mail_account *a = s->account;
	CURL *c = s->curl;

	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	/* Else *_proxy of the environment is asked. */
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_USE_SSL,
			 (long)(a->starttls ? CURLUSESSL_ALL
					    : CURLUSESSL_NONE));
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (a->ca_file) {
		curl_easy_setopt(c, CURLOPT_CAINFO, a->ca_file);
		/* CAINFO alone adds to the system's; this replaces them. */
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (a->username && a->password) {
		curl_easy_setopt(c, CURLOPT_USERNAME, a->username);
		curl_easy_setopt(c, CURLOPT_PASSWORD, secret_peek(a->password));
		curl_easy_setopt(c, CURLOPT_LOGIN_OPTIONS,
				 "AUTH=PLAIN;AUTH=LOGIN");
	}
}

static void set_limits(struct mail_sender *s)
{
	CURL *c = s->curl;

	/* Signals belong to the loop's thread. */
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	/* A dead resolver is left behind, not waited for. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
}

/* False: out of memory in the library. */
static bool sender_open(struct mail_sender *s)
{
	if (s->curl)
		return true;
	s->curl = curl_easy_init();
	if (!s->curl)
		return false;
	set_callbacks(s);
	set_security(s);
	set_limits(s);
	return true;
}

/* Forget the connection; a QUIT to a dead line fails at once. */
static void sender_cut(struct mail_sender *s)
{
	if (!s->curl)
		return;
	mail_brake_pull(s->brake, false);
	curl_easy_cleanup(s->curl);
	s->curl = NULL;
	s->connected = false;
}

struct mail_sender *mail_sender_new(const struct mail_account *a,
				    struct mail_brake *b)
{
	struct mail_sender *s = xcalloc(1, sizeof(*s));

	s->account = a;
	s->brake = b;
	return s;
}

struct mail_sender *mail_sender_free(struct mail_sender *s)
{
	if (!s)
		return NULL;
	sender_cut(s);
	free(s);
	return NULL;
}

bool mail_sender_is_connected(const struct mail_sender *s)
{
	return s->connected;
}

/* An error from libcurl without an SMTP refusal: in the library's words. */
static void explain_transport(const struct mail_sender *s, CURLcode rc,
			      struct outcome_report *ret)
{
	const char *text = s->error[0] ? s->error : curl_easy_strerror(rc);
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;

	utf8_add_clean(&clean, text, 120, UTF8_LINE);
	snprintf(ret->error, sizeof(ret->error), "%.100s: %.140s",
		 s->account->server, clean.buf);
}

/*
 * The class is in the last SMTP code, and libcurl's own code tells little: a
 * refused recipient is "send error", a refused text "weird reply". A 2yz
 * with an error means that the step after it failed (TLS, a lost line).
 */
static void judge(const struct mail_sender *s, CURLcode rc,
		  struct outcome_report *ret)
{
	long code = 0;

	memset(ret, 0, sizeof(*ret));
	if (rc == CURLE_OK) {
		ret->outcome = OUTCOME_SENT;
		return;
	}
	curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &code);
	/* XOAUTH2: the reason comes as one more question, and libcurl goes. */
	if (rc == CURLE_LOGIN_DENIED && code == 334)
		code = 535;
	ret->outcome = OUTCOME_RETRY;
	if (!mail_reply_judge(s->account->server, code, s->reply, ret))
		explain_transport(s, rc, ret);
}

/* libcurl leaves a connection that was made with another token. */
static void set_token(struct mail_sender *s, const struct secret *token)
{
	if (!token)
		return;
	curl_easy_setopt(s->curl, CURLOPT_USERNAME, s->account->username);
	curl_easy_setopt(s->curl, CURLOPT_XOAUTH2_BEARER, secret_peek(token));
	curl_easy_setopt(s->curl, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
}

static CURLcode perform(struct mail_sender *s, const struct mail_message *m,
			const struct strbuf *bytes, struct curl_slist *to)
{
	CURL *c = s->curl;
	CURLcode rc;

	set_token(s, m->token);
	s->upload = bytes->buf;
	s->upload_len = bytes->len;
	s->error[0] = s->reply[0] = '\0';
	curl_easy_setopt(c, CURLOPT_URL, s->account->server);
	curl_easy_setopt(c, CURLOPT_MAIL_FROM, s->account->from);
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)bytes->len);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, TOTAL_S);
	curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, ANSWER_S);
	rc = curl_easy_perform(c);
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, NULL);
	return rc;
}

void mail_sender_greet(struct mail_sender *s, const struct secret *token,
		       struct outcome_report *ret)
{
	CURLcode rc = CURLE_OUT_OF_MEMORY;

	s->error[0] = s->reply[0] = '\0';
	if (sender_open(s)) {
		set_token(s, token);
		curl_easy_setopt(s->curl, CURLOPT_URL, s->account->server);
		/* What follows the sign-in; without one libcurl says HELP,
		 * which some servers refuse. */
		curl_easy_setopt(s->curl, CURLOPT_CUSTOMREQUEST, "NOOP");
		curl_easy_setopt(s->curl, CURLOPT_TIMEOUT, GREETING_S);
		curl_easy_setopt(s->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
				 GREETING_S);
		rc = curl_easy_perform(s->curl);
	}
	judge(s, rc, ret);
	/* Without the words about when it is asked again. */
	if (ret->refused)
		snprintf(ret->error, sizeof(ret->error),
			 "%.150s answered %.3s: sign-in refused",
			 s->account->server, s->reply[0] ? s->reply : "535");
	s->connected = rc == CURLE_OK;
}

/*
 * The server had closed the connection that an earlier mail left, or closes it
 * now (421): nothing of the message went out, so it is no try. libcurl sees
 * that by itself only when the end of the line has come before it looks.
 */
static bool was_closed(const struct mail_sender *s, CURLcode rc,
		       const struct strbuf *bytes)
{
	return s->connected && rc != CURLE_OK &&
	       rc != CURLE_OPERATION_TIMEDOUT &&
	       rc != CURLE_ABORTED_BY_CALLBACK && s->upload_len == bytes->len &&
	       (!s->reply[0] || strncmp(s->reply, "421", 3) == 0) &&
	       !brake_is_stopped(s->brake);
}

void mail_sender_send(struct mail_sender *s, const struct mail_message *m,
		      const struct strbuf *bytes, struct outcome_report *ret)
{
	struct curl_slist *to = NULL;
	CURLcode rc;

	if (sender_open(s))
		to = curl_slist_append(NULL, m->recipient);
	if (!to) {
		memset(ret, 0, sizeof(*ret));
		ret->outcome = OUTCOME_RETRY;
		snprintf(ret->error, sizeof(ret->error), "out of memory");
		return;
	}
	rc = perform(s, m, bytes, to);
	if (was_closed(s, rc, bytes)) {
		sender_cut(s);
		if (sender_open(s))
			rc = perform(s, m, bytes, to);
	}
	judge(s, rc, ret);
	curl_slist_free_all(to);
	/* After a failure the state of the line is anybody's guess. */
	s->connected = rc == CURLE_OK;
	if (!s->connected)
		sender_cut(s);
}

/*
 * libcurl's own QUIT waits two minutes for an answer. So it is sent as a
 * command of ours, whose wait can be set, and the line is cut afterwards.
 */
void mail_sender_hang_up(struct mail_sender *s)
{
	if (s->connected) {
		curl_easy_setopt(s->curl, CURLOPT_UPLOAD, 0L);
		curl_easy_setopt(s->curl, CURLOPT_CUSTOMREQUEST, "QUIT");
		curl_easy_setopt(s->curl, CURLOPT_TIMEOUT, GOODBYE_S);
		curl_easy_setopt(s->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
				 GOODBYE_S);
		(void)curl_easy_perform(s->curl); /* gone either way */
	}
	sender_cut(s);
}
