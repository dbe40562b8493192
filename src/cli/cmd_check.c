/*
 * `triagectl check`: a plugin for Nagios, Icinga and their kin. One judgement
 * with numbers, from the database, so that it says the more while the daemon
 * is down; that it is down is critical by itself.
 */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>
#include "cli/check_priv.h"
#include "cli/pick.h"
#include "core/severity.h"
#include "store/ledger.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* NRPE waits ten seconds for a plugin. */
#define CALL_MS 5000
#define MINUTE_MS INT64_C(60000)
/* As the alert source-stale: three intervals, and never sooner. */
#define POLL_AGE_LEAST_MS (10 * MINUTE_MS)

struct check {
	struct session *session;
	struct check_items items;
	struct limits poll_age, overdue[SEVERITY_MAX], dead, unsent_age,
		db_size, gaps, quarantine;
	bool poll_age_given, db_size_given;
	int64_t poll_age_ms; /* the youngest; 0 none */
	json_t *told; /* what the daemon says of its sources; NULL nothing */
	int64_t n_open, n_overdue, n_unsent;
};

static void add_state(struct check *c, const char *name, enum verdict_code code,
		      char *text)
{
	check_items_add(&c->items, &(struct check_item){ .name = xstrdup(name),
							 .text = text,
							 .code = code });
}

static void add_number(struct check *c, char *name, char *text,
		       const struct check_item *like)
{
	struct check_item item = *like;

	item.name = name;
	item.text = text;
	item.has_value = true;
	if (!item.is_unknown)
		item.code = limits_judge(&item.limits, item.value);
	check_items_add(&c->items, &item);
}

/* --- the daemon --- */

static void look_daemon(struct check *c)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct err err = ERR_INIT;
	const char *trouble, *page;
	int rc;

	c->session->call_ms = CALL_MS;
	rc = session_call(c->session, CTL_VERB_STATUS, NULL, &answer, &err);
	if (rc == 0)
		rc = session_answer(&answer, &err);
	if (rc < 0) {
		add_state(c, "daemon",
			  rc == ERR_NET ? CHECK_CRITICAL : CHECK_UNKNOWN,
			  xstrdup(err.text));
		return;
	}
	c->told = json_incref(json_object_get(answer.data, "sources"));
	trouble = jsonx_str(answer.data, "trouble");
	add_state(c, "daemon", trouble ? CHECK_CRITICAL : CHECK_OK,
		  trouble ? xasprintf("%s; see: triagectl doctor", trouble)
			  : xstrdup("the daemon runs and is well"));
	/* Nobody acknowledges by a link meanwhile, or sees its metrics. */
	page = jsonx_str(answer.data, "page_trouble");
	if (page)
		add_state(c, "page", CHECK_WARNING,
			  xasprintf("the page is not served: %s; see: "
				    "triagectl doctor",
				    page));
}

/* --- the database --- */

/* As the daemon has it, which also looks where nothing is new: a folder without
 * another file, which makes no poll. 0: it says nothing. */
static int64_t told_ms(const struct check *c, const char *name)
{
	for (size_t i = 0; i < json_array_size(c->told); i++) {
		const json_t *one = json_array_get(c->told, i);
		const char *whose = jsonx_str(one, "source");
		int64_t last_ms = 0;

		if (whose && strcmp(whose, name) == 0 &&
		    jsonx_int(one, "last_complete_ms", &last_ms))
			return last_ms;
	}
	return 0;
}

static void look_source(struct check *c, struct store *store, const char *name,
			int64_t interval_ms)
{
	struct check_item item = { .unit = UNIT_TIME, .limits = c->poll_age };
	struct err err = ERR_INIT;
	char span[TIMEFMT_MAX];
	int64_t last_ms = 0;

	if (!c->poll_age_given) {
		item.limits.warning = MAX(3 * interval_ms, POLL_AGE_LEAST_MS);
		item.limits.critical = 2 * item.limits.warning;
	}
	if (ledger_last_complete(store, name, &last_ms, &err) < 0)
		last_ms = 0;
	last_ms = MAX(last_ms, told_ms(c, name));
	if (!last_ms) {
		item.is_unknown = true;
		if (item.limits.warning >= 0 || item.limits.critical >= 0)
			item.code = CHECK_WARNING;
		add_number(c, xasprintf("poll-age %s", name),
			   xasprintf("source %s was never read whole", name),
			   &item);
		return;
	}
	item.value = MAX(c->session->now_ms - last_ms, 0);
	if (!c->poll_age_ms || item.value < c->poll_age_ms)
		c->poll_age_ms = MAX(item.value, 1);
	add_number(c, xasprintf("poll-age %s", name),
		   xasprintf("source %s was last read whole %s ago", name,
			     timefmt_span(item.value, span)),
		   &item);
}

/* Those of the settings; without settings, all that the database knows. */
static int look_sources(struct check *c, struct store *store, struct err *err)
{
	const struct selector sel = { .now_ms = c->session->now_ms };
	const struct conf *conf = c->session->conf;
	CLEANUP(rows_release) struct rows r = ROWS_INIT;
	int rc;

	for (size_t i = 0; conf && i < conf->n_sources; i++)
		if (conf->sources[i].name)
			look_source(c, store, conf->sources[i].name,
				    conf->sources[i].interval_ms);
	if (conf)
		return 0;
	rc = session_look(c->session, LOOK_SOURCES, &sel, &r, err);
	for (size_t i = 0; rc >= 0 && i < r.n; i++)
		if (i == 0 || strcmp(rows_text(&r, i, "source"),
				     rows_text(&r, i - 1, "source")) != 0)
			look_source(c, store, rows_text(&r, i, "source"), 0);
	return rc;
}

static int look_overdue(struct check *c, struct err *err)
{
	const struct selector sel = { .now_ms = c->session->now_ms };
	CLEANUP(rows_release) struct rows r = ROWS_INIT;
	CLEANUP(rows_release) struct rows counts = ROWS_INIT;
	int rc = session_look(c->session, LOOK_OVERDUE, &sel, &r, err);

	if (rc >= 0)
		rc = session_look(c->session, LOOK_COUNTS, &sel, &counts, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < counts.n; i++)
		if (!pick_is(&counts, i, "state", "closed"))
			c->n_open += rows_integer(&counts, i, "n");
	for (int s = SEVERITY_MAX; s-- > 0;) {
		const char *name = severity_name((enum severity)s);
		struct check_item item = { .limits = c->overdue[s] };

		for (size_t i = 0; i < r.n; i++)
			if (pick_is(&r, i, "severity", name))
				item.value = rows_integer(&r, i, "n");
		c->n_overdue += item.value;
		add_number(c, xasprintf("overdue %s", name),
			   xasprintf("%lld %s alert%s overdue",
				     (long long)item.value, name,
				     item.value == 1 ? "" : "s"),
			   &item);
	}
	return 0;
}

/* What waits by itself: what is put off (a digest, quiet hours) is not late. */
static int look_outbox(struct check *c, struct err *err)
{
	const struct selector sel = { .now_ms = c->session->now_ms };
	CLEANUP(rows_release) struct rows counts = ROWS_INIT;
	CLEANUP(rows_release) struct rows oldest = ROWS_INIT;
	struct check_item dead = { .limits = c->dead };
	struct check_item age = { .unit = UNIT_TIME, .limits = c->unsent_age };
	char span[TIMEFMT_MAX];
	int rc = session_look(c->session, LOOK_OUTBOX_COUNTS, &sel, &counts,
			      err);

	if (rc >= 0)
		rc = session_look(c->session, LOOK_OUTBOX_OLDEST, &sel, &oldest,
				  err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < counts.n; i++) {
		int64_t n = rows_integer(&counts, i, "n");

		if (pick_is(&counts, i, "state", "dead"))
			dead.value = n;
		else if (!pick_is(&counts, i, "state", "sent") &&
			 !pick_is(&counts, i, "state", "superseded"))
			c->n_unsent += n;
	}
	if (rows_integer(&oldest, 0, "created_ms"))
		age.value = MAX(c->session->now_ms -
					rows_integer(&oldest, 0, "created_ms"),
				0);
	add_number(c, xstrdup("given-up"),
		   xasprintf("%lld message%s given up%s", (long long)dead.value,
			     dead.value == 1 ? "" : "s",
			     limits_judge(&dead.limits, dead.value) == CHECK_OK
				     ? ""
				     : "; see: triagectl outbox --state dead"),
		   &dead);
	add_number(c, xstrdup("unsent-age"),
		   age.value ? xasprintf("the oldest unsent message waits for "
					 "%s",
					 timefmt_span(age.value, span))
			     : xstrdup("no message waits"),
		   &age);
	return 0;
}

static int look_targets(struct check *c, struct err *err)
{
	const struct selector sel = { .now_ms = c->session->now_ms };
	const struct conf *conf = c->session->conf;
	const char *fallback = conf ? conf->policy.fallback : NULL;
	CLEANUP(rows_release) struct rows r = ROWS_INIT;
	int rc = session_look(c->session, LOOK_TARGETS, &sel, &r, err);

	for (size_t i = 0; rc >= 0 && i < r.n; i++) {
		const char *name = rows_text(&r, i, "target");
		bool gone = rows_integer(&r, i, "disabled_ms") != 0;
		bool last = fallback && strcmp(name, fallback) == 0;
		CLEANUP(free_ptr) char *label = xasprintf("target %s", name);

		if (!gone && rows_integer(&r, i, "refused_ms") == 0)
			continue;
		add_state(c, label, last ? CHECK_CRITICAL : CHECK_WARNING,
			  xasprintf("%s %s %s", last ? "fallback" : "target",
				    name,
				    gone ? "is gone for good, and disabled"
					 : "refuses our credentials"));
	}
	return rc;
}

static int look_coverage(struct check *c, struct err *err)
{
	const struct selector sel = { .now_ms = c->session->now_ms };
	struct check_item n_gaps = { .limits = c->gaps };
	struct check_item n_odd = { .limits = c->quarantine };
	int rc = session_sum(c->session, LOOK_GAP_COUNTS, &sel, &n_gaps.value,
			     err);

	if (rc >= 0)
		rc = session_sum(c->session, LOOK_QUARANTINE_COUNTS, &sel,
				 &n_odd.value, err);
	if (rc < 0)
		return rc;
	add_number(c, xstrdup("gaps"),
		   xasprintf("%lld slice%s of time cannot be read",
			     (long long)n_gaps.value,
			     n_gaps.value == 1 ? "" : "s"),
		   &n_gaps);
	add_number(c, xstrdup("quarantine"),
		   xasprintf("%lld item%s not understood",
			     (long long)n_odd.value,
			     n_odd.value == 1 ? "" : "s"),
		   &n_odd);
	return 0;
}

static void look_size(struct check *c, struct store *store)
{
	struct check_item item = { .unit = UNIT_BYTES, .limits = c->db_size };
	const struct conf *conf = c->session->conf;
	int64_t log = 0;

	if (store_size(store, &item.value, &log) < 0)
		return;
	/* Retention keeps it below its limit; above it nothing more may go. */
	if (!c->db_size_given && conf && conf->retention.size_limit > 0) {
		item.limits.critical = conf->retention.size_limit / 100 * 110;
		item.limits.warning = conf->retention.size_limit;
	}
	add_number(c, xstrdup("db-size"),
		   xasprintf("the database has %lld MiB, its journal %lld MiB",
			     (long long)(item.value >> 20),
			     (long long)(log >> 20)),
		   &item);
}

static void look_database(struct check *c)
{
	struct err err = ERR_INIT;
	struct store *store;
	int rc = session_store(c->session, &store, &err);

	if (rc >= 0)
		rc = look_sources(c, store, &err);
	if (rc >= 0)
		rc = look_overdue(c, &err);
	if (rc >= 0)
		rc = look_outbox(c, &err);
	if (rc >= 0)
		rc = look_targets(c, &err);
	if (rc >= 0)
		rc = look_coverage(c, &err);
	if (rc < 0)
		add_state(c, "database", CHECK_UNKNOWN, xstrdup(err.text));
	else
		look_size(c, store);
}

/* --- options --- */

static const struct limits of_severity[SEVERITY_MAX] = {
	[SEVERITY_CRITICAL] = { -1, 1 }, [SEVERITY_HIGH] = { 1, 5 },
	[SEVERITY_MEDIUM] = { 10, -1 },	 [SEVERITY_LOW] = { -1, -1 },
	[SEVERITY_INFO] = { -1, -1 },
};

/* "critical=,1", or the same limits for every severity. */
static int read_overdue(struct check *c, const char *text, struct err *err)
{
	size_t len = strcspn(text, "=");
	CLEANUP(free_ptr) char *word = xstrndup(text, len);
	struct limits l;
	enum severity which;
	int rc = limits_parse(text[len] ? text + len + 1 : text, UNIT_COUNT, &l,
			      err);

	if (rc < 0)
		return rc;
	if (text[len] && !severity_parse(word, &which))
		return err_set(err, ERR_CONF, "there is no severity '%.40s'",
			       word);
	for (size_t s = 0; s < SEVERITY_MAX; s++)
		if (!text[len] || s == which)
			c->overdue[s] = l;
	return 0;
}

static int read_options(struct check *c, const struct arguments *args,
			struct err *err)
{
	const struct {
		const char *name;
		enum check_unit unit;
		struct limits *limits;
	} rows[] = {
		{ "poll-age", UNIT_TIME, &c->poll_age },
		{ "dead", UNIT_COUNT, &c->dead },
		{ "unsent-age", UNIT_TIME, &c->unsent_age },
		{ "db-size", UNIT_BYTES, &c->db_size },
		{ "gaps", UNIT_COUNT, &c->gaps },
		{ "quarantine", UNIT_COUNT, &c->quarantine },
	};
	const char *text;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(rows); i++) {
		text = arguments_value(args, rows[i].name);
		if (text)
			rc = limits_parse(text, rows[i].unit, rows[i].limits,
					  err);
		if (rc < 0)
			return err_prefix(err, "--%s", rows[i].name);
	}
	for (size_t n = 0; (text = arguments_nth(args, "overdue", n)); n++) {
		rc = read_overdue(c, text, err);
		if (rc < 0)
			return err_prefix(err, "--overdue");
	}
	c->poll_age_given = arguments_has(args, "poll-age");
	c->db_size_given = arguments_has(args, "db-size");
	return 0;
}

/* --- the answer --- */

static char *summary_of(const struct check *c)
{
	char span[TIMEFMT_MAX];

	return xasprintf("polled %s ago; %lld open, %lld overdue; %lld "
			 "undelivered",
			 timefmt_span(c->poll_age_ms, span),
			 (long long)c->n_open, (long long)c->n_overdue,
			 (long long)c->n_unsent);
}

static struct cell number_cell(int64_t value)
{
	return value < 0 ? cell_null() : cell_integer(value);
}

static void say_json(const struct check *c, const char *summary)
{
	static const char *const names[] = { "name",	"state", "text",
					     "value",	"unit",	 "warning",
					     "critical" };
	static const char *const units[] = { "count", "milliseconds", "bytes" };
	static const struct table table = { .key = "checks" };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	struct writer *w = c->session->writer;

	for (size_t i = 0; i < c->items.n; i++) {
		const struct check_item *item = &c->items.v[i];
		bool number = item->has_value && !item->is_unknown;
		const struct cell cells[] = {
			cell_text(item->name),
			cell_text(check_word(item->code)),
			cell_text(item->text),
			number ? cell_integer(item->value) : cell_null(),
			cell_text(item->has_value ? units[item->unit] : NULL),
			item->has_value ? number_cell(item->limits.warning)
					: cell_null(),
			item->has_value ? number_cell(item->limits.critical)
					: cell_null(),
		};

		(void)rows_keep(&rows, ARRAY_SIZE(names), names, cells);
	}
	writer_begin(w, "triaged.check.v1");
	writer_field(w, "state",
		     cell_text(check_word(check_items_worst(&c->items))));
	writer_field(w, "exit", cell_integer(c->session->verdict));
	writer_field(w, "summary", cell_text(summary));
	writer_table(w, &table, &rows);
}

int cmd_check(struct session *session, const struct arguments *args,
	      struct err *err)
{
	struct check c = {
		.session = session,
		.dead = { 1, 10 },
		.unsent_age = { 15 * MINUTE_MS, 60 * MINUTE_MS },
		.db_size = LIMITS_OFF,
		.gaps = { 1, -1 },
		.quarantine = { 1, -1 },
	};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(free_ptr) char *summary = NULL;
	int rc;

	memcpy(c.overdue, of_severity, sizeof(c.overdue));
	rc = read_options(&c, args, err);
	if (rc < 0)
		return rc;
	session->quiet = true;
	session_settings(session);
	look_daemon(&c);
	look_database(&c);
	summary = summary_of(&c);
	session->verdict = (int)check_items_worst(&c.items);
	session->streamed = !arguments_has(args, "json");
	if (session->streamed) {
		check_say(&c.items, summary, &out);
		fputs(out.buf, stdout);
	} else {
		say_json(&c, summary);
	}
	check_items_release(&c.items);
	json_decref(c.told);
	return 0;
}
