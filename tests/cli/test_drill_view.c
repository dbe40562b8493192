/* A drill on the screen: its verdict, who was told, why not, line by line while
 * it runs; and no text of anybody drives the terminal. */
#include "cli/drill_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "helpers/tempstore.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* 2026-03-02T09:00:00Z */
#define T "1772442000000"
#define T_MS INT64_C(1772442000000)

#define ALERT(state, acknowledged)                                             \
	"INSERT INTO source (id, name, kind) VALUES (1, 'drill', 'drill'); "   \
	"INSERT INTO alert (source_id, kind, tenant, native_id, title, "       \
	"severity_unmapped, source_state, is_incident, clipped, "              \
	"content_hash, base, severity, rule, state, phase, episode, "          \
	"revision, historical, seen_ms, episode_ms, updated_ms, "              \
	"acknowledged_ms, acknowledged_by, closed_ms, closed_by) VALUES (1, "  \
	"'drill', '', 'x', 'DRILL: ' || char(27) || '[2J', 0, 0, 0, 0, "       \
	"x'00', 4, 3, 'calmer', " state ", 0, 1, 1, 0, 1, 1, 1, " acknowledged \
	", iif(" state " = 2, 9, NULL), 'source drill');"
#define NOBODY "NULL, NULL"
#define BEN T " + 41000, 'ben'"
#define DRILL(result, by)                                                      \
	"INSERT INTO drill (alert_id, asked_by, severity, with_hooks, "        \
	"started_ms, ends_ms, ended_ms, ended_by, result) VALUES (1, 'ann', "  \
	"4, 0, " T ", " T " + 300000, iif(" result " = 0, NULL, " T            \
	" + 60000), " by ", " result ");"
#define MESSAGE(target, kind, state, sent, error)                              \
	"INSERT INTO delivery (key, alert_id, episode, target, recipient, "    \
	"kind, step, severity, reason, state, attempts, created_ms, "          \
	"not_before_ms, next_ms, sent_ms, last_error) VALUES "                 \
	"(hex(randomblob(8)), 1, 1, '" target "', '" target "@x', " kind       \
	", 0, 3, 'why', " state ", 2, " T ", " T ", iif(" state                \
	" IN (0, 3), 1, NULL), " sent ", " error ");"
#define HELD                                                                   \
	"INSERT INTO silence (id, author, reason, when_text, "                 \
	"covers_critical, created_ms, starts_ms, ends_ms) VALUES (3, 'eve', "  \
	"'network work', 'title=*', 1, 1, 1, " T " + 7200000); "               \
	"INSERT INTO bundle (id, cause, name, target, opened_ms, due_ms) "     \
	"VALUES (1, 4, '3', 'chat', " T ", " T " + 7200000); "                 \
	"INSERT INTO bundle_entry (bundle_id, alert_id, episode, kind, "       \
	"severity, step, transition, added_ms, outcome) VALUES (1, 1, 1, 0, "  \
	"3, 0, 0, " T ", 0);"
#define EVENT(kind, actor)                                                     \
	"INSERT INTO event (alert_id, at_ms, actor, kind, detail, hash) "      \
	"VALUES (1, " T " + 5000, " actor ", '" kind "', '{}', x'');"

/* What the screen has, and what it has not. */
static const struct {
	const char *about, *setup, *has[6], *lacks[4];
} screens[] = {
	{ "passed",
	  ALERT("2", BEN) DRILL("1", "'triaged'")
		  MESSAGE("oncall", "0", "2", T " + 1000", "NULL")
			  MESSAGE("oncall", "6", "2", T " + 60000", "NULL"),
	  { "Drill, critical alert: PASSED", "Severity    high by rule calmer",
	    "Told        oncall, oncall@x after 1 s\n",
	    "Answered    ben after 41 s", "triagectl report 1" },
	  { "Not told", "Ended", "after 1 min", "\033" } },
	{ "nobody answered",
	  ALERT("2", NOBODY) DRILL("2", "'triaged'")
		  MESSAGE("oncall", "1", "2", T " + 2000", "NULL")
			  MESSAGE("boss", "0", "4", "NULL", "'HTTP 404'"),
	  { "NOBODY ANSWERED", "Told        oncall, oncall@x after 2 s",
	    "Not told    boss, boss@x: given up, HTTP 404",
	    "Answered    by nobody within 1 min", "triagectl why 1" },
	  { "PASSED", "ben", "Ended" } },
	{ "nobody reached",
	  ALERT("2", NOBODY) DRILL("3", "'ann'")
		  HELD MESSAGE("boss", "0", "5", "NULL", "'left out: x'"),
	  { "NOBODY REACHED", "Not told    boss, boss@x: not sent, left out: x",
	    "Not told    chat: held back by silence 3 of eve (network work), "
	    "until 2026-03-02 11:00 UTC",
	    "Ended       before its time by ann" },
	  { "PASSED", "Told        boss" } },
	{ "it runs",
	  ALERT("0", NOBODY) DRILL("0", "NULL"),
	  { "it still runs", "Answered    by nobody so far" },
	  { "Ended", "Told" } },
};

/* The store of the test, as main() would have opened it. */
static void load(struct tempstore *t, struct drill_scene *s)
{
	struct session session = { .store = t->store };
	struct err err = ERR_INIT;

	s->id = 1;
	if (drill_scene_load(&session, s, &err) < 0)
		fail_msg("%s", err.text);
}

static char *say(struct tempstore *t)
{
	CLEANUP(drill_scene_release) struct drill_scene s = { 0 };
	const struct screen screen = { .now_ms = T_MS, .width = 120 };
	struct err err = ERR_INIT;
	struct writer *w;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	load(t, &s);
	w = writer_text_new(out, &screen);
	drill_say(w, &s);
	assert_int_equal(writer_end(w, &err), 0);
	writer_free(w);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_screen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(screens); i++) {
		void *own = NULL;
		CLEANUP(free_ptr) char *text = NULL;

		assert_int_equal(tempstore_setup(&own), 0);
		tempstore_exec(own, screens[i].setup);
		text = say(own);
		for (size_t k = 0; k < ARRAY_SIZE(screens[i].has); k++) {
			if (screens[i].has[k] &&
			    !strstr(text, screens[i].has[k]))
				fail_msg("%s lacks: %s\n%s", screens[i].about,
					 screens[i].has[k], text);
		}
		for (size_t k = 0; k < ARRAY_SIZE(screens[i].lacks); k++) {
			if (screens[i].lacks[k] &&
			    strstr(text, screens[i].lacks[k]))
				fail_msg("%s has: %s\n%s", screens[i].about,
					 screens[i].lacks[k], text);
		}
		assert_int_equal(tempstore_teardown(&own), 0);
	}
}

/* What was told since the last call; heap. */
static char *tell(struct drill_live *l, struct tempstore *t)
{
	CLEANUP(drill_scene_release) struct drill_scene s = { 0 };
	char *text = NULL;
	size_t len;

	l->out = open_memstream(&text, &len);
	assert_non_null(l->out);
	load(t, &s);
	drill_live_tell(l, &s, T_MS + 7000);
	assert_int_equal(fclose(l->out), 0);
	l->out = stderr;
	return text;
}

static void test_live(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(drill_live_end) struct drill_live l = { .out = stderr };
	CLEANUP(free_ptr) char *first = NULL;
	CLEANUP(free_ptr) char *second = NULL;
	CLEANUP(free_ptr) char *third = NULL;

	tempstore_exec(t,
		       ALERT("0", NOBODY) DRILL("0", "NULL")
			       EVENT("drill-started", "'ann'")
				       EVENT("note", "'e' || char(27) || 've'")
					       MESSAGE("oncall", "0", "0",
						       "NULL", "NULL")
						       MESSAGE("boss", "0", "3",
							       "NULL",
							       "'HTTP 503'"));
	first = tell(&l, t);
	assert_non_null(strstr(first, "       5 s  e\\u001bve: notes"));
	assert_non_null(strstr(first,
			       "       7 s  boss, boss@x: \"opened\" not "
			       "sent yet, 2 tries so far"));
	assert_non_null(strstr(first, "HTTP 503"));
	assert_null(strstr(first, "oncall"));
	assert_null(strstr(first, "ann"));
	second = tell(&l, t);
	assert_string_equal(second, "");
	tempstore_exec(
		t, "UPDATE delivery SET state = 2, next_ms = NULL, sent_ms = " T
		   " + 6000 WHERE target = 'oncall'");
	third = tell(&l, t);
	assert_non_null(strstr(third, "       6 s  oncall, oncall@x: "
				      "\"opened\" delivered"));
	assert_null(strstr(third, "boss"));
}

/* Nobody looks: nothing is written. A terminal has one line more, drawn over
 * and taken away. */
static void test_nobody_looks_and_terminal(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(drill_scene_release) struct drill_scene s = { 0 };
	struct drill_live l = { .out = NULL };
	CLEANUP(free_ptr) char *text = NULL;

	tempstore_exec(t, ALERT("0", NOBODY) DRILL("0", "NULL"));
	load(t, &s);
	drill_live_tell(&l, &s, T_MS);
	drill_live_end(&l);
	l.width = 40;
	text = tell(&l, t);
	assert_int_equal(strncmp(text, "\rwaiting for an acknowledgement, ",
				 33),
			 0);
	assert_true(l.drawn);
}

static void test_is_none(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(drill_scene_release) struct drill_scene s = { .id = 1 };
	struct session session = { .store = t->store };
	struct err err = ERR_INIT;

	tempstore_exec(t, ALERT("0", NOBODY));
	assert_int_equal(drill_scene_load(&session, &s, &err), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, tempstore_setup, tempstore_teardown)
		cmocka_unit_test(test_screen),
		TEST(test_live),
		TEST(test_nobody_looks_and_terminal),
		TEST(test_is_none),
	};

	(void)setenv("TZ", "UTC", 1); /* fails on memory alone */
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
