/*
 * Signatures against a vector made by another implementation.
 *
 * Battery: D6.
 */
#include "notify/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* "triaged-test-secret-00000001" in base64. */
#define SECRET "whsec_dHJpYWdlZC10ZXN0LXNlY3JldC0wMDAwMDAwMQ=="

static void secret_make(struct secret **ret, const char *text)
{
	*ret = secret_new(text, strlen(text));
}

static void test_vector(void **state)
{
	static const char body[] =
		"{\"type\":\"alert.opened\",\"timestamp\":\"2026-01-01T00:00:"
		"00Z\",\"data\":{\"id\":1042}}";
	struct span span = { body, strlen(body) };
	struct strbuf out = STRBUF_INIT;
	struct secret *s;

	(void)state;
	secret_make(&s, SECRET);
	sign_add(&out, s, "msg_01HZX3C1F0Q9", 1767225600, span);
	assert_string_equal(out.buf,
			    "v1,lRZsKN+2SZO74Mk5tdA4V02g2h8E2ToJ9lrM5EJ6vG0=");
	/* Any changed byte changes it. */
	strbuf_reset(&out);
	sign_add(&out, s, "msg_01HZX3C1F0Q9", 1767225601, span);
	assert_null(strstr(out.buf, "lRZsKN"));
	strbuf_release(&out);
	secret_free(s);
}

static void test_check(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} rows[] = {
		{ SECRET, 0 },
		/* 24 and 64 bytes are the ends of what is allowed. */
		{ "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0 },
		{ "whsec_"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAA==",
		  0 },
		{ "", ERR_CONF },
		{ "whsec_", ERR_CONF },
		{ "whsec_AAAA", ERR_CONF },
		{ "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", ERR_CONF },
		{ "whsec_"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		  ERR_CONF },
		{ "dHJpYWdlZC10ZXN0LXNlY3JldC0wMDAwMDAwMQ==", ERR_CONF },
		{ "whsec_dHJpYWdlZC10ZXN0LXNl!JldC0wMDAwMDAwMQ==", ERR_CONF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;
		struct secret *s;

		secret_make(&s, rows[i].text);
		assert_int_equal(sign_check_secret(s, &err), rows[i].rc);
		/* An error never shows the secret. */
		assert_null(strstr(err.text, "AAAA"));
		assert_null(strstr(err.text, "dHJp"));
		secret_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
