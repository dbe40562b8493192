/* The documented payload, as it is and in a CloudEvents envelope. */
#include "notify/webhook_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "notify/sample.h"
#include "notify/webhook.h"
#include "util/jsonx.h"

#define URL "https://hooks.example.org/in"

static const char *header(const struct webhook_post *p, const char *name)
{
	for (size_t i = 0; p->request.headers[i]; i++) {
		const char *h = p->request.headers[i];

		if (strncmp(h, name, strlen(name)) == 0 &&
		    h[strlen(name)] == ':')
			return h + strlen(name) + 2;
	}
	return NULL;
}

/* The request of @kind for @c; *ret_body is its JSON. */
static void ask(struct target_conf *c, enum notice_kind kind, bool shorten,
		struct webhook_post *ret, json_t **ret_body)
{
	struct talk talk;
	struct sample s;
	const struct talk_view view = { c, &s.job };

	sample_init(&s, kind);
	s.job.host = "triage-1";
	talk_begin(&talk, c->webhook.format, kind);
	talk.shorten = shorten;
	webhook_post_init(ret, &talk, &view);
	*ret_body =
		jsonx_parse(ret->request.body, ret->request.body_len, 0, NULL);
	assert_non_null(*ret_body);
	sample_release(&s);
}

static void test_plain_and_short(void **state)
{
	struct target_conf c = { .url.value = secret_new(URL, strlen(URL)) };
	struct webhook_post p;
	size_t whole;
	json_t *body;

	(void)state;
	ask(&c, NOTICE_OPENED, false, &p, &body);
	assert_string_equal(jsonx_str(body, "type"), "alert.opened");
	whole = p.request.body_len;
	json_decref(body);
	webhook_post_release(&p);
	ask(&c, NOTICE_OPENED, true, &p, &body);
	assert_string_equal(jsonx_str(body, "type"), "alert.opened");
	assert_true(p.request.body_len < whole);
	json_decref(body);
	webhook_post_release(&p);
	secret_free(c.url.value);
}

static void test_structured(void **state)
{
	struct target_conf c = { .url.value = secret_new(URL, strlen(URL)),
				 .webhook.format = FORMAT_CLOUDEVENTS };
	static const char *const required[] = { "specversion", "id",
						"source",      "type",
						"subject",     "time" };
	struct webhook_post p;
	json_t *body;

	(void)state;
	ask(&c, NOTICE_BREACHED, false, &p, &body);
	assert_string_equal(header(&p, "Content-Type"),
			    "application/cloudevents+json; charset=UTF-8");
	for (size_t i = 0; i < ARRAY_SIZE(required); i++)
		assert_non_null(jsonx_str(body, required[i]));
	assert_string_equal(jsonx_str(body, "specversion"), "1.0");
	assert_string_equal(jsonx_str(body, "id"), SAMPLE_KEY);
	assert_string_equal(jsonx_str(body, "source"), "/triaged/triage-1");
	assert_string_equal(jsonx_str(body, "type"),
			    "triaged.alert.sla_breached.v1");
	assert_int_equal(strlen(jsonx_str(body, "subject")),
			 strlen("alert/") + 32);
	assert_non_null(json_object_get(json_object_get(body, "data"), "sla"));
	assert_string_equal(header(&p, "webhook-id"), SAMPLE_KEY);
	json_decref(body);
	webhook_post_release(&p);
	secret_free(c.url.value);
}

static void test_binary(void **state)
{
	struct target_conf c = { .url.value = secret_new(URL, strlen(URL)),
				 .webhook.format = FORMAT_CLOUDEVENTS,
				 .webhook.binary = true };
	struct webhook_post p;
	json_t *body;

	(void)state;
	ask(&c, NOTICE_CLOSED, false, &p, &body);
	assert_string_equal(header(&p, "Content-Type"), "application/json");
	assert_string_equal(header(&p, "ce-specversion"), "1.0");
	assert_string_equal(header(&p, "ce-type"), "triaged.alert.closed.v1");
	assert_string_equal(header(&p, "ce-source"), "/triaged/triage-1");
	assert_null(header(&p, "ce-datacontenttype"));
	assert_non_null(json_object_get(body, "alert"));
	json_decref(body);
	webhook_post_release(&p);
	secret_free(c.url.value);
}

/* A host name nobody should have: percent-encoded in a header. */
static void test_odd_source(void **state)
{
	struct target_conf c = { .url.value = secret_new(URL, strlen(URL)),
				 .webhook.format = FORMAT_CLOUDEVENTS,
				 .webhook.binary = true };
	struct talk talk;
	struct webhook_post p;
	struct sample s;
	const struct talk_view view = { &c, &s.job };

	(void)state;
	sample_init(&s, NOTICE_TEST);
	s.job.host = "a b\"%\xc3\xa9\r\nX: y";
	talk_begin(&talk, c.webhook.format, NOTICE_TEST);
	webhook_post_init(&p, &talk, &view);
	assert_string_equal(header(&p, "ce-source"),
			    "/triaged/a%20b%22%25%C3%A9%0D%0AX:%20y");
	webhook_post_release(&p);
	sample_release(&s);
	secret_free(c.url.value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_and_short),
		cmocka_unit_test(test_structured),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_odd_source),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
