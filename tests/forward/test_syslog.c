/* Syslog headers and frames: what RFC 5424 wants, whatever a record holds. */
#include "forward/syslog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "forward/sample_record.h"

static const struct syslog_style local4 = { 20, "32473", "siem-box", true };

static char *message(const struct syslog_style *s,
		     const struct forward_record *r, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	struct strbuf out = STRBUF_INIT;

	strbuf_addstr(&body, text);
	syslog_add(s, r, &body, &out);
	return strbuf_detach(&out);
}

static void test_header(void **state)
{
	struct forward_record r;
	char *m;

	(void)state;
	sample_record(&r, 7, "opened", "{}");
	m = message(&local4, &r, "text");
	assert_string_equal(
		m, "129 <163>1 2026-03-02T09:00:00.007Z siem-box triaged - "
		   "opened [triaged@32473 event=\"7\" alert=\"42\" "
		   "kind=\"opened\" severity=\"high\"] text");
	free(m);
	record_release(&r);
	sample_event(&r, 8, "started", "{}");
	m = message(&(struct syslog_style){ 13, "99999", NULL, false }, &r,
		    "text");
	assert_string_equal(m, "<110>1 2026-03-02T09:00:00.008Z - triaged - "
			       "started [triaged@99999 event=\"8\" "
			       "kind=\"started\"] text\n");
	free(m);
	record_release(&r);
}

static void test_levels(void **state)
{
	static const char *const wanted[SEVERITY_MAX] = {
		[SEVERITY_CRITICAL] = "<162>", [SEVERITY_HIGH] = "<163>",
		[SEVERITY_MEDIUM] = "<164>",   [SEVERITY_LOW] = "<165>",
		[SEVERITY_INFO] = "<166>",
	};

	(void)state;
	for (int i = 0; i < SEVERITY_MAX; i++) {
		struct forward_record r;
		char *m;

		sample_record(&r, 7, "opened", "{}");
		r.view.tracked.severity = i;
		m = message(&local4, &r, "text");
		assert_ptr_equal(strstr(m, wanted[i]), strchr(m, '<'));
		free(m);
		record_release(&r);
	}
}

/* A name of the host or a kind can forge no field and no parameter. */
static void test_hostile_header(void **state)
{
	struct syslog_style s = local4;
	struct forward_record r;
	char host[600];
	char *m;

	(void)state;
	memset(host, 'h', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	memcpy(host, "a b\nc", 5);
	s.host = host;
	s.octet_counting = false;
	sample_event(&r, 7,
		     "k\"] [x@1 \\\n\xc3\xa4 0123456789012345678901234567"
		     "890123456789",
		     "{}");
	m = message(&s, &r, "text");
	assert_ptr_equal(strchr(m, '\n'), m + strlen(m) - 1);
	assert_non_null(strstr(m, " kind=\"k\\\"\\] [x@1 \\\\ 01234"));
	assert_non_null(strstr(m, "Z abchhhh"));
	assert_null(strstr(m, "\xc3"));
	assert_true(strlen(m) < SYSLOG_HEADER_MAX);
	free(m);
	record_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_hostile_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
