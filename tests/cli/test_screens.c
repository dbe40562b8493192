/* Every command that looks, over a database with something in it. */
#include "cli/commands.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
#include "store/cases.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define NOW (SAMPLE_NOW_MS + 60 * MINUTE)
#define MINUTE INT64_C(60000)
#define WIDTH 80
#define EVIL                                                                   \
	"\033]0;owned\007 \xe2\x80\xae"                                        \
	"exe.txt"

static void begin(struct txn *txn, struct store *s)
{
	assert_int_equal(txn_begin(txn, s, NULL), 0);
}

static void commit(struct txn *txn)
{
	assert_int_equal(txn_commit(txn, NULL), 0);
}

/* Alert @n, seen an hour ago, due in @due_ms from NOW (0: no clock). */
static int64_t add_alert(struct store *s, int n, enum severity severity,
			 int64_t due_ms, int64_t poll)
{
	CLEANUP(alert_release) struct alert a = { 0 };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct sighting at = { poll, SAMPLE_NOW_MS };
	struct decision d;
	int64_t id;

	sample_arm(&a, n);
	if (n == 2)
		sample_change(&a, EVIL, "evil");
	d = sample_decision(&a);
	d.severity = severity;
	begin(&txn, s);
	assert_int_equal(alerts_insert(s, &a, &d, &at, &id, NULL), 0);
	if (due_ms) {
		const struct clock_row clock = { .alert_id = id,
						 .episode = 1,
						 .severity = severity,
						 .policy = "high 4h",
						 .started_ms = SAMPLE_NOW_MS,
						 .due_ms = NOW + due_ms,
						 .next_ms = NOW + due_ms };

		assert_int_equal(cases_put_clock(s, &clock, NULL), 0);
	}
	assert_int_equal(audit_add(s,
				   &(struct audit_event){
					   .alert_id = id,
					   .at_ms = SAMPLE_NOW_MS,
					   .actor = "source azure",
					   .kind = "opened",
					   .detail = "{\"note\":\""
						     "\\u001b[2J\"}",
				   },
				   NULL),
			 0);
	commit(&txn);
	return id;
}

static int64_t add_polls(struct store *s)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct poll_window azure = { "azure", "scope-1", 0, 0 };
	const struct poll_window graph = { "graph", "", 0, 0 };
	int64_t poll, failed;

	begin(&txn, s);
	assert_true(ledger_source(s, "azure", "defender-for-cloud", NOW,
				  NULL) >= 0);
	assert_true(ledger_source(s, "graph", "graph-security", NOW, NULL) >=
		    0);
	assert_int_equal(ledger_poll_begin(s, &azure, SAMPLE_NOW_MS, &poll,
					   NULL),
			 0);
	assert_int_equal(ledger_poll_end(s, poll, NULL, NOW - 14000, NULL), 0);
	assert_int_equal(ledger_poll_begin(s, &graph, SAMPLE_NOW_MS, &failed,
					   NULL),
			 0);
	assert_int_equal(ledger_poll_end(s, failed, "HTTP 429, until 02:14",
					 NOW - 5000, NULL),
			 0);
	commit(&txn);
	return poll;
}

/* A message to "soc" that was given up, one to "oncall" that waits. */
static void add_messages(struct store *s, int64_t alert)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(notice_release)
	struct notice dead = sample_notice(alert, "soc", 1);
	CLEANUP(notice_release)
	struct notice waits = sample_notice(alert, "oncall", 2);
	CLEANUP(notice_release) struct notice leased = { 0 };
	struct settlement end = { .state = NOTICE_DEAD,
				  .error = "HTTP 413 \033[31m" };

	begin(&txn, s);
	assert_int_equal(outbox_put(s, &dead, &end.id, NULL), 1);
	assert_int_equal(outbox_put(s, &waits, NULL, NULL), 1);
	commit(&txn);
	assert_int_equal(outbox_lease(s, "soc", NOW, OUTBOX_ROOM(1), &leased,
				      NULL),
			 1);
	assert_int_equal(outbox_settle(s, &end, 1, NOW, NULL), 0);
}

static void acknowledge(struct store *s, int64_t id)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct human_change by = { .id = id,
					 .who = "alice",
					 .note = "looking",
					 .now_ms = NOW - 3 * MINUTE };

	begin(&txn, s);
	assert_int_equal(alerts_acknowledge(s, &by, 0, NULL), 0);
	commit(&txn);
}

static void close_it(struct store *s, int64_t id)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct human_change by = { .id = id,
					 .who = "bob",
					 .now_ms = NOW - 120 * MINUTE };

	begin(&txn, s);
	assert_int_equal(alerts_close(s, &by, VERDICT_BENIGN, NULL), 0);
	commit(&txn);
}

/* 1 critical and late; 2 high, alice's; 3 low; 4 closed. */
static int setup(void **state)
{
	struct tempstore *t;
	int64_t poll, first;

	if (tempstore_setup(state) != 0)
		return -1;
	t = *state;
	poll = add_polls(t->store);
	first = add_alert(t->store, 1, SEVERITY_CRITICAL, -12 * MINUTE, poll);
	acknowledge(t->store,
		    add_alert(t->store, 2, SEVERITY_HIGH, 42 * MINUTE, poll));
	add_alert(t->store, 3, SEVERITY_LOW, 0, poll);
	close_it(t->store, add_alert(t->store, 4, SEVERITY_HIGH, 0, poll));
	add_messages(t->store, first);
	return 0;
}

/* What a command line answers; heap. *ret_rc may be NULL: 0 is expected. */
static char *answer(const struct tempstore *t, const char *line, int *ret_rc)
{
	CLEANUP(free_ptr) char *copy = xasprintf("triagectl %s", line);
	const struct screen screen = { .now_ms = NOW, .width = WIDTH };
	struct session session = { .database = t->path,
				   .socket = "/nonexistent/s",
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
	session.config = arguments_global(&args, "config");
	session.writer = arguments_has(&args, "json")
				 ? writer_json_new(out)
			 : arguments_has(&args, "csv")
				 ? writer_csv_new(out)
				 : writer_text_new(out, &screen);
	rc = args.command->run(&session, &args, &err);
	if (rc == 0 || !err.text[0])
		assert_int_equal(writer_end(session.writer, NULL), 0);
	else
		fputs(err.text, out);
	if (ret_rc)
		*ret_rc = rc;
	else
		assert_int_equal(rc, 0);
	writer_free(session.writer);
	session_release(&session);
	fclose(out);
	return text;
}

static void says(const struct tempstore *t, const char *line,
		 const char *const *words)
{
	CLEANUP(free_ptr) char *text = answer(t, line, NULL);
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

static void test_list(void **state)
{
	SAYS("list", "ID  SEV       STATE  DUE", "critical  open   12 min late",
	     "high      acked  in 42 min", "low       open   -");
	SAYS("list --state closed", "closed");
	SAYS("list --severity info", "no alert matches");
	SAYS("list --overdue", "12 min late");
}

/* Whoever was late to triage it is not later by the hour. */
static void test_stopped_late(void **state)
{
	static const char *const lines[] = { "list", "report --shift 12h",
					     "show 1" };
	struct tempstore *t = *state;

	tempstore_exec(t, "UPDATE clock SET breached_ms = due_ms, "
			  "stopped_ms = due_ms + 60000, next_ms = NULL "
			  "WHERE alert_id = 1");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(free_ptr) char *text = answer(t, lines[i], NULL);

		if (strstr(text, " late"))
			fail_msg("%s", text);
	}
	SAYS("show 1", "Due         it ran out, and was stopped 2026-03-02 "
		       "09:49 UTC");
}

static void test_show(void **state)
{
	SAYS("show 1", "Alert 1, critical, open",
	     "Due         12 min late: 2026-03-02 09:48 UTC",
	     "Who has it  nobody; phase detect", "What", "To what", "Since",
	     "1 h 10 min ago", "Severity", "the source says High",
	     "First steps Look at the process", "Entities", "Who knows", "soc",
	     "dead", "HTTP 413", "Lately", "source azure  first seen",
	     "Commands    triagectl ack 1");
	SAYS("show 2", "Alert 2, high, acknowledged", "Who has it  alice",
	     "3 min ago", "looking", "phase triage",
	     "triagectl phase 2 investigate");
	SAYS("show 4", "closed by bob", "as benign", "triagectl reopen 4");
}

/* What --full adds: the path, each message, each event as it stands. */
static void test_show_full(void **state)
{
	SAYS("show 1 --full", "To what", "/subscriptions/", "Who knows", "soc",
	     "opened", "dead", "oncall", "opened", "pending", "Events",
	     "opened", "note \\u001b[2J");
}

/* A storm of messages, a long description and many entities: still one
 * screen, and no line but a link wider than it is. */
static void test_show_is_one_screen(void **state)
{
	struct tempstore *t = *state;
	size_t lines = 0;

	tempstore_exec(t, "UPDATE alert SET portal_url = NULL, description = "
			  "replace(hex(zeroblob(3000)), '00', 'words '), "
			  "remediation = replace(hex(zeroblob(100)), '00', "
			  "'* **Look** at it' || char(10) || char(10)) "
			  "WHERE id = 1; "
			  "WITH RECURSIVE n(i) AS (VALUES(10) UNION ALL "
			  "SELECT i + 1 FROM n WHERE i < 400) "
			  "INSERT INTO thing SELECT 1000 + i, 'ip', "
			  "'2001:db8::' || i FROM n; "
			  "INSERT INTO entity SELECT 1, id - 1000, id, NULL, "
			  "NULL FROM thing WHERE id > 1000; "
			  "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL "
			  "SELECT i + 1 FROM n WHERE i < 300) "
			  "INSERT INTO delivery (key, alert_id, episode, "
			  "target, kind, step, severity, state, created_ms, "
			  "not_before_ms, sent_ms) SELECT 'k' || i, 1, 1, "
			  "'t' || (i % 9), 1, 0, 4, 2, 1772442000000 + i, 1, "
			  "1772442000000 + i FROM n");
	CLEANUP(free_ptr) char *text = answer(t, "show 1", NULL);

	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		assert_true(escape_width(line) <= WIDTH);
		lines++;
	}
	assert_in_range(lines, 20, 44);
	SAYS("show 1", "... all of it: triagectl show --full 1",
	     "First steps - Look at it", "... all of it", "... and ",
	     " more: triagectl show --full 1", "escalated 34 times",
	     "... and 5 more");
	SAYS("show 1 --full", "2001:db8::400");
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strstr(text, word))) {
		n++;
		text += strlen(word);
	}
	return n;
}

/* More than any list shows: events and messages of alert 1, 1500 of each. */
static void add_history(const struct tempstore *t)
{
	tempstore_exec(t, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL "
			  "SELECT i + 1 FROM n WHERE i < 1500) INSERT INTO "
			  "event (alert_id, at_ms, actor, kind, detail, hash) "
			  "SELECT 1, 1772442000000 + i, 'ada', 'note', "
			  "'{\"text\":\"note-' || i || '.\"}', x'00' FROM n; "
			  "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL "
			  "SELECT i + 1 FROM n WHERE i < 1500) "
			  "INSERT INTO delivery (key, alert_id, episode, "
			  "target, kind, step, severity, state, created_ms, "
			  "not_before_ms, sent_ms) SELECT 'k' || i, 1, 1, "
			  "'target-' || i || '.', 1, 0, 4, 2, 1772442000000, "
			  "1, 1772442000000 + i FROM n");
}

/* Every event and every message, in both forms. */
static void test_report_leaves_nothing_out(void **state)
{
	struct tempstore *t = *state;

	add_history(t);
	CLEANUP(free_ptr) char *people = answer(t, "report 1", NULL);
	CLEANUP(free_ptr) char *programs = answer(t, "report 1 --json", NULL);

	/* In the timeline, and among the notes or deliveries. */
	assert_int_equal(count(people, " note-"), 2 * 1500);
	assert_int_equal(count(people, " target-"), 2 * 1500);
	assert_int_equal(count(programs, "\"notes: note-"), 1500);
	assert_int_equal(count(programs, "\"target\": \"target-"), 2 * 1500);
	assert_non_null(strstr(people, "note-1500."));
	assert_non_null(strstr(people, "target-1500."));
}

static void test_timeline(void **state)
{
	SAYS("timeline 1", "WHEN  ", " UTC", "source azure", "opened",
	     "opened to soc");
}

static void test_timeline_leaves_nothing_out(void **state)
{
	struct tempstore *t = *state;

	add_history(t);
	CLEANUP(free_ptr) char *people = answer(t, "timeline 1", NULL);
	CLEANUP(free_ptr) char *programs = answer(t, "timeline 1 --json", NULL);

	assert_int_equal(count(people, "note-"), 1500);
	assert_int_equal(count(people, "target-"), 1500);
	assert_int_equal(count(programs, "note-"), 1500);
	assert_int_equal(count(programs, "\"target\": \"target-"), 1500);
}

/* The totals are of all there are, also when the list ends before. */
static void test_forecast(void **state)
{
	struct tempstore *t = *state;

	tempstore_exec(t, "INSERT INTO clock (alert_id, episode, kind, "
			  "severity, policy, started_ms, due_ms, next_ms) "
			  "SELECT alert_id, 1, 1, 3, 'p', 1, due_ms + 60000, 1 "
			  "FROM clock WHERE alert_id = 2");
	SAYS("forecast", "3 clocks run out within 1 d: 1 critical, 2 high; "
			 "late already: 1.");
	SAYS("forecast --limit 1",
	     "3 clocks run out within 1 d: 1 critical, 2 high; late already: 1",
	     "Shown: the first 1; all of them: --limit 0.");
	SAYS("forecast --limit 2 --json", "\"high\": {", "\"clocks\": 2",
	     "\"cut\": true");
}

/* Who triaged it gave it to its owner: the same name as everywhere else. */
static void test_forecast_names_the_owner(void **state)
{
	struct tempstore *t = *state;

	tempstore_exec(t, "INSERT INTO clock (alert_id, episode, kind, "
			  "severity, policy, started_ms, due_ms, next_ms) "
			  "SELECT alert_id, 1, 1, 3, 'p', 1, due_ms, 1 "
			  "FROM clock WHERE alert_id = 2; "
			  "UPDATE clock SET stopped_ms = 5, next_ms = NULL "
			  "WHERE kind = 0; "
			  "UPDATE alert SET owner = 'bob', confirmed = 3, "
			  "acknowledge_expires_ms = NULL WHERE id = 2");
	SAYS("show 2", "Who has it  bob");
	SAYS("forecast", "high   2  bob owns it");
	SAYS("forecast --json", "\"holder\": \"bob\"");
}

static void test_outbox(void **state)
{
	SAYS("outbox", "pending", "oncall", "dead", "soc", "HTTP 413");
	SAYS("outbox --state sent", "no message is in this state");
	SAYS("outbox --target oncall", "pending", "oncall");
	SAYS("outbox --limit 1", "pending",
	     "Shown: the first 1; all of them: --limit 0.");
	SAYS("outbox --limit 1 --json", "\"cut\": true");
	SAYS("outbox --limit 0 --json", "dead", "\"cut\": false");
}

/* Of one that is not there nobody says that all was sent. */
static void test_outbox_of_no_target(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(free_ptr)
	char *settings = xasprintf("%s/triaged.yaml", t->directory);
	CLEANUP(free_ptr)
	char *line = xasprintf("outbox --target onclal -c %s", settings);
	CLEANUP(free_ptr)
	char *known = xasprintf("outbox --target quiet -c %s", settings);
	FILE *out = fopen(settings, "w");
	CLEANUP(free_ptr) char *text = NULL;
	int rc;

	fputs("targets: [{name: quiet, type: folder, path: /nowhere}]\n"
	      "fallback: quiet\n",
	      out);
	fclose(out);
	text = answer(t, line, &rc);
	assert_int_equal(rc, ERR_NOT_FOUND);
	assert_non_null(strstr(text, "there is no target 'onclal'"));
	SAYS(known, "nothing is owed to this target");
	SAYS("outbox --target onclal", "nothing is owed to this target");
	unlink(settings);
}

static void test_sources(void **state)
{
	SAYS("sources", "azure", "14 s ago", "graph", "never",
	     "HTTP 429, until 02:14");
}

/* One listing is whole, the other has never been. */
static void test_coverage(void **state)
{
	int rc;
	CLEANUP(free_ptr) char *text = answer(*state, "coverage", &rc);

	assert_int_equal(rc, ERR_BAD_STATE);
	assert_non_null(strstr(text, "graph   -"));
	assert_non_null(strstr(text, "never read  never"));
	assert_non_null(strstr(text, "azure   scope-1"));
	assert_non_null(strstr(text, "proven      1 h ago"));
	assert_non_null(strstr(text, "1 of 2 not proven"));
	/* Unproven ones first. */
	assert_true(strstr(text, "graph") < strstr(text, "azure"));
}

/* No daemon: that is a finding, and what the database tells another. */
static void test_doctor_without_daemon(void **state)
{
	int rc;
	CLEANUP(free_ptr) char *text = answer(*state, "doctor", &rc);

	assert_int_equal(rc, ERR_BAD_STATE);
	assert_non_null(strstr(text, "2 things are wrong, the worst first."));
	assert_non_null(strstr(text, "daemon triaged: control socket"));
	assert_non_null(strstr(text, "systemctl status triaged"));
	assert_non_null(strstr(text, "target soc: given up"));
	assert_non_null(strstr(text, "1 message was given up"));
	assert_non_null(strstr(text, "outbox --state dead --target soc"));
}

static void test_status_without_daemon(void **state)
{
	SAYS("status", "daemon not running, showing the database as it is",
	     "Open", "1 critical, 1 low", "Acked", "1 high", "Overdue",
	     "1 critical", "Next due", "alert 2, high, in 42 min", "Outbox",
	     "1 undelivered, 1 dead", "azure", "TARGET", "soc");
}

static void test_sql(void **state)
{
	const struct ready_query *q;

	SAYS("sql", "NAME", "triagectl sql NAME");
	for (size_t i = 0; (q = look_ready_query(i)); i++) {
		CLEANUP(free_ptr) char *line = xasprintf("sql %s", q->name);
		CLEANUP(free_ptr) char *text = answer(*state, line, NULL);

		assert_true(text[0]);
	}
}

/* Nothing of what the alert says reaches the terminal as a command. */
static void test_hostile_text_is_shown(void **state)
{
	static const char *const lines[] = {
		"list",	  "show 1", "show 2",	 "timeline 1",	"timeline 2",
		"outbox", "status", "sql queue", "list --json", "show 2 --json"
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(free_ptr) char *text = answer(*state, lines[i], NULL);

		for (const char *p = text; *p; p++)
			assert_true((unsigned char)*p >= 0x20 || *p == '\n');
		assert_null(strstr(text, "\xe2\x80\xae"));
	}
	SAYS("list", "\\u001b]0;owned\\u0007");
}

/* Only what must stay whole, a link or a path, is wider than the screen. */
static void test_screens_fit(void **state)
{
	static const char *const lines[] = {
		"list",	  "timeline 1", "timeline 2", "outbox", "sources",
		"status", "help",	"help list",  "sql"
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(free_ptr) char *text = answer(*state, lines[i], NULL);
		char *rest = text, *line;

		while ((line = strsep(&rest, "\n"))) {
			if (escape_width(line) > WIDTH)
				fail_msg("%s: too wide: %s", lines[i], line);
		}
	}
}

/* Cells of the record at *text, which is moved behind it. */
static size_t count_cells(const char **text)
{
	bool quoted = false;
	size_t n = 1;

	for (; **text && (quoted || **text != '\n'); (*text)++) {
		quoted ^= **text == '"';
		n += **text == ',' && !quoted;
	}
	*text += **text != '\0';
	return n;
}

/* One table, whatever else --json tells: a second one has other columns. */
static void test_csv_is_one_table(void **state)
{
	static const char *const lines[] = {
		"list --csv",	  "outbox --csv",   "sources --csv",
		"coverage --csv", "forecast --csv", "related 1 --csv",
	};

	tempstore_exec(*state, "INSERT INTO gap (feed_id, from_ms, to_ms, "
			       "since_ms, reason) VALUES (1, 1, 2, 3, 'x')");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int rc; /* of coverage: not all is proven */
		CLEANUP(free_ptr) char *text = answer(*state, lines[i], &rc);
		const char *rest = text;
		size_t n = count_cells(&rest);

		while (*rest) {
			if (count_cells(&rest) != n)
				fail_msg("%s: %s", lines[i], text);
		}
	}
}

static void test_json_has_a_schema(void **state)
{
	static const struct {
		const char *line, *schema;
	} rows[] = {
		{ "status --json", "triaged.status.v1" },
		{ "list --json", "triaged.list.v1" },
		{ "show 1 --json", "triaged.show.v1" },
		{ "timeline 1 --json", "triaged.timeline.v1" },
		{ "outbox --json", "triaged.outbox.v1" },
		{ "sources --json", "triaged.sources.v1" },
		{ "sql --json", "triaged.sql-queries.v1" },
		{ "sql queue --json", "triaged.sql.v1" },
		{ "help --json", "triaged.help.v1" },
		{ "help ack --json", "triaged.help.v1" },
		{ "version --json", "triaged.version.v1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr)
		char *text = answer(*state, rows[i].line, NULL);
		CLEANUP(jsonx_unref)
		json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(root);
		assert_string_equal(jsonx_str(root, "schema"), rows[i].schema);
	}
}

static void test_json_has_both_times(void **state)
{
	CLEANUP(free_ptr) char *text = answer(*state, "list --json", NULL);
	CLEANUP(jsonx_unref) json_t *root = json_loads(text, 0, NULL);
	const json_t *alert =
		json_array_get(json_object_get(root, "alerts"), 0);
	int64_t due_ms;

	assert_string_equal(jsonx_str(alert, "severity"), "critical");
	assert_true(jsonx_int(alert, "triage_due_ms", &due_ms));
	assert_int_equal(due_ms, NOW - 12 * MINUTE);
	assert_string_equal(jsonx_str(alert, "triage_due_at"),
			    "2026-03-02T09:48:00.000Z");
}

/* Who was faster is told from the database, before the daemon is asked. */
static void test_conflicts_are_explained(void **state)
{
	static const struct {
		const char *line, *says;
		int rc;
	} rows[] = {
		{ "ack 2",
		  "2: not acknowledged: alice acknowledged it 3 min "
		  "ago",
		  ERR_CONFLICT },
		{ "ack 4", "4: not acknowledged: bob closed it 2 h ago",
		  ERR_CONFLICT },
		{ "close 4 --as benign", "4: not closed: bob closed it 2 h ago",
		  ERR_CONFLICT },
		{ "ack 99", "99: not acknowledged: no alert 99",
		  ERR_NOT_FOUND },
		{ "assign 4 eve", "4: not assigned to eve: bob closed it 2 h",
		  ERR_CONFLICT },
		{ "assign 1 2", "the last word names the owner", ERR_CONF },
		{ "assign 1 3 -", "1: not taken from its owner: the daemon",
		  ERR_NET },
		{ "phase 4 contain", "4: not in phase contain: bob closed it",
		  ERR_CONFLICT },
		{ "phase 1 investgate", "did you mean 'investigate'",
		  ERR_CONF },
		{ "phase 1 detect", "and never again", ERR_CONF },
		{ "hold 1", "hold needs --for TIME and --reason TEXT",
		  ERR_CONF },
		{ "hold 1 --for 2d", "hold needs --for TIME and --reason TEXT",
		  ERR_CONF },
		{ "hold 1 --for ever --reason x", "no time such as 4h",
		  ERR_CONF },
		{ "hold 1 --for 1h --end", "give one of them", ERR_CONF },
		{ "hold 4 --end", "4: not taken off hold: bob closed it",
		  ERR_CONFLICT },
		{ "reopen 1", "1: not re-opened: it is not closed",
		  ERR_CONFLICT },
		{ "reopen 4", "4: not re-opened: the daemon cannot be",
		  ERR_NET },
		{ "note 4 seen", "4: not noted: the daemon cannot be",
		  ERR_NET },
		{ "ack 1", "1: not acknowledged: the daemon cannot be reached",
		  ERR_NET },
		{ "ack 2 --take", "the daemon cannot be reached", ERR_NET },
		{ "outbox retry 1", "the daemon cannot be reached", ERR_NET },
		{ "outbox retry x", "no number of a message", ERR_CONF },
		{ "outbox resend 1", "unknown word 'resend'", ERR_CONF },
		{ "close 1", "needs a verdict", ERR_CONF },
		{ "close 1 --as benin", "did you mean 'benign'", ERR_CONF },
		{ "outbox --state sennt", "did you mean 'sent'", ERR_CONF },
		{ "reload", "systemctl status triaged", ERR_NET },
		{ "test-notify soc", "systemctl status triaged", ERR_NET },
		{ "sql queu", "did you mean 'queue'", ERR_NOT_FOUND },
		{ "help lsit", "did you mean 'list'", ERR_CONF },
		{ "show 99", "no alert 99", ERR_NOT_FOUND },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int rc;
		CLEANUP(free_ptr)
		char *text = answer(*state, rows[i].line, &rc);

		assert_int_equal(rc, rows[i].rc);
		if (!strstr(text, rows[i].says))
			fail_msg("'%s' says: %s", rows[i].line, text);
	}
}

static void test_empty_database(void **state)
{
	SAYS("list", "no open alerts");
	SAYS("outbox", "nothing is owed");
	SAYS("sources", "no source has been polled yet");
	SAYS("status", "no open alerts", "Overdue", "none", "nothing",
	     "0 undelivered, 0 dead");
}

#define OVER_ALERTS(f)                                                         \
	cmocka_unit_test_setup_teardown(f, setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OVER_ALERTS(test_list),
		OVER_ALERTS(test_stopped_late),
		OVER_ALERTS(test_show),
		OVER_ALERTS(test_show_full),
		OVER_ALERTS(test_show_is_one_screen),
		OVER_ALERTS(test_report_leaves_nothing_out),
		OVER_ALERTS(test_timeline),
		OVER_ALERTS(test_timeline_leaves_nothing_out),
		OVER_ALERTS(test_forecast),
		OVER_ALERTS(test_forecast_names_the_owner),
		OVER_ALERTS(test_outbox),
		OVER_ALERTS(test_outbox_of_no_target),
		OVER_ALERTS(test_sources),
		OVER_ALERTS(test_coverage),
		OVER_ALERTS(test_doctor_without_daemon),
		OVER_ALERTS(test_status_without_daemon),
		OVER_ALERTS(test_sql),
		OVER_ALERTS(test_hostile_text_is_shown),
		OVER_ALERTS(test_screens_fit),
		OVER_ALERTS(test_csv_is_one_table),
		OVER_ALERTS(test_json_has_a_schema),
		OVER_ALERTS(test_json_has_both_times),
		OVER_ALERTS(test_conflicts_are_explained),
		cmocka_unit_test_setup_teardown(test_empty_database,
						tempstore_setup,
						tempstore_teardown),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
