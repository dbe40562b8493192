/*
 * Notices: their words, their key, how long they are worth sending and what
 * an answer means for them. Called by daemon/, store/ and notify/. Knows
 * neither how a message looks nor how it travels.
 */
#include "core/notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/digest.h"

#define HOUR_MS INT64_C(3600000)

static const char *const kind_names[] = {
	[NOTICE_OPENED] = "opened",
	[NOTICE_ESCALATED] = "escalated",
	[NOTICE_UPDATED] = "updated",
	[NOTICE_ACKNOWLEDGED] = "acknowledged",
	[NOTICE_WARNING] = "warning",
	[NOTICE_BREACHED] = "breached",
	[NOTICE_CLOSED] = "closed",
	[NOTICE_REOPENED] = "reopened",
	[NOTICE_DIGEST] = "digest",
	[NOTICE_TEST] = "test",
	[NOTICE_SILENCE] = "silence-ending",
	[NOTICE_RESPONSE] = "response",
};
static const char *const state_names[] = {
	[NOTICE_PENDING] = "pending", [NOTICE_LEASED] = "leased",
	[NOTICE_SENT] = "sent",	      [NOTICE_RETRY] = "retry",
	[NOTICE_DEAD] = "dead",	      [NOTICE_SUPERSEDED] = "superseded",
};

_Static_assert(ARRAY_SIZE(kind_names) == NOTICE_KIND_MAX, "a kind lacks one");
_Static_assert(ARRAY_SIZE(state_names) == NOTICE_STATE_MAX, "a state lacks it");

const char *notice_kind_name(enum notice_kind k)
{
	return (unsigned)k < NOTICE_KIND_MAX ? kind_names[k] : "unknown";
}

const char *notice_state_name(enum notice_state s)
{
	return (unsigned)s < NOTICE_STATE_MAX ? state_names[s] : "unknown";
}

static void add_number(struct digest *d, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, n);
	digest_add_field(d, text);
}

/*
 * Receivers drop repeats by this key, so it may never depend on anything that
 * a retry, a restart or a new release changes: no row ids, no times.
 */
void notice_key(const struct notice_subject *s, char ret[NOTICE_KEY_SIZE])
{
	struct digest *d = digest_new();
	uint8_t sum[DIGEST_SIZE];

	digest_add_field(d, s->tenant);
	digest_add_field(d, s->subject);
	add_number(d, s->episode);
	add_number(d, s->transition);
	digest_add_field(d, notice_kind_name(s->kind));
	add_number(d, s->step);
	digest_add_field(d, s->target);
	digest_add_field(d, s->recipient);
	digest_finish(d, sum);
	digest_hex(sum, sizeof(sum), ret);
}

void notice_release(struct notice *n)
{
	free(n->target);
	free(n->recipient);
	free(n->reason);
	free(n->last_error);
	memset(n, 0, sizeof(*n));
}

int64_t notice_expires_ms(enum severity s, int64_t created_ms)
{
	switch (s) {
	case SEVERITY_CRITICAL:
		return 0;
	case SEVERITY_HIGH:
		return created_ms + 24 * HOUR_MS;
	case SEVERITY_MEDIUM:
	case SEVERITY_LOW:
	case SEVERITY_INFO:
		return created_ms + 72 * HOUR_MS;
	}
	return 0; /* an unknown level is not a reason to forget */
}

enum outcome outcome_of_http(long status)
{
	if (status >= 200 && status <= 299)
		return OUTCOME_SENT;
	if (status >= 500 && status <= 599)
		return OUTCOME_RETRY;
	switch (status) {
	case 0: /* no answer at all: the transport failed */
	case 408:
	case 425:
	case 429:
		return OUTCOME_RETRY;
	case 410:
		return OUTCOME_DISABLE;
	default:
		return OUTCOME_DEAD;
	}
}

/*
 * Only a reply of the last command counts as success, so the caller asks with
 * the code that ended the transaction. What is neither 2yz nor 5yz leaves the
 * message's fate unknown (354: the line fell after the dot was sent), and an
 * unknown fate is tried again with the same Message-ID.
 */
enum outcome outcome_of_smtp(long code)
{
	if (code >= 200 && code <= 299)
		return OUTCOME_SENT;
	if (code >= 500 && code <= 599)
		return OUTCOME_DEAD;
	return OUTCOME_RETRY;
}

bool notice_is_about_response(int step)
{
	return step == NOTICE_STEP_ABOUT_RESPONSE ||
	       step == NOTICE_STEP_RESPONSE_DECIDED;
}
