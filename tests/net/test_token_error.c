/* net/token_error: which refusals pass, and what the operator reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "net/token.h"
#include "util/jsonx.h"

#define TRACE "\\r\\nTrace ID: 5a5a\\r\\nCorrelation ID: 6b6b"
#define REFUSAL(error, number, text)                                           \
	"{\"error\":\"" error "\",\"error_description\":\"AADSTS" number       \
	": " text TRACE "\",\"error_codes\":[" number "],"                     \
	"\"timestamp\":\"2026-11-21 21:22:00Z\"}"

static const struct {
	long status;
	const char *body;
	int code;
	const char *says;
} refusals[] = {
	{ 401,
	  REFUSAL("invalid_client", "7000222",
		  "The provided client secret keys are expired."),
	  ERR_AUTH,
	  "AADSTS7000222: the client secret has expired: create a "
	  "new one in Entra ID, store it, restart triaged" },
	{ 401, REFUSAL("invalid_client", "7000215", "Invalid client secret."),
	  ERR_AUTH, "AADSTS7000215: the client secret is wrong" },
	{ 400, REFUSAL("unauthorized_client", "700016", "Not found."), ERR_AUTH,
	  "check client-id and tenant" },
	{ 400, REFUSAL("unauthorized_client", "7000112", "Disabled."), ERR_AUTH,
	  "disabled" },
	{ 400, REFUSAL("invalid_request", "90002", "Tenant not found."),
	  ERR_AUTH, "check tenant" },
	{ 400, REFUSAL("invalid_request", "900382", "Sovereign."), ERR_AUTH,
	  "another cloud" },
	{ 400, REFUSAL("invalid_resource", "500011", "No resource."), ERR_AUTH,
	  "resource" },
	{ 400, REFUSAL("invalid_scope", "70011", "Scope."), ERR_AUTH,
	  "AADSTS70011" },
	{ 400, REFUSAL("invalid_request", "900144", "Missing."), ERR_AUTH,
	  "client-secret" },
	{ 401, REFUSAL("invalid_client", "700027", "Signature."), ERR_AUTH,
	  "upload it in Entra ID, check timedatectl" },
	{ 401, REFUSAL("invalid_client", "700024", "Time."), ERR_AUTH,
	  "clock with timedatectl" },
	{ 401, REFUSAL("invalid_client", "50012", "Signature."), ERR_AUTH,
	  "clock with timedatectl" },
	{ 401, REFUSAL("invalid_client", "700213", "Subject."), ERR_AUTH,
	  "issuer, subject and audience" },
	{ 401, REFUSAL("invalid_client", "700211", "Issuer."), ERR_AUTH,
	  "no federated credential" },
	{ 401, REFUSAL("invalid_client", "7002131", "Either."), ERR_AUTH,
	  "no federated credential" },
	{ 400, REFUSAL("unauthorized_client", "7000229", "No principal."),
	  ERR_AUTH, "grant consent" },
	{ 400, REFUSAL("access_denied", "53003", "Blocked."), ERR_AUTH,
	  "Conditional Access" },
	{ 400, REFUSAL("invalid_client", "424242", "New one."), ERR_AUTH,
	  "AADSTS424242" },
	/* they pass */
	{ 400, REFUSAL("temporarily_unavailable", "90033", "Try again."),
	  ERR_HTTP, "tried again" },
	{ 400, REFUSAL("invalid_request", "90033", "Try again."), ERR_HTTP,
	  "tried again" },
	{ 400, REFUSAL("temporarily_unavailable", "1", "x"), ERR_HTTP,
	  "tried again" },
	{ 400, REFUSAL("invalid_request", "90055", "Too many."), ERR_THROTTLED,
	  "too many sign-ins" },
	{ 503, REFUSAL("invalid_client", "7000222", "Odd."), ERR_HTTP,
	  "AADSTS7000222" },
	{ 429, REFUSAL("invalid_client", "1", "x"), ERR_THROTTLED, "" },
	{ 429, "", ERR_THROTTLED, "429" },
	{ 500, "", ERR_HTTP, "500" },
	{ 503, "<html>busy</html>", ERR_HTTP, "503" },
	/* not the service's own words: a proxy's, or a captive page's */
	{ 403, "<html>blocked</html>", ERR_HTTP, "proxy" },
	{ 302, "", ERR_HTTP, "302" },
	{ 404, "{}", ERR_HTTP, "404" },
	{ 400, "[]", ERR_HTTP, "400" },
	{ 400, "{\"error\":{\"code\":\"x\"}}", ERR_HTTP, "400" },
	/* the number from the text alone, absent, or nonsense */
	{ 401,
	  "{\"error\":\"invalid_client\",\"error_description\":"
	  "\"AADSTS7000222: Expired.\"}",
	  ERR_AUTH, "expired" },
	{ 401, "{\"error\":\"invalid_client\"}", ERR_AUTH, "check both" },
	{ 401, "{\"error\":\"brand_new\"}", ERR_AUTH, "brand_new" },
	{ 401,
	  "{\"error\":\"invalid_client\",\"error_codes\":[\"x\"],"
	  "\"error_description\":7}",
	  ERR_AUTH, "check both" },
	{ 401, "{\"error\":\"invalid_client\",\"error_codes\":[-5]}", ERR_AUTH,
	  "check both" },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct err err = ERR_INIT;
		int rc = token_explain_error(refusals[i].status,
					     refusals[i].body,
					     strlen(refusals[i].body), &err);

		if (rc != refusals[i].code || err.code != rc ||
		    !strstr(err.text, refusals[i].says))
			fail_msg("%s: %d %s", refusals[i].body, rc, err.text);
		assert_null(strstr(err.text, "Trace ID"));
	}
}

/* Their words are hostile too: one line, bounded, no control bytes. */
static void test_description_is_made_safe(void **state)
{
	static const char body[] =
		"{\"error\":\"invalid_client\\u001b[2J\",\"error_codes\":[1],"
		"\"error_description\":\"AADSTS1: a\\tb\\u001b]0;x\\u202e c";
	static char big[8192];
	struct err err = ERR_INIT;
	size_t n = strlen(body);

	(void)state;
	memcpy(big, body, n);
	memset(big + n, 'x', 4000);
	memcpy(big + n + 4000, "\"}", 2);
	assert_int_equal(token_explain_error(401, big, n + 4002, &err),
			 ERR_AUTH);
	assert_null(strpbrk(err.text, "\r\n\t\x1b"));
	assert_null(strstr(err.text, "\xe2\x80\xae"));
	assert_true(strlen(err.text) < 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_description_is_made_safe),
	};

	jsonx_init();
	return cmocka_run_group_tests_name("token_error", tests, NULL, NULL);
}
