/* sendMail of Microsoft Graph: what is asked, and what the answers mean. */
#include "notify/mail_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "notify/webhook.h"
#include "util/compiler.h"
#include "util/digest.h"
#include "util/xmalloc.h"

#define ORIGIN "https://graph.microsoft.com:443"

static void test_request(void **state)
{
	static const struct {
		const char *from, *username, *path;
	} rows[] = {
		{ "triaged@example.org", NULL, "triaged@example.org" },
		{ "a@example.org", "box@example.org", "box@example.org" },
		/* An address that would lead elsewhere. */
		{ "a/../b?c#d%@example.org", NULL,
		  "a%2F..%2Fb%3Fc%23d%25@example.org" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct target_conf c = {
			.type = TARGET_EMAIL,
			.server = (char *)"https://graph.microsoft.com",
			.from = (char *)rows[i].from,
			.username = (char *)rows[i].username,
		};
		struct mail_message m = {
			.recipient = (char *)"anna@example.net",
			.subject = (char *)"subject",
			.text = (char *)"text\n",
			.html = (char *)"<p>text</p>\n",
			.message_id = (char *)"m1@example.org",
		};
		struct secret *token = secret_new("canary", 6);
		CLEANUP(free_ptr)
		char *url = xasprintf("https://graph.microsoft.com/v1.0/users/"
				      "%s/sendMail",
				      rows[i].path);
		CLEANUP(strbuf_release) struct strbuf mail = STRBUF_INIT;
		CLEANUP(free_ptr) uint8_t *bytes = NULL;
		struct graph_post p;
		size_t len;

		graph_post_init(&p, &c, &m, token);
		assert_string_equal(p.request.url, url);
		assert_string_equal(p.request.method, "POST");
		assert_string_equal(p.request.headers[0],
				    "Authorization: Bearer canary");
		assert_string_equal(p.request.headers[1],
				    "Content-Type: text/plain");
		assert_false(p.request.allow_http);
		/* The whole message, as it would go out by SMTP. */
		mail_compose(&m, c.from, &mail);
		assert_int_equal(digest_unbase64(p.request.body, &bytes, &len),
				 0);
		assert_int_equal(len, mail.len);
		assert_memory_equal(bytes, mail.buf, len);
		graph_post_release(&p);
		secret_free(token);
	}
}

static void test_answers(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum outcome outcome;
		bool refused;
		const char *error;
	} rows[] = {
		{ 202, "", OUTCOME_SENT, false, "" },
		{ 400,
		  "{\"error\":{\"code\":\"ErrorInvalidRecipients\","
		  "\"message\":\"anna@example.net\"}}",
		  OUTCOME_DEAD, false,
		  ORIGIN " answered HTTP 400 ErrorInvalidRecipients: refused" },
		{ 401, "{\"error\":{\"code\":\"InvalidAuthenticationToken\"}}",
		  OUTCOME_RETRY, true,
		  ORIGIN " answered HTTP 401 InvalidAuthenticationToken: the "
			 "token is refused, asked again every 15 min" },
		{ 403, "{\"error\":{\"code\":\"ErrorAccessDenied\"}}",
		  OUTCOME_RETRY, true,
		  ORIGIN
		  " answered HTTP 403 ErrorAccessDenied: the application "
		  "may not send as this mailbox, asked again every 15 "
		  "min; it needs the permission Mail.Send" },
		{ 404, "{\"error\":{\"code\":\"ErrorInvalidUser\"}}",
		  OUTCOME_DEAD, false,
		  ORIGIN
		  " answered HTTP 404 ErrorInvalidUser: no such mailbox; "
		  "check username and from" },
		/* One message, not the target for good. */
		{ 410, "", OUTCOME_DEAD, false,
		  ORIGIN " answered HTTP 410: refused" },
		{ 429, "{\"error\":{\"code\":\"ApplicationThrottled\"}}",
		  OUTCOME_RETRY, false,
		  ORIGIN " answered HTTP 429 ApplicationThrottled: too many "
			 "messages for it" },
		{ 503, "<html>", OUTCOME_RETRY, false,
		  ORIGIN " answered HTTP 503: trouble on its side" },
		/* A code that is no word is no code. */
		{ 400, "{\"error\":{\"code\":\"a b\\u001b[2J\"}}", OUTCOME_DEAD,
		  false, ORIGIN " answered HTTP 400: refused" },
		{ 400, "{\"error\":\"text\"}", OUTCOME_DEAD, false,
		  ORIGIN " answered HTTP 400: refused" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct xfer_reply reply = {
			.status = rows[i].status,
			.body = STRBUF_INIT,
			.retry_after_ms = rows[i].status == 429 ? 7000 : 0,
		};
		struct outcome_report r;

		strbuf_addstr(&reply.body, rows[i].body);
		graph_judge(ORIGIN, &reply, &r);
		assert_int_equal(r.outcome, rows[i].outcome);
		assert_int_equal(r.refused, rows[i].refused);
		assert_string_equal(r.error, rows[i].error);
		if (rows[i].status == 429)
			assert_int_equal(r.retry_after_ms, 7000);
		if (r.refused)
			assert_int_equal(r.retry_after_ms, OUTCOME_REFUSED_PAUSE_MS);
		strbuf_release(&reply.body);
	}
}

static void test_no_answer(void **state)
{
	struct xfer_reply reply = { .body = STRBUF_INIT };
	struct outcome_report r;

	(void)state;
	(void)err_set(&reply.err, ERR_HTTP, "connection refused");
	graph_judge(ORIGIN, &reply, &r);
	assert_int_equal(r.outcome, OUTCOME_RETRY);
	assert_string_equal(r.error, ORIGIN ": connection refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
