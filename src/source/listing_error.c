/*
 * What an API's error body is about: a code in one of the shapes of Resource
 * Manager (section 5 of its notes) or of the Cloud Apps portal (section 3.2 of
 * its own); what to do about a 401, and who has to wait until when. Called by
 * listing.c.
 */
#include "source/listing_priv.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/timefmt.h"
#include "util/utf8.h"

/* Error bodies are small; larger ones are a gateway's HTML. */
#define ERROR_HEAP ((size_t)1 << 20)
#define CODE_MAX 80

/* {"errors": [{"error": "Invalid filter"}]}: a few fixed sentences. */
static const char *portal_sentence(const json_t *root)
{
	return jsonx_str(json_array_get(jsonx_get(root, "errors"), 0), "error");
}

/*
 * {"filters": [{"error": "...", "errorMessageCode": "X"}], "error": true}: the
 * field and the code; the sentence quotes what was sent.
 */
static const char *portal_code(const json_t *root, const char **ret_field)
{
	const char *key;
	json_t *list;

	json_object_foreach((json_t *)root, key, list)
	{
		const char *code =
			jsonx_str(json_array_get(list, 0), "errorMessageCode");

		if (code) {
			*ret_field = key;
			return code;
		}
	}
	return NULL;
}

void listing_error_code(const char *body, size_t len, char *ret, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *root = NULL;
	const json_t *error;
	const char *field = NULL;
	const char *code;

	snprintf(ret, size, "%s", "");
	root = jsonx_parse(body, len, ERROR_HEAP, NULL);
	error = jsonx_get(root, "error");
	code = jsonx_str(json_is_object(error) ? error : root, "code");
	/* Microsoft.Security has a shape of its own for some errors. */
	if (!code)
		code = jsonx_str(root, "errorCode");
	if (!code)
		code = json_string_value(error);
	if (!code)
		code = portal_sentence(root);
	if (!code)
		code = portal_code(root, &field);
	if (!code)
		return;
	if (field) {
		utf8_add_clean(&clean, field, CODE_MAX / 2, UTF8_LINE);
		strbuf_addch(&clean, ' ');
	}
	utf8_add_clean(&clean, code, CODE_MAX, UTF8_LINE);
	snprintf(ret, size, "%s", clean.buf);
}

enum listing_quota listing_quota(const char *code)
{
	static const struct {
		const char *begin;
		enum listing_quota whose;
	} rows[] = {
		{ "Tenant", QUOTA_OF_ALL },
		{ "SubscriptionRequests", QUOTA_OF_SUBSCRIPTION },
		/* What a provider allows is counted for each subscription. */
		{ "ResourceRequests", QUOTA_OF_SUBSCRIPTION },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strncasecmp(code, rows[i].begin, strlen(rows[i].begin)) ==
		    0)
			return rows[i].whose;
	return QUOTA_UNSAID;
}

void listing_wait_words(const char *why, int64_t wait_ms, char *ret,
			size_t size)
{
	char until[TIMEFMT_MAX];

	timefmt_utc(clock_wall_ms() + wait_ms, until);
	(void)snprintf(ret, size,
		       "%s; the service asks to wait %lld s, until %.19sZ", why,
		       (long long)(wait_ms / 1000), until);
}

const char *listing_refused(const char *challenge, const char *usual)
{
	if (strstr(challenge, "claims="))
		return ": a Conditional Access policy asks for more; exclude "
		       "this application from it";
	return usual ? usual
		     : "; check the tenant, and cloud: or endpoints: of the "
		       "source";
}
