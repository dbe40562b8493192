/*
 * Random schedules from a seed: a small cloud whose alerts come, change and
 * are listed in pages, while pages are cut, items are spoilt, polls fail and
 * the daemon is killed. A kill is a copy of the database files at some moment,
 * in the middle of a transaction too, and going on from the copy. After quiet
 * the database is what the cloud holds, every count adds up, and everybody was
 * told once.
 *
 *	PROPERTY_SEEDS=5000	so many seeds (100; 24 with a sanitizer)
 *	PROPERTY_SEED=17	this one alone; a failure prints its number
 *
 * Sources' bytes, batch, pipeline and store are real; there is no network.
 *
 * Battery: A1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "helpers/lots.h"
#include "helpers/tempstore.h"
#include "source/batch_priv.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/strbuf.h"
#include "util/strlist.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define BEGIN INT64_C(1780992000000)
#define ALERTS_MAX 32
#define STEPS 10
#define PAGE_MAX 6
#define SEEDS LOTS(100, 24)
#define WORKERS_MAX 8

static const char yaml[] =
	"targets:\n"
	"  - {name: soc, type: folder, path: /nowhere/soc}\n"
	"routes:\n"
	"  - name: all\n"
	"    when: {severity: [critical, high, medium, low]}\n"
	"    ladder: [{after: 0s, notify: [soc]}]\n"
	"fallback: soc\n"
	"import-horizon: 3650d\n";

static const char *const severities[] = { "High", "Medium", "Low",
					  "Informational" };
static const char *const statuses[] = { "Active", "Active", "InProgress",
					"Resolved", "Dismissed" };

struct cloud_alert {
	const char *severity, *status;
	unsigned text; /* the title's number */
	int64_t raised_ms;
};

struct world {
	struct rig rig;
	uint64_t draw;
	struct cloud_alert alerts[ALERTS_MAX];
	size_t n_alerts;
	struct strlist told; /* keys that arrived outside, in order */
	int kill_in; /* events of the pipeline until the kill; 0 none */
	char copy[64]; /* the state at the kill; "" not yet */
};

/*
 * A kill loses nothing that was written, so nobody has to wait for the disk:
 * these stand before the C library's for the database too.
 */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* Which seed this process is in; 0 none. */
static uint64_t seed_now;

/* splitmix64 */
static uint64_t draw(struct world *w, uint64_t below)
{
	uint64_t z = w->draw += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

static bool chance(struct world *w, uint64_t one_in)
{
	return draw(w, one_in) == 0;
}

/* --- the cloud --- */

static void change_one(struct world *w)
{
	struct cloud_alert *a;

	if (w->n_alerts == 0 || (w->n_alerts < ALERTS_MAX && chance(w, 2))) {
		a = &w->alerts[w->n_alerts++];
		*a = (struct cloud_alert){
			.severity = severities[draw(w, 4)],
			.status = statuses[draw(w, 5)],
			.raised_ms = w->rig.now_ms,
		};
		return;
	}
	a = &w->alerts[draw(w, w->n_alerts)];
	switch (draw(w, 3)) {
	case 0:
		a->severity = severities[draw(w, 4)];
		break;
	case 1:
		a->status = statuses[draw(w, 5)];
		break;
	default:
		a->text++;
		break;
	}
}

/* As the API shows it; the counters differ from answer to answer. */
static void render(struct world *w, size_t i, struct strbuf *sb)
{
	const struct cloud_alert *a = &w->alerts[i];
	char raised[TIMEFMT_MAX];

	strbuf_addf(sb,
		    "{\"name\":\"alert-%zu\",\"id\":\"/subscriptions/s/"
		    "providers/Microsoft.Security/locations/westeurope/alerts/"
		    "alert-%zu\",\"type\":\"Microsoft.Security/Locations/"
		    "alerts\",\"properties\":{\"systemAlertId\":\"alert-%zu\","
		    "\"severity\":\"%s\",\"status\":\"%s\","
		    "\"alertDisplayName\":\"Trouble %zu.%u\",\"alertType\":"
		    "\"VM_Trouble\",\"timeGeneratedUtc\":\"%s\",\"entities\":"
		    "[{\"$id\":\"%u\",\"type\":\"host\",\"hostName\":"
		    "\"vm-%zu\"}]%s}}",
		    i, i, i, a->severity, a->status, i, a->text,
		    timefmt_utc(a->raised_ms, raised), (unsigned)draw(w, 90), i,
		    chance(w, 25) ? ",\"description\":\"\\ud800\"" : "");
}

/* --- the kill --- */

static void copy_file(const char *from, const char *to, const char *name)
{
	CLEANUP(free_ptr) char *source = xasprintf("%s/%s", from, name);
	CLEANUP(free_ptr) char *target = xasprintf("%s/%s", to, name);
	FILE *in = fopen(source, "rb");
	FILE *out = fopen(target, "wb");
	char buf[1 << 16];
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		assert_int_equal(fwrite(buf, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
	(void)fclose(in); /* was read only */
}

static void take_copy(struct world *w)
{
	strcpy(w->copy, "/tmp/triaged-kill-XXXXXX");
	assert_non_null(mkdtemp(w->copy));
	copy_file(w->rig.directory, w->copy, "triaged.db");
	copy_file(w->rig.directory, w->copy, "triaged.db-wal");
	w->kill_in = 0;
}

static void count_down(struct world *w)
{
	if (w->kill_in > 0 && --w->kill_in == 0)
		take_copy(w);
}

static void on_news(void *arg, const struct news *n)
{
	(void)n;
	count_down(arg);
}

static void on_progress(void *arg, const char *source)
{
	(void)source;
	count_down(arg);
}

static void on_commit(void *arg)
{
	count_down(arg);
}

/* What the daemon does at its start. */
static void start(struct world *w)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;
	struct rig *r = &w->rig;

	r->pipeline.on_news = on_news;
	r->pipeline.on_progress = on_progress;
	r->pipeline.on_commit = on_commit;
	r->pipeline.arg = w;
	if (outbox_recover(r->store, r->now_ms, true, &err) < 0 ||
	    ledger_recover(r->store, r->now_ms, &err) < 0 ||
	    txn_begin(&txn, r->store, &err) < 0 ||
	    ledger_source(r->store, "azure", "defender-for-cloud", r->now_ms,
			  &err) < 0 ||
	    txn_commit(&txn, &err) < 0)
		fail_msg("start: %s", err.text);
}

/* Go on from the copy: what came after it has never been. */
static void restart_from_copy(struct world *w)
{
	char old[sizeof(w->rig.directory)];
	char command[128];

	memcpy(old, w->rig.directory, sizeof(old));
	memcpy(w->rig.directory, w->copy, sizeof(w->copy));
	w->copy[0] = '\0';
	rig_restart(&w->rig);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", old);
	assert_int_equal(system(command), 0);
	start(w);
}

/* --- polls --- */

static void hand_page(struct world *w, struct batch *b, int64_t poll,
		      const size_t *places, size_t n, bool last)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t ends[PAGE_MAX];
	struct err err = ERR_INIT;
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		render(w, places[i], &text);
		ends[i] = text.len;
	}
	for (size_t i = 0; i < n; i++) {
		batch_add(b, (struct span){ text.buf + from, ends[i] - from });
		from = ends[i];
	}
	if (batch_send(b, poll, last, NULL, &err) < 0)
		fail_msg("a page is refused: %s", err.text);
}

/* Every alert at least once, in any order, some again; how many places. */
static size_t list_places(struct world *w, size_t *places)
{
	size_t n = w->n_alerts;

	for (size_t i = 0; i < n; i++)
		places[i] = i;
	for (size_t i = n; i > 1; i--) {
		size_t k = draw(w, i), kept = places[i - 1];

		places[i - 1] = places[k];
		places[k] = kept;
	}
	for (size_t i = draw(w, 4); i > 0 && n > 0; i--)
		places[n++] = draw(w, w->n_alerts);
	return n;
}

/* One listing. @calm: no trouble on the way. */
static void poll(struct world *w, bool calm)
{
	const struct ingest *in = &w->rig.pipeline.ingest;
	const struct poll_window window = { .source = "azure", .scope = "s" };
	struct batch b = { .ingest = in, .door = DOOR_ARM, .tenant = "t" };
	size_t places[ALERTS_MAX + 4];
	size_t n = list_places(w, places), at = 0;
	bool cut = !calm && chance(w, 4);
	struct err err = ERR_INIT;
	int64_t id = 0;

	if (in->poll_begin(in->ctx, &window, &id, &err) < 0)
		fail_msg("%s", err.text);
	batch_init(&b, PAGE_MAX);
	do {
		size_t drawn = 1 + draw(w, PAGE_MAX);
		size_t size = MIN(n - at, drawn);
		bool last = !cut && at + size == n;

		hand_page(w, &b, id, places + at, size, last);
		at += size;
		if (!calm && chance(w, 3))
			change_one(w);
		if (cut && chance(w, 3))
			break;
	} while (at < n && !w->copy[0]);
	batch_release(&b);
	if (!w->copy[0] && cut &&
	    in->poll_fail(in->ctx, id, "cut by the test", &err) < 0)
		fail_msg("%s", err.text);
}

/* Send what is due; some senders die between the sending and the row. */
static void deliver(struct world *w, bool calm)
{
	struct rig *r = &w->rig;
	struct err err = ERR_INIT;
	struct notice n[8];
	int got;

	do {
		got = outbox_lease(r->store, "soc", r->now_ms, OUTBOX_ROOM(8),
				   n, &err);
		if (got < 0)
			fail_msg("%s", err.text);
		for (int i = 0; i < got; i++) {
			struct settlement s = { .id = n[i].id,
						.state = NOTICE_SENT };

			if (!w->copy[0])
				strlist_add(&w->told, n[i].key);
			if (!calm && !w->copy[0] && chance(w, 30))
				take_copy(w);
			if (outbox_settle(r->store, &s, 1, r->now_ms, &err) < 0)
				fail_msg("%s", err.text);
			notice_release(&n[i]);
		}
	} while (got > 0 && !w->copy[0]);
}

static void step(struct world *w)
{
	rig_advance(&w->rig, w->rig.now_ms + 1000 + (int64_t)draw(w, 90000));
	for (uint64_t i = draw(w, 8); i > 0; i--)
		change_one(w);
	if (chance(w, 3))
		w->kill_in = 1 + (int)draw(w, 12);
	poll(w, false);
	if (!w->copy[0] && chance(w, 2))
		deliver(w, false);
	if (w->kill_in)
		take_copy(w);
	if (w->copy[0])
		restart_from_copy(w);
}

/* --- what must hold --- */

static void must_be(struct world *w, const char *query, const char *expected)
{
	CLEANUP(free_ptr) char *found = rig_text(&w->rig, query);

	if (strcmp(found, expected) != 0)
		fail_msg("%s\ngives %s, not %s", query, found, expected);
}

static void check_alerts(struct world *w)
{
	CLEANUP(free_ptr) char *count = xasprintf("%zu", w->n_alerts);

	must_be(w, "SELECT count(*) FROM v_alerts WHERE source = 'azure'",
		count);
	for (size_t i = 0; i < w->n_alerts; i++) {
		const struct cloud_alert *a = &w->alerts[i];
		CLEANUP(free_ptr)
		char *query = xasprintf("SELECT source_severity || ' ' || "
					"source_status || ' ' || title || ' ' "
					"|| (state = 'closed') FROM v_alerts "
					"WHERE native_id = 'alert-%zu'",
					i);
		CLEANUP(free_ptr)
		char *expected =
			xasprintf("%s %s Trouble %zu.%u %d", a->severity,
				  a->status, i, a->text,
				  a->status[0] == 'R' || a->status[0] == 'D');

		must_be(w, query, expected);
	}
}

static void check_sums(struct world *w)
{
	static const char *const none[] = {
		"SELECT count(*) FROM v_polls WHERE fetched <> new + updated + "
		"noop + quarantined OR ended_ms IS NULL OR complete = (error "
		"IS NOT NULL)",
		"SELECT count(*) FROM v_alerts WHERE missing_since_ms IS NOT "
		"NULL",
		"SELECT sum(new) - (SELECT count(*) FROM v_alerts WHERE source "
		"= 'azure') FROM v_polls",
		"SELECT sum(updated) + sum(new) - (SELECT count(*) FROM "
		"v_revisions AS r JOIN v_alerts AS a ON a.id = r.alert_id "
		"WHERE a.source = 'azure') FROM v_polls",
		"SELECT sum(quarantined) - (SELECT ifnull(sum(times), 0) FROM "
		"quarantine) FROM v_polls",
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		must_be(w, none[i], "0");
}

/* Whoever had to be told of an opening was, by one row, and nobody else. */
static void check_owed(struct world *w)
{
	static const char *const none[] = {
		"SELECT count(*) FROM v_alerts AS a WHERE 1 <> (SELECT "
		"count(*) FROM v_events WHERE alert_id = a.id AND kind IN "
		"('opened', 'seen-closed'))",
		"SELECT count(*) FROM v_events AS e WHERE kind = 'opened' AND "
		"(json_extract(detail, '$.severity') <> 'info') <> (SELECT "
		"count(*) FROM v_deliveries AS d WHERE d.alert_id = e.alert_id "
		"AND d.kind = 'opened' AND d.episode = 1)",
		"SELECT count(*) FROM v_events AS e WHERE kind = 'reopened' "
		"AND (json_extract(detail, '$.severity_to') <> 'info') <> "
		"(SELECT count(*) FROM v_deliveries AS d WHERE d.alert_id = "
		"e.alert_id AND d.kind = 'reopened' AND d.episode = "
		"json_extract(detail, '$.episode'))",
		"SELECT count(*) FROM v_alerts AS a WHERE episode - 1 <> "
		"(SELECT count(*) FROM v_events WHERE alert_id = a.id AND kind "
		"= 'reopened')",
		"SELECT count(*) FROM v_deliveries WHERE state NOT IN ('sent', "
		"'superseded')",
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		must_be(w, none[i], "0");
}

/* Was this key told before place @i? */
static bool told_before(const struct world *w, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(w->told.v[k], w->told.v[i]) == 0)
			return true;
	}
	return false;
}

/*
 * Nothing was told that is not owed; again only where the row says it may; and
 * every row that says sent was told. One whose sender died may have arrived
 * and be overtaken before it could go again.
 */
static void check_told(struct world *w)
{
	CLEANUP(free_ptr) char *sent = NULL;
	int64_t n_sent = 0;

	for (size_t i = 0; i < w->told.n; i++) {
		const char *key = w->told.v[i];
		bool again = told_before(w, i);
		CLEANUP(free_ptr)
		char *may = xasprintf("SELECT (state = 'sent' OR (state = "
				      "'superseded' AND maybe_duplicate)) AND "
				      "maybe_duplicate >= %d FROM v_deliveries "
				      "WHERE key = '%s'",
				      again, key);
		CLEANUP(free_ptr)
		char *is_sent = xasprintf("SELECT count(*) FROM v_deliveries "
					  "WHERE state = 'sent' AND key = '%s'",
					  key);

		must_be(w, may, "1");
		n_sent += again ? 0 : rig_integer(&w->rig, is_sent);
	}
	sent = xasprintf("%lld", (long long)n_sent);
	must_be(w, "SELECT count(*) FROM v_deliveries WHERE state = 'sent'",
		sent);
}

/* As an admin sees the file. */
static void check_file(const struct world *w)
{
	struct tempstore t = { 0 };

	(void)snprintf(t.path, sizeof(t.path), "%s/triaged.db",
		       w->rig.directory);
	assert_string_equal(tempstore_value(&t, "PRAGMA integrity_check"),
			    "ok");
	assert_string_equal(tempstore_value(&t, "SELECT count(*) FROM "
						"pragma_foreign_key_check"),
			    "0");
}

static void check_world(struct world *w)
{
	struct err err = ERR_INIT;
	int64_t n, bad;

	check_alerts(w);
	check_sums(w);
	check_owed(w);
	check_told(w);
	check_file(w);
	if (audit_verify(w->rig.store, &n, &bad, &err) < 0)
		fail_msg("%s", err.text);
}

/* Two whole listings without trouble; spoilt items are drawn until none is. */
static void quiet(struct world *w)
{
	int calm = 0;

	while (calm < 2) {
		rig_advance(&w->rig, w->rig.now_ms + 60000);
		poll(w, true);
		if (rig_integer(&w->rig, "SELECT quarantined FROM v_polls "
					 "ORDER BY id DESC LIMIT 1") == 0)
			calm++;
		else
			calm = 0;
	}
	deliver(w, true);
}

static void run_seed(uint64_t seed)
{
	struct world *w = xcalloc(1, sizeof(*w));

	seed_now = seed;
	w->draw = seed;
	rig_open(&w->rig, yaml, BEGIN);
	start(w);
	for (int i = 0; i < STEPS; i++)
		step(w);
	quiet(w);
	check_world(w);
	strlist_release(&w->told);
	rig_close(&w->rig);
	free(w);
	seed_now = 0;
}

/* --- so many seeds over so many processes --- */

static uint64_t seed_from, seed_to, seed_by;

static void test_seeds(void **state)
{
	(void)state;
	for (uint64_t seed = seed_from; seed <= seed_to; seed += seed_by)
		run_seed(seed);
}

static int say_seed(void **state)
{
	(void)state;
	if (seed_now)
		fprintf(stderr, "repeat it with PROPERTY_SEED=%llu\n",
			(unsigned long long)seed_now);
	return 0;
}

static int run_worker(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_seeds, say_seed),
	};

	return cmocka_run_group_tests_name("random ingestion", tests, NULL,
					   NULL);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

int main(void)
{
	uint64_t one = number_from("PROPERTY_SEED", 0);
	long n_workers = MIN(sysconf(_SC_NPROCESSORS_ONLN), WORKERS_MAX);
	int failed = 0, status;

	seed_from = one ? one : 1;
	seed_to = one ? one : number_from("PROPERTY_SEEDS", SEEDS);
	seed_by = one ? 1 : (uint64_t)MAX(n_workers, 1);
	if (seed_by == 1)
		return run_worker();
	for (uint64_t i = 0; i < seed_by; i++, seed_from++) {
		pid_t pid = fork();

		if (pid == 0)
			exit(run_worker());
		failed += pid < 0;
	}
	while (wait(&status) > 0)
		failed += status != 0;
	return failed != 0;
}
