/* triaged-db(5) says of every view and column of a fresh database what it is,
 * and of nothing else; and its examples run. */
#include "store/look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/alert.h"
#include "core/bundle.h"
#include "core/drill.h"
#include "core/notice.h"
#include "core/response.h"
#include "core/status.h"
#include "helpers/tempstore.h"
#include "source/normalize.h"
#include "store/retention.h"
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* From the top of the tree, where `make unit` runs. */
#define PAGE                                                                   \
	"awk -f man/triaged-db.awk src/store/sqlite/schema.sql "               \
	"src/store/sqlite/ready.sql man/triaged-db.5.in"
#define BROKEN                                                                 \
	"cd src/store/sqlite && sed '%s' schema.sql >/tmp/%s/schema.sql && "   \
	"awk -f ../../../man/triaged-db.awk /tmp/%s/schema.sql ready.sql "     \
	"../../../man/triaged-db.5.in >/dev/null 2>&1"

static void read_page(struct strbuf *out)
{
	FILE *f = popen(PAGE, "r");
	char buf[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_add(out, buf, n);
	assert_int_equal(pclose(f), 0);
}

/* "v_x: a b c\n" for each view of the page. */
static void views_of_page(const char *page, struct strbuf *out)
{
	CLEANUP(free_ptr) char *text = xstrdup(page);
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, ".Ss v_", 6) == 0)
			strbuf_addf(out, "%s%s:", out->len ? "\n" : "",
				    line + 4);
		if (strncmp(line, ".It Va ", 7) != 0)
			continue;
		for (char *p = line + 6; *p; p++) {
			if (strncmp(p, " ,", 2) == 0)
				p++;
			else
				strbuf_addch(out, *p);
		}
	}
}

static int add_line(void *arg, size_t n, const char *const *names,
		    const struct cell *cells)
{
	struct strbuf *out = arg;

	(void)n;
	(void)names;
	strbuf_addf(out, "%s%s", out->len ? "\n" : "", cells[0].text);
	return 0;
}

static void views_of_database(struct store *s, struct strbuf *out)
{
	struct err err = ERR_INIT;

	if (look_query(s,
		       "SELECT v.name || ': ' || (SELECT group_concat(c.name, "
		       "' ') FROM pragma_table_info(v.name) AS c) "
		       "FROM sqlite_schema AS v WHERE v.type = 'view' "
		       "AND v.name GLOB 'v_*' ORDER BY v.rowid",
		       0, add_line, out, &err) < 0)
		fail_msg("%s", err.text);
}

/* The first line that @a has and @b has not. */
static void check_lines(const char *a, const char *b, const char *what)
{
	CLEANUP(free_ptr) char *text = xstrdup(a);
	CLEANUP(free_ptr) char *other = xasprintf("\n%s\n", b);
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		CLEANUP(free_ptr) char *wanted = xasprintf("\n%s\n", line);

		if (!strstr(other, wanted))
			fail_msg("%s: %s; see the comments in schema.sql", what,
				 line);
	}
}

static void test_page_tells_all_views_and_columns(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf told = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf are = STRBUF_INIT;

	read_page(&page);
	views_of_page(page.buf, &told);
	views_of_database(t->store, &are);
	assert_true(are.len > 1000);
	check_lines(are.buf, told.buf, "triaged-db(5) tells otherwise of");
	check_lines(told.buf, are.buf, "triaged-db(5) tells of what is not");
}

/* Each instant stands twice, side by side; what only lasts does not. */
static void test_instants_stand_twice(void **state)
{
	struct tempstore *t = *state;
	const char *odd = tempstore_value(
		t, "WITH c AS (SELECT v.name AS view, c.name, c.cid FROM "
		   "sqlite_schema AS v, pragma_table_info(v.name) AS c "
		   "WHERE v.type = 'view') "
		   "SELECT group_concat(view || '.' || name, ' ') FROM c "
		   "WHERE (name = 'at' OR name LIKE '%\\_at' ESCAPE '\\') "
		   "AND NOT EXISTS (SELECT 1 FROM c AS m WHERE m.view = c.view "
		   "AND m.cid = c.cid + 1 AND m.name = substr(c.name, 1, "
		   "length(c.name) - 2) || CASE c.name WHEN 'at' THEN 'at_ms' "
		   "ELSE 'ms' END)");

	assert_string_equal(odd, "");
	odd = tempstore_value(
		t, "WITH c AS (SELECT v.name AS view, c.name, c.cid FROM "
		   "sqlite_schema AS v, pragma_table_info(v.name) AS c "
		   "WHERE v.type = 'view') "
		   "SELECT group_concat(view || '.' || name, ' ') FROM c "
		   "WHERE name LIKE '%\\_ms' ESCAPE '\\' AND NOT EXISTS "
		   "(SELECT 1 FROM c AS a WHERE a.view = c.view AND a.cid = "
		   "c.cid - 1 AND a.name = CASE c.name WHEN 'at_ms' THEN 'at' "
		   "ELSE substr(c.name, 1, length(c.name) - 2) || 'at' END)");
	assert_string_equal(odd, "v_sla.waited_ms");
}

static int count_row(void *arg, size_t n, const char *const *names,
		     const struct cell *cells)
{
	(void)arg;
	(void)n;
	(void)names;
	(void)cells;
	return 0;
}

/* Every literal block of the page is a query, that of the name above it. */
static void test_examples_run(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	const struct ready_query *q;
	const char *from, *end;
	size_t n = 0;

	read_page(&page);
	from = strstr(page.buf, ".Sh EXAMPLES");
	assert_non_null(from);
	while ((from = strstr(from, "\n.Bd -literal -offset indent\n"))) {
		CLEANUP(free_ptr) char *text = NULL;
		CLEANUP(free_ptr) char *title = NULL;
		struct err err = ERR_INIT;

		from = strchr(from + 1, '\n') + 1;
		end = strstr(from, "\n.Ed\n");
		assert_non_null(end);
		text = xstrndup(from, (size_t)(end - from));
		if (look_query(t->store, text, 0, count_row, NULL, &err) < 0)
			fail_msg("%s\n%s", text, err.text);
		q = look_ready_query(n++);
		assert_non_null(q);
		title = xasprintf("\n.Ss %s\n", q->name);
		assert_non_null(strstr(page.buf, title));
	}
	assert_true(n >= 10);
	assert_null(look_ready_query(n));
}

/* A view that nobody explains stops the build. */
static void test_unexplained_view_is_an_error(void **state)
{
	struct tempstore *t = *state;
	const char *folder = strrchr(t->directory, '/') + 1;
	static const struct {
		const char *edit;
		bool well;
	} rows[] = {
		{ "", true },
		{ "/^-- hash: /d", true }, /* the other test finds this */
		{ "/^-- How many clocks ever/d", false },
		{ "s/^CREATE VIEW v_sla /\\n&/", false },
	};

	for (size_t i = 0; i < 4; i++) {
		CLEANUP(free_ptr)
		char *command = xasprintf(BROKEN, rows[i].edit, folder, folder);
		FILE *f = popen(command, "r");

		assert_non_null(f);
		assert_true((pclose(f) == 0) == rows[i].well);
	}
}

/* --- the words that a column holds --- */

/* What the page says of @column of @view. */
static char *meaning_of(const char *page, const char *view, const char *column)
{
	CLEANUP(free_ptr) char *start = xasprintf("\n.Ss %s\n", view);
	CLEANUP(free_ptr) char *item = xasprintf("\n.It Va %s\n", column);
	const char *at = strstr(page, start), *to;

	assert_non_null(at);
	at = strstr(at, item);
	assert_non_null(at);
	to = strstr(at + 1, "\n.");
	return xstrndup(at, (size_t)(to - at));
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p++)
		if (strchr(" \n", p[-1]) && strchr(" \n,.;:", p[n]))
			return true;
	return false;
}

#define NAMES(of, type)                                                        \
	static const char *of##_at(int i)                                      \
	{                                                                      \
		return of((type)i);                                            \
	}
NAMES(severity_name, enum severity)
NAMES(alert_state_name, enum alert_state)
NAMES(phase_name, enum phase)
NAMES(notice_kind_name, enum notice_kind)
NAMES(notice_state_name, enum notice_state)
NAMES(noise_cause_name, enum noise_cause)
NAMES(response_action_name, enum response_action)
NAMES(response_state_name, enum response_state)
NAMES(drill_result_name, enum drill_result)
NAMES(retention_name, enum retention_class)

static const char *alert_kind_at(int i)
{
	static const char *const kinds[] = {
		ALERT_KIND_ARM,
		ALERT_KIND_GRAPH,
		ALERT_KIND_GRAPH_INCIDENT,
		ALERT_KIND_BEHAVIOR,
		ALERT_KIND_CLOUD_APPS,
		ALERT_KIND_SELF,
		ALERT_KIND_DRILL,
	};

	return kinds[i];
}

/* A reader who asks for one word must know all that there may be. */
static void test_page_tells_every_word(void **state)
{
	static const struct {
		const char *view, *column;
		const char *(*name)(int i);
		int first, end;
	} rows[] = {
		{ "v_alerts", "severity", severity_name_at, 0, SEVERITY_MAX },
		{ "v_alerts", "state", alert_state_name_at, 0,
		  ALERT_STATE_MAX },
		{ "v_alerts", "phase", phase_name_at, 0, PHASE_MAX },
		{ "v_alerts", "kind", alert_kind_at, 0, 7 },
		{ "v_deliveries", "kind", notice_kind_name_at, 0,
		  NOTICE_KIND_MAX },
		{ "v_deliveries", "state", notice_state_name_at, 0,
		  NOTICE_STATE_MAX },
		{ "v_suppressions", "cause", noise_cause_name_at,
		  NOISE_NONE + 1, NOISE_CAUSE_MAX },
		{ "v_responses", "action", response_action_name_at, 0,
		  RESPONSE_ACTION_MAX },
		{ "v_responses", "state", response_state_name_at, 0,
		  RESPONSE_STATE_MAX },
		{ "v_drills", "result", drill_result_name_at, 0,
		  DRILL_RESULT_MAX },
		{ "v_removed", "class", retention_name_at, 0, RETENTION_GONE },
	};
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;

	(void)state;
	read_page(&page);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr)
		char *told = meaning_of(page.buf, rows[i].view, rows[i].column);

		for (int j = rows[i].first; j < rows[i].end; j++)
			if (!has_word(told, rows[i].name(j)))
				fail_msg("triaged-db(5): %s.%s may be %s, "
					 "which it does not tell",
					 rows[i].view, rows[i].column,
					 rows[i].name(j));
	}
}

int main(void)
{
#define WITH(name)                                                             \
	cmocka_unit_test_setup_teardown(name, tempstore_setup,                 \
					tempstore_teardown)
	const struct CMUnitTest tests[] = {
		WITH(test_page_tells_all_views_and_columns),
		WITH(test_instants_stand_twice),
		WITH(test_examples_run),
		WITH(test_unexplained_view_is_an_error),
		cmocka_unit_test(test_page_tells_every_word),
	};

	return cmocka_run_group_tests_name("manual_db", tests, NULL, NULL);
}
