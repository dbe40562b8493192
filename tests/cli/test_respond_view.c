/* How a response stands in words, and the command that takes it back. */
#include "cli/respond_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "util/strbuf.h"
#include "util/xmalloc.h"

/* Of a row of v_responses; NULL: null. */
struct look {
	const char *action, *state, *subject, *verdict, *found, *answer;
	int64_t attempts, finished_ms, uncertain;
	const char *what, *says, *undo;
};

static const struct look looks[] = {
	{ .action = "suspend-user",
	  .state = "waiting",
	  .subject = "ada@x.org",
	  .what = "suspend-user ada@x.org",
	  .says = "waits for the approval of a second person, until "
		  "2026-03-02 10:00 UTC at the latest" },
	{ .action = "dismiss",
	  .state = "planned",
	  .subject = "2517",
	  .verdict = "benign",
	  .what = "dismiss alert 42 as benign",
	  .says = "waits for approval, until 2026-03-02 10:00 UTC at the "
		  "latest" },
	{ .action = "exec",
	  .state = "approved",
	  .subject = "block",
	  .what = "exec block",
	  .says = "approved by ben, about to be done" },
	{ .action = "suspend-user",
	  .state = "approved",
	  .subject = "ada@x.org",
	  .attempts = 2,
	  .answer = "Graph does not answer",
	  .what = "suspend-user ada@x.org",
	  .says = "approved by ben, not done yet after 2 tries: Graph does not "
		  "answer" },
	{ .action = "suspend-user",
	  .state = "done",
	  .subject = "ada@x.org",
	  .found = "enabled",
	  .finished_ms = 1,
	  .what = "suspend-user ada@x.org",
	  .says = "done",
	  .undo = "triagectl respond 42 restore-user --user ada@x.org -r "
		  "TEXT" },
	/* It was so already: there is nothing to take back. */
	{ .action = "suspend-user",
	  .state = "done",
	  .subject = "ada@x.org",
	  .found = "disabled",
	  .finished_ms = 1,
	  .answer = "it was so already",
	  .what = "suspend-user ada@x.org",
	  .says = "done: it was so already" },
	/* A name is one word of the shell, whatever it has. */
	{ .action = "suspend-user",
	  .state = "done",
	  .subject = "a'$(id)@x.org",
	  .found = "enabled",
	  .finished_ms = 1,
	  .what = "suspend-user a'$(id)@x.org",
	  .says = "done",
	  .undo = "triagectl respond 42 restore-user --user "
		  "'a'\\''$(id)@x.org' -r TEXT" },
	{ .action = "dismiss",
	  .state = "done",
	  .subject = "2517",
	  .found = "in-progress",
	  .finished_ms = 1,
	  .what = "dismiss alert 42",
	  .says = "done",
	  .undo = "triagectl respond 42 in-progress -r TEXT" },
	{ .action = "restore-user",
	  .state = "done",
	  .subject = "ada@x.org",
	  .found = "disabled",
	  .finished_ms = 1,
	  .what = "restore-user ada@x.org",
	  .says = "done" },
	{ .action = "exec",
	  .state = "failed",
	  .subject = "block",
	  .finished_ms = 1,
	  .uncertain = 1,
	  .answer = "triaged ended",
	  .what = "exec block",
	  .says = "failed: triaged ended; it may have been done all the "
		  "same" },
	{ .action = "exec",
	  .state = "refused",
	  .subject = "block",
	  .finished_ms = 1,
	  .what = "exec block",
	  .says = "refused by ben" },
};

static void keep(struct rows *to, const struct look *l)
{
	static const char *const names[] = {
		"id",	    "alert_id",	   "action",	"state",
		"subject",  "verdict",	   "found",	"answer",
		"attempts", "finished_ms", "uncertain", "approved_by",
		"ended_by", "expires_ms",
	};

	(void)rows_keep(to, ARRAY_SIZE(names), names,
			(const struct cell[]){
				cell_integer(7), cell_integer(42),
				cell_text(l->action), cell_text(l->state),
				cell_text(l->subject), cell_text(l->verdict),
				cell_text(l->found), cell_text(l->answer),
				cell_integer(l->attempts),
				cell_integer(l->finished_ms),
				cell_integer(l->uncertain), cell_text("ben"),
				cell_text("ben"),
				cell_integer(INT64_C(1772445600000)) });
}

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		const struct look *l = &looks[i];
		CLEANUP(rows_release) struct rows rows = ROWS_INIT;
		CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf says = STRBUF_INIT;
		CLEANUP(free_ptr) char *undo = NULL;

		keep(&rows, l);
		respond_add_what(&what, &rows, 0);
		respond_add_state(&says, &rows, 0);
		undo = respond_undo(&rows, 0);
		assert_string_equal(what.buf, l->what);
		assert_string_equal(says.buf, l->says);
		assert_string_equal(undo ? undo : "-", l->undo ? l->undo : "-");
		assert_int_equal(respond_has_ended(&rows, 0),
				 l->finished_ms != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
	};

	(void)setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
