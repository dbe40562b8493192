/*
 * What this process takes of the machine, under the names that dashboards for
 * any program look for. Called by metrics.c. A number that the machine does
 * not tell, in a tight sandbox, is left out.
 *
 * tested with: scenario/test_metrics
 */
#include "daemon/metrics_priv.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/app_priv.h"
#include "daemon/exposition.h"

static int64_t timeval_us(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

static void write_cpu(struct strbuf *out)
{
	static const char name[] = "process_cpu_seconds_total";
	struct rusage use;

	if (getrusage(RUSAGE_SELF, &use) < 0)
		return;
	exposition_head(out, name, EXPOSITION_COUNTER,
			"Processor time, of the user and of the system.");
	exposition_add_us(out, name, NO_LABELS,
			  timeval_us(&use.ru_utime) +
				  timeval_us(&use.ru_stime));
}

static void write_memory(struct strbuf *out)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long long size = 0, resident = 0;
	int64_t page = sysconf(_SC_PAGESIZE);
	int n;

	if (!f)
		return;
	n = fscanf(f, "%lld %lld", &size, &resident);
	(void)fclose(f); /* only read */
	if (n != 2)
		return;
	exposition_one(out, "process_resident_memory_bytes", EXPOSITION_GAUGE,
		       "Memory in use.", resident * page);
	exposition_one(out, "process_virtual_memory_bytes", EXPOSITION_GAUGE,
		       "Address space in use.", size * page);
}

static void write_descriptors(struct strbuf *out)
{
	DIR *d = opendir("/proc/self/fd");
	struct rlimit limit;
	int64_t n = 0;

	if (!d)
		return;
	for (const struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	(void)closedir(d); /* only read */
	exposition_one(out, "process_open_fds", EXPOSITION_GAUGE,
		       "Open file descriptors.", n - 1); /* without this one */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	exposition_one(out, "process_max_fds", EXPOSITION_GAUGE,
		       "How many file descriptors may be open.",
		       limit.rlim_cur == RLIM_INFINITY
			       ? EXPOSITION_INFINITE
			       : (int64_t)limit.rlim_cur);
}

static void write_disk(const struct app *a, struct strbuf *out)
{
	struct statvfs disk;

	if (statvfs(a->settings.conf->state_directory, &disk) < 0)
		return;
	exposition_one(out, "triaged_disk_free_bytes", EXPOSITION_GAUGE,
		       "Room on the file system of the database.",
		       (int64_t)(disk.f_bavail * disk.f_frsize));
}

void metrics_write_process(const struct app *a, struct strbuf *out)
{
	write_cpu(out);
	write_memory(out);
	write_descriptors(out);
	write_disk(a, out);
	/* The clock of then: a jump of it moves no start. */
	exposition_one_ms(out, "process_start_time_seconds", EXPOSITION_GAUGE,
			  "When triaged started.", a->up_since_ms);
}
