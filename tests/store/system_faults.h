/*
 * The system calls by which a database and its copies change, taken over by
 * the test program: each is counted, and at a chosen one the process is killed,
 * the disk is full from there on, or that one call fails. Nothing is synced to
 * the disk for real: a kill loses no page of the kernel's, so a sweep over all
 * calls takes seconds. For one test program alone, before its other headers.
 */
#ifndef TESTS_STORE_SYSTEM_FAULTS_H
#define TESTS_STORE_SYSTEM_FAULTS_H

/* Its inline versions of these calls would be in the way. */
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

enum harm { HARM_NONE, HARM_KILL, HARM_FULL, HARM_FAIL };

/* @harm is done at call @at; @n were counted. */
static struct {
	enum harm harm;
	long at, n;
} fault;

/* Before a call: 0, or the errno it has to fail with. */
static int fault_step(bool takes_room)
{
	fault.n++;
	switch (fault.harm) {
	case HARM_NONE:
		return 0;
	case HARM_KILL:
		if (fault.n == fault.at)
			(void)raise(SIGKILL);
		return 0;
	case HARM_FULL:
		return takes_room && fault.n >= fault.at ? ENOSPC : 0;
	case HARM_FAIL:
		return fault.n == fault.at ? EIO : 0;
	}
	return 0;
}

static bool fault_hits(bool takes_room)
{
	int number = fault_step(takes_room);

	if (number != 0)
		errno = number;
	return number != 0;
}

/* The function behind ours. */
#define FAULT_REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAULT_OPEN(name)                                                       \
	int name(const char *path, int flags, ...)                             \
	{                                                                      \
		va_list args;                                                  \
		mode_t mode;                                                   \
                                                                               \
		va_start(args, flags);                                         \
		mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;             \
		va_end(args);                                                  \
		if (flags & O_CREAT && fault_hits(true))                       \
			return -1;                                             \
		return FAULT_REAL(name)(path, flags, mode);                    \
	}
FAULT_OPEN(open)
FAULT_OPEN(open64)

#define FAULT_PWRITE(name, offset_type)                                        \
	ssize_t name(int fd, const void *bytes, size_t n, offset_type at)      \
	{                                                                      \
		return fault_hits(true) ? -1                                   \
					: FAULT_REAL(name)(fd, bytes, n, at);  \
	}
FAULT_PWRITE(pwrite, off_t)
FAULT_PWRITE(pwrite64, off64_t)

#define FAULT_TRUNCATE(name, offset_type)                                      \
	int name(int fd, offset_type size)                                     \
	{                                                                      \
		return fault_hits(false) ? -1 : FAULT_REAL(name)(fd, size);    \
	}
FAULT_TRUNCATE(ftruncate, off_t)
FAULT_TRUNCATE(ftruncate64, off64_t)

ssize_t write(int fd, const void *bytes, size_t n)
{
	return fault_hits(true) ? -1 : FAULT_REAL(write)(fd, bytes, n);
}

int fsync(int fd)
{
	(void)fd;
	return fault_hits(false) ? -1 : 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return fault_hits(false) ? -1 : 0;
}

int rename(const char *from, const char *to)
{
	return fault_hits(false) ? -1 : FAULT_REAL(rename)(from, to);
}

int unlink(const char *path)
{
	return fault_hits(false) ? -1 : FAULT_REAL(unlink)(path);
}

#endif
