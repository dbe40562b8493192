/*
 * Requests for an audit trail. The value in them comes out of alerts, so from
 * whoever chose the name of an account: it is data in JSON for the portal, and
 * a string literal of the query language for hunting. Called by activities.c;
 * knows no network.
 */
#include "source/activity_ask_priv.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* A user principal name has at most 113 characters, other names more. */
#define ACCOUNT_MAX 320

/* 8-4-4-4-12 */
static bool is_guid(const char *s)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(s) != strlen(form))
		return false;
	for (size_t i = 0; form[i]; i++) {
		if (form[i] == '-' ? s[i] != '-'
				   : !strchr("0123456789abcdefABCDEF", s[i]))
			return false;
	}
	return true;
}

static bool is_address(const char *s)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, s, bytes) == 1 ||
	       inet_pton(AF_INET6, s, bytes) == 1;
}

/* One line of valid text in which nothing moves a cursor or ends a line. */
static bool is_plain(const char *s)
{
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(s, 0, UTF8_LINE);

	return *s && utf8_length(clean) <= ACCOUNT_MAX && strcmp(clean, s) == 0;
}

int activities_check(const struct activities_query *q, struct err *err)
{
	if (q->about == ACTIVITIES_ADDRESS && !is_address(q->value))
		return err_set(err, ERR_CONF,
			       "that is no IP address; give one like "
			       "203.0.113.9 or 2001:db8::9");
	if (!is_plain(q->value))
		return err_set(err, ERR_CONF,
			       "a user is named by at most %d characters on "
			       "one line, like ada@example.org",
			       ACCOUNT_MAX);
	if (q->from_ms <= 0 || q->from_ms > q->moment_ms ||
	    q->from_ms > q->to_ms)
		return err_set(err, ERR_CONF,
			       "the time to look at ends before it begins");
	if (q->most < 1 || q->most > ACTIVITIES_MOST)
		return err_set(err, ERR_CONF,
			       "between 1 and %d activities can be asked for",
			       ACTIVITIES_MOST);
	return 0;
}

/* {"user.username": {"eq": [VALUE]}} */
char *activity_ask_filter(const struct activities_query *q)
{
	CLEANUP(jsonx_unref) json_t *filter = NULL;
	CLEANUP(free_ptr) char *text = NULL;
	json_t *value;

	/* An object id is the key of an entity; 11161 is Office 365, whose
	 * directory all the other apps refer to. */
	if (q->about == ACTIVITIES_ACCOUNT && is_guid(q->value))
		value = json_pack("{s:s, s:i, s:i}", "id", q->value, "saas",
				  11161, "inst", 0);
	else
		value = json_string(q->value);
	filter = json_pack("{s:{s:[o]}}",
			   q->about == ACTIVITIES_ADDRESS ? "ip.address"
			   : json_is_object(value)	  ? "entity"
							  : "user.username",
			   "eq", value);
	text = jsonx_dump(filter);
	/* Without it a filter would ask for everybody's activities. */
	if (!text)
		xmalloc_die("out of memory");
	return xstrndup(text + 1, strlen(text) - 2);
}

/*
 * A string literal. In one that is not verbatim only the quote, the backslash
 * and the end of the line mean anything; activities_check() lets no end of a
 * line in.
 */
static void add_literal(struct strbuf *sb, const char *s)
{
	strbuf_addch(sb, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			strbuf_addch(sb, '\\');
		strbuf_addch(sb, *s);
	}
	strbuf_addch(sb, '"');
}

static void add_condition(struct strbuf *sb, const struct activities_query *q)
{
	static const char *const accounts[] = {
		"AccountId",
		"AccountObjectId",
		"tostring(RawEventData.UserId)",
	};
	static const char *const addresses[] = { "IPAddress" };
	bool is_ip = q->about == ACTIVITIES_ADDRESS;
	const char *const *columns = is_ip ? addresses : accounts;
	size_t n = is_ip ? ARRAY_SIZE(addresses) : ARRAY_SIZE(accounts);

	for (size_t i = 0; i < n; i++) {
		strbuf_addf(sb, "%s%s =~ ", i ? " or " : "", columns[i]);
		add_literal(sb, q->value);
	}
}

char *activity_ask_hunting(const struct activities_query *q)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *body = NULL;
	char from[TIMEFMT_MAX], to[TIMEFMT_MAX], moment[TIMEFMT_MAX];
	char *text;

	timefmt_utc(q->from_ms, from);
	timefmt_utc(q->to_ms, to);
	timefmt_utc(q->moment_ms, moment);
	strbuf_addf(&sb,
		    "CloudAppEvents | where Timestamp >= datetime(%s)"
		    " and Timestamp <= datetime(%s) | where ",
		    from, to);
	add_condition(&sb, q);
	strbuf_addf(&sb,
		    " | extend TriagedDistance = abs(Timestamp - datetime(%s))"
		    " | top %zu by TriagedDistance asc"
		    " | project-away TriagedDistance",
		    moment, q->most + 1);
	body = json_pack("{s:s}", "Query", sb.buf);
	text = jsonx_dump(body);
	if (!text)
		xmalloc_die("out of memory");
	return text;
}
