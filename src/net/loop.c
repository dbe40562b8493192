/*
 * The event loop, on libevent's core. Called by every room that waits for
 * something; it must not know what they wait for.
 *
 * Each callback goes through an adapter that notes when the turn began to
 * work, so that loop_take_stall_us() is a measurement and not a guess.
 */
#include "net/loop.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "util/clock.h"
#include "util/log.h"
#include "util/xmalloc.h"

struct loop_signal {
	LIST_ENTRY(loop_signal) link;
	struct loop *loop;
	struct event *event;
	void (*fn)(void *arg, int signo);
	void *arg;
};

struct loop {
	struct event_base *base;
	struct event *limit; /* wakes loop_turn() when nothing else does */
	struct event *queue_turn; /* armed while there is a queue */
	TAILQ_HEAD(, loop_timer) queue; /* for a turn each */
	LIST_HEAD(, loop_signal) signals;
	int64_t busy_since_us; /* first callback of this turn; 0 none yet */
	int64_t stall_us;
	bool stopped;
};

struct loop_timer {
	TAILQ_ENTRY(loop_timer) link;
	bool is_queued;
	struct loop *loop;
	struct event *event;
	void (*fn)(void *arg);
	void *arg;
};

struct loop_io {
	struct loop *loop;
	struct event *event;
	int fd;
	unsigned want;
	void (*fn)(void *arg, unsigned ready);
	void *arg;
};

/* For what nothing works without, when the kernel refuses it: memory, a
 * descriptor, a watch of one. As with xmalloc, that ends us. */
static never_returns void loop_die(const char *what)
{
	char text[256];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
	xmalloc_die(text);
}

/* libevent's own words for the errors that are told here. */
static void loop_on_words(int severity, const char *text)
{
	(void)severity;
	log_debug("libevent: %s", text);
}

static struct event *event_make(struct loop *l, int fd, short what,
				event_callback_fn fn, void *arg)
{
	struct event *ev = event_new(l->base, fd, what, fn, arg);

	if (!ev)
		loop_die("cannot make an event");
	return ev;
}

/* Fails for want of memory, or for a descriptor that cannot be waited for
 * (a regular file, a closed one): our own bug, and a silent hang if ignored. */
static void event_start(struct event *ev, const struct timeval *tv)
{
	if (event_add(ev, tv) < 0)
		loop_die("cannot wait for a descriptor");
}

static struct timeval timeval_of_ms(int64_t ms)
{
	if (ms < 0)
		ms = 0;
	return (struct timeval){ .tv_sec = ms / 1000,
				 .tv_usec = ms % 1000 * 1000 };
}

/* A callback begins: from now on it keeps others waiting. */
static void loop_note_work(struct loop *l)
{
	if (!l->busy_since_us)
		l->busy_since_us = clock_mono_us();
}

/* The first of those left gets the next turn. */
static void queue_leave(struct loop_timer *t)
{
	const struct timeval at_once = { 0 };
	struct loop *l = t->loop;

	if (!t->is_queued)
		return;
	TAILQ_REMOVE(&l->queue, t, link);
	t->is_queued = false;
	if (TAILQ_EMPTY(&l->queue))
		(void)event_del(l->queue_turn); /* it was made */
	else
		event_start(l->queue_turn, &at_once);
}

static void limit_on_timeout(evutil_socket_t fd, short what, void *arg)
{
	/* Waking up is all it is for. */
	(void)fd;
	(void)what;
	(void)arg;
}

static void queue_on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	struct loop_timer *t = TAILQ_FIRST(&l->queue);

	(void)fd;
	(void)what;
	queue_leave(t);
	loop_note_work(l);
	t->fn(t->arg); /* may free the timer */
}

struct loop *loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	struct event_config *config;

	event_set_log_callback(loop_on_words);
	config = event_config_new();
	if (!config)
		loop_die("cannot make the event loop");
	/*
	 * NO_CACHE_TIME: with a cached time, a timer armed after a long
	 * callback would fire that much too early.
	 */
	if (event_config_set_flag(config,
				  EVENT_BASE_FLAG_NOLOCK |
					  EVENT_BASE_FLAG_IGNORE_ENV |
					  EVENT_BASE_FLAG_NO_CACHE_TIME))
		abort(); /* flags that it does not know */
	l->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!l->base)
		loop_die("cannot make the event loop");
	LIST_INIT(&l->signals);
	TAILQ_INIT(&l->queue);
	l->limit = event_make(l, -1, 0, limit_on_timeout, NULL);
	l->queue_turn = event_make(l, -1, 0, queue_on_turn, l);
	/*
	 * Neither OpenSSL under curl nor evhttp writes with MSG_NOSIGNAL: a
	 * peer that goes must not end the process.
	 */
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail for SIGPIPE */
	return l;
}

struct loop *loop_free(struct loop *l)
{
	struct loop_signal *s;

	if (!l)
		return NULL;
	while ((s = LIST_FIRST(&l->signals))) {
		LIST_REMOVE(s, link);
		event_free(s->event);
		free(s);
	}
	event_free(l->limit);
	event_free(l->queue_turn);
	event_base_free(l->base);
	free(l);
	return NULL;
}

/* One turn: wait, serve what became ready, measure how long that took. */
static void loop_serve(struct loop *l, int flags)
{
	int64_t took;

	l->busy_since_us = 0;
	(void)event_base_loop(l->base, /* fails only for a broken base */
			      flags | EVLOOP_NO_EXIT_ON_EMPTY);
	if (!l->busy_since_us)
		return;
	took = clock_mono_us() - l->busy_since_us;
	if (took > l->stall_us)
		l->stall_us = took;
}

void loop_run(struct loop *l)
{
	while (!l->stopped)
		loop_serve(l, EVLOOP_ONCE);
	l->stopped = false;
}

void loop_turn(struct loop *l, int64_t max_ms)
{
	struct timeval tv = timeval_of_ms(max_ms);

	if (max_ms <= 0) {
		loop_serve(l, EVLOOP_NONBLOCK);
		return;
	}
	event_start(l->limit, &tv);
	loop_serve(l, EVLOOP_ONCE);
	(void)event_del(l->limit); /* fails only for an event never made */
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
	/* The other callbacks of this turn still run; a call from outside a
	 * turn is seen before the next one waits. */
}

int64_t loop_take_stall_us(struct loop *l)
{
	int64_t us = l->stall_us;

	l->stall_us = 0;
	return us;
}

static void timer_on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)what;
	loop_note_work(t->loop);
	t->fn(t->arg); /* may free the timer */
}

struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *arg),
				  void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->loop = l;
	t->fn = fn;
	t->arg = arg;
	t->event = event_make(l, -1, 0, timer_on_timeout, t);
	return t;
}

void loop_timer_set(struct loop_timer *t, int64_t delay_ms)
{
	struct timeval tv = timeval_of_ms(delay_ms);

	assert(delay_ms >= 0);
	queue_leave(t);
	event_start(t->event, &tv);
}

void loop_timer_queue(struct loop_timer *t)
{
	const struct timeval at_once = { 0 };
	struct loop *l = t->loop;

	loop_timer_stop(t);
	if (TAILQ_EMPTY(&l->queue))
		event_start(l->queue_turn, &at_once);
	TAILQ_INSERT_TAIL(&l->queue, t, link);
	t->is_queued = true;
}

void loop_timer_stop(struct loop_timer *t)
{
	queue_leave(t);
	(void)event_del(t->event); /* fails only for an event never made */
}

bool loop_timer_is_set(const struct loop_timer *t)
{
	return t->is_queued || event_pending(t->event, EV_TIMEOUT, NULL) != 0;
}

struct loop_timer *loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return NULL;
	queue_leave(t);
	event_free(t->event);
	free(t);
	return NULL;
}

static short event_bits(unsigned want)
{
	short bits = EV_PERSIST;

	if (want & LOOP_READ)
		bits |= EV_READ;
	if (want & LOOP_WRITE)
		bits |= EV_WRITE;
	return bits;
}

static void io_on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io *io = arg;
	unsigned ready = 0;

	(void)fd;
	if (what & EV_READ)
		ready |= LOOP_READ;
	if (what & EV_WRITE)
		ready |= LOOP_WRITE;
	loop_note_work(io->loop);
	io->fn(io->arg, ready); /* may free the watch */
}

struct loop_io *loop_io_new(struct loop *l, int fd, unsigned want,
			    void (*fn)(void *arg, unsigned ready), void *arg)
{
	struct loop_io *io = xcalloc(1, sizeof(*io));

	io->loop = l;
	io->fd = fd;
	io->fn = fn;
	io->arg = arg;
	io->event = event_make(l, fd, event_bits(0), io_on_ready, io);
	loop_io_want(io, want);
	return io;
}

void loop_io_want(struct loop_io *io, unsigned want)
{
	if (io->want == want)
		return;
	io->want = want;
	(void)event_del(io->event); /* fails only for an event never made */
	if (event_assign(io->event, io->loop->base, io->fd, event_bits(want),
			 io_on_ready, io) < 0)
		abort(); /* it is still watched */
	if (want)
		event_start(io->event, NULL);
}

struct loop_io *loop_io_free(struct loop_io *io)
{
	if (!io)
		return NULL;
	event_free(io->event);
	free(io);
	return NULL;
}

static void signal_on_delivery(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *s = arg;

	(void)what;
	loop_note_work(s->loop);
	s->fn(s->arg, (int)signo);
}

void loop_on_signal(struct loop *l, int signo, void (*fn)(void *arg, int signo),
		    void *arg)
{
	struct loop_signal *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->fn = fn;
	s->arg = arg;
	s->event = event_make(l, signo, EV_SIGNAL | EV_PERSIST,
			      signal_on_delivery, s);
	event_start(s->event, NULL);
	LIST_INSERT_HEAD(&l->signals, s, link);
}
