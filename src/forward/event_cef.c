/*
 * The format cef: ArcSight's Common Event Format, version 0, as Sentinel's
 * CommonSecurityLog and others read it.
 *
 * In the header '\' and '|' are escaped, in values '\', '=' and line ends; a
 * pipe in a value and an equals sign in the header mean nothing.
 *
 * tested with: test_formats
 */
#include "forward/format_priv.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include "util/utf8.h"
#include "version.h"

/* ArcSight keeps so much of msg, and of a custom string. */
#define CEF_MSG_MAX 1023
#define CEF_CUSTOM_MAX 1023

static void add_header(struct strbuf *out, const char *s, size_t max)
{
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;

	utf8_add_clean(&clean, s ? s : "", max, UTF8_LINE);
	for (const char *p = clean.buf; *p; p++) {
		if (*p == '\\' || *p == '|')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *p);
	}
	strbuf_addch(out, '|');
}

static void add_value(struct strbuf *out, const char *key, const char *s,
		      size_t max)
{
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;

	if (!s || !*s || max == 0)
		return;
	utf8_add_clean(&clean, s, max, UTF8_KEEP_NEWLINES);
	strbuf_addf(out, "%s=", key);
	for (const char *p = clean.buf; *p; p++) {
		if (*p == '\n') {
			strbuf_addstr(out, "\\n");
			continue;
		}
		if (*p == '\\' || *p == '=')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *p == '\t' ? ' ' : *p);
	}
	strbuf_addch(out, ' ');
}

static void add_number(struct strbuf *out, const char *key, int64_t value)
{
	if (value)
		strbuf_addf(out, "%s=%" PRId64 " ", key, value);
}

/* A custom slot means nothing without its label. */
static void add_custom(struct strbuf *out, const char *slot, const char *label,
		       const char *s, size_t max)
{
	if (!s || !*s || max == 0)
		return;
	add_value(out, slot, s, MIN(max, (size_t)CEF_CUSTOM_MAX));
	strbuf_addf(out, "%sLabel=%s ", slot, label);
}

/* src is an IPv4 address and nothing else; the other kind has a slot of its
 * own. One that is cut would be another one. */
static void add_addresses(const struct forward_record *r,
			  const struct measure *m, struct strbuf *out)
{
	const char *four = record_address(r, AF_INET);
	const char *six = record_address(r, AF_INET6);

	if (four && strlen(four) <= m->word)
		add_value(out, "src", four, m->word);
	if (six && strlen(six) <= m->word)
		add_custom(out, "c6a2", "Source IPv6 Address", six, m->word);
}

static void add_alert(const struct forward_record *r, const struct measure *m,
		      struct strbuf *out)
{
	const struct alert *a = &r->view.alert;
	char key[FORMAT_KEY_SIZE];

	add_value(out, "externalId", record_key(r, key), sizeof(key));
	add_value(out, "cat", a->provider, m->word);
	add_number(out, "start", a->activity_from_ms);
	add_number(out, "end", a->activity_to_ms);
	add_value(out, "msg", a->description,
		  MIN(m->text, (size_t)CEF_MSG_MAX));
	add_value(out, "duser", record_entity(r, "account"), m->word);
	add_addresses(r, m, out);
	add_value(out, "dhost", record_entity(r, "host"), m->word);
	if (a->portal_url && strlen(a->portal_url) <= CEF_MSG_MAX && m->text)
		add_value(out, "request", a->portal_url, CEF_MSG_MAX);
	if (a->created_ms) {
		add_number(out, "deviceCustomDate1", a->created_ms);
		strbuf_addstr(out, "deviceCustomDate1Label=created ");
	}
}

static void add_customs(const struct forward_record *r, const struct measure *m,
			struct strbuf *out)
{
	const struct alert *a = &r->view.alert;
	const struct tracked *t = &r->view.tracked;
	char due[24] = "";

	if (r->due_ms)
		(void)snprintf(due, sizeof(due), "%" PRId64, r->due_ms);
	add_custom(out, "cs1", "tenant", a->tenant, m->word);
	add_custom(out, "cs2", "subscription", a->subscription, m->word);
	add_custom(out, "cs3", "resourceId", a->resource_id, m->word);
	add_custom(out, "cs4", "status", alert_state_name(t->state), m->word);
	add_custom(out, "cs5", "techniques", a->techniques, m->word);
	add_custom(out, "cs6", "triageDue", due, m->word);
	add_number(out, "cn2", t->id);
	strbuf_addstr(out, "cn2Label=alertId ");
}

void event_cef_add(const struct forward_record *r, const char *host,
		   const struct measure *m, struct strbuf *out)
{
	const char *type = r->has_alert ? r->view.alert.alert_type : NULL;

	strbuf_addstr(out, "CEF:0|" FORMAT_VENDOR "|" FORMAT_VENDOR
			   "|" TRIAGED_VERSION "|");
	add_header(out, type && *type ? type : r->event.kind, m->word);
	add_header(out, record_title(r), m->word);
	strbuf_addf(out, "%d|", severity_ten(record_severity(r)));
	add_number(out, "rt", r->event.at_ms);
	add_value(out, "act", r->event.kind, m->word);
	add_value(out, "dvchost", host, m->word);
	add_number(out, "cn1", r->event.id);
	strbuf_addstr(out, "cn1Label=eventId ");
	if (r->has_alert) {
		add_alert(r, m, out);
		add_customs(r, m, out);
	}
	add_custom(out, "flexString1", "actor", r->event.actor, m->word);
	add_custom(out, "flexString2", "detail", r->event.detail, m->text);
	strbuf_setlen(out, out->len - 1); /* the last blank */
}
