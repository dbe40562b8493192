/* Nobody hears of what never was: news and lines of the log follow the commit,
 * wherever the disk fails on the way. */
#include "daemon/tidings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "daemon/timed.h"
#include "helpers/fault_vfs.h"
#include "store/txn.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* 2026-03-03T10:00:00Z, a Tuesday */
#define T INT64_C(1772532000000)
#define HOUR INT64_C(3600000)
/* More than any of the changes writes. */
#define SWEEP_MAX 400

static const char yaml[] =
	"targets: [{name: oncall, type: folder, path: /nowhere}]\n"
	"routes: [{ladder: [{after: 0s, notify: [oncall]}]}]\n"
	"fallback: oncall\n"
	"acknowledge-expires: {high: 2h}\n";

/* What was told, each as "KIND SOURCE/ID/TITLE/DETAIL;". */
static struct strbuf told = STRBUF_INIT;

static void on_news(void *arg, const struct news *n)
{
	const struct rig *r = arg;
	struct err err = ERR_INIT;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	assert_non_null(n->alert);
	strbuf_addf(&told, "%d %s/%s/%s/%s;", n->kind, n->alert->source,
		    n->alert->native_id, n->alert->title,
		    n->detail ? n->detail : "");
	/* It is over: another one may begin. */
	if (txn_begin(&txn, r->store, &err) < 0)
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	struct rig *r;

	if (rig_begin(state, yaml, T) < 0)
		return -1;
	r = *state;
	r->pipeline.on_news = on_news;
	r->pipeline.arg = r;
	return 0;
}

static int teardown(void **state)
{
	strbuf_release(&told);
	return rig_end(state);
}

static void arrives(struct rig *r)
{
	struct rig_alert a = { .id = "one", .severity = SEVERITY_HIGH };

	r->pipeline.on_news = NULL;
	rig_page(r, &a, 1, false);
	r->pipeline.on_news = on_news;
}

static int acknowledge(struct rig *r, struct err *err)
{
	return pipeline_acknowledge(&r->pipeline,
				    &(struct human_change){ .id = 1,
							    .who = "ann",
							    .now_ms =
								    r->now_ms },
				    err);
}

static int run_out(struct rig *r, struct err *err)
{
	return timed_run(&r->pipeline, T + 3 * HOUR, err);
}

/* @change fails at one call after the other until none is left to fail. */
static void sweep(struct rig *r, enum fault_harm harm,
		  int (*change)(struct rig *, struct err *),
		  const char *expected)
{
	for (long at = 1; at < SWEEP_MAX; at++) {
		struct err err = ERR_INIT;
		bool struck;
		int rc;

		fault_vfs_arm(harm, at);
		rc = change(r, &err);
		struck = fault_vfs_disarm();
		assert_string_equal(told.len ? told.buf : "",
				    rc < 0 ? "" : expected);
		if (rc >= 0)
			return;
		assert_true(struck);
	}
	fail_msg("it never worked");
}

static void test_acknowledged(void **state)
{
	struct rig *r = *state;

	arrives(r);
	sweep(r, FAULT_IO, acknowledge, "4 azure/one/Something happened/ann;");
}

static void test_acknowledged_and_not_synced(void **state)
{
	struct rig *r = *state;

	arrives(r);
	sweep(r, FAULT_SYNC, acknowledge,
	      "4 azure/one/Something happened/ann;");
}

/* Several in one transaction, in the order in which they happened. */
static void test_due(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	arrives(r);
	r->pipeline.on_news = NULL;
	assert_int_equal(acknowledge(r, &err), 0);
	r->pipeline.on_news = on_news;
	sweep(r, FAULT_FULL, run_out,
	      "10 azure/one/Something happened/;"
	      "8 azure/one/Something happened/ann;");
}

/* What a line leaves on standard error when its transaction ends; its text is
 * freed before. */
static void line(struct rig *r, bool commits, char *ret, size_t size)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char *text = xstrdup("ann");
	size_t n;

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	assert_int_equal(txn_begin(&txn, r->store, NULL), 0);
	tidings_log(r->store, LOG_NOTICE, NULL, "somebody came",
		    kv_str("WHO", text), kv_int("DOOR", 3),
		    kv_str("WHY", NULL));
	free(text);
	assert_int_equal(lseek(fileno(file), 0, SEEK_END), 0);
	if (commits)
		assert_int_equal(txn_commit(&txn, NULL), 0);
	txn_end(&txn);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	n = fread(ret, 1, size - 1, file);
	ret[n] = '\0';
	fclose(file);
}

static void test_lines(void **state)
{
	char said[256];

	line(*state, false, said, sizeof(said));
	assert_string_equal(said, "");
	line(*state, true, said, sizeof(said));
	assert_non_null(strstr(said, "somebody came who=ann door=3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_acknowledged, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_acknowledged_and_not_synced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_due, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
	};

	fault_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
