/* E-mail with a token, through the outbox: when one is got, when another one,
 * and what happens without. One peer is the sign-in and Graph.
 *
 * Battery: E1.
 */
#include "notify/world.h"

#include "util/strlist.h"

#define JSON(status, body)                                                     \
	"HTTP/1.1 " status "\r\n" CLOSE "Content-Type: application/json\r\n"   \
	"Content-Length: " body
#define TOKEN(name)                                                            \
	JSON("200 OK", "62\r\n\r\n{\"token_type\":\"Bearer\",\"expires_in\":"  \
		       "3599,\"access_token\":\"" name "\"}")
#define ACCEPTED ANSWER("202 Accepted")
#define UNAUTHORIZED ANSWER("401 Unauthorized")
#define NO_SECRET                                                              \
	JSON("401 Unauthorized",                                               \
	     "66\r\n\r\n{\"error\":\"invalid_client\","                        \
	     "\"error_description\":\"AADSTS7000215: no\"}")

static void serve_graph(struct world *w, struct http_script *script)
{
	struct target_conf *t = &w->targets[0];
	struct mail_oauth *o = &t->oauth;

	peer_start(&w->peer, http_serve, script);
	w->has_peer = true;
	t->type = TARGET_EMAIL;
	t->server = xasprintf("http://127.0.0.1:%d", w->peer.port);
	t->from = xstrdup("triaged@example.org");
	o->entry = xstrdup("contoso");
	o->tenant = xstrdup("contoso.example");
	o->auth = AUTH_CLIENT_SECRET;
	o->client_id = xstrdup("11111111-2222-3333-4444-555555555555");
	o->client_secret.value = secret_new("s3cr3t-canary", 13);
	o->login = xstrdup(t->server);
	o->scope = xstrdup("https://graph.example/.default");
}

static void oauth_release(struct mail_oauth *o)
{
	free(o->entry);
	free(o->tenant);
	free(o->client_id);
	secret_free(o->client_secret.value);
	free(o->login);
	free(o->scope);
}

static void test_outcomes(void **state)
{
	static const struct {
		const char *answers[5];
		int n, n_requests;
		const char *state, *attempts, *error;
	} rows[] = {
		{ { TOKEN("one"), ACCEPTED }, 2, 2, "sent", "1", NULL },
		/* Refused once: another token, the same try. */
		{ { TOKEN("one"), UNAUTHORIZED, TOKEN("two"), ACCEPTED },
		  4,
		  4,
		  "sent",
		  "1",
		  NULL },
		/* Refused again: no more in this try. */
		{ { TOKEN("one"), UNAUTHORIZED, TOKEN("two"), UNAUTHORIZED },
		  4,
		  4,
		  "retry",
		  "1",
		  "answered HTTP 401: the token is refused" },
		{ { NO_SECRET }, 1, 1, "retry", "1", "AADSTS7000215" },
		{ { ANSWER("503 no") }, 1, 1, "retry", "1", "no token for" },
		{ { TOKEN("one"), ANSWER("400 no") },
		  2,
		  2,
		  "dead",
		  "1",
		  "answered HTTP 400" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct http_script script = { rows[i].answers, rows[i].n };
		struct world w;
		int64_t id;

		world_init(&w, state);
		serve_graph(&w, &script);
		id = owe(&w, (int)i + 1, "anna@example.net");
		world_start(&w);
		settle(&w);
		assert_state(&w, id, rows[i].state);
		assert_string_equal(cell(&w, id, "attempts"), rows[i].attempts);
		if (rows[i].error &&
		    !strstr(cell(&w, id, "last_error"), rows[i].error))
			fail_msg("row %zu: %s", i, cell(&w, id, "last_error"));
		if (rows[i].error)
			assert_null(
				strstr(cell(&w, id, "last_error"), "canary"));
		assert_requests(&w, rows[i].n_requests);
		oauth_release(&w.targets[0].oauth);
		world_release(&w);
	}
}

/* Stopped while the sign-in says nothing: nothing happened to the notice. */
static void test_end_while_signing_in(void **state)
{
	const char *const answers[] = { PEER_HANG };
	struct http_script script = { answers, 1 };
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_graph(&w, &script);
	id = owe(&w, 1, "anna@example.net");
	world_start(&w);
	deliver_kick(w.deliver);
	wait_requests(&w, 1);
	assert_state(&w, id, "leased");
	w.deliver = deliver_free(w.deliver);
	assert_state(&w, id, "pending");
	assert_string_equal(cell(&w, id, "attempts"), "0");
	oauth_release(&w.targets[0].oauth);
	world_release(&w);
}

/* The settings are read again while the sign-in is asked: with the old ones it
 * is not sent any more, with the new ones once. */
static void test_reload_while_signing_in(void **state)
{
	static const char *const answers[] = { TOKEN("one"), ACCEPTED,
					       UNAUTHORIZED };
	struct http_script script = { answers, 3 };
	struct err err = ERR_INIT;
	struct world w;
	int64_t id;

	world_init(&w, state);
	serve_graph(&w, &script);
	id = owe(&w, 1, "anna@example.net");
	world_start(&w);
	for (int i = 0; i < 100 && strcmp(cell(&w, id, "state"), "leased"); i++)
		loop_turn(w.loop, 20);
	assert_state(&w, id, "leased");
	assert_requests(&w, 0);
	assert_int_equal(deliver_reload(w.deliver, &w.conf, &err), 0);
	settle(&w);
	assert_state(&w, id, "retry");
	assert_non_null(strstr(w.last_error, "settings were read again"));
	set_clock(&w, 1000);
	settle(&w);
	assert_state(&w, id, "sent");
	assert_string_equal(cell(&w, id, "attempts"), "2");
	/* One token serves both, and one message went out. */
	assert_requests(&w, 2);
	oauth_release(&w.targets[0].oauth);
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(test_outcomes),
		with_store(test_end_while_signing_in),
		with_store(test_reload_while_signing_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
