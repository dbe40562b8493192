/*
 * Files in one go. Called by whoever reads small ones whole; knows nothing of
 * what is in them.
 */
#include "util/read_fully.h"

#include <errno.h>
#include <unistd.h>

ssize_t read_fully(int fd, void *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, (char *)buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}
