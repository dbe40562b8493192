/*
 * Opens the database for the app. A release with a new schema copies the file
 * and changes it, which takes minutes where there are millions of alerts:
 * systemd must not take that for a start that hangs, and the operator who
 * waits reads in `systemctl status` what is done. A start that does hang makes
 * no step, so it asks for nothing more.
 */
#include "daemon/opening.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* --- there was none --- */

/* What the start before this one left when it did not get far is no trace of a
 * database, nor is the lock. */
static bool is_trace(const char *name)
{
	static const char file[] = "triaged.db", part[] = "triaged.db.new";

	if (strcmp(name, "acknowledge.key") == 0)
		return true;
	return strncmp(name, file, strlen(file)) == 0 &&
	       strncmp(name, part, strlen(part)) != 0;
}

/* A file in @directory that would not be there if there had never been a
 * database; heap or NULL. */
static char *find_trace(const char *directory)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	char *found = NULL;

	while (dir && !found && (entry = readdir(dir)))
		if (is_trace(entry->d_name))
			found = xasprintf("%s/%s", directory, entry->d_name);
	if (dir)
		(void)closedir(dir); /* it was only read */
	return found;
}

static void tell_made(const char *file, const char *beside)
{
	if (!beside)
		log_event(LOG_NOTICE, MSG_STORE_MADE,
			  "there was no database, a new one was made",
			  kv_str("FILE", file));
	else
		log_event(LOG_ERR, MSG_STORE_VANISHED,
			  "the database is gone, a new one was made",
			  kv_str("FILE", file), kv_str("BESIDE", beside));
}

int opening_tell_vanished(struct pipeline *p, const char *beside,
			  struct err *err)
{
	CLEANUP(free_ptr)
	char *text = xasprintf(
		"There was no database at the start, though %s shows that "
		"there had been one, so triaged began with an empty one. What "
		"is still open at the sources is told of again, and what "
		"people did with it is lost.",
		beside);

	return pipeline_self_alert(
		p,
		&(struct self_alert){
			.slug = "database-vanished",
			.severity = SEVERITY_HIGH,
			.title = "The database of triaged is gone, a new one "
				 "was made",
			.description = text,
			.remediation = "If there is a backup: systemctl stop "
				       "triaged; triagectl restore BACKUP; "
				       "systemctl start triaged",
		},
		err);
}

/* --- open --- */

int opening_store(const char *state_directory, struct store **ret,
		  char **ret_beside, struct err *err)
{
	CLEANUP(free_ptr)
	char *file = xasprintf("%s/triaged.db", state_directory);
	bool missing = access(file, F_OK) < 0 && errno == ENOENT;
	CLEANUP(free_ptr)
	char *beside = missing ? find_trace(state_directory) : NULL;
	struct opening o = { .began_mono_ms = clock_mono_ms() };
	struct store_watch watch = { opening_on_step, &o };
	struct store *s;
	int rc;

	o.asked_mono_ms = o.began_mono_ms;
	service_extend(OPENING_EXTEND_MS);
	rc = store_open_watched(state_directory, &watch, &s, err);
	if (rc < 0)
		return rc;
	if (missing)
		tell_made(file, beside);
	else
		tell_upgrade(state_directory, s);
	*ret = s;
	*ret_beside = take(beside);
	return 0;
}
