/*
 * See streams.h. Called by both main() and by util/log.
 *
 * tested with: test_streams
 */
#include "util/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

void streams_keep(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest that is free is this one. */
		if (open("/dev/null", O_RDWR) != fd)
			return;
	}
}

bool streams_has_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	/* A reader that has gone is an error of the write, not a wait. */
	return poll(&p, 1, 0) > 0;
}
