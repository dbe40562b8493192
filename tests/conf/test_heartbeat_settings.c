/* Heartbeats are targets by their settings, and no way for a notice. */
#include "conf_test.h"
#include "util/compiler.h"

#define BEAT(rest)                                                             \
	SOURCE_FILES "targets:\n"                                              \
		     "  - {name: ops, type: folder, path: /var/tmp/n}\n"       \
		     "  - {name: pulse, type: heartbeat, " rest "}\n"
#define URL "url: \"https://hc.example.org/a\""
#define OPS "fallback: ops\n"

static void reads_all(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(
		BEAT(URL ", interval: 90s, ca-file: /etc/triaged/ca.pem, "
			 "proxy: \"http://proxy.example.org:3128\"") OPS);
	const struct target_conf *t = conf_heartbeat(c, "pulse");
	CLEANUP(conf_free_ptr) struct conf *again = NULL;
	struct strbuf dump = STRBUF_INIT;

	(void)state;
	assert_int_equal(c->n_targets, 1);
	assert_int_equal(c->n_heartbeats, 1);
	assert_null(conf_target(c, "pulse"));
	assert_null(conf_heartbeat(c, "ops"));
	assert_int_equal(t->interval_ms, 90000);
	assert_int_equal(t->type, TARGET_HEARTBEAT);
	assert_string_equal(t->webhook.proxy, "http://proxy.example.org:3128");
	assert_string_equal(t->ca_file, "/etc/triaged/ca.pem");
	assert_false(t->allow_private);
	conf_free_ptr(&c);
	c = read_good(BEAT("url: {file: /etc/triaged/u}") OPS);
	assert_int_equal(c->heartbeats[0].interval_ms, 300000);
	conf_dump(c, &dump);
	again = read_good(dump.buf);
	strbuf_release(&dump);
	assert_int_equal(again->n_heartbeats, 1);
	assert_int_equal(again->heartbeats[0].interval_ms, 300000);
	assert_int_equal(again->heartbeats[0].url.kind, SECRET_FILE);
}

static void refuses(void **state)
{
#define NO_TARGET "'pulse' is a heartbeat, which is no target for notices"
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{ BEAT(URL) "fallback: pulse\n", NO_TARGET },
		{ BEAT(URL) OPS
		  "routes:\n  - ladder: [{after: 0s, notify: [pulse]}]\n",
		  NO_TARGET },
		{ BEAT(URL) OPS
		  "rotations:\n  - {name: r, timezone: UTC, start: 2026-01-05, "
		  "handover: \"09:00\", members: [pulse]}\n",
		  NO_TARGET },
		{ BEAT(URL) OPS
		  "rotations:\n  - {name: pulse, timezone: UTC, start: "
		  "2026-01-05, handover: \"09:00\", members: [ops]}\n",
		  "is taken by the target" },
		{ BEAT("interval: 1m") OPS, "a heartbeat needs url" },
		{ BEAT(URL ", interval: 9s") OPS, "interval" },
		{ BEAT(URL ", interval: 61m") OPS, "interval" },
		{ BEAT(URL ", format: slack") OPS,
		  "option 'format' belongs to type webhook" },
		{ BEAT("url: \"http://hc.example.org/\"") OPS, "https://" },
		{ BEAT("url: \"https://127.0.0.1/\"") OPS, "allow-private" },
		{ BEAT(URL) "  - {name: pulse, type: folder, path: /x}\n" OPS,
		  "pulse" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct faults f = { NULL, 0, 0 };
		struct conf *c = read_text(rows[i].text, &f);

		if (c || !has_fault(&f, 0, 0, rows[i].fault))
			print_faults(&f);
		assert_null(c);
		assert_true(has_fault(&f, 0, 0, rows[i].fault));
		faults_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
