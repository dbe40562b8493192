/*
 * The mail worker against a server on loopback that answers by script: how
 * each refusal is understood, that a burst shares a connection, that nothing
 * goes out in clear which must not, and that a hanging server holds nobody.
 *
 * Battery: E3.
 */
#include "notify/mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "notify/peer.h"
#include "notify/sample.h"

#define RECIPIENT "anna@example.net"

struct world {
	struct loop *loop;
	struct peer peer;
	struct target_conf conf;
	struct mail_worker *worker;
	int n_done;
	int64_t last_id;
	struct outcome_report last;
};

static void on_done(void *arg, int64_t id, const struct outcome_report *r)
{
	struct world *w = arg;

	w->n_done++;
	w->last_id = id;
	w->last = *r;
}

static void world_init(struct world *w, struct smtp_script *script)
{
	struct err err = ERR_INIT;

	memset(w, 0, sizeof(*w));
	peer_start(&w->peer, smtp_serve, script);
	w->loop = loop_new();
	w->conf.name = xstrdup("oncall");
	w->conf.type = TARGET_EMAIL;
	w->conf.server = xasprintf("smtp://127.0.0.1:%d", w->peer.port);
	w->conf.from = xstrdup("triaged@example.org");
	w->worker = mail_worker_new(w->loop, &w->conf, on_done, w, &err);
	assert_non_null(w->worker);
}

static void world_release(struct world *w)
{
	w->worker = mail_worker_free(w->worker);
	loop_free(w->loop);
	peer_stop(&w->peer);
	free(w->conf.name);
	free(w->conf.server);
	free(w->conf.from);
	free(w->conf.username);
	secret_free(w->conf.password.value);
}

static void post_with(struct world *w, int64_t id, const char *token)
{
	struct mail_message m = {
		.id = id,
		.recipient = xstrdup(RECIPIENT),
		.subject = xstrdup("subject"),
		.text = xstrdup(".\n..\ntext\n"),
		.html = xstrdup("<p>text</p>\n"),
		.message_id = xasprintf("m%d@example.org", (int)id),
		.date_ms = SAMPLE_NOW_MS,
		.token = token ? secret_new(token, strlen(token)) : NULL,
	};

	mail_worker_send(w->worker, &m);
	assert_null(m.recipient);
}

static void post(struct world *w, int64_t id)
{
	post_with(w, id, NULL);
}

/* No timed assertion: the limit only keeps a broken build from hanging. */
static void wait_done(struct world *w, int n)
{
	for (int i = 0; i < 3000 && w->n_done < n; i++)
		loop_turn(w->loop, 20);
	assert_int_equal(w->n_done, n);
}

static void wait_got(struct world *w, const char *text)
{
	for (int i = 0; i < 3000; i++) {
		char *got = peer_got(&w->peer);
		bool found = strstr(got, text);

		free(got);
		if (found)
			return;
		loop_turn(w->loop, 20);
	}
	fail_msg("the server never got %s", text);
}

static void assert_got(struct world *w, const char *text, bool expected)
{
	char *got = peer_got(&w->peer);

	if (!strstr(got, text) == expected)
		fail_msg("%s \"%s\" in:\n%s", expected ? "no" : "unwanted",
			 text, got);
	free(got);
}

static void test_burst_shares_a_connection(void **state)
{
	struct smtp_script script = { 0 };
	struct world w;

	(void)state;
	world_init(&w, &script);
	for (int i = 1; i <= 5; i++)
		post(&w, i);
	wait_done(&w, 5);
	assert_int_equal(w.last_id, 5);
	assert_int_equal(w.last.outcome, OUTCOME_SENT);
	assert_int_equal(peer_count(&w.peer, &w.peer.n_requests), 5);
	assert_int_equal(peer_count(&w.peer, &w.peer.n_connections), 1);
	assert_got(&w, "MAIL FROM:<triaged@example.org>", true);
	assert_got(&w, "RCPT TO:<" RECIPIENT ">\r\n", true);
	assert_got(&w, "Message-ID: <m5@example.org>\r\n", true);
	assert_got(&w, "AUTH", false);
	world_release(&w);
}

static void test_refusals(void **state)
{
	static const struct {
		struct smtp_script script;
		enum outcome outcome;
		const char *says;
	} rows[] = {
		{ { .banner = "421 4.3.2 closing\r\n" }, OUTCOME_RETRY, "421" },
		{ { .banner = "554 5.7.1 no\r\n" }, OUTCOME_DEAD, "554" },
		{ { .mail = "451 4.7.1 greylisted\r\n" },
		  OUTCOME_RETRY,
		  "answered 451 4.7.1: refused for now" },
		{ { .mail = "550 5.1.8 no\r\n" }, OUTCOME_DEAD, "550 5.1.8" },
		{ { .rcpt = "450 4.2.1 busy\r\n" }, OUTCOME_RETRY, "450" },
		{ { .rcpt = "550 5.1.1 <anna@example.net> unknown\r\n" },
		  OUTCOME_DEAD,
		  "answered 550 5.1.1: refused for good" },
		{ { .data = "452 4.3.1 full\r\n" }, OUTCOME_RETRY, "452" },
		{ { .data = "554 5.5.1 no\r\n" }, OUTCOME_DEAD, "554" },
		{ { .dot = "451 4.3.0 later\r\n" }, OUTCOME_RETRY, "451" },
		{ { .dot = "554 5.7.1 spam\r\n" }, OUTCOME_DEAD, "554" },
		/* Did it arrive? Nobody knows: again, with the same id. */
		{ { .dot = PEER_DROP }, OUTCOME_RETRY, "may have arrived" },
		{ { .banner = PEER_DROP }, OUTCOME_RETRY, "smtp://127.0.0.1" },
		{ { .rcpt = PEER_DROP }, OUTCOME_RETRY, "smtp://127.0.0.1" },
		{ { .banner = "666 \xff\x1b[2Jnonsense\r\n" },
		  OUTCOME_RETRY,
		  "smtp://127.0.0.1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct smtp_script script = rows[i].script;
		struct smtp_script usual = { 0 };
		struct world w;

		world_init(&w, &script);
		post(&w, 1);
		wait_done(&w, 1);
		if (w.last.outcome != rows[i].outcome ||
		    !strstr(w.last.error, rows[i].says))
			fail_msg("row %zu: outcome %d, %s", i, w.last.outcome,
				 w.last.error);
		/* The words of a server like to hold addresses. */
		assert_null(strstr(w.last.error, RECIPIENT));
		assert_null(strchr(w.last.error, '\x1b'));
		/* The next message is not harmed by it. */
		peer_set_script(&w.peer, &usual);
		post(&w, 2);
		wait_done(&w, 2);
		assert_int_equal(w.last.outcome, OUTCOME_SENT);
		world_release(&w);
	}
}

static void test_nobody_listens(void **state)
{
	struct smtp_script script = { 0 };
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	world_init(&w, &script);
	mail_worker_free(w.worker);
	free(w.conf.server);
	/* The discard port: nothing listens there. */
	w.conf.server = xstrdup("smtp://127.0.0.1:9");
	w.worker = mail_worker_new(w.loop, &w.conf, on_done, &w, &err);
	post(&w, 1);
	wait_done(&w, 1);
	assert_int_equal(w.last.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(w.last.error, "127.0.0.1"));
	world_release(&w);
}

/* STARTTLS is required and not offered: neither password nor mail is sent. */
static void test_nothing_in_clear(void **state)
{
	struct smtp_script script = {
		.ehlo = "250-peer\r\n250 AUTH PLAIN LOGIN\r\n",
	};
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	world_init(&w, &script);
	mail_worker_free(w.worker);
	w.conf.starttls = true;
	w.conf.username = xstrdup("triaged");
	w.conf.password.value = secret_new("canary", 6);
	w.worker = mail_worker_new(w.loop, &w.conf, on_done, &w, &err);
	post(&w, 1);
	wait_done(&w, 1);
	assert_int_equal(w.last.outcome, OUTCOME_RETRY);
	assert_got(&w, "AUTH", false);
	assert_got(&w, "MAIL", false);
	assert_null(strstr(w.last.error, "canary"));
	world_release(&w);
}

static void test_sign_in(void **state)
{
	struct smtp_script script = {
		.ehlo = "250-peer\r\n250 AUTH CRAM-MD5 PLAIN LOGIN\r\n",
		.auth = "535 5.7.8 no\r\n",
	};
	struct smtp_script welcome = { .ehlo = script.ehlo };
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	world_init(&w, &script);
	mail_worker_free(w.worker);
	w.conf.username = xstrdup("triaged");
	w.conf.password.value = secret_new("canary", 6);
	w.worker = mail_worker_new(w.loop, &w.conf, on_done, &w, &err);
	post(&w, 1);
	wait_done(&w, 1);
	assert_got(&w, "MAIL", false);
	/* Not the fault of this mail: it is kept, and the server left alone. */
	assert_int_equal(w.last.outcome, OUTCOME_RETRY);
	assert_true(w.last.refused);
	assert_int_equal(w.last.retry_after_ms, OUTCOME_REFUSED_PAUSE_MS);
	assert_non_null(strstr(w.last.error, "535 5.7.8: sign-in refused"));
	assert_null(strstr(w.last.error, "canary"));
	peer_set_script(&w.peer, &welcome);
	post(&w, 2);
	wait_done(&w, 2);
	assert_int_equal(w.last.outcome, OUTCOME_SENT);
	/* PLAIN, not the stronger name: "\0triaged\0canary" in base64. */
	assert_got(&w, "AUTH PLAIN\r\nAHRyaWFnZWQAY2FuYXJ5\r\n", true);
	world_release(&w);
}

#define XOAUTH2 "250-peer\r\n250 AUTH LOGIN PLAIN XOAUTH2\r\n"

/* The token comes with the message; another one makes another connection. */
static void test_sign_in_by_token(void **state)
{
	struct smtp_script script = { .ehlo = XOAUTH2 };
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	world_init(&w, &script);
	mail_worker_free(w.worker);
	w.conf.oauth.entry = xstrdup("contoso");
	w.worker = mail_worker_new(w.loop, &w.conf, on_done, &w, &err);
	post_with(&w, 1, "one");
	post_with(&w, 2, "one");
	wait_done(&w, 2);
	assert_int_equal(w.last.outcome, OUTCOME_SENT);
	assert_int_equal(peer_count(&w.peer, &w.peer.n_connections), 1);
	/* "user=triaged@example.org^Aauth=Bearer one^A^A" */
	assert_got(&w,
		   "AUTH XOAUTH2\r\n"
		   "dXNlcj10cmlhZ2VkQGV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIG9uZQEB"
		   "\r\n",
		   true);
	free(w.conf.oauth.entry);
	world_release(&w);
}

/* Exchange says 535 at once, others ask once more with the reason in it; a
 * server that knows no tokens is not asked for a password either. */
static void test_token_refused(void **state)
{
	static const struct {
		struct smtp_script script;
		bool refused;
		const char *says;
	} rows[] = {
		{ { .ehlo = XOAUTH2, .token = "535 5.7.3 no\r\n" },
		  true,
		  "535 5.7.3: sign-in refused" },
		{ { .ehlo = XOAUTH2,
		    .token = "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n" },
		  true,
		  "535: sign-in refused" },
		{ { .ehlo = "250-peer\r\n250 AUTH PLAIN\r\n" },
		  false,
		  "smtp://127.0.0.1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct smtp_script script = rows[i].script;
		struct err err = ERR_INIT;
		struct world w;

		world_init(&w, &script);
		mail_worker_free(w.worker);
		w.conf.oauth.entry = xstrdup("contoso");
		w.worker = mail_worker_new(w.loop, &w.conf, on_done, &w, &err);
		post_with(&w, 1, "canary");
		wait_done(&w, 1);
		assert_int_equal(w.last.outcome, OUTCOME_RETRY);
		if (w.last.refused != rows[i].refused ||
		    !strstr(w.last.error, rows[i].says))
			fail_msg("row %zu: %s", i, w.last.error);
		assert_null(strstr(w.last.error, "canary"));
		assert_got(&w, "MAIL", false);
		free(w.conf.oauth.entry);
		world_release(&w);
	}
}

/* Free ends the worker wherever the server hangs; what was begun is told. */
static void test_end_while_server_hangs(void **state)
{
	static const struct {
		struct smtp_script script;
		const char *until;
	} rows[] = {
		{ { .ehlo = PEER_HANG }, "EHLO" },
		{ { .rcpt = PEER_HANG }, "RCPT" },
		{ { .dot = PEER_HANG }, "\r\n.\r\n" },
		{ { .rcpt = "550 no\r\n", .quit = PEER_HANG }, "RCPT" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct smtp_script script = rows[i].script;
		struct world w;

		world_init(&w, &script);
		post(&w, 1);
		post(&w, 2);
		wait_got(&w, rows[i].until);
		w.worker = mail_worker_free(w.worker);
		assert_true(w.n_done >= 1);
		assert_int_not_equal(w.last.outcome, OUTCOME_SENT);
		world_release(&w);
	}
}

static void test_end_without_work(void **state)
{
	struct smtp_script script = { 0 };
	struct world w;

	(void)state;
	world_init(&w, &script);
	world_release(&w);
	assert_int_equal(w.n_done, 0);
}

/* Up to the sign-in and no further, whatever the server has against mail. */
static void test_check(void **state)
{
	static const struct {
		struct smtp_script script;
		enum outcome outcome;
		const char *says;
	} rows[] = {
		{ { .mail = "550 5.7.1 never\r\n" }, OUTCOME_SENT, "" },
		{ { .ehlo = XOAUTH2 }, OUTCOME_SENT, "" },
		{ { .ehlo = XOAUTH2, .token = "535 5.7.3 no\r\n" },
		  OUTCOME_RETRY,
		  "answered 535: sign-in refused" },
		{ { .banner = "554 5.3.2 go away\r\n" },
		  OUTCOME_DEAD,
		  "answered 554" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct smtp_script script = rows[i].script;
		struct secret *token = secret_new("canary", 6);
		struct outcome_report r;
		struct world w;

		world_init(&w, &script);
		w.conf.oauth.entry = (char *)"contoso";
		mail_check(&w.conf, script.ehlo ? token : NULL, &r);
		if (r.outcome != rows[i].outcome ||
		    !strstr(r.error, rows[i].says))
			fail_msg("row %zu: %d %s", i, (int)r.outcome, r.error);
		assert_got(&w, "MAIL FROM", false);
		assert_null(strstr(r.error, "canary"));
		secret_free(token);
		world_release(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_shares_a_connection),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_nothing_in_clear),
		cmocka_unit_test(test_sign_in),
		cmocka_unit_test(test_sign_in_by_token),
		cmocka_unit_test(test_token_refused),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_end_while_server_hangs),
		cmocka_unit_test(test_end_without_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
