/* read(2) as its callers mean it. */
#ifndef UTIL_READ_FULLY_H
#define UTIL_READ_FULLY_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads until @size bytes are there or the file ends, whatever signal comes in
 * between. How many, or -errno; then what @buf holds is of no use, but may be
 * secret.
 */
ssize_t read_fully(int fd, void *buf, size_t size);

#endif
