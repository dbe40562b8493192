/*
 * See clock_watch.h: a timer that never ends and is cancelled when the clock is
 * set, see timerfd_create(2). Called by the start of the daemon.
 *
 * tested with: scenario/test_fault_clock
 */
#include "net/clock_watch.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "util/xmalloc.h"

/* Seconds since 1970; the kernel counts nanoseconds in 63 bits. */
#define YEAR_2200 INT64_C(7258118400)

struct clock_watch {
	int fd;
	struct loop_io *io;
	void (*fn)(void *arg);
	void *arg;
};

static void on_set(void *arg, unsigned ready)
{
	struct clock_watch *w = arg;
	uint64_t n;

	(void)ready;
	/* ECANCELED is what it says; it is armed for the next one then. */
	if (read(w->fd, &n, sizeof(n)) < 0 && errno != ECANCELED)
		return;
	w->fn(w->arg);
}

static int open_timer(void)
{
	const struct itimerspec never = { .it_value.tv_sec = YEAR_2200 };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	int saved;

	if (fd < 0)
		return -1;
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			    &never, NULL) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

struct clock_watch *clock_watch_new(struct loop *l, void (*fn)(void *arg),
				    void *arg)
{
	struct clock_watch *w;
	int fd = open_timer();

	if (fd < 0)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->fd = fd;
	w->fn = fn;
	w->arg = arg;
	w->io = loop_io_new(l, fd, LOOP_READ, on_set, w);
	return w;
}

struct clock_watch *clock_watch_free(struct clock_watch *w)
{
	if (!w)
		return NULL;
	loop_io_free(w->io);
	(void)close(w->fd);
	free_ptr(&w);
	return NULL;
}
