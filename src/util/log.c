/*
 * What an operator reads. Called by daemon/ for events and by every room for
 * debug lines, from any thread: one event is one write. Knows neither alerts
 * nor who reads; never fails and never waits, since nothing depends on it: what
 * nobody takes is counted, and told of when somebody takes it again.
 */
#include "util/log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
/* Else each entry would say it came from this file. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "triaged/messages.h"
#include "util/clock.h"
#include "util/strbuf.h"
#include "util/streams.h"
#include "util/timefmt.h"
#include "util/utf8.h"

#define VALUE_MAX 1000 /* bytes of a value that are shown */
#define FIELDS_MAX 24

static enum log_sink sink = LOG_SINK_STDERR;
static bool debug;
/* Entries that nobody took, and how many of them were told of. */
static _Atomic uint64_t lost, lost_told;
/* libsystemd's own socket waits for a journal that does not read; what is
 * connected to the same place tells whether it has room. -1: cannot be known.
 */
static int journal = -1;

enum log_sink log_detect_sink(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2 ||
	    fstat(STDERR_FILENO, &st) < 0)
		return LOG_SINK_STDERR;
	/* A child whose error stream was redirected inherits the variable. */
	return st.st_dev == device && st.st_ino == inode ? LOG_SINK_JOURNAL
							 : LOG_SINK_STDERR;
}

static int connect_journal(void)
{
	static const struct sockaddr_un place = {
		.sun_family = AF_UNIX,
		.sun_path = "/run/systemd/journal/socket",
	};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&place, sizeof(place)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

void log_init(enum log_sink new_sink, bool new_debug)
{
	sink = new_sink;
	debug = new_debug;
	if (sink == LOG_SINK_JOURNAL && journal < 0)
		journal = connect_journal();
}

uint64_t log_lost(void)
{
	return lost;
}

/* One code point of foreign text, made harmless. Returns its bytes. */
static size_t add_escaped(struct strbuf *sb, const char *s, size_t len)
{
	uint32_t point = 0;
	size_t n = utf8_decode(s, len, &point);
	bool ok = n > 0 && !utf8_is_deceptive(point);

	if (n == 0)
		n = 1;
	if (ok)
		strbuf_add(sb, s, n);
	for (size_t i = 0; i < n && !ok; i++)
		strbuf_addf(sb, "\\x%02X", (unsigned char)s[i]);
	return n;
}

/* Printable ASCII that stands for itself, also inside quotes. */
static size_t plain_run(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' &&
	       s[n] != '\\')
		n++;
	return n;
}

/* @quoted: inside quotes, so that quotes and backslashes need a backslash. */
static void add_value(struct strbuf *sb, const char *s, bool quoted)
{
	size_t len = strlen(s);
	size_t start = sb->len;

	while (len > 0) {
		size_t room, n;

		if (sb->len - start >= VALUE_MAX) {
			strbuf_addstr(sb, "...");
			return;
		}
		room = VALUE_MAX - (sb->len - start);
		n = plain_run(s, MIN(len, room));
		if (n > 0) {
			strbuf_add(sb, s, n);
			s += n;
			len -= n;
			continue;
		}
		if (quoted && (*s == '"' || *s == '\\'))
			strbuf_addch(sb, '\\');
		n = add_escaped(sb, s, len);
		s += n;
		len -= n;
	}
}

static bool needs_quotes(const char *s)
{
	if (!*s)
		return true;
	for (; *s; s++)
		if (*s == ' ' || *s == '"' || *s == '=' || *s == '\\')
			return true;
	return false;
}

static bool is_shown(const struct kv *f)
{
	return f->type == KV_INT || (f->type == KV_STR && f->str);
}

static void add_pair(struct strbuf *sb, const struct kv *f)
{
	size_t at;

	if (!is_shown(f))
		return;
	strbuf_addch(sb, ' ');
	at = sb->len;
	strbuf_addstr(sb, f->name);
	for (; at < sb->len; at++)
		sb->buf[at] = (char)tolower((unsigned char)sb->buf[at]);
	strbuf_addch(sb, '=');
	if (f->type == KV_INT) {
		strbuf_addf(sb, "%" PRId64, f->num);
	} else if (needs_quotes(f->str)) {
		strbuf_addch(sb, '"');
		add_value(sb, f->str, true);
		strbuf_addch(sb, '"');
	} else {
		add_value(sb, f->str, false);
	}
}

static const char *level_name(int level)
{
	static const char *const names[] = { "emerg", "alert",	 "crit",
					     "err",   "warning", "notice",
					     "info",  "debug" };

	if (level < 0 || (size_t)level >= ARRAY_SIZE(names))
		level = LOG_DEBUG;
	return names[level];
}

/* One line, whole or not at all: more than PIPE_BUF might wait for a reader. */
static bool write_line(struct strbuf *sb)
{
	static const char cut[] = "...\n";
	ssize_t n;

	if (sb->len > PIPE_BUF) {
		size_t keep = PIPE_BUF - (sizeof(cut) - 1);

		while ((sb->buf[keep] & 0xC0) == 0x80) /* inside a code point */
			keep--;
		strbuf_setlen(sb, keep);
		strbuf_addstr(sb, cut);
	}
	if (!streams_has_room(STDERR_FILENO))
		return false;
	do
		n = write(STDERR_FILENO, sb->buf, sb->len);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sb->len;
}

static bool to_stderr(int level, const char *text, const struct kv *fields)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char when[TIMEFMT_MAX];

	strbuf_addf(&sb, "%s %s ", timefmt_utc(clock_wall_ms(), when),
		    level_name(level));
	add_value(&sb, text, false);
	for (; fields->type != KV_END; fields++)
		add_pair(&sb, fields);
	strbuf_addch(&sb, '\n');
	return write_line(&sb);
}

/* The fields of one entry, in one buffer: pointers only when it is complete. */
struct entry {
	struct strbuf text;
	size_t end[FIELDS_MAX];
	size_t n;
};

static void entry_release(struct entry *e)
{
	strbuf_release(&e->text);
}

static void entry_close_field(struct entry *e)
{
	if (e->n < FIELDS_MAX)
		e->end[e->n++] = e->text.len;
}

static void entry_add_kv(struct entry *e, const struct kv *f)
{
	if (!is_shown(f))
		return;
	strbuf_addf(&e->text, "TRIAGED_%s=", f->name);
	if (f->type == KV_INT)
		strbuf_addf(&e->text, "%" PRId64, f->num);
	else
		add_value(&e->text, f->str, false);
	entry_close_field(e);
}

static bool entry_send(struct entry *e)
{
	struct iovec iov[FIELDS_MAX];
	size_t start = 0;

	if (journal >= 0 && !streams_has_room(journal))
		return false;
	for (size_t i = 0; i < e->n; i++) {
		iov[i].iov_base = e->text.buf + start;
		iov[i].iov_len = e->end[i] - start;
		start = e->end[i];
	}
	return sd_journal_sendv(iov, (int)e->n) >= 0;
}

static bool to_journal(int level, const char *message_id, const char *text,
		       const struct kv *fields)
{
	CLEANUP(entry_release) struct entry e = { .text = STRBUF_INIT };

	/* The values stand in the line too: it is all journalctl shows. */
	strbuf_addstr(&e.text, "MESSAGE=");
	add_value(&e.text, text, false);
	for (const struct kv *f = fields; f->type != KV_END; f++)
		add_pair(&e.text, f);
	entry_close_field(&e);
	strbuf_addf(&e.text, "PRIORITY=%d", level & LOG_PRIMASK);
	entry_close_field(&e);
	/* sd_journal_sendv does not name the program by itself. */
	strbuf_addf(&e.text, "SYSLOG_IDENTIFIER=%s",
		    program_invocation_short_name);
	entry_close_field(&e);
	if (message_id) {
		strbuf_addf(&e.text, "MESSAGE_ID=%s", message_id);
		entry_close_field(&e);
	}
	for (; fields->type != KV_END; fields++)
		entry_add_kv(&e, fields);
	return entry_send(&e);
}

static bool tell(int level, const char *message_id, const char *text,
		 const struct kv *fields)
{
	switch (sink) {
	case LOG_SINK_STDERR:
		return to_stderr(level, text, fields);
	case LOG_SINK_JOURNAL:
		return to_journal(level, message_id, text, fields);
	case LOG_SINK_NONE:
		break;
	}
	return true;
}

/* What was not written is told of as soon as something can be. */
static void tell_lost(void)
{
	uint64_t now = lost, before = lost_told;
	const struct kv fields[] = { kv_int("COUNT", (int64_t)(now - before)),
				     { KV_END, 0, 0, 0 } };

	if (now != before &&
	    tell(LOG_WARNING, MSG_LOG_LOST, "log entries were lost", fields))
		atomic_compare_exchange_strong(&lost_told, &before, now);
}

void log_event_kv(int level, const char *message_id, const char *text,
		  const struct kv *fields)
{
	int saved_errno = errno;

	if (level >= LOG_DEBUG && !debug)
		return;
	tell_lost();
	if (!tell(level, message_id, text, fields))
		lost++;
	errno = saved_errno;
}

void log_debug(const char *fmt, ...)
{
	static const struct kv none = { KV_END, 0, 0, 0 };
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	va_list ap;

	if (!debug || sink == LOG_SINK_NONE)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	log_event_kv(LOG_DEBUG, NULL, sb.buf, &none);
}
