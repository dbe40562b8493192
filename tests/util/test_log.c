/*
 * Tests of util/log: the terminal line, the journal fields, hostile values.
 *
 * Battery: G6.
 */
#include "util/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "triaged/messages.h"
#include "util/clock.h"
#include "util/strbuf.h"

/* In place of libsystemd's: what would have gone to the journal. */
static struct strbuf journal = STRBUF_INIT;
static int journal_rc;

int sd_journal_sendv(const struct iovec *iov, int n)
{
	for (int i = 0; i < n && journal_rc == 0; i++) {
		strbuf_add(&journal, iov[i].iov_base, iov[i].iov_len);
		strbuf_addch(&journal, '\n');
	}
	errno = EPIPE;
	return journal_rc;
}

/* Standard error goes to a file while a test runs. */
static int saved_stderr;
static FILE *captured;

static int setup(void **state)
{
	(void)state;
	clock_hold(1795296120000, 0);
	strbuf_reset(&journal);
	captured = tmpfile();
	saved_stderr = dup(STDERR_FILENO);
	return captured && dup2(fileno(captured), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	(void)dup2(saved_stderr, STDERR_FILENO);
	(void)close(saved_stderr);
	(void)fclose(captured);
	strbuf_release(&journal);
	log_init(LOG_SINK_STDERR, false);
	clock_release();
	return 0;
}

static void expect_stderr(const char *want)
{
	char got[8192];
	ssize_t len = pread(fileno(captured), got, sizeof(got) - 1, 0);

	assert_true(len >= 0);
	got[len] = '\0';
	assert_string_equal(got, want);
}

static void line_on_a_terminal(void **state)
{
	(void)state;
	log_init(LOG_SINK_STDERR, false);
	log_event(LOG_WARNING, "id", "SLA breached", kv_int("ALERT_ID", 12),
		  kv_int("LATE_MS", -42), kv_str("TITLE", "quoted \"text\""),
		  kv_str("ABSENT", NULL), kv_str("EMPTY", ""),
		  kv_str("HOST", "vm-1"), kv_str("PAIR", "a=b"),
		  kv_str("PATH", "c:\\x"));
	log_event(LOG_INFO, NULL, "no fields");
	expect_stderr("2026-11-21T21:22:00.000Z warning SLA breached "
		      "alert_id=12 late_ms=-42 title=\"quoted \\\"text\\\"\" "
		      "empty=\"\" host=vm-1 pair=\"a=b\" path=\"c:\\\\x\"\n"
		      "2026-11-21T21:22:00.000Z info no fields\n");
}

static void hostile_values_are_escaped(void **state)
{
	(void)state;
	log_init(LOG_SINK_STDERR, false);
	log_event(LOG_ERR, NULL, "x\ny",
		  kv_str("A", "a\nb\x1b[2J\x7f\xff\xe2\x80\xae\xc2\x85"),
		  kv_str("B", "%s\xc3\xa9\xef\xbb\xbf"));
	expect_stderr("2026-11-21T21:22:00.000Z err x\\x0Ay "
		      "a=a\\x0Ab\\x1B[2J\\x7F\\xFF\\xE2\\x80\\xAE\\xC2\\x85 "
		      "b=%s\xc3\xa9\\xEF\\xBB\\xBF\n");
}

static void long_values_are_cut(void **state)
{
	CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT;
	char value[5001];

	(void)state;
	memset(value, 'v', 5000);
	value[5000] = '\0';
	log_init(LOG_SINK_STDERR, false);
	log_event(LOG_ERR, NULL, "t", kv_str("V", value));
	strbuf_addf(&want, "2026-11-21T21:22:00.000Z err t v=%.1000s...\n",
		    value);
	expect_stderr(want.buf);
}

static void fields_in_the_journal(void **state)
{
	CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT;

	(void)state;
	log_init(LOG_SINK_JOURNAL, false);
	errno = ENOENT;
	log_event(LOG_WARNING, "00112233445566778899aabbccddeeff",
		  "SLA breached", kv_int("ALERT_ID", 12), kv_str("NONE", NULL),
		  kv_str("TITLE", "a \"b\"\nMESSAGE=forged"));
	assert_int_equal(errno, ENOENT);
	strbuf_addf(&want,
		    "MESSAGE=SLA breached alert_id=12 "
		    "title=\"a \\\"b\\\"\\x0AMESSAGE=forged\"\n"
		    "PRIORITY=4\nSYSLOG_IDENTIFIER=%s\n"
		    "MESSAGE_ID=00112233445566778899aabbccddeeff\n"
		    "TRIAGED_ALERT_ID=12\n"
		    "TRIAGED_TITLE=a \"b\"\\x0AMESSAGE=forged\n",
		    program_invocation_short_name);
	assert_string_equal(journal.buf, want.buf);
	expect_stderr("");
}

static void too_many_fields_are_left_out(void **state)
{
	struct kv fields[40];
	size_t n_lines = 0;

	(void)state;
	for (size_t i = 0; i < 39; i++)
		fields[i] = kv_int("N", (int64_t)i);
	fields[39] = (struct kv){ KV_END, 0, 0, 0 };
	log_init(LOG_SINK_JOURNAL, false);
	log_event_kv(LOG_INFO, NULL, "many", fields);
	for (size_t i = 0; i < journal.len; i++)
		n_lines += journal.buf[i] == '\n';
	assert_int_equal(n_lines, 24);
}

static void debug_only_when_asked(void **state)
{
	(void)state;
	log_init(LOG_SINK_STDERR, false);
	log_debug("hidden %d", 1);
	log_event(LOG_DEBUG, NULL, "hidden");
	log_init(LOG_SINK_STDERR, true);
	log_debug("shown %d\n", 1);
	log_init(LOG_SINK_NONE, true);
	log_debug("hidden %d", 2);
	log_event(LOG_ERR, NULL, "hidden");
	expect_stderr("2026-11-21T21:22:00.000Z debug shown 1\\x0A\n");
	assert_int_equal(journal.len, 0);
}

static void journal_stream_must_be_ours(void **state)
{
	struct stat st;
	char text[64];

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)unsetenv("JOURNAL_STREAM");
	assert_int_equal(log_detect_sink(), LOG_SINK_STDERR);
	(void)setenv("JOURNAL_STREAM", "nonsense", 1);
	assert_int_equal(log_detect_sink(), LOG_SINK_STDERR);
	(void)snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino + 1);
	(void)setenv("JOURNAL_STREAM", text, 1);
	assert_int_equal(log_detect_sink(), LOG_SINK_STDERR);
	(void)snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino);
	(void)setenv("JOURNAL_STREAM", text, 1);
	assert_int_equal(log_detect_sink(), LOG_SINK_JOURNAL);
	(void)unsetenv("JOURNAL_STREAM");
}

/* A line is whole or not at all, so that lines of others do not mix with it. */
static void long_lines_are_cut(void **state)
{
	CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT;
	struct kv fields[8];
	char value[901];

	(void)state;
	for (size_t i = 0; i < 300; i++)
		memcpy(value + 3 * i, "\xe2\x82\xac", 3);
	value[900] = '\0';
	for (size_t i = 0; i < 7; i++)
		fields[i] = kv_str("V", value);
	fields[7] = (struct kv){ KV_END, 0, 0, 0 };
	log_init(LOG_SINK_STDERR, false);
	log_event_kv(LOG_ERR, NULL, "t", fields);
	strbuf_addstr(&want, "2026-11-21T21:22:00.000Z err t");
	for (size_t i = 0; i < 4; i++)
		strbuf_addf(&want, " v=%s", value);
	/* 4096 bytes at most, and no half of a sign. */
	strbuf_addf(&want, " v=%.*s...\n", (PIPE_BUF - 4 - 3642 - 3) / 3 * 3,
		    value);
	assert_in_range(want.len, PIPE_BUF - 2, PIPE_BUF);
	expect_stderr(want.buf);
}

static void what_nobody_takes_is_counted_and_told(void **state)
{
	uint64_t before = log_lost();
	char bytes[2 * PIPE_BUF];
	int ends[2];
	ssize_t n;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, sizeof(bytes)),
			 sizeof(bytes));
	assert_int_equal(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_init(LOG_SINK_STDERR, false);
	for (size_t i = 0; i < 3; i++)
		log_event(LOG_INFO, NULL, "lost");
	assert_int_equal(log_lost() - before, 3);
	assert_int_equal(read(ends[0], bytes, sizeof(bytes)), sizeof(bytes));
	log_event(LOG_INFO, NULL, "taken");
	log_event(LOG_INFO, NULL, "taken");
	n = read(ends[0], bytes, sizeof(bytes) - 1);
	assert_true(n > 0);
	bytes[n] = '\0';
	assert_string_equal(
		bytes, "2026-11-21T21:22:00.000Z warning log entries were lost "
		       "count=3\n2026-11-21T21:22:00.000Z info taken\n"
		       "2026-11-21T21:22:00.000Z info taken\n");
	assert_int_equal(log_lost() - before, 3);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void a_journal_that_refuses_is_told_later(void **state)
{
	uint64_t before = log_lost();

	(void)state;
	log_init(LOG_SINK_JOURNAL, false);
	log_event(LOG_INFO, NULL, "settles what others left");
	strbuf_reset(&journal);
	journal_rc = -ENOBUFS;
	log_event(LOG_INFO, NULL, "refused");
	journal_rc = 0;
	log_event(LOG_INFO, NULL, "taken");
	assert_int_equal(log_lost() - before, 1);
	assert_non_null(strstr(journal.buf, "MESSAGE=log entries were lost "
					    "count=1\nPRIORITY=4\n"));
	assert_non_null(strstr(journal.buf, "MESSAGE_ID=" MSG_LOG_LOST));
	assert_non_null(strstr(journal.buf, "MESSAGE=taken"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(line_on_a_terminal),
		TEST(hostile_values_are_escaped),
		TEST(long_values_are_cut),
		TEST(fields_in_the_journal),
		TEST(too_many_fields_are_left_out),
		TEST(debug_only_when_asked),
		TEST(journal_stream_must_be_ours),
		TEST(long_lines_are_cut),
		TEST(what_nobody_takes_is_counted_and_told),
		TEST(a_journal_that_refuses_is_told_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
