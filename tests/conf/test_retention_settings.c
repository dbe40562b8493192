/* How long what is over is kept: defaults, limits, and what contradicts. */
#include "conf_test.h"
#include "util/compiler.h"
#include "util/strbuf.h"

#define GUID "11111111-2222-3333-4444-555555555555"
#define DAY (INT64_C(24) * 3600 * 1000)
#define GRAPH                                                                  \
	"sources:\n"                                                           \
	"  - {name: g, type: graph-security, tenant: " GUID                    \
	", client-id: " GUID                                                   \
	", client-secret: {credential: x}, sweep: {every: 6h, window: 20d}}\n"
#define ENDING                                                                 \
	"targets:\n  - {name: ops, type: folder, path: /srv/out}\n"            \
	"fallback: ops\n"

static void has_defaults(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(MINIMAL);
	const struct retention_conf *r = &c->retention;

	(void)state;
	assert_int_equal(r->closed_alerts_ms, 400 * DAY);
	assert_int_equal(r->raw_ms, 180 * DAY);
	assert_int_equal(r->polls_ms, 30 * DAY);
	assert_int_equal(r->deliveries_ms, 180 * DAY);
	assert_int_equal(r->size_limit, INT64_C(20) << 30);
}

static void reads_what_is_given(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(
		MINIMAL "retention: {closed-alerts: forever, raw: 10d, polls: "
			"3d, deliveries: 99d, size-limit: off}\n");
	const struct retention_conf *r = &c->retention;

	(void)state;
	assert_int_equal(r->closed_alerts_ms, 0);
	assert_int_equal(r->raw_ms, 10 * DAY);
	assert_int_equal(r->polls_ms, 3 * DAY);
	assert_int_equal(r->deliveries_ms, 99 * DAY);
	assert_int_equal(r->size_limit, 0);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ MINIMAL "retention: {raw: 2d}\n", "retention.raw: must be" },
		{ MINIMAL "retention: {raw: off}\n", "must be a duration" },
		{ MINIMAL "retention: {size-limit: 1MiB}\n", "must be a size" },
		{ MINIMAL "retention: {size-limit: 20}\n", "must be a size" },
		{ MINIMAL "retention: {events: 30d}\n", "unknown option" },
		{ MINIMAL "retention: {closed-alerts: 6d}\n",
		  "retention.closed-alerts: 6d is shorter than reopen-window "
		  "(7d)" },
		{ GRAPH ENDING "retention: {polls: 19d}\n",
		  "retention.polls: 19d is shorter than the sweep of a source "
		  "(20d)" },
		{ GRAPH ENDING "retention: {closed-alerts: 19d}\n",
		  "retention.closed-alerts: 19d is shorter than the sweep" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr)
		struct conf *c = read_text(cases[i].text, &f);

		assert_null(c);
		if (!has_fault(&f, 0, 0, cases[i].fault))
			fail_msg("not told: %s", cases[i].fault);
	}
}

static void takes_what_just_fits(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c =
		read_good(GRAPH ENDING "retention: {polls: 20d, closed-alerts: "
				       "20d}\n");
	CLEANUP(conf_free_ptr)
	struct conf *whole =
		read_good(MINIMAL "retention: {closed-alerts: 7d}\n");

	(void)state;
	assert_int_equal(retention_floor_ms(c), 20 * DAY);
	assert_int_equal(retention_floor_ms(whole), 7 * DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(reads_what_is_given),
		cmocka_unit_test(refuses),
		cmocka_unit_test(takes_what_just_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
