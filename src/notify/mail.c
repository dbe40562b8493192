/*
 * The mail worker: a thread with two short queues between it and the loop.
 * Called by deliver.c from the loop. The thread composes and sends, one
 * message at a time; the loop hears of results through an eventfd.
 *
 * Shared, under `lock`: the queues, `begun`, `stop`. The account is written
 * before the thread starts; the sender belongs to the thread.
 */
#include "notify/mail.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>
#include "notify/mail_priv.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* A burst shares a connection; then the server gets its slot back. */
#define IDLE_S 10
/*
 * libcurl's own limits do not hold everywhere (an error while QUIT is
 * unanswered), so the loop cuts the line after this long. Times
 * MAIL_IN_FLIGHT_MAX it is well within a lease.
 */
#define CUT_MS 100000

struct letter {
	TAILQ_ENTRY(letter) link;
	struct mail_message message;
	struct outcome_report report;
};
TAILQ_HEAD(letters, letter);

struct mail_worker {
	struct loop_io *io;
	struct loop_timer *watch;
	int event_fd;
	mail_done_fn *fn;
	void *arg;

	struct mail_account account;
	struct mail_brake brake;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct letters waiting, done;
	int64_t begun_mono_ms; /* of the one being sent; 0 none */
	bool stop;
};

static void letter_free(struct letter *l)
{
	mail_message_release(&l->message);
	free(l);
}

static void letters_free(struct letters *list)
{
	struct letter *l;

	while ((l = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, l, link);
		letter_free(l);
	}
}

static void account_copy(struct mail_account *to, const struct target_conf *c)
{
	const struct secret *password = c->password.value;

	to->server = xstrdup(c->server);
	to->from = xstrdup(c->from);
	/* A token says who asks, not whose mailbox it is. */
	to->username =
		xstrdup(c->oauth.entry && !c->username ? c->from : c->username);
	to->ca_file = xstrdup(c->ca_file);
	to->starttls = c->starttls;
	if (password)
		to->password =
			secret_new(secret_peek(password), secret_len(password));
}

static void account_release(struct mail_account *a)
{
	free(a->server);
	free(a->from);
	free(a->username);
	free(a->ca_file);
	a->password = secret_free(a->password);
}

/* ---- in the thread ---- */

static void send_letter(struct mail_worker *w, struct mail_sender *s,
			struct letter *l)
{
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;

	mail_compose(&l->message, w->account.from, &bytes);
	mail_sender_send(s, &l->message, &bytes, &l->report);
}

/* Wait for a letter; NULL when told to stop or, with a connection to give
 * back, after IDLE_S. Called and left with the lock held. */
static struct letter *wait_letter(struct mail_worker *w, bool connected)
{
	struct timespec until;
	int rc = 0;

	clock_wait_until(IDLE_S * 1000, &until);
	while (!w->stop && TAILQ_EMPTY(&w->waiting) && rc != ETIMEDOUT) {
		if (connected)
			rc = pthread_cond_timedwait(&w->wake, &w->lock, &until);
		else
			pthread_cond_wait(&w->wake, &w->lock);
	}
	return w->stop ? NULL : TAILQ_FIRST(&w->waiting);
}

static void tell_loop(struct mail_worker *w)
{
	const uint64_t one = 1;

	/* Fails only when 2^64 - 2 results are unread. */
	(void)!write(w->event_fd, &one, sizeof(one));
}

static void work(struct mail_worker *w, struct mail_sender *s)
{
	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		struct letter *l = wait_letter(w, mail_sender_is_connected(s));

		if (l) {
			TAILQ_REMOVE(&w->waiting, l, link);
			w->begun_mono_ms = clock_mono_ms();
		}
		pthread_mutex_unlock(&w->lock);
		if (l)
			send_letter(w, s, l);
		else
			mail_sender_hang_up(s);
		pthread_mutex_lock(&w->lock);
		w->begun_mono_ms = 0;
		if (l) {
			TAILQ_INSERT_TAIL(&w->done, l, link);
			tell_loop(w);
		}
	}
	pthread_mutex_unlock(&w->lock);
}

static void *thread_main(void *arg)
{
	struct mail_worker *w = arg;
	struct mail_sender *s = mail_sender_new(&w->account, &w->brake);

	work(w, s);
	mail_sender_free(s);
	return NULL;
}

/* ---- in the loop ---- */

static void report_done(struct mail_worker *w)
{
	struct letters done = TAILQ_HEAD_INITIALIZER(done);
	struct letter *l;

	pthread_mutex_lock(&w->lock);
	TAILQ_CONCAT(&done, &w->done, link);
	pthread_mutex_unlock(&w->lock);
	while ((l = TAILQ_FIRST(&done))) {
		TAILQ_REMOVE(&done, l, link);
		w->fn(w->arg, l->message.id, &l->report);
		letter_free(l);
	}
}

static void mail_on_event(void *arg, unsigned ready)
{
	struct mail_worker *w = arg;
	uint64_t n;

	(void)ready; /* reading is all that was asked for */
	(void)!read(w->event_fd, &n, sizeof(n)); /* resets the counter */
	report_done(w);
}

static void mail_on_watch(void *arg)
{
	struct mail_worker *w = arg;
	int64_t now_ms = clock_mono_ms();
	int64_t begun_ms;

	pthread_mutex_lock(&w->lock);
	begun_ms = w->begun_mono_ms;
	if (begun_ms == 0 && !TAILQ_EMPTY(&w->waiting))
		begun_ms = now_ms; /* between two messages */
	pthread_mutex_unlock(&w->lock);
	if (begun_ms == 0)
		return; /* armed again with the next message */
	if (now_ms - begun_ms >= CUT_MS) {
		log_debug("mail %s: no end in sight, line cut",
			  w->account.server);
		mail_brake_pull(&w->brake, false);
		begun_ms = now_ms;
	}
	loop_timer_set(w->watch, begun_ms + CUT_MS - now_ms);
}

/* Signals are the loop's: the thread is born with all of them blocked. */
static int start_thread(struct mail_worker *w, struct err *err)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&w->thread, NULL, thread_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return err_set(err, -rc, "cannot start a thread for mail: %s",
			       strerror(rc));
	return 0;
}

static void worker_init(struct mail_worker *w, const struct target_conf *c)
{
	pthread_condattr_t attr;

	TAILQ_INIT(&w->waiting);
	TAILQ_INIT(&w->done);
	account_copy(&w->account, c);
	mail_brake_init(&w->brake);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
}

/* The thread has ended or never began. */
static struct mail_worker *worker_destroy(struct mail_worker *w)
{
	w->io = loop_io_free(w->io);
	w->watch = loop_timer_free(w->watch);
	if (w->event_fd >= 0)
		close(w->event_fd);
	letters_free(&w->waiting);
	letters_free(&w->done);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	mail_brake_release(&w->brake);
	account_release(&w->account);
	free(w);
	return NULL;
}

struct mail_worker *mail_worker_new(struct loop *l, const struct target_conf *c,
				    mail_done_fn *fn, void *arg,
				    struct err *err)
{
	struct mail_worker *w = xcalloc(1, sizeof(*w));

	w->fn = fn;
	w->arg = arg;
	worker_init(w, c);
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->event_fd < 0) {
		(void)err_set(err, -errno, "cannot make an eventfd: %s",
			      strerror(errno)); /* NULL says it */
		return worker_destroy(w);
	}
	w->io = loop_io_new(l, w->event_fd, LOOP_READ, mail_on_event, w);
	w->watch = loop_timer_new(l, mail_on_watch, w);
	if (start_thread(w, err) < 0)
		return worker_destroy(w);
	return w;
}

void mail_worker_send(struct mail_worker *w, struct mail_message *m)
{
	struct letter *l = xcalloc(1, sizeof(*l));

	l->message = *m;
	memset(m, 0, sizeof(*m));
	pthread_mutex_lock(&w->lock);
	TAILQ_INSERT_TAIL(&w->waiting, l, link);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (!loop_timer_is_set(w->watch))
		loop_timer_set(w->watch, CUT_MS);
}

struct mail_worker *mail_worker_free(struct mail_worker *w)
{
	if (!w)
		return NULL;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	mail_brake_pull(&w->brake, true);
	pthread_join(w->thread, NULL);
	report_done(w);
	return worker_destroy(w);
}

struct token_conf mail_token_conf(const struct target_conf *c)
{
	const struct mail_oauth *o = &c->oauth;

	return (struct token_conf){
		.method = o->auth,
		.login = o->login,
		.tenant = o->tenant,
		.client_id = o->client_id,
		.client_secret = o->client_secret.value,
		.federated_token_file = o->federated_token_file,
		.instance_metadata = o->instance_metadata,
		.scope = o->scope,
		.ca_file = c->ca_file,
	};
}

void mail_check(const struct target_conf *c, const struct secret *token,
		struct outcome_report *ret)
{
	struct mail_account account = { 0 };
	struct mail_brake brake;
	struct mail_sender *sender;

	account_copy(&account, c);
	mail_brake_init(&brake);
	sender = mail_sender_new(&account, &brake);
	mail_sender_greet(sender, token, ret);
	mail_sender_hang_up(sender);
	mail_sender_free(sender);
	mail_brake_release(&brake);
	account_release(&account);
}
