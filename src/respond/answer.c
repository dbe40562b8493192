/*
 * Answers to responses. Called by the runner; knows no network and stores
 * nothing.
 */
#include "respond/answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "respond/answer_priv.h"
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* An alert with all its evidence stays below. */
#define HEAP_MAX ((size_t)8 * 1024 * 1024)

void respond_seen_release(struct respond_seen *s)
{
	strlist_release(&s->names);
	*s = (struct respond_seen){ 0 };
}

static json_t *parse(const struct respond_reply *reply)
{
	json_t *body;

	if (reply->len == 0)
		return NULL;
	body = jsonx_parse_unique(reply->body, reply->len, HEAP_MAX, NULL);
	if (json_is_object(body))
		return body;
	json_decref(body);
	return NULL;
}

static void say(struct respond_answer *a, enum respond_outcome outcome,
		const char *text)
{
	a->outcome = outcome;
	snprintf(a->text, sizeof(a->text), "%s", text);
}

/* "Authorization_RequestDenied" of an error body, if it is a word; else "". */
static void error_word(const json_t *body, char *ret, size_t size)
{
	const char *code = jsonx_str(jsonx_get(body, "error"), "code");
	size_t n;

	if (!code)
		code = jsonx_str(body, "code");
	n = code ? strspn(code, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
		 : 0;
	if (n == 0 || code[n] || n >= size)
		n = 0;
	snprintf(ret, size, "%.*s", (int)n, n ? code : "");
}

static void read_user(const struct response *r, const json_t *body,
		      struct respond_seen *seen, struct respond_answer *ret)
{
	static const char *const names[] = { "id", "userPrincipalName",
					     "mail" };
	const json_t *enabled = jsonx_get(body, "accountEnabled");
	const char *type = jsonx_str(body, "userType");

	if (!jsonx_str(body, "id") || !jsonx_str(body, "userPrincipalName")) {
		say(ret, RESPOND_NO,
		    "the directory's answer about the account is none that is "
		    "understood; nothing was changed");
		return;
	}
	if (!json_is_boolean(enabled) &&
	    response_wants(r->action) != FOUND_UNKNOWN) {
		say(ret, RESPOND_NO,
		    "the directory does not say whether the account is "
		    "enabled: the application lacks the permission "
		    "User.Read.All; nothing was changed");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_ptr)
		char *name =
			utf8_clean_dup(jsonx_str(body, names[i]), 0, UTF8_LINE);

		if (name)
			strlist_add(&seen->names, name);
	}
	if (json_is_boolean(enabled))
		seen->found =
			json_is_true(enabled) ? FOUND_ENABLED : FOUND_DISABLED;
	seen->guest = type && strcasecmp(type, "Guest") == 0;
	seen->synced = jsonx_bool(body, "onPremisesSyncEnabled");
	say(ret, RESPOND_OK, response_found_name(seen->found));
}

static enum response_found word_found(const char *word)
{
	static const struct {
		const char *word;
		enum response_found found;
	} words[] = {
		{ "new", FOUND_ACTIVE },
		{ "active", FOUND_ACTIVE },
		{ "inProgress", FOUND_IN_PROGRESS },
		{ "resolved", FOUND_RESOLVED },
		{ "dismissed", FOUND_DISMISSED },
	};

	for (size_t i = 0; word && i < ARRAY_SIZE(words); i++)
		if (strcasecmp(word, words[i].word) == 0)
			return words[i].found;
	return FOUND_UNKNOWN;
}

/* Defender XDR has no word for it: resolved as nothing bad. */
static enum response_found graph_found(const json_t *body)
{
	enum response_found found = word_found(jsonx_str(body, "status"));
	const char *as = jsonx_str(body, "classification");

	if (found == FOUND_RESOLVED && as &&
	    (strcasecmp(as, "falsePositive") == 0 ||
	     strcasecmp(as, "informationalExpectedActivity") == 0))
		return FOUND_DISMISSED;
	return found;
}

static enum response_found arm_found(const json_t *body)
{
	const json_t *properties = jsonx_get(body, "properties");
	const char *status = jsonx_str(properties, "status");

	if (!json_is_object(properties))
		return FOUND_UNKNOWN;
	return status ? word_found(status) : FOUND_ACTIVE;
}

static enum response_found portal_found(const json_t *body)
{
	static const enum response_found by_number[] = {
		FOUND_ACTIVE,	 FOUND_DISMISSED, FOUND_RESOLVED,
		FOUND_DISMISSED, FOUND_DISMISSED, FOUND_RESOLVED,
	};
	int64_t n;

	if (!jsonx_int(body, "resolutionStatusValue", &n) || n < 0 ||
	    n >= (int64_t)ARRAY_SIZE(by_number))
		return FOUND_UNKNOWN;
	return by_number[n];
}

/* Not to know is no reason not to do: it only cannot be taken back then. */
static void read_alert(enum respond_door door, const json_t *body,
		       struct respond_seen *seen, struct respond_answer *ret)
{
	if (!body) {
		say(ret, RESPOND_NO,
		    "the service's answer about the alert is none that is "
		    "understood; nothing was changed");
		return;
	}
	if (door == RESPOND_GRAPH_ALERTS)
		seen->found = graph_found(body);
	else if (door == RESPOND_ARM_ALERTS)
		seen->found = arm_found(body);
	else
		seen->found = portal_found(body);
	say(ret, RESPOND_OK, response_found_name(seen->found));
}

/* The portal says 200 about an alert it does not know, too. */
static void read_closed(const json_t *body, struct respond_answer *ret)
{
	static const char *const counts[] = { "closed_benign",
					      "closed_false_positive",
					      "closed_true_positive" };
	int64_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		if (jsonx_int(body, counts[i], &n) && n > 0) {
			say(ret, RESPOND_OK, "the portal closed the alert");
			return;
		}
	say(ret, RESPOND_NO,
	    "the portal closed nothing: it does not know the alert any more");
}

static void read_change(const struct respond_place *p, const struct response *r,
			const json_t *body, struct respond_answer *ret)
{
	const json_t *value = jsonx_get(body, "value");

	if (p->door == RESPOND_PORTAL_ALERTS)
		read_closed(body, ret);
	else if (r->action == RESPONSE_REVOKE_SESSIONS && json_is_false(value))
		say(ret, RESPOND_NO, "the directory revoked no session");
	else
		say(ret, RESPOND_OK, "the service confirmed it");
}

static bool is_transient(long status)
{
	return status == 408 || status == 425 || status == 429 || status >= 500;
}

static void read_fault(const struct respond_place *p, const struct response *r,
		       const struct respond_reply *reply, const json_t *body,
		       struct respond_answer *ret)
{
	char word[64];

	error_word(body, word, sizeof(word));
	ret->outcome = RESPOND_NO;
	if (reply->status == 401) {
		say(ret, RESPOND_SIGN_IN, "the service refused our token");
	} else if (reply->status == 403) {
		answer_permission(p, r, reply->step, ret->text,
				  sizeof(ret->text));
	} else if (reply->status == 404) {
		say(ret, RESPOND_NO,
		    p->door == RESPOND_GRAPH_USERS
			    ? "the directory has no such account"
			    : "the service has no such alert any more");
	} else {
		if (is_transient(reply->status)) {
			ret->outcome = RESPOND_AGAIN;
			ret->wait_ms = reply->retry_after_ms;
		}
		snprintf(ret->text, sizeof(ret->text),
			 "the service answered %ld%s%s", reply->status,
			 *word ? " " : "", word);
	}
}

void respond_read(const struct respond_place *p, const struct response *r,
		  const struct respond_reply *reply, struct respond_seen *seen,
		  struct respond_answer *ret)
{
	CLEANUP(jsonx_unref) json_t *body = NULL;

	*ret = (struct respond_answer){ 0 };
	if (reply->status == 0) {
		say(ret, RESPOND_AGAIN,
		    reply->err && *reply->err->text ? reply->err->text
						    : "no answer came");
		return;
	}
	body = parse(reply);
	if (reply->status < 200 || reply->status > 299)
		read_fault(p, r, reply, body, ret);
	else if (reply->step == RESPOND_CHANGE)
		read_change(p, r, body, ret);
	else if (p->door == RESPOND_GRAPH_USERS)
		read_user(r, body, seen, ret);
	else
		read_alert(p->door, body, seen, ret);
}

const char *respond_caution(const struct response *r,
			    const struct respond_seen *seen)
{
	switch (r->action) {
	case RESPONSE_REVOKE_SESSIONS:
		if (seen->guest)
			return "a guest's sessions at home go on, and tokens "
			       "that were handed out serve for about an hour";
		return "tokens that were handed out serve for about an hour";
	case RESPONSE_SUSPEND_USER:
		if (seen->synced)
			return "the account comes from an on-premises "
			       "directory, whose next synchronization may "
			       "enable it again: disable it there, too";
		return "sessions that are open go on: revoke them, too";
	default:
		return NULL;
	}
}
