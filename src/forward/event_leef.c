/*
 * The format leef: IBM QRadar's Log Event Extended Format 2.0, with the tab as
 * its delimiter.
 *
 * The event id is what happened (opened, closed ...) and not the detector:
 * QRadar wants each id mapped by hand, and detectors have no end.
 *
 * tested with: test_formats
 */
#include "forward/format_priv.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include "util/timefmt.h"
#include "util/utf8.h"
#include "version.h"

/* Nothing escapes a pipe in the header. */
static void add_header(struct strbuf *out, const char *s, size_t max)
{
	size_t start = out->len;

	utf8_add_clean(out, s, max, UTF8_LINE);
	for (size_t i = start; i < out->len; i++)
		if (out->buf[i] == '|')
			out->buf[i] = ' ';
	strbuf_addch(out, '|');
}

/* Tabs and line ends become blanks; nothing else can end a value. */
static void add_value(struct strbuf *out, const char *key, const char *s,
		      size_t max)
{
	if (!s || !*s || max == 0)
		return;
	strbuf_addf(out, "%s=", key);
	utf8_add_clean(out, s, max, UTF8_LINE);
	strbuf_addch(out, '\t');
}

static void add_number(struct strbuf *out, const char *key, int64_t value)
{
	if (value)
		strbuf_addf(out, "%s=%" PRId64 "\t", key, value);
}

static void add_instant(struct strbuf *out, const char *key, int64_t ms)
{
	char buf[TIMEFMT_MAX];

	if (ms)
		strbuf_addf(out, "%s=%s\t", key, timefmt_utc(ms, buf));
}

static void add_alert(const struct forward_record *r, const struct measure *m,
		      struct strbuf *out)
{
	const struct alert *a = &r->view.alert;
	const struct tracked *t = &r->view.tracked;
	const char *ip = record_address(r, AF_UNSPEC);
	char key[FORMAT_KEY_SIZE];

	add_value(out, "cat", a->provider, m->word);
	/* One that is cut would be another one. */
	if (ip && strlen(ip) <= m->word)
		add_value(out, "src", ip, m->word);
	add_value(out, "usrName", record_entity(r, "account"), m->word);
	add_value(out, "identHostName", record_entity(r, "host"), m->word);
	add_value(out, "resource", a->resource_id, m->word);
	add_value(out, "policy", a->policy, m->word);
	if (a->portal_url && strlen(a->portal_url) <= 4 * m->word)
		add_value(out, "url", a->portal_url, 4 * m->word);
	add_number(out, "alertId", t->id);
	add_value(out, "alertKey", record_key(r, key), sizeof(key));
	add_value(out, "alertType", a->alert_type, m->word);
	add_value(out, "title", a->title, m->word);
	add_value(out, "description", a->description, m->text);
	add_value(out, "severity", severity_name(t->severity), m->word);
	add_value(out, "state", alert_state_name(t->state), m->word);
	add_value(out, "phase", phase_name(t->phase), m->word);
	add_value(out, "owner", t->owner, m->word);
	add_value(out, "tenant", a->tenant, m->word);
	add_value(out, "subscription", a->subscription, m->word);
	add_value(out, "tactics", a->tactics, m->word);
	add_value(out, "techniques", a->techniques, m->word);
	add_instant(out, "createdAt", a->created_ms);
	add_instant(out, "triageDueAt", r->due_ms);
}

void event_leef_add(const struct forward_record *r, const char *host,
		    const struct measure *m, struct strbuf *out)
{
	char hash[65];

	strbuf_addstr(out, "LEEF:2.0|" FORMAT_VENDOR "|" FORMAT_VENDOR
			   "|" TRIAGED_VERSION "|");
	add_header(out, r->event.kind, m->word);
	strbuf_addstr(out, "x09|");
	add_number(out, "devTime", r->event.at_ms);
	add_number(out, "sev", severity_ten(record_severity(r)));
	add_number(out, "eventId", r->event.id);
	add_value(out, "eventHash", record_hash(r, hash), sizeof(hash));
	add_value(out, "actor", r->event.actor, m->word);
	add_value(out, "host", host, m->word);
	if (r->has_alert)
		add_alert(r, m, out);
	add_value(out, "detail", r->event.detail, m->text);
	strbuf_setlen(out, out->len - 1); /* the last tab */
}
