/* One response from its look to its end, against a scripted service. */
#include "respond/act.h"

#include "source/cloud.h"

#define USER "/v1.0/users/ada%40contoso.com"
#define SEEN(enabled)                                                          \
	ANSWER(USER "?$select=", 200,                                          \
	       "{\"id\":\"1\",\"userPrincipalName\":\"ada@contoso.com\","      \
	       "\"accountEnabled\":" enabled "}")
#define SUSPEND(s, b, ...)                                                     \
	ANSWER(USER " ", s, b, .method = "PATCH",                              \
	       .wants = "{\"accountEnabled\":false}", __VA_ARGS__)

struct fixture {
	struct cloud cloud;
	struct act *act;
	char base[64];
	struct response response;
	enum act_next next; /* what the owner says to what was found */
	enum response_found found;
	int n_found, n_done;
	int n_asked_before; /* requests when found() was called */
	struct act_result result;
};

static enum act_next on_found(void *ctx, const struct respond_seen *seen,
			      struct err *err)
{
	struct fixture *f = ctx;

	f->n_found++;
	f->found = seen->found;
	f->n_asked_before = (int)f->cloud.n_answered;
	assert_true(strlist_has(&seen->names, "ada@contoso.com"));
	if (f->next == ACT_STOP)
		err_set(err, ERR_REFUSED, "it is protected");
	return f->next;
}

static void on_done(void *ctx, const struct act_result *r)
{
	struct fixture *f = ctx;

	f->n_done++;
	f->result = *r;
}

static void open_fixture(struct fixture *f, const struct answer *answers)
{
	*f = (struct fixture){ .next = ACT_CHANGE };
	cloud_open(&f->cloud, answers);
	snprintf(f->base, sizeof(f->base), "http://127.0.0.1:%d",
		 f->cloud.api.port);
	f->response.action = RESPONSE_SUSPEND_USER;
}

static void begin(struct fixture *f)
{
	const struct act_conf c = {
		.pool = f->cloud.pool,
		.token = f->cloud.token,
		.place = { RESPOND_GRAPH_USERS, f->base, "ada@contoso.com",
			   "app-1" },
		.response = &f->response,
		.found = on_found,
		.done = on_done,
		.ctx = f,
	};

	f->act = act_new(&c);
	assert_int_equal(f->n_done, 0);
}

static void run(struct fixture *f)
{
	begin(f);
	for (int i = 0; i < 10000 && !f->n_done; i++)
		loop_turn(f->cloud.loop, 1000);
	/* Once, and nothing runs on. */
	for (int i = 0; i < 10; i++)
		loop_turn(f->cloud.loop, 0);
	assert_int_equal(f->n_done, 1);
	assert_int_equal(xfer_pool_busy(f->cloud.pool), 0);
}

static void close_fixture(struct fixture *f)
{
	act_free(f->act);
	cloud_close(&f->cloud);
}

static void test_done(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		SEEN("true"),
		SUSPEND(204, "", .headers = "request-id: req-7\r\n"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	run(&f);
	assert_int_equal(f.result.end, ACT_DONE);
	assert_int_equal(f.n_found, 1);
	assert_int_equal(f.found, FOUND_ENABLED);
	/* Nothing was changed before the owner had stored it. */
	assert_int_equal(f.n_asked_before, 1);
	assert_int_equal(f.cloud.n_answered, 2);
	assert_string_equal(f.result.request_id, "req-7");
	close_fixture(&f);
}

/* What the owner does not want is not called. */
static void test_owner_decides(void **state)
{
	static const struct {
		enum act_next next;
		enum act_end end;
		const char *text;
	} cases[] = {
		{ ACT_LEAVE, ACT_LEFT, "disabled" },
		{ ACT_STOP, ACT_STOPPED, "it is protected" },
	};
	static const struct answer answers[CLOUD_ANSWERS] = { SEEN("false") };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;

		open_fixture(&f, answers);
		f.next = cases[i].next;
		run(&f);
		assert_int_equal(f.result.end, cases[i].end);
		assert_string_equal(f.result.text, cases[i].text);
		assert_int_equal(f.cloud.n_answered, 1);
		close_fixture(&f);
	}
}

static void test_look_fails(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(USER, 403, "{}"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	run(&f);
	assert_int_equal(f.result.end, ACT_FAILED);
	assert_false(f.result.changing);
	assert_int_equal(f.n_found, 0);
	assert_non_null(strstr(f.result.text, "User.Read.All"));
	close_fixture(&f);
}

/* The call may have been made: the result says that it was the call. */
static void test_change_fails(void **state)
{
	static const struct answer later[CLOUD_ANSWERS] = {
		SEEN("true"),
		SUSPEND(503, "", .headers = "Retry-After: 9\r\n"),
	};
	static const struct answer cut[CLOUD_ANSWERS] = {
		SEEN("true"),
		SUSPEND(200, "{}", .cut = true),
	};
	static const struct answer no[CLOUD_ANSWERS] = {
		SEEN("true"),
		SUSPEND(403, "{}", .headers = NULL),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, later);
	run(&f);
	assert_int_equal(f.result.end, ACT_LATER);
	assert_true(f.result.changing);
	assert_int_equal(f.result.wait_ms, 9000);
	close_fixture(&f);
	open_fixture(&f, cut);
	run(&f);
	assert_int_equal(f.result.end, ACT_LATER);
	assert_true(f.result.changing);
	close_fixture(&f);
	open_fixture(&f, no);
	run(&f);
	assert_int_equal(f.result.end, ACT_FAILED);
	assert_true(f.result.changing);
	assert_non_null(strstr(f.result.text, "User.EnableDisableAccount.All"));
	close_fixture(&f);
}

/* A refused token is asked for anew, once in each step. */
static void test_token_refused(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = {
		ANSWER(USER, 401, "{}"),
		SEEN("true"),
		SUSPEND(204, "", .headers = NULL),
	};
	static const struct answer twice[CLOUD_ANSWERS] = {
		ANSWER(USER, 401, "{}"),
		ANSWER(USER, 401, "{}"),
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	run(&f);
	assert_int_equal(f.result.end, ACT_DONE);
	assert_string_equal(f.cloud.bearers.v[0], "token-1");
	assert_string_equal(f.cloud.bearers.v[1], "token-2");
	close_fixture(&f);
	open_fixture(&f, twice);
	run(&f);
	assert_int_equal(f.result.end, ACT_FAILED);
	assert_int_equal(f.cloud.n_answered, 2);
	close_fixture(&f);
}

static void test_no_sign_in(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { { 0 } };
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	f.cloud.token_error = "{\"error\":\"invalid_client\",\"error_codes\":"
			      "[7000222]}";
	run(&f);
	assert_int_equal(f.result.end, ACT_FAILED);
	assert_non_null(strstr(f.result.text, "7000222"));
	assert_int_equal(f.cloud.n_answered, 0);
	close_fixture(&f);
}

/* A reload or the end of the daemon: nothing is called any more. */
static void test_abandoned(void **state)
{
	static const struct answer answers[CLOUD_ANSWERS] = { SEEN("true") };
	struct fixture f;

	(void)state;
	open_fixture(&f, answers);
	begin(&f);
	for (int i = 0; i < 10000 && !f.n_found; i++)
		loop_turn(f.cloud.loop, 1000);
	f.act = act_free(f.act);
	for (int i = 0; i < 10; i++)
		loop_turn(f.cloud.loop, 0);
	assert_int_equal(f.n_done, 0);
	assert_int_equal(f.cloud.n_answered, 1);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_owner_decides),
		cmocka_unit_test(test_look_fails),
		cmocka_unit_test(test_change_fails),
		cmocka_unit_test(test_token_refused),
		cmocka_unit_test(test_no_sign_in),
		cmocka_unit_test(test_abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
