/* What all sources share. */
#include "source/source_priv.h"

#include "source/door.h"
#include "util/jsonx.h"

static void test_scope(void **state)
{
	static const char *const rows[][2] = {
		{ "https://management.azure.com",
		  "https://management.azure.com/.default" },
		{ "https://management.usgovcloudapi.net:443",
		  "https://management.usgovcloudapi.net/.default" },
		{ "https://management.chinacloudapi.cn",
		  "https://management.chinacloudapi.cn/.default" },
		/* A private link or a simulator. */
		{ "http://127.0.0.1:8080",
		  "https://management.azure.com/.default" },
	};
	static const char *const graphs[][2] = {
		{ "https://graph.microsoft.us",
		  "https://graph.microsoft.us/.default" },
		{ "https://microsoftgraph.chinacloudapi.cn",
		  "https://microsoftgraph.chinacloudapi.cn/.default" },
		{ "http://127.0.0.1:8080",
		  "https://graph.microsoft.com/.default" },
	};
	struct source_conf c = { .type = SOURCE_DEFENDER_FOR_CLOUD };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		c.resource_manager = (char *)rows[i][0];
		assert_string_equal(source_token_scope(&c), rows[i][1]);
	}
	c.type = SOURCE_GRAPH_SECURITY;
	for (size_t i = 0; i < ARRAY_SIZE(graphs); i++) {
		c.graph = (char *)graphs[i][0];
		assert_string_equal(source_token_scope(&c), graphs[i][1]);
	}
	c.type = SOURCE_GRAPH_HUNTING;
	assert_string_equal(source_token_scope(&c), graphs[2][1]);
	c.type = SOURCE_CLOUD_APPS;
	assert_string_equal(source_token_scope(&c),
			    "05a65629-4c1b-48c1-a78b-804c4abdd4af/.default");
	c.type = SOURCE_FILE;
	assert_null(source_token_scope(&c));
	c.type = SOURCE_DEMO;
	assert_null(source_token_scope(&c));
}

static void test_kinds(void **state)
{
	(void)state;
	assert_string_equal(source_kind(SOURCE_DEFENDER_FOR_CLOUD),
			    "defender-for-cloud");
	assert_string_equal(source_kind(SOURCE_FILE), "file");
	assert_string_equal(source_kind(SOURCE_DEMO), "demo");
	assert_string_equal(source_kind(SOURCE_GRAPH_SECURITY),
			    "graph-security");
	assert_string_equal(source_kind(SOURCE_GRAPH_HUNTING), "graph-hunting");
}

static void test_first_failure(void **state)
{
	struct source_result r = { .complete = true };

	(void)state;
	source_result_fail(&r, "first %d", 1);
	source_result_fail(&r, "second");
	assert_false(r.complete);
	assert_string_equal(r.error, "first 1");
}

struct again {
	struct source *source;
	int n;
	bool done;
};

/* Polled again from within its own report. */
static void on_done(void *arg, const struct source_result *r)
{
	struct again *a = arg;

	assert_true(r->complete);
	assert_false(source_busy(a->source));
	if (++a->n < 3)
		source_poll(a->source, on_done, a);
	else
		a->done = true;
}

/* Freed from within its own report. */
static void on_done_free(void *arg, const struct source_result *r)
{
	struct again *a = arg;

	(void)r;
	a->source = source_free(a->source);
	a->done = true;
}

static void test_life(void **state)
{
	struct loop *loop = loop_new();
	struct door_keeper door;
	struct source_env env = { .loop = loop,
				  .ingest = &door.ingest,
				  .proxy = "http://proxy" };
	struct source_conf c = { .name = (char *)"demo", .type = SOURCE_DEMO };
	struct again a = { 0 };

	(void)state;
	door_init(&door);
	assert_null(source_free(NULL));
	a.source = source_new(&c, &env);
	assert_string_equal(source_name(a.source), "demo");
	source_poll(a.source, on_done, &a);
	assert_true(source_busy(a.source));
	for (int i = 0; i < 1000 && !a.done; i++)
		loop_turn(loop, 100);
	assert_int_equal(a.n, 3);
	a.done = false;
	source_poll(a.source, on_done_free, &a);
	for (int i = 0; i < 1000 && !a.done; i++)
		loop_turn(loop, 100);
	assert_null(a.source);
	door_release(&door);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_first_failure),
		cmocka_unit_test(test_life),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
