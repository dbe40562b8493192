/*
 * Opens the database for the app. A release with a new schema copies the file
 * and changes it, which takes minutes where there are millions of alerts:
 * systemd must not take that for a start that hangs, and the operator who
 * waits reads in `systemctl status` what is done. A start that does hang makes
 * no step, so it asks for nothing more.
 */
#include "daemon/opening.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/service.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* Longer than the engine ever works without a step: it sorts and syncs. */
#define OPENING_EXTEND_MS (5 * 60 * 1000)
#define OPENING_ASK_MS (10 * 1000)

static void ask_for_time(struct opening *o, int64_t mono_ms)
{
	char line[128];

	o->asked_mono_ms = mono_ms;
	service_extend(OPENING_EXTEND_MS);
	(void)snprintf(
		line, sizeof(line),
		"bringing the database to this release's schema, %" PRId64
		" s so far",
		(mono_ms - o->began_mono_ms) / 1000);
	service_status(line);
}

int opening_on_step(void *arg, const struct store_progress *p)
{
	struct opening *o = arg;
	int64_t mono_ms = clock_mono_ms();

	(void)p;
	if (mono_ms - o->asked_mono_ms >= OPENING_ASK_MS)
		ask_for_time(o, mono_ms);
	return 0;
}

static void tell_upgrade(const char *directory, const struct store *s)
{
	int from = store_schema_found(s);
	CLEANUP(free_ptr) char *copy = NULL;

	if (from == store_schema_version(s))
		return;
	copy = xasprintf("%s/triaged.db.before-%d-*", directory, from + 1);
	log_event(LOG_NOTICE, MSG_STORE_MIGRATED,
		  "the database has the schema of this release",
		  kv_int("FROM", from), kv_int("TO", store_schema_version(s)),
		  kv_str("COPY", copy));
}

int opening_store(const char *state_directory, struct store **ret,
		  struct err *err)
{
	struct opening o = { .began_mono_ms = clock_mono_ms() };
	struct store_watch watch = { opening_on_step, &o };
	struct store *s;
	int rc;

	o.asked_mono_ms = o.began_mono_ms;
	service_extend(OPENING_EXTEND_MS);
	rc = store_open_watched(state_directory, &watch, &s, err);
	if (rc < 0)
		return rc;
	tell_upgrade(state_directory, s);
	*ret = s;
	return 0;
}
