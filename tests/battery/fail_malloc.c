/*
 * Preloaded into triaged by the experiments that take its memory away: the n-th
 * allocation of the process fails, or each from the n-th on. The file that
 * FAIL_MALLOC names holds five numbers: which one (0 none, for counting alone),
 * whether those behind it fail too, how many there were, how often one failed,
 * and for how many there is room behind. Then the file name of who was refused
 * last, the program or a library. Then the place of each allocation, a number
 * made of who called whom, so that a loop can be told from the places that are
 * worth a try. The file is mapped, so that what a killed or confined process
 * wrote is there; and it is found by a constructor, so that what the loader and
 * the C library allocate before main() is not counted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What glibc has under these names, and nobody else's. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

#define WHO_SIZE 64

struct plan {
	int64_t at, stays;
	_Atomic int64_t n, failed;
	int64_t room;
	char who[WHO_SIZE];
	uint64_t places[];
};

#define DEPTH 24

static struct plan *plan;
static _Thread_local bool looking; /* backtrace() allocates once */

__attribute__((constructor)) static void find_plan(void)
{
	const char *path = getenv("FAIL_MALLOC");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, 0);
	(void)close(fd);
	if (map != MAP_FAILED)
		plan = map;
}

/* FNV-1a over the callers' addresses; they stay where they are for a run. */
static uint64_t place(void)
{
	uint64_t hash = 14695981039346656037u;
	void *callers[DEPTH];
	int n;

	looking = true;
	n = backtrace(callers, DEPTH);
	looking = false;
	for (int i = 0; i < n; i++)
		hash = (hash ^ (uintptr_t)callers[i]) * 1099511628211u;
	return hash;
}

/* The first of the callers that is neither this library nor the C library. */
static void note_who(void)
{
	void *callers[DEPTH];
	const char *name;
	Dl_info own, at;
	int n;

	looking = true;
	n = backtrace(callers, DEPTH);
	looking = false;
	if (!dladdr((void *)note_who, &own))
		return;
	for (int i = 0; i < n; i++) {
		if (!dladdr(callers[i], &at) || !at.dli_fname ||
		    at.dli_fbase == own.dli_fbase)
			continue;
		name = strrchr(at.dli_fname, '/');
		name = name ? name + 1 : at.dli_fname;
		if (strncmp(name, "libc.so", 7) == 0)
			continue;
		memset(plan->who, 0, WHO_SIZE);
		strncpy(plan->who, name, WHO_SIZE - 1);
		return;
	}
}

static bool fails(void)
{
	int64_t n;

	if (!plan || looking)
		return false;
	n = ++plan->n;
	if (n <= plan->room)
		plan->places[n - 1] = place();
	if (plan->at == 0 || n < plan->at || (n > plan->at && !plan->stays))
		return false;
	plan->failed++;
	note_who();
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}
