/*
 * Times as strangers write them: RFC 3339, the dates of HTTP, durations, and
 * Retry-After. What is read lies within the years there are, and comes back
 * from its own text.
 */
#include "fuzz/fuzz.h"

#include "net/xfer.h"
#include "util/timefmt.h"

/* Year 1 and the end of year 9999. */
#define FIRST_MS INT64_C(-62135596800000)
#define LAST_MS INT64_C(253402300799999)
#define HOUR_MS INT64_C(3600000)
/* 2026-11-21T21:22:00Z */
#define NOW_MS INT64_C(1795296120000)

static void check_rfc3339(const char *s, size_t len)
{
	char text[TIMEFMT_MAX], again[TIMEFMT_MAX];
	int64_t ms = 0, back = 0;
	int rc = timefmt_parse(s, len, &ms);

	must(rc == 1 || rc == 0 || rc == ERR_SCHEMA);
	if (rc != 1)
		return;
	must(ms >= FIRST_MS && ms <= LAST_MS);
	timefmt_utc(ms, text);
	/* Year 1 is how these services say that there is no time. */
	if (strncmp(text, "0001-", 5) == 0)
		return;
	must(timefmt_parse(text, strlen(text), &back) == 1 && back == ms);
	must(strlen(timefmt_minute(ms, 0, again)) < TIMEFMT_MAX);
	must(strlen(timefmt_span(ms, again)) < TIMEFMT_MAX);
}

static void check_http_date(const char *s)
{
	char text[TIMEFMT_MAX];
	int64_t ms = 0, back = 0;

	if (timefmt_parse_http_date(s, &ms) < 0)
		return;
	must(ms >= FIRST_MS && ms <= LAST_MS && ms % 1000 == 0);
	timefmt_mail(ms, text);
	/* The mail's zone and the web's are the same one. */
	must(strlen(text) > 5);
	strcpy(text + strlen(text) - 5, "GMT");
	must(timefmt_parse_http_date(text, &back) == 0 && back == ms);
}

static void check_duration(const char *s)
{
	char text[TIMEFMT_MAX];
	int64_t ms = 0, back = 0;

	if (timefmt_parse_duration(s, &ms) < 0)
		return;
	must(ms >= 0 && ms <= 36500 * 24 * HOUR_MS);
	timefmt_duration(ms, text);
	must(timefmt_parse_duration(text, &back) == 0 && back == ms);
}

static void check_retry_after(const char *s)
{
	int64_t ms = xfer_retry_after_ms(s, NOW_MS);

	must(ms >= 0 && ms <= HOUR_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);

	check_rfc3339((const char *)data, size);
	check_http_date(text);
	check_duration(text);
	check_retry_after(text);
	return 0;
}
