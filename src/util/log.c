/*
 * What an operator reads. Called by daemon/ for events and by every room for
 * debug lines, from any thread: one event is one system call. Knows neither
 * alerts nor who reads; never fails, since nothing depends on it.
 */
#include "util/log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
/* Else each entry would say it came from this file. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/strbuf.h"
#include "util/timefmt.h"
#include "util/utf8.h"

#define VALUE_MAX 1000 /* bytes of a value that are shown */
#define FIELDS_MAX 24

static enum log_sink sink = LOG_SINK_STDERR;
static bool debug;

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

void log_init(enum log_sink new_sink, bool new_debug)
{
	sink = new_sink;
	debug = new_debug;
}

/* One code point of foreign text, made harmless. Returns its bytes. */
static size_t add_escaped(struct strbuf *sb, const char *s, size_t len)
{
	uint32_t point = 0;
	size_t n = utf8_decode(s, len, &point);
	bool ok = n > 0 && !utf8_is_harmful(point);

	if (n == 0)
		n = 1;
	if (ok)
		strbuf_add(sb, s, n);
	for (size_t i = 0; i < n && !ok; i++)
		strbuf_addf(sb, "\\x%02X", (unsigned char)s[i]);
	return n;
}

/* @quoted: inside quotes, so that quotes and backslashes need a backslash. */
static void add_value(struct strbuf *sb, const char *s, bool quoted)
{
	size_t len = strlen(s);
	size_t start = sb->len;

	while (len > 0) {
		size_t n;

		if (sb->len - start >= VALUE_MAX) {
			strbuf_addstr(sb, "...");
			return;
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
	if (!is_shown(f))
		return;
	strbuf_addch(sb, ' ');
	for (const char *c = f->name; *c; c++)
		strbuf_addch(sb, (char)tolower((unsigned char)*c));
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

static void write_all(const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		/* Nobody reads: a log that cannot be written is lost. */
		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

static void to_stderr(int level, const char *text, const struct kv *fields)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char when[TIMEFMT_MAX];

	strbuf_addf(&sb, "%s %s ", timefmt_utc(clock_wall_ms(), when),
		    level_name(level));
	add_value(&sb, text, false);
	for (; fields->type != KV_END; fields++)
		add_pair(&sb, fields);
	strbuf_addch(&sb, '\n');
	write_all(sb.buf, sb.len);
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

static void entry_send(struct entry *e)
{
	struct iovec iov[FIELDS_MAX];
	size_t start = 0;

	for (size_t i = 0; i < e->n; i++) {
		iov[i].iov_base = e->text.buf + start;
		iov[i].iov_len = e->end[i] - start;
		start = e->end[i];
	}
	/* Nobody to tell: the journal is where failures are told. */
	(void)sd_journal_sendv(iov, (int)e->n);
}

static void to_journal(int level, const char *message_id, const char *text,
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
	entry_send(&e);
}

void log_event_kv(int level, const char *message_id, const char *text,
		  const struct kv *fields)
{
	int saved_errno = errno;

	if (level >= LOG_DEBUG && !debug)
		return;
	switch (sink) {
	case LOG_SINK_STDERR:
		to_stderr(level, text, fields);
		break;
	case LOG_SINK_JOURNAL:
		to_journal(level, message_id, text, fields);
		break;
	case LOG_SINK_NONE:
		break;
	}
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
