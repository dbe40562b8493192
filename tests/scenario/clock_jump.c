/*
 * Preloaded into triaged and its fakes by the scenarios that cannot wait: adds
 * to every clock what the file that CLOCK_JUMP names says, two numbers of
 * milliseconds, for the clocks that count from some start and for the time of
 * day. So the program under test is the program shipped. Who sleeps until a
 * moment is woken by a jump, as it would be by the time that passes.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_ms; /* [0] from some start, [1] of day */

__attribute__((constructor)) static void find_file(void)
{
	const char *path = getenv("CLOCK_JUMP");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, 2 * sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		offset_ms = map;
	(void)close(fd);
}

static void add(struct timespec *ts, int64_t ms)
{
	int64_t ns = ts->tv_nsec + ms % 1000 * 1000000;

	ts->tv_sec += ms / 1000 + ns / 1000000000;
	ts->tv_nsec = ns % 1000000000;
	if (ts->tv_nsec < 0) {
		ts->tv_nsec += 1000000000;
		ts->tv_sec--;
	}
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ret);

	if (rc != 0 || !offset_ms)
		return rc;
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		add(ret, offset_ms[1]);
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		add(ret, offset_ms[0]);
		break;
	default: /* processor time */
		break;
	}
	return 0;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return -1;
	ret->tv_sec = ts.tv_sec;
	ret->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return -1;
	if (ret)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}

static int set_fd = -1; /* of who wants to know that the clock was set */

/* Nobody sleeps by one; who watches the time of day gets what is readable when
 * the kernel's would be. */
int timerfd_create(clockid_t id, int flags)
{
	if (!offset_ms || id != CLOCK_REALTIME)
		return (int)syscall(SYS_timerfd_create, id, flags);
	set_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return set_fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *when,
		    struct itimerspec *before)
{
	return fd == set_fd ? 0
			    : (int)syscall(SYS_timerfd_settime, fd, flags, when,
					   before);
}

static void tell_set(void)
{
	static int64_t told_ms;
	const uint64_t one = 1;

	if (set_fd < 0 || offset_ms[1] == told_ms)
		return;
	told_ms = offset_ms[1];
	if (write(set_fd, &one, sizeof(one)) < 0)
		abort();
}

/* How often who sleeps looks whether the clocks have jumped. */
enum { LOOK_EVERY_MS = 20 };

int epoll_wait(int fd, struct epoll_event *events, int n, int timeout_ms)
{
	static int (*next)(int, struct epoll_event *, int, int);
	static _Thread_local int64_t seen_ms[2]; /* when it last woke */
	int part_ms;
	int rc;

	if (!next)
		next = (int (*)(int, struct epoll_event *, int,
				int))dlsym(RTLD_NEXT, "epoll_wait");
	if (!offset_ms)
		return next(fd, events, n, timeout_ms);
	for (;;) {
		tell_set();
		/* What it sleeps for was computed before the jump. */
		if (offset_ms[0] != seen_ms[0] || offset_ms[1] != seen_ms[1])
			timeout_ms = 0;
		part_ms = timeout_ms < 0 || timeout_ms > LOOK_EVERY_MS
				  ? LOOK_EVERY_MS
				  : timeout_ms;
		rc = next(fd, events, n, part_ms);
		if (rc != 0 || part_ms == timeout_ms)
			break;
		timeout_ms -= timeout_ms < 0 ? 0 : part_ms;
	}
	seen_ms[0] = offset_ms[0];
	seen_ms[1] = offset_ms[1];
	return rc;
}
