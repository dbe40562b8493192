/* why, forecast and oncall over a database with a history, and settings. */
#include "cli/commands.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/escape.h"
#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/audit.h"
#include "store/txn.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
/* 2026-03-02 10:00 UTC; the alerts came an hour before. */
#define NOW (SAMPLE_NOW_MS + 60 * MINUTE)

static const char settings[] =
	"sources:\n"
	"  - {name: azure, type: file, path: /srv/in}\n"
	"targets:\n"
	"  - {name: oncall, type: folder, path: /srv/oncall}\n"
	"  - {name: manager, type: folder, path: /srv/manager}\n"
	"  - {name: soc, type: folder, path: /srv/soc}\n"
	"  - {name: stranger, type: folder, path: /srv/stranger}\n"
	"  - {name: anna, type: folder, path: /srv/anna}\n"
	"  - {name: ben, type: folder, path: /srv/ben}\n"
	"rotations:\n"
	"  - name: duty\n"
	"    timezone: UTC\n"
	"    start: 2026-03-02\n"
	"    handover: \"mon 09:00\"\n"
	"    every: 1w\n"
	"    members: [anna, ben]\n"
	"rules:\n"
	"  - name: jewels\n"
	"    when: {severity: high, entity: vm-9}\n"
	"    set: {severity: critical, owner: pay}\n"
	"    reason: the payment cluster\n"
	"routes:\n"
	"  - name: worst\n"
	"    when: {severity: critical}\n"
	"    ladder: [{after: 0s, notify: [oncall]}]\n"
	"  - name: night\n"
	"    when: {severity: high, title: \"never*\"}\n"
	"    ladder: [{after: 0s, notify: [soc]}]\n"
	"  - name: day\n"
	"    when: {severity: high}\n"
	"    ladder:\n"
	"      - {after: 0s, notify: [oncall]}\n"
	"      - {after: 90m, notify: [manager, duty]}\n"
	"  - name: again\n"
	"    when: {severity: low}\n"
	"    ladder: [{after: 0s, notify: [ben], repeat: 1h, times: 9}]\n"
	"fallback: soc\n";

struct scene {
	struct tempstore *t;
	char file[128];
};

static int setup(void **state)
{
	struct scene *s = xcalloc(1, sizeof(*s));
	FILE *f;

	if (tempstore_setup((void **)&s->t) != 0)
		return -1;
	snprintf(s->file, sizeof(s->file), "%s/triaged.yaml", s->t->directory);
	f = fopen(s->file, "w");
	assert_non_null(f);
	assert_true(fputs(settings, f) >= 0);
	assert_int_equal(fclose(f), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	assert_int_equal(unlink(s->file), 0);
	tempstore_teardown((void **)&s->t);
	free(s);
	return 0;
}

/* An admin's hand: "$T" is SAMPLE_NOW_MS. */
static void run(const struct scene *s, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	for (; *text; text++) {
		if (text[0] == '$' && text[1] == 'T') {
			strbuf_addf(&sb, "%lld", (long long)SAMPLE_NOW_MS);
			text++;
		} else {
			strbuf_addch(&sb, *text);
		}
	}
	tempstore_exec(s->t, sb.buf);
}

/* Alert number @n, high, first seen at SAMPLE_NOW_MS. */
static int64_t add_alert(const struct scene *s, int n)
{
	CLEANUP(alert_release) struct alert a = { 0 };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct sighting at = { 0, SAMPLE_NOW_MS };
	struct decision d;
	int64_t id;

	sample_arm(&a, n);
	d = sample_decision(&a);
	assert_int_equal(txn_begin(&txn, s->t->store, NULL), 0);
	assert_int_equal(alerts_insert(s->t->store, &a, &d, &at, &id, NULL), 0);
	assert_int_equal(audit_add(s->t->store,
				   &(struct audit_event){
					   .alert_id = id,
					   .at_ms = SAMPLE_NOW_MS,
					   .actor = "source azure",
					   .kind = "opened",
					   .detail = "{\"severity\":\"high\","
						     "\"policy\":\"high 4h\"}",
				   },
				   NULL),
			 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	return id;
}

/* What a command line answers; heap. @with: the settings are given. */
static char *answer(const struct scene *s, const char *line, size_t width,
		    bool with, int *ret_rc)
{
	CLEANUP(free_ptr) char *copy = xasprintf("triagectl %s", line);
	const struct screen screen = { .now_ms = NOW, .width = width };
	struct session session = { .database = s->t->path,
				   .config = with ? s->file : NULL,
				   .now_ms = NOW };
	struct err err = ERR_INIT;
	struct arguments args;
	char *argv[16], *rest = copy, *word, *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int argc = 0, rc;

	while ((word = strsep(&rest, " ")))
		argv[argc++] = word;
	argv[argc] = NULL;
	assert_int_equal(arguments_parse(argc, argv, &args, &err), 0);
	session.writer = arguments_has(&args, "json")
				 ? writer_json_new(out)
				 : writer_text_new(out, &screen);
	rc = args.command->run(&session, &args, &err);
	if (rc == 0)
		assert_int_equal(writer_end(session.writer, NULL), 0);
	else
		fputs(err.text, out);
	if (ret_rc)
		*ret_rc = rc;
	else if (rc != 0)
		fail_msg("%s: %s", line, err.text);
	writer_free(session.writer);
	session_release(&session);
	fclose(out);
	return text;
}

/* All of @words, in this order. */
static void says(const struct scene *s, const char *line,
		 const char *const *words)
{
	CLEANUP(free_ptr) char *text = answer(s, line, 1000, true, NULL);
	const char *at = text;

	for (; *words; words++) {
		at = strstr(at, *words);
		if (!at)
			fail_msg("'%s' does not say '%s' there:\n%s", line,
				 *words, text);
	}
}

#define SAYS(line, ...)                                                        \
	says(*state, line, (const char *const[]){ __VA_ARGS__, NULL })

#define CLOCK                                                                  \
	"INSERT INTO clock (alert_id, episode, severity, policy, started_ms, " \
	"due_ms, next_ms) VALUES (1, 1, 3, 'high 4h', $T, $T + 14400000, "     \
	"$T + 7200000);"
#define LADDER(step, next, why)                                                \
	"INSERT INTO ladder (alert_id, episode, route, started_ms, step, "     \
	"repeat, next_ms, stopped_why) VALUES (1, 1, 'day', $T, " step         \
	", 0, " next ", " why ");"
#define CLIMBS CLOCK LADDER("1", "$T + 5400000", "NULL")
#define MESSAGE(target, state, attempts, next, sent, error)                    \
	"INSERT INTO delivery (key, alert_id, episode, target, kind, step, "   \
	"severity, reason, state, attempts, created_ms, not_before_ms, "       \
	"next_ms, sent_ms, last_error) VALUES (hex(randomblob(8)), 1, 1, "     \
	"'" target "', 0, 0, 3, 'severity high', " state ", " attempts         \
	", $T, $T, " next ", " sent ", " error ");"

#define HELD(target, cause, name, outcome, ended, why)                         \
	"INSERT INTO bundle (id, cause, name, target, opened_ms, due_ms) "     \
	"VALUES (1, " cause ", '" name "', '" target                           \
	"', $T, $T + 7200000); INSERT INTO bundle_entry (bundle_id, "          \
	"alert_id, episode, kind, severity, step, transition, added_ms, "      \
	"outcome, ended_ms, ended_why) VALUES (1, 1, 1, 0, 3, 0, 0, "          \
	"$T, " outcome ", " ended ", " why ");"
#define SILENCE                                                                \
	"INSERT INTO silence (id, author, reason, when_text, "                 \
	"covers_critical, created_ms, starts_ms, ends_ms) VALUES (3, 'anna', " \
	"'a drill', 'severity=high', 0, $T, $T, $T + 7200000);"

/* Was somebody told, and why or why not: one row for each way. */
static const struct {
	const char *about, *setup, *target, *says;
} answers[] = {
	{ "told at once",
	  CLIMBS MESSAGE("oncall", "2", "1", "NULL", "$T + 2000", "NULL"),
	  "oncall",
	  "oncall was told at 2026-03-02 09:00 UTC, delivered after 1 try: "
	  "severity high." },
	{ "told late",
	  CLIMBS MESSAGE("oncall", "2", "4", "NULL", "$T + 720000",
			 "'HTTP 503'"),
	  "oncall",
	  "oncall was told at 2026-03-02 09:12 UTC, 12 min late, delivered "
	  "after 4 tries: severity high." },
	{ "the best of several messages counts",
	  CLIMBS MESSAGE("oncall", "4", "1", "NULL", "NULL", "'HTTP 404'")
		  MESSAGE("oncall", "2", "1", "NULL", "$T + 2000", "NULL"),
	  "oncall", "oncall was told at 2026-03-02 09:00 UTC" },
	{ "tried again",
	  CLIMBS MESSAGE("oncall", "3", "3", "$T + 3900000", "NULL",
			 "'HTTP 503'"),
	  "oncall",
	  "oncall has not been told yet: the message of 2026-03-02 09:00 UTC "
	  "waits for its next try (now, 2026-03-02 09:00 UTC) after 3 tries: "
	  "HTTP 503." },
	{ "given up",
	  CLIMBS MESSAGE("oncall", "4", "5", "NULL", "NULL", "'HTTP 404'"),
	  "oncall",
	  "oncall was not told: the message of 2026-03-02 09:00 UTC was given "
	  "up after 5 tries: HTTP 404." },
	{ "superseded",
	  CLIMBS MESSAGE("oncall", "5", "0", "NULL", "NULL",
			 "'the alert was closed before this was sent'"),
	  "oncall",
	  "oncall was not told: the message of 2026-03-02 09:00 UTC was not "
	  "sent: the alert was closed before this was sent." },
	{ "of another episode",
	  "UPDATE alert SET episode = 2;" MESSAGE("oncall", "2", "1", "NULL",
						  "$T + 2000", "NULL"),
	  "stranger", "stranger was not told: route day" },
	{ "silenced", SILENCE HELD("oncall", "4", "3", "0", "NULL", "NULL"),
	  "oncall",
	  "oncall has not been told yet: held back by silence 3 of anna (a "
	  "drill) until 2026-03-02 11:00 UTC." },
	{ "silenced and closed",
	  SILENCE HELD("oncall", "4", "3", "3", "$T + 60000", "'closed'"),
	  "oncall",
	  "oncall was not told: held back by silence 3 of anna (a drill), and "
	  "not needed any more at 2026-03-02 09:01 UTC: closed." },
	{ "in maintenance",
	  HELD("oncall", "5", "patching", "0", "NULL", "NULL"), "oncall",
	  "held back by maintenance patching until" },
	{ "in quiet hours", HELD("oncall", "6", "", "0", "NULL", "NULL"),
	  "oncall", "held back by quiet hours until" },
	{ "in a storm", HELD("oncall", "7", "", "0", "NULL", "NULL"), "oncall",
	  "held back by a storm of messages until" },
	{ "with its group", HELD("oncall", "3", "g", "0", "NULL", "NULL"),
	  "oncall", "held back by its group" },
	{ "in a digest", HELD("oncall", "1", "low", "0", "NULL", "NULL"),
	  "oncall", "held back by the digest of route low until" },
	{ "in a digest of whose turn it is then",
	  HELD("duty", "1", "low", "0", "NULL", "NULL"), "anna",
	  "anna has not been told yet: held back by the digest of route low" },
	{ "held for another", HELD("soc", "6", "", "0", "NULL", "NULL"),
	  "stranger", "stranger was not told: route day" },
	{ "owed beats held",
	  HELD("oncall", "6", "", "0", "NULL", "NULL")
		  MESSAGE("oncall", "1", "1", "$T", "NULL", "NULL"),
	  "oncall",
	  "oncall has not been told yet: the message of 2026-03-02 "
	  "09:00 UTC is being sent" },
	{ "its step comes", CLIMBS, "manager",
	  "manager has not been told yet: step 2 of route day does that in 30 "
	  "min, 2026-03-02 10:30 UTC, unless somebody acknowledges before." },
	{ "a member whose turn it is", CLIMBS, "anna",
	  "anna has not been told yet: step 2 of route day does that" },
	{ "the ladder stopped before",
	  CLOCK LADDER("1", "NULL", "'acknowledged'"), "manager",
	  "manager was not told: step 2 of route day would have done that at "
	  "2026-03-02 10:30 UTC, but the ladder had stopped: acknowledged." },
	{ "taken, but for others", CLOCK LADDER("2", "NULL", "NULL"), "ben",
	  "ben was not told: step 2 of route day was taken and told others" },
	{ "another route's", CLIMBS, "soc",
	  "soc was not told: route day carries this high alert to oncall, "
	  "manager, duty only; route night would tell soc but does not carry "
	  "it: title is Suspicious process executed on vm-1, it wants "
	  "never*." },
	{ "nobody's", CLIMBS, "stranger",
	  "stranger was not told: route day carries this high alert to oncall, "
	  "manager, duty only; no route names stranger." },
	{ "no route", "UPDATE alert SET severity = 2;", "stranger",
	  "stranger was not told: no route covers it, which tells the "
	  "fallback; no route names stranger." },
	{ "no such target", CLIMBS, "oncal",
	  "oncal was not told: the settings have no target of this name." },
	{ "a rotation", CLIMBS, "duty",
	  "duty is a rotation, and messages go to its members: ask for one of "
	  "them; anna has the duty now." },
	{ "information", "UPDATE alert SET severity = 0;", "oncall",
	  "oncall was not told: alerts of severity info are stored and tell "
	  "nobody." },
	{ "historical", "UPDATE alert SET historical = 1;", "oncall",
	  "oncall was not told: the alert was older than the import horizon" },
	{ "closed at first sight", "UPDATE event SET kind = 'seen-closed';",
	  "oncall",
	  "oncall was not told: the source had closed it before it was first "
	  "seen." },
};

static void test_answers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct scene *s;
		CLEANUP(free_ptr)
		char *line = xasprintf("why 1 --target %s", answers[i].target);
		CLEANUP(free_ptr) char *text = NULL;

		assert_int_equal(setup((void **)&s), 0);
		add_alert(s, 1);
		run(s, answers[i].setup);
		text = answer(s, line, 1000, true, NULL);
		if (!strstr(text, answers[i].says))
			fail_msg("%s: no '%s' in:\n%s", answers[i].about,
				 answers[i].says, text);
		teardown((void **)&s);
	}
	(void)state;
}

static void test_severity(void **state)
{
	add_alert(*state, 1);
	add_alert(*state, 9);
	run(*state, "UPDATE alert SET severity = 4, rule = 'jewels' "
		    "WHERE id = 2");
	SAYS("why 1",
	     "Severity    high: the source says High, which counts as "
	     "high; no rule applied;",
	     "decided by policy 00000000feedbeef; the settings have changed "
	     "since and would decide the same");
	SAYS("why 2",
	     "rule jewels made it critical, because: the payment "
	     "cluster (",
	     "triaged.yaml:18)");
	run(*state, "UPDATE alert SET severity = 3, rule = NULL WHERE id = 2");
	SAYS("why 2", "and would make it critical");
}

static void test_clocks(void **state)
{
	add_alert(*state, 1);
	SAYS("why 1", "Clock       none was started");
	run(*state, CLOCK);
	SAYS("why 1", "triage by \"high 4h\": began 2026-03-02 09:00 UTC, due "
		      "2026-03-02 13:00 UTC; it runs out in 3 h");
	run(*state, "UPDATE clock SET warned = 80, due_ms = $T + 1800000, "
		    "breached_ms = $T + 1800000");
	SAYS("why 1", "warned at 80 %; it ran out, now 30 min late");
	/* Another severity moved it after it had run out. */
	run(*state, "UPDATE clock SET due_ms = $T + 7200000");
	SAYS("why 1", "it ran out before it was moved, and runs out again in "
		      "1 h");
	run(*state, "UPDATE clock SET due_ms = $T + 1800000");
	run(*state, "UPDATE clock SET next_ms = NULL, stopped_ms = $T + "
		    "2400000, stopped_why = 'closed'");
	SAYS("why 1", "it ran out and was stopped 2026-03-02 09:40 UTC: "
		      "closed");
	run(*state, "UPDATE clock SET breached_ms = NULL");
	SAYS("why 1", "stopped in time 2026-03-02 09:40 UTC: closed");
}

static void test_routes(void **state)
{
	add_alert(*state, 1);
	SAYS("why 1", "Routes      worst",
	     "does not carry it: severity is high, it wants critical", "night",
	     "does not carry it: title is", "it wants never*", "day",
	     "carries it, in 2 steps, to oncall, manager, duty");
	run(*state, "UPDATE alert SET severity = 4");
	SAYS("why 1", "worst", "carries it, in 1 step, to oncall", "night",
	     "is not asked, route worst has it");
}

static void test_ladder(void **state)
{
	add_alert(*state, 1);
	run(*state,
	    CLIMBS MESSAGE("oncall", "2", "1", "NULL", "$T + 2000", "NULL"));
	SAYS("why 1",
	     "Ladder      day  1  2026-03-02 09:00 UTC  taken  oncall: "
	     "sent",
	     "day  2  2026-03-02 10:30 UTC  next   tells manager and anna "
	     "(rotation duty)");
	run(*state, "UPDATE ladder SET next_ms = NULL, stopped_why = "
		    "'acknowledged'");
	SAYS("why 1", "not taken  acknowledged; would have told manager and "
		      "anna (rotation duty)");
}

static void test_held_back(void **state)
{
	add_alert(*state, 1);
	run(*state, SILENCE HELD("oncall", "4", "3", "0", "NULL", "NULL"));
	SAYS("why 1",
	     "Held back   oncall  \"opened\" held back by silence 3 of "
	     "anna (a drill) since 2026-03-02 09:00 UTC, until "
	     "2026-03-02 11:00 UTC");
	SAYS("why 1 --target oncall",
	     "Next        in 1 h  2026-03-02 11:00 UTC  oncall is told what "
	     "silence 3 of anna (a drill) held back, if it is still open");
	run(*state, CLIMBS);
	SAYS("why 1", "day  1  2026-03-02 09:00 UTC  taken  oncall: held back "
		      "by silence 3 of anna (a drill)");
	SAYS("why 1", "Next        in 30 min", "in 1 h", "50 %", "in 1 h",
	     "oncall is told what silence 3", "80 %");
	/* Another target's, at the same moment. */
	run(*state, "INSERT INTO bundle (id, cause, name, target, opened_ms, "
		    "due_ms) VALUES (2, 6, '', 'ben', $T, $T + 7200000); "
		    "INSERT INTO bundle_entry (bundle_id, alert_id, episode, "
		    "kind, severity, step, transition, added_ms) VALUES (2, 1, "
		    "1, 0, 3, 0, 0, $T)");
	SAYS("why 1", "oncall is told what silence 3",
	     "ben is told what quiet hours held back", "80 %");
	SAYS("why 1 --target soc", "Next        nothing");
	run(*state, "UPDATE bundle_entry SET outcome = 1, ended_ms = $T + "
		    "7200000");
	SAYS("why 1", "since 2026-03-02 09:00 UTC; sent 2026-03-02 11:00 UTC");
	run(*state, "UPDATE bundle_entry SET outcome = 2");
	SAYS("why 1", "; something else held it from 2026-03-02 11:00 UTC");
}

/* What comes, with those who are told, in local time. */
static void test_next(void **state)
{
	add_alert(*state, 1);
	SAYS("why 1", "Next        nothing, unless the source or somebody");
	run(*state, CLIMBS);
	SAYS("why 1", "Next        in 30 min", "2026-03-02 10:30 UTC",
	     "step 2 of route day tells manager and anna (rotation duty)",
	     "in 1 h", "2026-03-02 11:00 UTC  50 % of the triage time is over",
	     "80 % of the triage time is over: who was told is warned",
	     "in 3 h", "the triage clock runs out");
	SAYS("why 1 --target manager", "Next        in 30 min");
	SAYS("why 1 --target soc", "Next        nothing");
	/* Who has been told by then hears of the clock, who has not does not.
	 */
	SAYS("why 1 --target manager", "tells manager", "80 % of the",
	     "the triage clock runs out");
	SAYS("why 1 --target oncall", "Next        nothing");
	run(*state, MESSAGE("oncall", "2", "1", "NULL", "$T + 2000", "NULL"));
	SAYS("why 1 --target oncall", "Next        in 2 h", "80 % of the",
	     "the triage clock runs out");
	SAYS("show 1", "Next",
	     "in 30 min, 2026-03-02 10:30 UTC: step 2 of "
	     "route day tells manager and anna");
	SAYS("forecast", "manager and anna (rotation duty) in 30 min");
	run(*state, "UPDATE alert SET state = 1, acknowledged_ms = $T, "
		    "acknowledged_by = 'ada', acknowledge_expires_ms = $T + "
		    "4800000; UPDATE ladder SET next_ms = NULL, stopped_ms = "
		    "$T, stopped_why = 'acknowledged'");
	SAYS("why 1", "Next        in 20 min",
	     "the acknowledgement of ada "
	     "ends: the ladders begin anew",
	     "in 20 min", "step 1 of route day tells oncall");
}

/* A step that repeats says when it does next, however often it did. */
static void test_next_repeat(void **state)
{
	CLEANUP(free_ptr) char *text = NULL;

	add_alert(*state, 1);
	run(*state, CLOCK
	    "INSERT INTO ladder (alert_id, episode, route, started_ms, step, "
	    "repeat, next_ms) VALUES (1, 1, 'again', $T, 0, 3, $T + 10800000)");
	SAYS("why 1", "50 % of the triage time is over", "in 2 h",
	     "step 1 of route again, repeat 3, tells ben",
	     "the triage clock runs out");
	text = answer(*state, "why 1", 80, true, NULL);
	assert_null(strstr(text, "repeat 4,"));
}

/* The words of each event, in the order of time. */
static void test_story(void **state)
{
	static const struct {
		const char *kind, *detail, *says;
	} rows[] = {
		{ "updated",
		  "{\"changed\":\"severity\",\"severity_from\":\"high\","
		  "\"severity_to\":\"critical\",\"rule\":\"jewels\","
		  "\"acknowledgement_withdrawn\":true}",
		  "the source changed it: severity; from high to critical by "
		  "rule jewels; it rose above what was acknowledged, so the "
		  "acknowledgement is withdrawn" },
		{ "closed", "{\"source_status\":\"Resolved\"}",
		  "closed at the source as Resolved; clocks and ladders stop" },
		{ "closed", "{\"as\":\"benign\",\"note\":\"a drill\"}",
		  "closed as benign: a drill; clocks and ladders stop" },
		{ "reopened", "{\"severity_to\":\"high\",\"episode\":2}",
		  "active again: opened anew as high, episode 2" },
		{ "acknowledged",
		  "{\"until_at\":\"2026-03-02T10:00:00Z\",\"note\":\"mine\"}",
		  "acknowledged until 2026-03-02 10:00 UTC: mine; the ladders "
		  "stop" },
		{ "acknowledgement-expired", "{\"acknowledged_by\":\"ada\"}",
		  "the acknowledgement of ada ran out and nothing followed: "
		  "open again, the ladders begin anew" },
		{ "response-planned",
		  "{\"response\":7,\"action\":\"suspend-user\",\"subject\":"
		  "\"ada@x.org\",\"reason\":\"stolen\"}",
		  "asks for response 7, suspend-user ada@x.org: stolen" },
		{ "response-approved",
		  "{\"response\":7,\"action\":\"dismiss\",\"subject\":\"x\"}",
		  "approves response 7, dismiss" },
		{ "response-called",
		  "{\"response\":7,\"action\":\"suspend-user\",\"subject\":"
		  "\"ada@x.org\",\"found\":\"enabled\"}",
		  "begins response 7, suspend-user ada@x.org; before it: "
		  "enabled" },
		{ "response-refused",
		  "{\"response\":7,\"action\":\"dismiss\",\"answer\":\"no\"}",
		  "refuses response 7, dismiss: no" },
		{ "response-failed",
		  "{\"response\":7,\"action\":\"exec\",\"subject\":\"block\","
		  "\"answer\":\"status 3\",\"uncertain\":true}",
		  "response 7, exec block, failed: status 3; it may have been "
		  "done all the same" },
		{ "response-expired", "{\"response\":7,\"action\":\"dismiss\"}",
		  "response 7, dismiss, expired" },
		{ "sla-warning-50", "{}", "half of the triage time is over" },
		{ "sla-breached",
		  "{\"due_at\":\"2026-03-02T09:15:00Z\",\"while_down\":true}",
		  "the triage clock ran out at 2026-03-02 09:15 UTC, while "
		  "triaged was down" },
		{ "sla-breached",
		  "{\"due_at\":\"2026-03-02T09:15:00Z\",\"before_seen\":true}",
		  "ran out at 2026-03-02 09:15 UTC, before it was seen" },
		{ "sla-warning-80", "{\"before_seen\":true}",
		  "80 % of the triage time is over, before it was seen" },
		{ "opened",
		  "{\"severity\":\"high\",\"policy\":\"high "
		  "4h\",\"clock_from\":"
		  "\"source\",\"clock_started_at\":\"2026-03-02T08:00:00Z\","
		  "\"due_at\":\"2026-03-02T12:00:00Z\"}",
		  "triage clock high 4h, counted from the source's own time, "
		  "2026-03-02 08:00 UTC, due 2026-03-02 12:00 UTC" },
		{ "opened",
		  "{\"severity\":\"high\",\"policy\":\"high "
		  "4h\",\"clock_from\":"
		  "\"source-undated\"}",
		  "counted from now, since the source names no time" },
		{ "reopened",
		  "{\"severity_to\":\"high\",\"clock_from\":"
		  "\"source-before-close\"}",
		  "counted from now, since the source's time is before the "
		  "close" },
		{ "updated",
		  "{\"changed\":\"severity\",\"clock_from\":\"rose\"}",
		  "counted from now, since it had none before" },
		{ "escalated", "{\"route\":\"route 2\",\"step\":2}",
		  "nobody had answered: step 2 of route 2" },
		{ "escalated", "{\"route\":\"day\",\"step\":2,\"repeat\":1}",
		  "nobody had answered: step 2 of route day, repeat 1" },
		{ "unrouted", "{\"fallback\":\"soc\"}",
		  "no route covers it: the fallback is told, soc" },
		{ "merged", "{\"into\":7}", "the same as alert 7" },
		{ "held-back",
		  "{\"cause\":\"silence\",\"name\":\"3\",\"target\":"
		  "\"oncall\",\"notice\":\"opened\",\"until_at\":"
		  "\"2026-03-02T10:00:00Z\"}",
		  "the message \"opened\" to oncall is held back by silence 3 "
		  "until 2026-03-02 10:00 UTC" },
		{ "held-back", "{\"cause\":\"quiet\",\"name\":\"\"}",
		  "to somebody is held back by quiet hours" },
		{ "triaged",
		  "{\"owner\":\"ada\",\"severity\":\"high\",\"phase\":"
		  "\"investigate\",\"late\":false}",
		  "triaged: it belongs to ada, severity high, phase "
		  "investigate; the triage clock is met, the ladders stop" },
		{ "assigned", "{\"from\":\"ada\",\"to\":\"ben\"}",
		  "belongs to ben now, before to ada" },
		{ "phase", "{\"from\":\"triage\",\"to\":\"contain\"}",
		  "goes on to phase contain from triage" },
		{ "held",
		  "{\"until_at\":\"2026-03-02T10:00:00Z\",\"reason\":"
		  "\"waits for the vendor\"}",
		  "the resolve clock is put on hold until 2026-03-02 10:00 "
		  "UTC: waits for the vendor" },
		{ "hold-expired", "{}", "the hold ended" },
		{ "step-skipped", "{\"route\":\"day\",\"step\":1}",
		  "step 1 of route day has nobody to tell" },
		{ "runbook",
		  "{\"target\":\"ticket\",\"notice\":\"opened\",\"attempt\":2,"
		  "\"output\":\"\",\"error\":\"exit status 1\"}",
		  "the runbook of ticket failed for opened, try 2: exit "
		  "status 1" },
		{ "runbook",
		  "{\"target\":\"ticket\",\"attempt\":1,\"output\":\"T-7\"}",
		  "the runbook of ticket ran; it said: T-7" },
		{ "told-instead",
		  "{\"target\":\"soc\",\"second\":\"phone\",\"attempts\":3}",
		  "soc did not take its message in 3 tries: phone is told "
		  "instead" },
		{ "nobody-else-to-tell",
		  "{\"target\":\"soc\",\"error\":\"410\"}",
		  "soc did not take its message and there is nobody else to "
		  "tell: 410" },
		{ "outbox-retry", "{\"delivery\":2,\"target\":\"ticket\"}",
		  "sends again the message 2 to ticket" },
		{ "outbox-drop",
		  "{\"delivery\":2,\"target\":\"ticket\",\"reason\":\"told "
		  "them\"}",
		  "gives up the message 2 to ticket: told them" },
		{ "of-a-later-release", "{\"why\":\"because\"}",
		  "of-a-later-release: why because" },
		{ "opened", "no JSON at all", "first seen, opened as" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr)
		char *text = xasprintf("UPDATE event SET kind = '%s', "
				       "detail = '%s'",
				       rows[i].kind, rows[i].detail);

		if (i == 0)
			add_alert(*state, 1);
		run(*state, text);
		SAYS("why 1", "2026-03-02 09:00:00 UTC  source azure",
		     rows[i].says);
	}
}

static void test_messages_in_the_story(void **state)
{
	add_alert(*state, 1);
	run(*state,
	    MESSAGE("soc", "4", "3", "NULL", "NULL", "'HTTP 413'")
		    MESSAGE("oncall", "2", "2", "NULL", "$T + 180000", "NULL"));
	SAYS("why 1", "first seen, opened as high; triage clock high 4h",
	     "to soc: \"opened\" given up after 3 tries: HTTP 413 (severity "
	     "high)",
	     "to oncall: \"opened\" delivered 3 min late, at 2026-03-02 09:03 "
	     "UTC after 2 tries (severity high)");
}

/* The database alone still tells what was decided, and what is missing. */
static void test_without_settings(void **state)
{
	CLEANUP(free_ptr) char *text = NULL, *told = NULL;

	add_alert(*state, 1);
	run(*state, CLIMBS);
	text = answer(*state, "why 1", 1000, false, NULL);
	assert_non_null(strstr(text, "triage by \"high 4h\""));
	assert_non_null(strstr(text, "not known without the settings"));
	assert_null(strstr(text, "Routes"));
	told = answer(*state, "why 1 --target oncall", 1000, false, NULL);
	assert_non_null(strstr(told, "why cannot be said without the "
				     "settings"));
}

static void test_no_such_alert(void **state)
{
	int rc;
	CLEANUP(free_ptr) char *text = answer(*state, "why 7", 80, true, &rc);

	assert_int_equal(rc, ERR_NOT_FOUND);
	assert_non_null(strstr(text, "no alert 7"));
}

/* What a stranger wrote never reaches the terminal as a command, and no line
 * is wider than the screen. */
static void test_screens_are_safe_and_fit(void **state)
{
	static const char *const lines[] = { "why 1", "why 1 --target oncall",
					     "forecast", "oncall",
					     "why 1 --json" };
	static const size_t widths[] = { 80, 200 };

	add_alert(*state, 1);
	run(*state, CLIMBS MESSAGE("oncall", "4", "1", "NULL", "NULL",
				   "char(27) || '[2J'"));
	run(*state, "UPDATE alert SET title = char(27) || ']0;x' || char(7), "
		    "entity = char(8238) || 'exe.txt', acknowledged_by = "
		    "char(27)");
	for (size_t i = 0; i < 2 * ARRAY_SIZE(lines); i++) {
		CLEANUP(free_ptr)
		char *text =
			answer(*state, lines[i / 2], widths[i % 2], true, NULL);
		char *rest = text, *line;

		for (const char *p = text; *p; p++)
			assert_true((unsigned char)*p >= 0x20 || *p == '\n');
		assert_null(strstr(text, "\xe2\x80\xae"));
		if (strstr(lines[i / 2], "json"))
			continue;
		while ((line = strsep(&rest, "\n"))) {
			if (escape_width(line) > widths[i % 2])
				fail_msg("too wide: %s", line);
		}
	}
}

static json_t *data(const struct scene *s, const char *line)
{
	CLEANUP(free_ptr) char *text = answer(s, line, 80, true, NULL);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	return root;
}

static void test_why_json(void **state)
{
	static const char *const arrays[] = { "origins", "clocks", "routes",
					      "ladder",	 "story",  "deliveries",
					      "next" };
	CLEANUP(jsonx_unref) json_t *root = NULL;
	const json_t *told, *severity, *row;

	add_alert(*state, 1);
	run(*state,
	    CLIMBS MESSAGE("oncall", "2", "1", "NULL", "$T + 2000", "NULL"));
	root = data(*state, "why 1 --target oncall --json");
	assert_string_equal(jsonx_str(root, "schema"), "triaged.why.v1");
	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++)
		assert_true(json_is_array(jsonx_get(root, arrays[i])));
	told = jsonx_get(root, "answer");
	assert_string_equal(jsonx_str(told, "target"), "oncall");
	assert_true(jsonx_bool(told, "told"));
	assert_string_equal(jsonx_str(told, "told_at"),
			    "2026-03-02T09:00:02.000Z");
	severity = jsonx_get(root, "severity");
	assert_string_equal(jsonx_str(severity, "source"), "High");
	assert_string_equal(jsonx_str(severity, "severity_now"), "high");
	assert_false(jsonx_bool(severity, "policy_is_running"));
	row = json_array_get(jsonx_get(root, "routes"), 1);
	assert_string_equal(jsonx_str(row, "key"), "title");
	assert_string_equal(jsonx_str(row, "wants"), "never*");
	row = json_array_get(jsonx_get(root, "ladder"), 0);
	assert_string_equal(jsonx_str(row, "due_at"),
			    "2026-03-02T09:00:00.000Z");
	assert_string_equal(jsonx_str(row, "targets"), "oncall");
	assert_int_equal(json_array_size(jsonx_get(root, "story")), 2);
}

static void test_forecast(void **state)
{
	add_alert(*state, 1);
	SAYS("forecast", "0 clocks run out within 1 d.");
	run(*state, CLIMBS "UPDATE alert SET owner = 'pay'");
	SAYS("forecast", "1 clock runs out within 1 d: 1 high.", "in 3 h",
	     "high", "pay owns it", "Suspicious process");
	SAYS("forecast --within 2h", "0 clocks run out within 2 h.");
	run(*state, "UPDATE alert SET state = 1, acknowledged_ms = $T, "
		    "acknowledged_by = 'ada', acknowledge_expires_ms = $T + "
		    "4800000");
	SAYS("forecast", "ada, ends in 20 min",
	     "Acknowledgements that end before the clock does: 1.");
	run(*state, "UPDATE clock SET due_ms = $T + 1800000");
	SAYS("forecast", "1 high; late already: 1.", "30 min late");
	run(*state, "UPDATE clock SET breached_ms = due_ms");
	SAYS("forecast", "0 clocks run out");
}

static void test_forecast_json(void **state)
{
	CLEANUP(jsonx_unref) json_t *root = NULL;
	const json_t *row, *total;
	int64_t left_ms, n;

	add_alert(*state, 1);
	run(*state, CLIMBS);
	root = data(*state, "forecast --json");
	assert_string_equal(jsonx_str(root, "schema"), "triaged.forecast.v1");
	row = json_array_get(jsonx_get(root, "forecast"), 0);
	assert_string_equal(jsonx_str(row, "due_at"),
			    "2026-03-02T13:00:00.000Z");
	assert_true(jsonx_int(row, "left_ms", &left_ms));
	assert_int_equal(left_ms, 180 * MINUTE);
	total = jsonx_get(jsonx_get(root, "totals"), "high");
	assert_true(jsonx_int(total, "clocks", &n));
	assert_int_equal(n, 1);
}

static void test_forecast_refuses(void **state)
{
	int rc;
	CLEANUP(free_ptr)
	char *text = answer(*state, "forecast --within soon", 80, true, &rc);

	assert_int_equal(rc, ERR_CONF);
	assert_non_null(strstr(text, "'soon' is no time such as"));
}

static void test_oncall(void **state)
{
	int rc;
	CLEANUP(free_ptr) char *text = NULL, *alone = NULL;

	SAYS("oncall", "duty      anna     2026-03-09 09:00 UTC  in 6 d 23 h  "
		       "ben");
	SAYS("oncall duty --at 2026-03-10", "duty", "ben",
	     "2026-03-16 09:00 UTC");
	text = answer(*state, "oncall night", 80, true, &rc);
	assert_int_equal(rc, ERR_NOT_FOUND);
	assert_non_null(strstr(text, "no rotation night"));
	alone = answer(*state, "oncall", 80, false, &rc);
	assert_true(rc < 0);
	assert_non_null(strstr(alone, "-c FILE"));
}

#define OVER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		OVER(test_severity),
		OVER(test_clocks),
		OVER(test_routes),
		OVER(test_ladder),
		OVER(test_held_back),
		OVER(test_next),
		OVER(test_next_repeat),
		OVER(test_story),
		OVER(test_messages_in_the_story),
		OVER(test_without_settings),
		OVER(test_no_such_alert),
		OVER(test_screens_are_safe_and_fit),
		OVER(test_why_json),
		OVER(test_forecast),
		OVER(test_forecast_json),
		OVER(test_forecast_refuses),
		OVER(test_oncall),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
