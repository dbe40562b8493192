/* The request of a webhook, and what answers mean. */
#include "notify/webhook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "notify/sample.h"
#include "notify/sign.h"

#define URL "https://hooks.example.org/in/canary-path?sig=canary"
#define SECRET_1 "whsec_dHJpYWdlZC10ZXN0LXNlY3JldC0wMDAwMDAwMQ=="
#define SECRET_2 "whsec_dHJpYWdlZC10ZXN0LXNlY3JldC0wMDAwMDAwMg=="
#define ORIGIN "https://hooks.example.org:443"

static struct secret *secret_of(const char *text)
{
	return secret_new(text, strlen(text));
}

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

static void post(struct webhook_post *p, const struct target_conf *c,
		 struct sample *s)
{
	const struct talk_view view = { c, &s->job };
	struct talk talk;

	talk_begin(&talk, c->webhook.format, s->notice.kind);
	webhook_post_init(p, &talk, &view);
}

static void test_request(void **state)
{
	struct target_conf c = { .url.value = secret_of(URL) };
	struct webhook_post p;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	s.job.now_ms = 1767225600999;
	post(&p, &c, &s);
	assert_string_equal(p.request.method, "POST");
	assert_string_equal(p.request.url, URL);
	assert_true(p.request.body_len > 2);
	assert_int_equal(p.request.max_body, 65536);
	assert_false(p.request.allow_private);
	assert_false(p.request.allow_http);
	assert_null(p.request.client_certificate);
	assert_null(p.request.proxy);
	assert_string_equal(header(&p, "Content-Type"), "application/json");
	assert_string_equal(header(&p, "webhook-id"), SAMPLE_KEY);
	assert_string_equal(header(&p, "webhook-timestamp"), "1767225600");
	assert_null(header(&p, "webhook-signature"));
	assert_null(header(&p, "Authorization"));
	webhook_post_release(&p);
	c.allow_private = true;
	post(&p, &c, &s);
	assert_true(p.request.allow_private);
	webhook_post_release(&p);
	secret_free(c.url.value);
	sample_release(&s);
}

/* A token, or name and password; the settings refuse both at once. */
static void test_authorization(void **state)
{
	struct target_conf c = { .url.value = secret_of(URL),
				 .webhook.token.value = secret_of("tk_1") };
	char name[] = "anna";
	struct webhook_post p;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	post(&p, &c, &s);
	assert_string_equal(header(&p, "Authorization"), "Bearer tk_1");
	webhook_post_release(&p);
	c.webhook.token.value = secret_free(c.webhook.token.value);
	c.username = name;
	c.password.value = secret_of("a:b");
	post(&p, &c, &s);
	assert_string_equal(header(&p, "Authorization"), "Basic YW5uYTphOmI=");
	webhook_post_release(&p);
	secret_free(c.password.value);
	secret_free(c.url.value);
	sample_release(&s);
}

/* Both live secrets sign the bytes that are sent. */
static void test_two_signatures(void **state)
{
	struct target_conf c = {
		.url.value = secret_of(URL),
		.signing_secret.value = secret_of(SECRET_1),
		.signing_secret_next.value = secret_of(SECRET_2),
	};
	struct strbuf expected = STRBUF_INIT;
	struct webhook_post p;
	struct span span;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	s.job.now_ms = 1767225600000;
	post(&p, &c, &s);
	span = (struct span){ p.request.body, p.request.body_len };
	sign_add(&expected, c.signing_secret.value, SAMPLE_KEY, 1767225600,
		 span);
	strbuf_addch(&expected, ' ');
	sign_add(&expected, c.signing_secret_next.value, SAMPLE_KEY, 1767225600,
		 span);
	assert_string_equal(header(&p, "webhook-signature"), expected.buf);
	webhook_post_release(&p);
	strbuf_release(&expected);
	secret_free(c.url.value);
	secret_free(c.signing_secret.value);
	secret_free(c.signing_secret_next.value);
	sample_release(&s);
}

/* What is refused for its body is said once more, shortly. */
static void test_shortens_once(void **state)
{
	static const long statuses[] = { 400, 413, 415, 422 };
	struct target_conf c = { .url.value = NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct xfer_reply reply = { .status = statuses[i] };
		struct outcome_report r;
		struct talk t;

		talk_begin(&t, FORMAT_JSON, NOTICE_OPENED);
		assert_true(webhook_hear(&t, &c, ORIGIN, &reply, &r));
		assert_true(t.shorten);
		assert_false(webhook_hear(&t, &c, ORIGIN, &reply, &r));
		assert_int_equal(r.outcome, OUTCOME_DEAD);
		reply.status = 404;
		talk_begin(&t, FORMAT_JSON, NOTICE_OPENED);
		assert_false(webhook_hear(&t, &c, ORIGIN, &reply, &r));
	}
}

static void test_answers(void **state)
{
	static const struct {
		long status;
		enum outcome outcome;
		const char *says;
	} rows[] = {
		{ 200, OUTCOME_SENT, NULL },
		{ 202, OUTCOME_SENT, NULL },
		{ 204, OUTCOME_SENT, NULL },
		{ 301, OUTCOME_DEAD, "redirect" },
		{ 302, OUTCOME_DEAD, "redirect" },
		{ 307, OUTCOME_DEAD, "redirect" },
		{ 308, OUTCOME_DEAD, "redirect" },
		{ 400, OUTCOME_DEAD, "refused" },
		{ 401, OUTCOME_RETRY, "credentials" },
		{ 403, OUTCOME_RETRY, "credentials" },
		{ 404, OUTCOME_DEAD, "no such" },
		{ 408, OUTCOME_RETRY, "408" },
		{ 410, OUTCOME_DISABLE, "gone" },
		{ 413, OUTCOME_DEAD, "large" },
		{ 422, OUTCOME_DEAD, "refused" },
		{ 425, OUTCOME_RETRY, "425" },
		{ 429, OUTCOME_RETRY, "many" },
		{ 500, OUTCOME_RETRY, "its side" },
		{ 503, OUTCOME_RETRY, "its side" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct xfer_reply reply = { .status = rows[i].status };
		struct outcome_report r;

		webhook_judge(ORIGIN, &reply, &r);
		assert_int_equal(r.outcome, rows[i].outcome);
		if (rows[i].says) {
			assert_non_null(strstr(r.error, rows[i].says));
			assert_non_null(strstr(r.error, ORIGIN));
		}
		assert_int_equal(r.refused, rows[i].status == 401 ||
						    rows[i].status == 403);
	}
}

static void test_waits(void **state)
{
	struct xfer_reply reply = { .status = 503, .retry_after_ms = 7000 };
	struct outcome_report r;

	(void)state;
	webhook_judge(ORIGIN, &reply, &r);
	assert_int_equal(r.retry_after_ms, 7000);
	reply.status = 401;
	webhook_judge(ORIGIN, &reply, &r);
	assert_int_equal(r.retry_after_ms, OUTCOME_REFUSED_PAUSE_MS);
}

/* A 200 that broke off is no receipt. */
static void test_broken_transfer(void **state)
{
	struct xfer_reply reply = { .status = 200 };
	struct outcome_report r;

	(void)state;
	(void)err_set(&reply.err, ERR_NET, "connection reset\x1b[2J");
	webhook_judge(ORIGIN, &reply, &r);
	assert_int_equal(r.outcome, OUTCOME_RETRY);
	assert_string_equal(r.error, ORIGIN ": connection reset[2J");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_authorization),
		cmocka_unit_test(test_two_signatures),
		cmocka_unit_test(test_shortens_once),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_broken_transfer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
