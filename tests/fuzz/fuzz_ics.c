/*
 * Holidays files. What is read lies within what was asked for, in order, each
 * date once; what is not read has its reason.
 */
#include "fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>
#include "triage/calendar_priv.h"
#include "util/timefmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(calendar_dates_release) struct date_set dates = { 0 };
	int64_t from = timefmt_days(2025, 1, 1);
	int64_t to = timefmt_days(2032, 12, 31);
	int fd = memfd_create("holidays.ics", MFD_CLOEXEC);
	CLEANUP(free_ptr) char *path = xasprintf("/proc/self/fd/%d", fd);
	struct err err = ERR_INIT;
	int rc;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	rc = calendar_ics_read(path, from, to, &dates, &err);
	(void)close(fd); /* only memory */
	must(rc == 0 || is_said(rc, &err));
	for (size_t i = 0; i < dates.n; i++) {
		must(dates.v[i] >= from && dates.v[i] <= to);
		must(i == 0 || dates.v[i - 1] < dates.v[i]);
	}
	return 0;
}
