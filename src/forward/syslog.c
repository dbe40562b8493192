/*
 * Header, structured data and framing of syslog messages. Pure; called by the
 * syslog destination.
 *
 * No byte order mark stands before the text, although RFC 5424 asks for one
 * before UTF-8: CEF, LEEF and JSON must begin with their own first byte, or
 * the parsers behind the receivers do not know them. So it is of the kind
 * MSG-ANY, which the RFC allows.
 */
#include "forward/syslog.h"

#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>
#include "core/severity.h"
#include "util/timefmt.h"

#define HOST_MAX 255
#define MSGID_MAX 32

static int level_of(const struct forward_record *r)
{
	static const int levels[SEVERITY_MAX] = { LOG_INFO, LOG_NOTICE,
						  LOG_WARNING, LOG_ERR,
						  LOG_CRIT };

	return levels[r->has_alert ? r->view.tracked.severity : SEVERITY_INFO];
}

/* A header field: printable ASCII without blanks, "-" for nothing. */
static void add_field(struct strbuf *out, const char *s, size_t max)
{
	size_t start = out->len;

	for (; s && *s && out->len - start < max; s++)
		if (*s > ' ' && *s < 0x7f)
			strbuf_addch(out, *s);
	if (out->len == start)
		strbuf_addch(out, '-');
}

/* The value of a parameter; ours are plain words, whatever a row says. */
static void add_parameter(struct strbuf *out, const char *name, const char *s,
			  size_t max)
{
	size_t n = 0;

	strbuf_addf(out, " %s=\"", name);
	for (; *s && n < max; s++) {
		if (*s < ' ' || *s >= 0x7f)
			continue;
		if (*s == '"' || *s == '\\' || *s == ']')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *s);
		n++;
	}
	strbuf_addch(out, '"');
}

static void add_structured(const struct syslog_style *s,
			   const struct forward_record *r, struct strbuf *out)
{
	strbuf_addf(out, " [triaged@%s event=\"%" PRId64 "\"", s->enterprise_id,
		    r->event.id);
	if (r->event.alert_id)
		strbuf_addf(out, " alert=\"%" PRId64 "\"", r->event.alert_id);
	add_parameter(out, "kind", r->event.kind, MSGID_MAX);
	if (r->has_alert)
		add_parameter(out, "severity",
			      severity_name(r->view.tracked.severity),
			      MSGID_MAX);
	strbuf_addch(out, ']');
}

void syslog_add(const struct syslog_style *s, const struct forward_record *r,
		const struct strbuf *text, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf head = STRBUF_INIT;
	char when[TIMEFMT_MAX];

	strbuf_addf(&head, "<%d>1 %s ", s->facility * 8 + level_of(r),
		    timefmt_utc(r->event.at_ms, when));
	add_field(&head, s->host, HOST_MAX);
	strbuf_addstr(&head, " triaged - ");
	add_field(&head, r->event.kind, MSGID_MAX);
	add_structured(s, r, &head);
	strbuf_addch(&head, ' ');
	if (s->octet_counting)
		strbuf_addf(out, "%zu ", head.len + text->len);
	strbuf_add(out, head.buf, head.len);
	strbuf_add(out, text->buf, text->len);
	if (!s->octet_counting)
		strbuf_addch(out, '\n');
}
