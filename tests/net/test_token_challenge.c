/* net/token_challenge and token_text: what a hostile 401 can say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "net/token_priv.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* {"access_token":{"nbf":{"essential":true,"value":"1"}}} */
#define CLAIMS                                                                 \
	"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIx" \
	"In19fQ"
#define CLAIMS_TEXT                                                            \
	"{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"1\"}}}"

static const struct {
	const char *challenge;
	const char *claims; /* NULL: a plain refusal */
} challenges[] = {
	{ "Bearer authorization_uri=\"https://l/t\", error=\"invalid_token\", "
	  "error_description=\"a, \\\"claims\\\"=x\", claims=\"" CLAIMS "\"",
	  CLAIMS_TEXT },
	{ "Bearer claims=\"" CLAIMS "==\"", CLAIMS_TEXT },
	{ "bearer realm=\"\", CLAIMS = \"" CLAIMS "\", x=y", CLAIMS_TEXT },
	{ "Bearer claims=" CLAIMS ",error=x", CLAIMS_TEXT },
	{ "Bearer claims=\"eyJhIjoiPz8_In0=\"", "{\"a\":\"???\"}" },
	{ "Bearer claims=\"eyJhIjoiPz8/In0=\"", "{\"a\":\"???\"}" },
	/* none, somebody else's, or only in words */
	{ "Bearer", NULL },
	{ "Bearer error=\"invalid_token\"", NULL },
	{ "Bearer error_description=\"claims=" CLAIMS "\"", NULL },
	{ "Basic claims=\"" CLAIMS "\"", NULL },
	{ "Bearer x=y, PoP claims=\"" CLAIMS "\"", NULL },
	{ "Bearer myclaims=\"" CLAIMS "\"", NULL },
	{ "claims=\"" CLAIMS "\"", NULL },
	/* malformed */
	{ "", NULL },
	{ NULL, NULL },
	{ "Bearer claims=\"" CLAIMS, NULL },
	{ "Bearer claims=\"\"", NULL },
	{ "Bearer claims=", NULL },
	{ "Bearer claims=\"%%%%\"", NULL },
	{ "Bearer claims=\"eyJ=eyJ9\"", NULL },
	{ "Bearer claims=\"e30A\"", NULL }, /* a zero byte behind */
	{ "Bearer claims=\"W10\"", NULL }, /* [] */
	{ "Bearer claims=\"e2E6MX0\"", NULL }, /* {a:1} */
	{ "Bearer ====,,,\"\"", NULL },
	{ "Bearer x=\"\\", NULL },
};

static void test_claims(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(challenges); i++) {
		CLEANUP(free_ptr)
		char *claims = token_challenge_claims(challenges[i].challenge);
		const char *wants = challenges[i].claims;

		if (!claims != !wants || (claims && strcmp(claims, wants) != 0))
			fail_msg("%s: %s", challenges[i].challenge,
				 claims ? claims : "none");
	}
}

/* Too long is none: it would go into the next request. */
static void test_claims_are_bounded(void **state)
{
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;

	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		CLEANUP(free_ptr) char *text = NULL;
		CLEANUP(free_ptr) char *challenge = NULL;
		CLEANUP(free_ptr) char *claims = NULL;

		strbuf_reset(&json);
		strbuf_addstr(&json, "{\"a\":\"");
		while (json.len < TOKEN_CLAIMS_MAX - 2 + extra)
			strbuf_addch(&json, 'x');
		strbuf_addstr(&json, "\"}");
		text = digest_base64url(json.buf, json.len);
		challenge = xasprintf("Bearer claims=\"%s\"", text);
		claims = token_challenge_claims(challenge);
		assert_int_equal(claims != NULL, extra == 0);
	}
}

static void test_realm_of_arc(void **state)
{
	static const char *const forms[] = {
		"Basic realm=/var/opt/azcmagent/tokens/a-b.key",
		"basic Realm=\"/var/opt/azcmagent/tokens/a-b.key\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		CLEANUP(free_ptr)
		char *path = token_challenge_param(forms[i], "Basic", "realm");

		assert_non_null(path);
		assert_string_equal(path, "/var/opt/azcmagent/tokens/a-b.key");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_claims_are_bounded),
		cmocka_unit_test(test_realm_of_arc),
	};

	jsonx_init();
	return cmocka_run_group_tests_name("token_challenge", tests, NULL,
					   NULL);
}
