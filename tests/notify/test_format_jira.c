/* Issues in Jira: what is asked, in which order, and what answers mean. */
#include "notify/dialogue.h"

#include "notify/webhook_format.h"

#define URL "https://example.atlassian.net/"
#define NONE "{\"issues\":[]}"
#define OPEN                                                                   \
	"{\"issues\":[{\"key\":\"SEC-12\",\"fields\":{\"status\":"             \
	"{\"statusCategory\":{\"key\":\"new\"}}}}]}"
#define DONE                                                                   \
	"{\"issues\":[{\"key\":\"SEC-12\",\"fields\":{\"status\":"             \
	"{\"statusCategory\":{\"key\":\"done\"}}}}]}"
#define MADE "{\"id\":\"1\",\"key\":\"SEC-13\"}"
#define MOVES                                                                  \
	"{\"transitions\":[{\"id\":\"11\",\"name\":\"Start\"},{\"id\":"        \
	"\"31\",\"name\":\"done\"}]}"
#define SEARCH "/rest/api/3/search/jql"

static void target_init(struct target_conf *c)
{
	memset(c, 0, sizeof(*c));
	c->webhook.format = FORMAT_JIRA;
	c->url.value = secret_new(URL, strlen(URL));
	c->webhook.project = xstrdup("SEC");
	c->webhook.issue_type = xstrdup("Task");
	c->webhook.done_transition = xstrdup("Done");
}

static void target_release(struct target_conf *c)
{
	secret_free(c->url.value);
	free(c->webhook.project);
	free(c->webhook.issue_type);
	free(c->webhook.done_transition);
}

static void test_golden(void **state)
{
	struct target_conf c;

	(void)state;
	target_init(&c);
	golden_check(&c, NOTICE_OPENED, 0, NULL);
	golden_check(&c, NOTICE_OPENED, 1, NULL);
	golden_check(&c, NOTICE_REOPENED, 1, NULL);
	golden_check(&c, NOTICE_DIGEST, 1, NULL);
	golden_check(&c, NOTICE_TEST, 1, NULL);
	golden_check(&c, NOTICE_SILENCE, 1, NULL);
	golden_check(&c, NOTICE_ESCALATED, 2, "SEC-12");
	golden_check(&c, NOTICE_UPDATED, 2, "SEC-12");
	golden_check(&c, NOTICE_WARNING, 2, "SEC-12");
	golden_check(&c, NOTICE_BREACHED, 2, "SEC-12");
	golden_check(&c, NOTICE_ACKNOWLEDGED, 2, "SEC-12");
	golden_check(&c, NOTICE_CLOSED, 3, "SEC-12");
	golden_check(&c, NOTICE_CLOSED, 4, "SEC-12 31");
	target_release(&c);
}

static void test_talks(void **state)
{
	static const struct {
		enum notice_kind kind;
		struct exchange rows[4];
	} talks[] = {
		{ NOTICE_OPENED,
		  { { "POST", SEARCH, "triaged-", 200, NONE },
		    { "POST", "/rest/api/3/issue", "\"SEC\"", 201, MADE } } },
		/* The answer of an earlier try was lost. */
		{ NOTICE_OPENED, { { "POST", SEARCH, NULL, 200, OPEN } } },
		{ NOTICE_ESCALATED,
		  { { "POST", SEARCH, NULL, 200, OPEN },
		    { "POST", "/issue/SEC-12/comment", "ESCALATED", 201,
		      "{}" } } },
		{ NOTICE_ESCALATED,
		  { { "POST", SEARCH, NULL, 200, NONE },
		    { "POST", "/rest/api/3/issue", NULL, 201, MADE } } },
		{ NOTICE_ACKNOWLEDGED,
		  { { "POST", SEARCH, NULL, 200, NONE } } },
		{ NOTICE_CLOSED, { { "POST", SEARCH, NULL, 200, NONE } } },
		{ NOTICE_CLOSED, { { "POST", SEARCH, NULL, 200, DONE } } },
		{ NOTICE_CLOSED,
		  { { "POST", SEARCH, NULL, 200, OPEN },
		    { "GET", "/issue/SEC-12/transitions", NULL, 200, MOVES },
		    { "POST", "/issue/SEC-12/transitions", "\"31\"", 204,
		      "" } } },
		{ NOTICE_REOPENED,
		  { { "POST", SEARCH, NULL, 200, DONE },
		    { "POST", "/rest/api/3/issue", NULL, 201, MADE } } },
		/* Done there by hand, or by the episode before. */
		{ NOTICE_ESCALATED,
		  { { "POST", SEARCH, NULL, 200, DONE },
		    { "POST", "/rest/api/3/issue", NULL, 201, MADE } } },
		{ NOTICE_UPDATED,
		  { { "POST", SEARCH, NULL, 200, DONE },
		    { "POST", "/rest/api/3/issue", NULL, 201, MADE } } },
		{ NOTICE_OPENED, { { "POST", SEARCH, NULL, 200, DONE } } },
	};
	struct target_conf c;

	(void)state;
	target_init(&c);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
		struct outcome_report r;

		dialogue_play(&c, talks[i].kind, talks[i].rows, &r);
		assert_int_equal(r.outcome, OUTCOME_SENT);
	}
	target_release(&c);
}

/* The second try says less, and the third is none. */
static void test_refused_field(void **state)
{
	static const char refusal[] =
		"{\"errorMessages\":[],\"errors\":{\"project\":\"no such\"}}";
	static const struct exchange rows[] = {
		{ "POST", SEARCH, NULL, 200, NONE },
		{ "POST", "/rest/api/3/issue", "\"priority\"", 400, refusal },
		{ "POST", SEARCH, NULL, 200, NONE },
		{ "POST", "/rest/api/3/issue", NULL, 400, refusal },
		{ NULL, NULL, NULL, 0, NULL },
	};
	struct outcome_report r;
	struct target_conf c;

	(void)state;
	target_init(&c);
	dialogue_play(&c, NOTICE_OPENED, rows, &r);
	assert_int_equal(r.outcome, OUTCOME_DEAD);
	assert_non_null(strstr(r.error, "project: no such"));
	target_release(&c);
}

static void test_failures(void **state)
{
	static const struct {
		enum notice_kind kind;
		struct exchange rows[3];
		enum outcome outcome;
		const char *says;
	} cases[] = {
		{ NOTICE_OPENED,
		  { { "POST", SEARCH, NULL, 200, "<html>" } },
		  OUTCOME_RETRY,
		  "could not be understood" },
		{ NOTICE_UPDATED,
		  { { "POST", SEARCH, NULL, 200,
		      "{\"issues\":[{\"key\":\"../admin\"}]}" } },
		  OUTCOME_RETRY,
		  "could not be understood" },
		{ NOTICE_OPENED,
		  { { "POST", SEARCH, NULL, 410, "" } },
		  OUTCOME_DISABLE,
		  "gone" },
		{ NOTICE_OPENED,
		  { { "POST", SEARCH, NULL, 429, "" } },
		  OUTCOME_RETRY,
		  "too many" },
		{ NOTICE_CLOSED,
		  { { "POST", SEARCH, NULL, 200, OPEN },
		    { "GET", "transitions", NULL, 200,
		      "{\"transitions\":[{\"id\":\"1\",\"name\":\"Fin\"}]}" } },
		  OUTCOME_DEAD,
		  "no transition 'Done'; set done-transition to one of its own "
		  "(Fin)" },
	};
	struct target_conf c;

	(void)state;
	target_init(&c);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome_report r;

		dialogue_play(&c, cases[i].kind, cases[i].rows, &r);
		assert_int_equal(r.outcome, cases[i].outcome);
		assert_non_null(strstr(r.error, cases[i].says));
	}
	target_release(&c);
}

/* API 2 reads wiki markup: foreign text stays inside of its fence. */
static void test_wiki(void **state)
{
	struct target_conf c;
	struct talk talk = { .format = &format_jira,
			     .kind = NOTICE_OPENED,
			     .stage = 1 };
	struct webhook_post p;
	struct sample s;
	const struct talk_view view = { &c, &s.job };
	json_t *body;
	const char *text;

	(void)state;
	target_init(&c);
	c.webhook.plain_text = true;
	golden_sample(&s, NOTICE_OPENED);
	sample_set(&s.alert.view.alert.title, "{noformat}[~admin] {html}");
	webhook_post_init(&p, &talk, &view);
	assert_non_null(strstr(p.request.url, "/rest/api/2/issue"));
	body = jsonx_parse(p.request.body, p.request.body_len, 0, NULL);
	text = jsonx_str(json_object_get(body, "fields"), "description");
	assert_non_null(text);
	assert_int_equal(strncmp(text, "{noformat}\n", 11), 0);
	assert_string_equal(strstr(text + 11, "{noformat}"), "{noformat}");
	json_decref(body);
	webhook_post_release(&p);
	sample_release(&s);
	target_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_talks),
		cmocka_unit_test(test_refused_field),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_wiki),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
