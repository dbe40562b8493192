/*
 * See drill_alert.h. Called by daemon/drilling.c. What is not said stays
 * absent, as in an alert whose source does not know: a drill finds the route
 * of what it was told to look like, and of nothing else.
 *
 * tested with: test_drill_alert
 */
#include "triage/drill_alert.h"

#include <inttypes.h>
#include <string.h>
#include "triage/silences.h"
#include "util/compiler.h"
#include "util/digest.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define NONCE_BYTES 4

/* Why a key cannot be chosen. */
static const char *const refused[MATCH_KEY_MAX] = {
	[MATCH_SEVERITY] = "say it with --severity",
	[MATCH_SOURCE] = "its source is drill, so that everybody sees what it "
			 "is",
	[MATCH_STATUS] = "a drill is always new",
	[MATCH_TAG] = "tags come from rules",
	[MATCH_INCIDENT] = "a drill is never an incident",
};

/* Where the value of a key goes; NULL: somewhere else, or nowhere. */
static char **field_of(struct alert *a, enum match_key key)
{
	char **const fields[MATCH_KEY_MAX] = {
		[MATCH_PROVIDER] = &a->provider,
		[MATCH_TENANT] = &a->tenant,
		[MATCH_SUBSCRIPTION] = &a->subscription,
		[MATCH_RESOURCE] = &a->resource_id,
		[MATCH_RESOURCE_TYPE] = &a->resource_type,
		[MATCH_ALERT_TYPE] = &a->alert_type,
		[MATCH_TITLE] = &a->title,
		[MATCH_ENTITY] = &a->entity,
		[MATCH_TACTIC] = &a->tactics,
		[MATCH_TECHNIQUE] = &a->techniques,
		[MATCH_CATEGORY] = &a->category,
		[MATCH_POLICY] = &a->policy,
	};

	return fields[key];
}

static int check_key(enum match_key key, const struct strlist *values,
		     struct err *err)
{
	const char *name = match_key_name(key);

	if (refused[key])
		return err_set(err, ERR_CONF,
			       "a drill cannot be asked for with %s=: %s", name,
			       refused[key]);
	if (values->n > 1)
		return err_set(err, ERR_CONF,
			       "%s= has %zu values, and the alert of a drill "
			       "has one; run a drill for each",
			       name, values->n);
	if (strpbrk(values->v[0], "*?"))
		return err_set(err, ERR_CONF,
			       "%s=%.60s is a pattern; a drill needs the value "
			       "itself, such as resource=/subscriptions/...",
			       name, values->v[0]);
	return 0;
}

static int put_key(struct alert *a, enum match_key key,
		   const struct strlist *values, struct err *err)
{
	CLEANUP(free_ptr) char *value = NULL;
	char **field = field_of(a, key);
	int rc = check_key(key, values, err);

	if (rc < 0)
		return rc;
	value = utf8_clean_dup(values->v[0], ALERT_WORD_MAX, UTF8_LINE);
	if (key == MATCH_ACCOUNT)
		alert_add_entity(a, "account", value, NULL);
	else if (field)
		*field = take(value);
	return 0;
}

static int put_match(struct alert *a, const char *match, struct err *err)
{
	CLEANUP(silence_release) struct silence s = { 0 };
	int rc = 0;

	if (!match || !*match)
		return 0;
	rc = silence_parse_when(match, &s, err);
	if (rc >= 0 && s.when.deny)
		rc = err_set(err, ERR_CONF,
			     "a drill needs what the alert is, not what it is "
			     "not");
	for (int key = 0; key < MATCH_KEY_MAX && rc >= 0; key++) {
		const struct strlist *values = &s.when.globs[key];

		if (values->n > 0)
			rc = put_key(a, (enum match_key)key, values, err);
	}
	return rc < 0 ? rc : 0;
}

static char *title_of(const char *given)
{
	return given ? xasprintf("DRILL: %s", given)
		     : xstrdup("DRILL: nothing has happened, please "
			       "acknowledge");
}

static char *description_of(const struct drill *d)
{
	char end[TIMEFMT_MAX];

	timefmt_minute(d->ends_ms, 0, end);
	return xasprintf(
		"%s runs a drill: does %s alert reach somebody now, and does "
		"somebody answer? Nothing has happened. Acknowledge it as you "
		"would a real one; nothing else is to be done. It closes by "
		"itself, at %s UTC at the latest. Reason: %s",
		d->asked_by,
		d->severity == SEVERITY_CRITICAL ? "a critical" : "such an",
		end, d->reason ? d->reason : "none was given");
}

/* What the source said, and its hash: the only words that change. */
static void put_raw(struct alert *a)
{
	uint8_t hash[DIGEST_SIZE];

	free_ptr(&a->raw);
	a->raw = xasprintf("{\"drill\":\"%s\",\"status\":\"%s\"}", a->native_id,
			   a->source_status);
	a->raw_len = strlen(a->raw);
	digest_sha256(a->raw, a->raw_len, hash);
	memcpy(a->raw_hash, hash, sizeof(a->raw_hash));
}

static void put_identity(struct alert *a, const struct drill *d)
{
	uint8_t nonce[NONCE_BYTES];
	char hex[2 * NONCE_BYTES + 1];

	/* After a restore the numbers begin again, and what receivers know of
	 * the one before must not be taken for this one. */
	digest_random(nonce, sizeof(nonce));
	digest_hex(nonce, sizeof(nonce), hex);
	a->source = xstrdup(ALERT_KIND_DRILL);
	a->kind = xstrdup(ALERT_KIND_DRILL);
	a->native_id = xasprintf("drill-%" PRId64 "-%s", d->id, hex);
	a->source_severity = xstrdup(severity_name(d->severity));
	a->base = d->severity;
	a->source_status = xstrdup("active");
	a->source_state = SOURCE_ACTIVE;
	a->created_ms = d->started_ms;
}

int drill_alert_fill(struct alert *ret, const struct drill *d,
		     const char *match, struct err *err)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(free_ptr) char *given = NULL;
	int rc;

	alert_init(&a);
	rc = put_match(&a, match, err);
	if (rc < 0)
		return rc;
	put_identity(&a, d);
	given = take(a.title);
	a.title = title_of(given);
	a.description = description_of(d);
	a.remediation = xstrdup("Acknowledge it, by the link or the code of "
				"this message or with triagectl ack.");
	if (!a.alert_type)
		a.alert_type = xstrdup(ALERT_KIND_DRILL);
	if (!a.provider)
		a.provider = xstrdup(ALERT_KIND_DRILL);
	if (!a.tenant)
		a.tenant = xstrdup("");
	put_raw(&a);
	alert_move(ret, &a);
	return 0;
}

void drill_alert_end(struct alert *a, const char *why)
{
	free_ptr(&a->source_status);
	a->source_status = xstrdup(why);
	a->source_state = SOURCE_RESOLVED;
	put_raw(a);
}
