/*
 * Makes a large database by our own store, as a big company would have one
 * after a year: a few detectors raise most alerts, a few people and machines
 * are in many, nearly all are closed. The same number gives the same database.
 *
 *	seed DIRECTORY ALERTS
 *	seed DIRECTORY PAGES write	one page after the other, as polls do
 *
 * The second prints how long each page took, in microseconds. Called by
 * bench_query.py.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "store/alerts.h"
#include "store/audit.h"
#include "store/cases.h"
#include "store/ledger.h"
#include "store/search.h"
#include "store/store.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define DAY_MS INT64_C(86400000)
#define YEAR_MS (400 * DAY_MS)
#define BATCH 500
#define PAGE 50
#define PAUSE_US 50000 /* between pages */
#define OPEN_OF 4000 /* at most so many are open, the newest mostly */

struct seeding {
	struct store *store;
	int64_t n, now_ms;
	uint64_t state; /* of the random numbers */
};

static uint64_t draw(struct seeding *s)
{
	s->state ^= s->state << 13;
	s->state ^= s->state >> 7;
	s->state ^= s->state << 17;
	return s->state >> 11;
}

static int64_t below(struct seeding *s, int64_t n)
{
	return (int64_t)(draw(s) % (uint64_t)n);
}

/* Small numbers are drawn far more often than large ones. */
static int64_t skewed(struct seeding *s, int64_t n)
{
	int64_t a = below(s, n), b = below(s, n);

	return a * b / n * below(s, n) / n;
}

static const struct detector {
	const char *title, *type, *tactics, *techniques;
	enum severity severity;
} detectors[] = {
	{ "Impossible travel activity", "MCAS_ALERT_ANUBIS_IMPOSSIBLE_TRAVEL",
	  "InitialAccess", "T1078", SEVERITY_MEDIUM },
	{ "Activity from infrequent country", "MCAS_ALERT_ANUBIS_COUNTRY",
	  "DefenseEvasion", "T1078", SEVERITY_MEDIUM },
	{ "Suspicious process executed", "VM_SuspectProcess", "Execution",
	  "T1059", SEVERITY_HIGH },
	{ "Traffic detected from IP addresses recommended for blocking",
	  "Network_TrafficFromUnrecommendedIP", "Probing", "T1046",
	  SEVERITY_LOW },
	{ "Mass download by a single user", "MCAS_ALERT_MASS_DOWNLOAD",
	  "Exfiltration", "T1530", SEVERITY_HIGH },
	{ "Failed SSH brute force attack", "VM_SshBruteForceFailed", "Probing",
	  "T1110", SEVERITY_LOW },
	{ "Unusual file deletion activity by user", "MCAS_ALERT_DELETE",
	  "Impact", "T1485", SEVERITY_MEDIUM },
	{ "Access from a Tor exit node to a storage blob container",
	  "Storage.Blob_TorAnomaly", "InitialAccess", "T1090", SEVERITY_HIGH },
	{ "Suspicious inbox forwarding rule", "MCAS_ALERT_INBOX_FORWARDING",
	  "Collection", "T1114,T1114.003", SEVERITY_HIGH },
	{ "Digital currency mining related behaviour detected",
	  "VM_DigitalCurrencyMining", "Impact", "T1496", SEVERITY_HIGH },
	{ "Ransomware activity", "MCAS_ALERT_RANSOMWARE", "Impact", "T1486",
	  SEVERITY_HIGH },
	{ "Log on from an unusual location", "SQL.DB_GeoAnomaly",
	  "Exploitation", "T1190", SEVERITY_INFO },
};

static char *word(struct seeding *s)
{
	static const char *const ends[] = { "tion", "ing",  "ed",  "ware",
					    "port", "file", "ion", "er" };

	return xasprintf("%c%c%" PRId64 "%s", (char)('a' + below(s, 26)),
			 (char)('a' + below(s, 26)), skewed(s, 60),
			 ends[below(s, 8)]);
}

static char *describe(struct seeding *s, const char *user, const char *host,
		      const char *address)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	int64_t n = 20 + below(s, 40);

	strbuf_addf(&sb,
		    "The user %s performed an unusual activity on %s from the "
		    "address %s. This activity was not seen in the last 30 "
		    "days and may mean that the account is compromised.",
		    user, host, address);
	for (int64_t i = 0; i < n; i++) {
		CLEANUP(free_ptr) char *w = word(s);

		strbuf_addf(&sb, " %s", w);
	}
	return xstrdup(sb.buf);
}

static void set_raw(struct alert *a)
{
	uint8_t sum[DIGEST_SIZE];

	a->raw = xasprintf("{\"name\":\"%s\",\"properties\":{"
			   "\"alertDisplayName\":\"%s\",\"description\":\"%s\","
			   "\"compromisedEntity\":\"%s\"}}",
			   a->native_id, a->title, a->description, a->entity);
	a->raw_len = strlen(a->raw);
	digest_sha256(a->raw, a->raw_len, sum);
	memcpy(a->raw_hash, sum, sizeof(a->raw_hash));
}

static void set_entities(struct seeding *s, struct alert *a)
{
	CLEANUP(free_ptr)
	char *user = xasprintf("user%" PRId64 "@contoso.com", skewed(s, 20000));
	CLEANUP(free_ptr)
	char *host = xasprintf("vm-web-%" PRId64, skewed(s, 3000));
	CLEANUP(free_ptr)
	char *inner = xasprintf("10.0.%d.%d", (int)below(s, 256),
				(int)skewed(s, 256));
	CLEANUP(free_ptr)
	char *outer = xasprintf("%d.%d.%d.%d", (int)(11 + skewed(s, 200)),
				(int)below(s, 256), (int)below(s, 16),
				(int)skewed(s, 256));

	alert_add_entity(a, "account", user, NULL);
	alert_add_entity(a, "host", host, "target");
	alert_add_entity(a, "ip", inner, NULL);
	alert_add_entity(a, "ip", outer, "attacker");
	if (below(s, 2) == 0)
		alert_add_entity(a, "app", "Microsoft Exchange Online", NULL);
	a->entity = xstrdup(below(s, 2) == 0 ? host : user);
	a->resource_group = xasprintf("rg-%" PRId64, skewed(s, 200));
	a->resource_id =
		xasprintf("/subscriptions/%s/resourceGroups/%s/providers/"
			  "Microsoft.Compute/virtualMachines/%s",
			  a->subscription, a->resource_group, host);
	a->description = describe(s, user, host, outer);
}

static void make(struct seeding *s, int64_t i, int64_t seen_ms, struct alert *a)
{
	const struct detector *d =
		&detectors[skewed(s, (int64_t)ARRAY_SIZE(detectors))];

	alert_init(a);
	a->source = xstrdup("azure");
	a->kind = xstrdup(ALERT_KIND_ARM);
	a->provider = xstrdup("defender-for-cloud");
	a->tenant = xstrdup("11111111-2222-3333-4444-555555555555");
	a->subscription = xasprintf("20ff7fc3-e762-44dd-bd96-b7111%07" PRId64,
				    skewed(s, 40));
	a->native_id = xasprintf("%016" PRIx64 "_%08" PRIx64 "-%04" PRIx64,
				 UINT64_C(2517000000000000) + (uint64_t)i,
				 draw(s) & 0xffffffff, draw(s) & 0xffff);
	a->title = xstrdup(d->title);
	a->alert_type = xstrdup(d->type);
	a->tactics = xstrdup(d->tactics);
	a->techniques = xstrdup(d->techniques);
	a->source_severity = xstrdup(severity_name(d->severity));
	a->source_status = xstrdup("Active");
	a->source_state = SOURCE_ACTIVE;
	a->resource_type = xstrdup("Microsoft.Compute/virtualMachines");
	if (below(s, 6) == 0)
		a->incident = xasprintf("%" PRId64, i / 60 + below(s, 4));
	a->base = d->severity;
	a->created_ms = seen_ms - below(s, 900000);
	a->remediation = xstrdup("Ask the user.\nReset the password.");
	set_entities(s, a);
	set_raw(a);
}

static int put_clock(struct seeding *s, int64_t id, const struct decision *d,
		     int64_t seen_ms, struct err *err)
{
	bool open = d->transition == TRANSITION_OPENED;
	int64_t due_ms = seen_ms + INT64_C(4) * 3600 * 1000;
	struct clock_row row = { .alert_id = id,
				 .episode = 1,
				 .severity = d->severity,
				 .policy = "high 4h",
				 .started_ms = seen_ms,
				 .due_ms = due_ms,
				 .stopped_ms = open ? 0 : seen_ms + 600000,
				 .stopped_why = open ? NULL : "closed",
				 .next_ms = open ? due_ms : 0 };

	return cases_put_clock(s->store, &row, err);
}

/* A number beyond those of the year is of now. */
static int64_t seen_at(const struct seeding *s, int64_t i)
{
	return i < s->n ? s->now_ms - YEAR_MS + YEAR_MS / s->n * i : s->now_ms;
}

static int put(struct seeding *s, int64_t i, struct err *err)
{
	CLEANUP(alert_release) struct alert a;
	int64_t seen_ms = seen_at(s, i);
	struct sighting at = { 0, seen_ms };
	struct audit_event e = { 0, seen_ms, "triaged", "opened",
				 "{\"severity\":\"high\"}" };
	bool open = below(s, MAX(s->n / OPEN_OF, i < s->n ? 4 : 250)) == 0;
	struct decision d = { .policy_hash = "00000000feedbeef" };
	int rc;

	make(s, i, seen_ms, &a);
	d.base = d.severity = below(s, 200) == 0 ? SEVERITY_CRITICAL : a.base;
	d.transition = open ? TRANSITION_OPENED : TRANSITION_SEEN_CLOSED;
	rc = alerts_insert(s->store, &a, &d, &at, &e.alert_id, err);
	if (rc >= 0)
		rc = audit_add(s->store, &e, err);
	if (rc >= 0)
		rc = put_clock(s, e.alert_id, &d, seen_ms, err);
	return rc;
}

static int put_batch(struct seeding *s, int64_t from, int64_t to,
		     struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, s->store, err);

	if (rc >= 0 && from == 0)
		rc = ledger_source(s->store, "azure", ALERT_KIND_ARM, s->now_ms,
				   err);
	for (int64_t i = from; i < to && rc >= 0; i++)
		rc = put(s, i, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int fill(struct seeding *s, struct err *err)
{
	struct store_log moved;
	int rc = 0;

	for (int64_t i = 0; i < s->n && rc >= 0; i += BATCH) {
		rc = put_batch(s, i, MIN(i + BATCH, s->n), err);
		if (i % 100000 == 0)
			fprintf(stderr, "\r%" PRId64 " of %" PRId64, i, s->n);
	}
	store_tend_log(s->store, &moved);
	fprintf(stderr, "\r%" PRId64 " alerts      \n", s->n);
	return rc;
}

/* Pages into a database that is there, by numbers that were never used. */
static int write_pages(struct seeding *s, struct err *err)
{
	int64_t first = s->now_ms * 1000;
	int rc = 0;

	s->state ^= (uint64_t)s->now_ms;
	for (int64_t i = 0; i < s->n && rc >= 0; i++) {
		int64_t begun_us = clock_mono_us();

		rc = put_batch(s, first + i * PAGE, first + (i + 1) * PAGE,
			       err);
		printf("%" PRId64 "\n", clock_mono_us() - begun_us);
		(void)fflush(stdout); /* who reads looks at the log now */
		(void)usleep(PAUSE_US); /* a pause */
	}
	return rc;
}

int main(int argc, char **argv)
{
	CLEANUP(store_close_ptr) struct store *store = NULL;
	struct seeding s = { .state = UINT64_C(88172645463325252),
			     .now_ms = clock_wall_ms() };
	struct err err = ERR_INIT;
	int rc;

	if (argc < 3 || argc > 4 || (s.n = strtoll(argv[2], NULL, 10)) <= 0) {
		fprintf(stderr, "usage: seed DIRECTORY ALERTS [write]\n");
		return 2;
	}
	rc = store_open(argv[1], &store, &err);
	s.store = store;
	if (rc >= 0)
		rc = argc == 4 ? write_pages(&s, &err) : fill(&s, &err);
	while (rc >= 0 && argc == 3 && (rc = search_tidy(store, &err)) == 1)
		; /* as the daemon does when it is idle */
	if (rc < 0)
		fprintf(stderr, "seed: %s\n", err.text);
	return rc < 0;
}
