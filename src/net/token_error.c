/*
 * The token endpoint's refusals in words, and whether waiting helps. Called by
 * token.c and by the fuzzers; pure.
 *
 * Microsoft says to branch on `error` and to treat numbers as diagnostics.
 * The numbers below are the exceptions: they name what an operator must do,
 * or trouble that passes though it comes as an ordinary refusal.
 */
#include "net/token_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define BODY_HEAP ((size_t)256 * 1024)
#define DESCRIPTION_CHARS 160

struct aadsts {
	int64_t number;
	int code;
	const char *meaning;
};

#define SECRET_WRONG                                                           \
	"the client secret is wrong (its value is needed, not its ID): store " \
	"the right one, restart triaged"
#define SECRET_EXPIRED                                                         \
	"the client secret has expired: create a new one in Entra ID, store "  \
	"it, restart triaged"
#define APP_UNKNOWN                                                            \
	"the application is not known in this tenant: check client-id and "    \
	"tenant"
#define APP_DISABLED                                                           \
	"the application is disabled in this tenant: enable it in Entra ID"
#define TENANT_UNKNOWN "this tenant is not known: check tenant"
#define TENANT_ELSEWHERE                                                       \
	"this tenant lives in another cloud: check cloud and endpoints"
#define SCOPE_WRONG                                                            \
	"the resource is not known to this tenant: check cloud and endpoints"
#define MALFORMED                                                              \
	"the request lacks something: check tenant, client-id and "            \
	"client-secret"
#define CLOCK_WRONG                                                            \
	"the time in the signed assertion is not accepted: check this "        \
	"machine's clock with timedatectl"
#define SIGNATURE_BAD                                                          \
	"the signed assertion is not accepted: check this machine's clock "    \
	"with timedatectl, then that the certificate is the one registered "   \
	"with the application"
#define CERTIFICATE_UNKNOWN                                                    \
	"the certificate is not registered with the application, or the "      \
	"clock is wrong: upload it in Entra ID, check timedatectl"
#define NOT_FEDERATED                                                          \
	"no federated credential of the application matches the token file: "  \
	"compare its issuer, subject and audience in Entra ID"
#define NOT_IN_TENANT                                                          \
	"the application has no service principal in this tenant: an "         \
	"administrator must grant consent"
#define BLOCKED                                                                \
	"a Conditional Access policy blocks the sign-in: exclude the "         \
	"application from it in Entra ID"
#define PASSING "the sign-in service has trouble of its own; it is tried again"
#define TENANT_BUSY "the tenant sends too many sign-ins; it is tried again"

static const struct aadsts aadsts_table[] = {
	{ 7000215, ERR_AUTH, SECRET_WRONG },
	{ 7000222, ERR_AUTH, SECRET_EXPIRED },
	{ 700016, ERR_AUTH, APP_UNKNOWN },
	{ 7000112, ERR_AUTH, APP_DISABLED },
	{ 90002, ERR_AUTH, TENANT_UNKNOWN },
	{ 90038, ERR_AUTH, TENANT_ELSEWHERE },
	{ 900382, ERR_AUTH, TENANT_ELSEWHERE },
	{ 500011, ERR_AUTH, SCOPE_WRONG },
	{ 50001, ERR_AUTH, SCOPE_WRONG },
	{ 70011, ERR_AUTH, SCOPE_WRONG },
	{ 28002, ERR_AUTH, SCOPE_WRONG },
	{ 7000218, ERR_AUTH, MALFORMED },
	{ 900144, ERR_AUTH, MALFORMED },
	{ 9002313, ERR_AUTH, MALFORMED },
	{ 50012, ERR_AUTH, SIGNATURE_BAD },
	{ 700027, ERR_AUTH, CERTIFICATE_UNKNOWN },
	{ 700024, ERR_AUTH, CLOCK_WRONG },
	{ 7000229, ERR_AUTH, NOT_IN_TENANT },
	{ 53003, ERR_AUTH, BLOCKED },
	{ 90006, ERR_HTTP, PASSING },
	{ 90012, ERR_HTTP, PASSING },
	{ 90024, ERR_HTTP, PASSING },
	{ 90033, ERR_HTTP, PASSING },
	{ 90090, ERR_HTTP, PASSING },
	{ 90055, ERR_THROTTLED, TENANT_BUSY },
};

struct oauth_word {
	const char *error;
	int code;
	const char *meaning;
};

static const struct oauth_word oauth_table[] = {
	{ "invalid_client", ERR_AUTH,
	  "the client id or its secret is not accepted: check both" },
	{ "unauthorized_client", ERR_AUTH,
	  "the application may not sign in here: check client-id and tenant" },
	{ "invalid_scope", ERR_AUTH, SCOPE_WRONG },
	{ "invalid_resource", ERR_AUTH, SCOPE_WRONG },
	{ "invalid_request", ERR_AUTH, MALFORMED },
	{ "invalid_grant", ERR_AUTH, MALFORMED },
	{ "access_denied", ERR_AUTH,
	  "access is denied: check consent and conditional access" },
	{ "temporarily_unavailable", ERR_HTTP, PASSING },
	{ "server_error", ERR_HTTP, PASSING },
};

/* AADSTS70021x and 70021xx: all say that the federated credential differs. */
static bool is_federation(int64_t number)
{
	return number / 10 == 70021 || number / 100 == 70021;
}

static const struct aadsts *aadsts_find(int64_t number)
{
	static const struct aadsts federation = { 0, ERR_AUTH, NOT_FEDERATED };

	if (is_federation(number))
		return &federation;
	for (size_t i = 0; i < ARRAY_SIZE(aadsts_table); i++)
		if (aadsts_table[i].number == number)
			return &aadsts_table[i];
	return NULL;
}

static const struct oauth_word *oauth_find(const char *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(oauth_table); i++)
		if (!strcmp(oauth_table[i].error, error))
			return &oauth_table[i];
	return NULL;
}

/* The first of error_codes, else the number after AADSTS; 0 none. */
static int64_t refusal_number(const json_t *body, const char *description)
{
	const json_t *codes = jsonx_get(body, "error_codes");
	const json_t *first = json_array_get(codes, 0);
	const char *word = description ? strstr(description, "AADSTS") : NULL;

	if (json_is_integer(first) && json_integer_value(first) > 0)
		return json_integer_value(first);
	if (!word)
		return 0;
	return strtoll(word + strlen("AADSTS"), NULL, 10);
}

/* Their own words without the code, up to the line of trace ids. */
static void describe(struct strbuf *sb, const char *description)
{
	const char *text = description ? strpbrk(description, ": ") : NULL;
	char *line;

	if (!text || strncmp(description, "AADSTS", 6) != 0)
		text = description;
	if (!text)
		return;
	text += strspn(text, ": ");
	line = xstrndup(text, strcspn(text, "\r\n"));
	utf8_add_clean(sb, line, DESCRIPTION_CHARS, UTF8_LINE);
	free(line);
}

static int explain_json(long status, const json_t *body, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf word = STRBUF_INIT;
	const char *error = jsonx_str(body, "error");
	const char *description = jsonx_str(body, "error_description");
	int64_t number = refusal_number(body, description);
	const struct aadsts *known = aadsts_find(number);
	const struct oauth_word *oauth = error ? oauth_find(error) : NULL;
	const char *meaning = "the reason is not known to triaged";
	int code = status == 429   ? ERR_THROTTLED
		   : status >= 500 ? ERR_HTTP
				   : ERR_AUTH;

	if (oauth)
		meaning = oauth->meaning;
	if (known)
		meaning = known->meaning;
	/* What passes is named by either; what does not pass, by `error`. */
	if (code == ERR_AUTH && oauth)
		code = oauth->code;
	if (known && known->code != ERR_AUTH)
		code = known->code;
	utf8_add_clean(&word, error ? error : "no error word", 40, UTF8_LINE);
	describe(&said, description);
	if (number > 0)
		return err_set(err, code,
			       "sign-in refused, AADSTS%lld: %s (%s: %s)",
			       (long long)number, meaning, word.buf, said.buf);
	return err_set(err, code, "sign-in refused: %s (%s: %s)", meaning,
		       word.buf, said.buf);
}

int token_explain_error(long status, const char *body, size_t len,
			struct err *err)
{
	CLEANUP(jsonx_unref)
	json_t *json = jsonx_parse(body, len, BODY_HEAP, NULL);

	if (json_is_object(json) && jsonx_str(json, "error"))
		return explain_json(status, json, err);
	if (status == 429)
		return err_set(err, ERR_THROTTLED,
			       "the sign-in service asks to wait (429)");
	/* A proxy or a captive page: not the service's word, so it may pass. */
	return err_set(err, ERR_HTTP,
		       "the sign-in service answered %ld without a reason: "
		       "check login endpoint, tenant and proxy",
		       status);
}

/* What the service of managed identities means by a status (Microsoft Learn,
 * "How to use managed identities on a VM", error handling). */
static int identity_code(long status)
{
	if (status == 429)
		return ERR_THROTTLED;
	/* 404 and 410: it is being updated, for up to 70 s. */
	if (status == 404 || status == 410 || status >= 500 || status < 400)
		return ERR_HTTP;
	return ERR_AUTH;
}

static const char *identity_meaning(long status, int code)
{
	if (status == 400)
		return "the machine has no such identity: assign one to it; "
		       "set client-id when it has several";
	if (status == 401 || status == 403)
		return "the agent does not let us in: run usermod -aG himds "
		       "triaged, then restart triaged";
	if (code == ERR_AUTH)
		return "the request is not accepted: check client-id and the "
		       "instance-metadata endpoint";
	return "it is busy or being updated; it is tried again";
}

int token_explain_identity(long status, const char *body, size_t len,
			   struct err *err)
{
	CLEANUP(jsonx_unref)
	json_t *json = jsonx_parse(body, len, BODY_HEAP, NULL);
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	int code = identity_code(status);

	if (json_is_object(json))
		describe(&said, jsonx_str(json, "error_description"));
	return err_set(err, code,
		       "the managed identity service answered %ld: %s%s%s%s",
		       status, identity_meaning(status, code),
		       said.len ? " (" : "", said.buf, said.len ? ")" : "");
}
