/* When heartbeats go, what they say, and when they are withheld. */
#include "notify/heartbeat.h"

#include "notify/world.h"

#define INTERVAL_MS 300000

struct pulse {
	struct world w;
	struct heartbeats *beats;
	const char *trouble; /* NULL: all is well */
	int n_changes, n_answers;
	enum heartbeat_state state, answered;
	char why[256];
};

static const char *look_at(void *arg, struct heartbeat_facts *ret)
{
	struct pulse *p = arg;

	if (p->trouble)
		return p->trouble;
	ret->open[SEVERITY_HIGH] = 3;
	ret->overdue = 2;
	ret->owed = 1;
	ret->poll_age_ms = 61000;
	return NULL;
}

static void on_change(void *arg, const struct heartbeat_report *r)
{
	struct pulse *p = arg;

	p->n_changes++;
	p->state = r->state;
	assert_string_equal(r->target, "pulse");
	assert_true(strlen(r->why) < sizeof(p->why));
	strcpy(p->why, r->why);
}

static void on_answer(void *arg, const struct heartbeat_report *r)
{
	struct pulse *p = arg;

	p->n_answers++;
	p->answered = r ? r->state : HEARTBEAT_NEW;
}

static void pulse_begin(struct pulse *p, void **state,
			struct http_script *script)
{
	memset(p, 0, sizeof(*p));
	world_init(&p->w, state);
	serve_http(&p->w, script);
	p->w.targets[0].type = TARGET_HEARTBEAT;
	p->w.targets[0].interval_ms = INTERVAL_MS;
	free(p->w.targets[0].name);
	p->w.targets[0].name = xstrdup("pulse");
	p->w.conf.heartbeats = p->w.targets;
	p->w.conf.n_heartbeats = 1;
	p->w.conf.targets = NULL;
	p->w.conf.n_targets = 0;
}

static void pulse_start(struct pulse *p)
{
	p->beats = heartbeats_new(&p->w.conf, &(struct heartbeat_env){
						      .loop = p->w.loop,
						      .pool = p->w.pool,
						      .host = "triage-1",
						      .version = "9.9",
						      .look_fn = look_at,
						      .fn = on_change,
						      .arg = p,
					      });
}

static void pulse_end(struct pulse *p)
{
	p->beats = heartbeats_free(p->beats);
	world_release(&p->w);
}

static void wait_changes(struct pulse *p, int n)
{
	for (int i = 0; i < 3000 && p->n_changes < n; i++)
		loop_turn(p->w.loop, 20);
	assert_int_equal(p->n_changes, n);
}

static void ask(struct pulse *p, enum heartbeat_state expected)
{
	struct err err = ERR_INIT;
	int n = p->n_answers + 1;

	assert_int_equal(heartbeat_send(p->beats, "pulse", on_answer, p, &err),
			 0);
	assert_int_equal(heartbeat_send(p->beats, "pulse", on_answer, p, &err),
			 ERR_BAD_STATE);
	for (int i = 0; i < 3000 && p->n_answers < n; i++)
		loop_turn(p->w.loop, 20);
	assert_int_equal(p->n_answers, n);
	assert_int_equal(p->answered, expected);
}

static void test_says_how_it_is(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	CLEANUP(jsonx_unref) json_t *body = NULL;
	CLEANUP(free_ptr) char *got = NULL;
	struct heartbeat_report r;
	const char *text;
	struct pulse p;

	pulse_begin(&p, state, &script);
	pulse_start(&p);
	heartbeats_report(p.beats, 0, &r);
	assert_int_equal(r.state, HEARTBEAT_NEW);
	wait_changes(&p, 1);
	heartbeats_report(p.beats, 0, &r);
	assert_int_equal(r.state, HEARTBEAT_BEATS);
	assert_int_equal(r.last_ms, p.w.now_ms);
	got = peer_got(&p.w.peer);
	text = strstr(got, "\r\n\r\n") + 4;
	body = jsonx_parse(text, strlen(text), 0, NULL);
	assert_string_equal(jsonx_str(body, "type"), "heartbeat");
	assert_string_equal(jsonx_str(body, "version"), "9.9");
	assert_string_equal(jsonx_str(body, "host"), "triage-1");
	assert_non_null(jsonx_str(body, "time"));
	assert_non_null(strstr(text, "\"high\":3"));
	assert_non_null(strstr(text, "\"overdue\":2"));
	assert_non_null(strstr(text, "\"owed\":1"));
	assert_non_null(strstr(text, "\"poll_age_seconds\":61"));
	pulse_end(&p);
}

/* A reason is told once, as is its end; nothing leaves meanwhile, not even
 * when somebody asks for it. */
static void test_silence(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct pulse p;

	pulse_begin(&p, state, &script);
	p.trouble = "a source makes no progress";
	pulse_start(&p);
	wait_changes(&p, 1);
	assert_int_equal(p.state, HEARTBEAT_SILENT);
	assert_string_equal(p.why, p.trouble);
	ask(&p, HEARTBEAT_SILENT);
	assert_int_equal(p.n_changes, 1);
	p.trouble = "the database refuses changes";
	ask(&p, HEARTBEAT_SILENT);
	assert_int_equal(p.n_changes, 2);
	assert_string_equal(p.why, p.trouble);
	assert_requests(&p.w, 0);
	p.trouble = NULL;
	ask(&p, HEARTBEAT_BEATS);
	assert_int_equal(p.n_changes, 3);
	assert_requests(&p.w, 1);
	pulse_end(&p);
}

/* The error names neither the path nor what the peer said. */
static void test_lost(void **state)
{
	static const char *const answers[] = { ANSWER("404 Not Found"),
					       ANSWER("404 Not Found"), OK };
	struct http_script script = { answers, 3 };
	struct pulse p;

	pulse_begin(&p, state, &script);
	pulse_start(&p);
	wait_changes(&p, 1);
	assert_int_equal(p.state, HEARTBEAT_LOST);
	assert_non_null(strstr(p.why, "answered HTTP 404"));
	assert_null(strstr(p.why, "canary"));
	ask(&p, HEARTBEAT_LOST);
	assert_int_equal(p.n_changes, 1);
	ask(&p, HEARTBEAT_BEATS);
	assert_int_equal(p.n_changes, 2);
	assert_string_equal(p.why, "");
	pulse_end(&p);
}

/* What is known survives a reload; who waits for a target that is gone hears
 * that. */
static void test_reload(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct err err = ERR_INIT;
	struct heartbeat_report r;
	struct conf none = { .n_heartbeats = 0 };
	struct pulse p;

	pulse_begin(&p, state, &script);
	pulse_start(&p);
	wait_changes(&p, 1);
	heartbeats_reload(p.beats, &p.w.conf);
	assert_int_equal(heartbeats_count(p.beats), 1);
	heartbeats_report(p.beats, 0, &r);
	assert_int_equal(r.state, HEARTBEAT_BEATS);
	assert_int_equal(heartbeat_send(p.beats, "pulse", on_answer, &p, &err),
			 0);
	heartbeats_reload(p.beats, &none);
	assert_int_equal(p.n_answers, 1);
	assert_int_equal(p.answered, HEARTBEAT_NEW);
	assert_int_equal(heartbeats_count(p.beats), 0);
	assert_int_equal(heartbeat_send(p.beats, "pulse", on_answer, &p, &err),
			 ERR_NOT_FOUND);
	pulse_end(&p);
}

static void test_stop(void **state)
{
	static const char *const answers[] = { OK };
	struct http_script script = { answers, 1 };
	struct pulse p;

	pulse_begin(&p, state, &script);
	pulse_start(&p);
	wait_changes(&p, 1);
	heartbeats_stop(p.beats);
	ask(&p, HEARTBEAT_SILENT);
	assert_requests(&p.w, 1);
	pulse_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(test_says_how_it_is), with_store(test_silence),
		with_store(test_lost),		 with_store(test_reload),
		with_store(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
