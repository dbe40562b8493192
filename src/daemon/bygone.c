/*
 * See bygone.h. Called by trouble.c.
 *
 * tested with: test_bygone
 */
#include "daemon/bygone.h"

#include <fnmatch.h>
#include <string.h>

#include "daemon/pipeline_priv.h"
#include "store/alerts.h"
#include "store/cases.h"
#include "store/look.h"
#include "store/posture_rows.h"
#include "store/targets.h"
#include "store/txn.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/compiler.h"
#include "util/log.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

/* More conditions of our own at once are none that anybody reads. */
#define LOOKED_AT 200

static bool has_destination(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_forwards; i++)
		if (strcmp(c->forwards[i].name, name) == 0)
			return true;
	return false;
}

static bool has_target(const struct conf *c, const char *name)
{
	return conf_target(c, name) || conf_heartbeat(c, name);
}

/* Slugs: what it is, the name, and the condition where there are several, a
 * pattern of fnmatch(). */
static const struct {
	const char *begin, *end;
	bool (*is_there)(const struct conf *c, const char *name);
} conditions[] = {
	{ "forward-stuck/", "", has_destination },
	{ "target-failed/", "/disabled", has_target },
	{ "target-failed/", "/refused", has_target },
	{ "forward-certificate-ends/", "/*-days", has_destination },
	{ "target-certificate-ends/", "/*-days", has_target },
};

static bool is_bygone(const struct conf *c, const char *slug)
{
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		size_t begin = strlen(conditions[i].begin);
		const char *end = slug + strlen(slug);
		CLEANUP(free_ptr) char *name = NULL;

		if (strncmp(slug, conditions[i].begin, begin) != 0)
			continue;
		if (conditions[i].end[0])
			end = strrchr(slug + begin, '/');
		if (!end || fnmatch(conditions[i].end, end, 0) != 0)
			continue;
		name = xstrndup(slug + begin, (size_t)(end - slug) - begin);
		return !conditions[i].is_there(c, name);
	}
	return false;
}

static int end_one(struct pipeline *p, int64_t id, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	const struct alert *a = &v.alert;
	int rc = alerts_load(p->store, id, &v, err);

	if (rc <= 0 || !is_bygone(p->conf, a->native_id))
		return rc;
	return self_accept(p,
			   &(struct self_alert){
				   .slug = a->native_id,
				   .severity = a->base,
				   .title = a->title,
				   .description = "The settings do not name it "
						  "any more.",
				   .remediation = a->remediation,
				   .resolved = true,
			   },
			   clock_wall_ms(), err);
}

/* --- targets --- */

static int add_troubled(void *names, size_t n, const char *const *columns,
			const struct cell *cells)
{
	bool troubled = cells[n - 1].integer != 0;

	(void)columns;
	if (troubled && !strlist_has(names, cells[0].text))
		strlist_add(names, cells[0].text);
	return 0;
}

/* What was against a target that is not there: nobody could enable it. */
static int end_troubles(struct pipeline *p, struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;
	const struct selector sel = { .limit = INT64_MAX };
	int rc = look(p->store, LOOK_TARGET_TROUBLES, &sel, add_troubled,
		      &names, err);

	for (size_t i = 0; i < names.n && rc >= 0; i++) {
		CLEANUP(txn_end) struct txn txn = TXN_NONE;

		if (has_target(p->conf, names.v[i]))
			continue;
		rc = txn_begin(&txn, p->store, err);
		if (rc >= 0)
			rc = targets_enable(p->store, names.v[i], err);
		if (rc >= 0)
			rc = txn_commit(&txn, err);
	}
	return rc;
}

/* --- the posture of sources --- */

static bool has_posture(const struct conf *c, const char *source)
{
	for (size_t i = 0; i < c->n_sources; i++)
		if (strcmp(c->sources[i].name, source) == 0)
			return c->sources[i].posture_every_ms > 0 ||
			       c->sources[i].type == SOURCE_DEMO;
	return false;
}

static int leave(struct pipeline *p, const char *source, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int n, rc = txn_begin(&txn, p->store, err);

	if (rc < 0)
		return rc;
	n = posture_rows_leave(p->store, source, clock_wall_ms(), err);
	rc = n < 0 ? n : txn_commit(&txn, err);
	if (rc >= 0)
		log_event(LOG_NOTICE, MSG_POSTURE_LEFT,
			  "the posture is not current any more: the settings "
			  "do not have it read",
			  kv_str("SOURCE", source));
	return rc;
}

static int end_posture(struct pipeline *p, struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;
	int rc = posture_rows_sources(p->store, &names, err);

	for (size_t i = 0; i < names.n && rc >= 0; i++)
		if (!has_posture(p->conf, names.v[i]))
			rc = leave(p, names.v[i], err);
	return rc;
}

/* --- alerts --- */

static int end_alerts(struct pipeline *p, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t ids[LOOKED_AT];
	int n, rc = txn_begin(&txn, p->store, err);

	if (rc < 0)
		return rc;
	n = rc = cases_open_of(p->store, ALERT_KIND_SELF, ids, ARRAY_SIZE(ids),
			       err);
	for (int i = 0; i < n && rc >= 0; i++)
		rc = end_one(p, ids[i], err);
	if (rc < 0 || n == 0)
		return rc;
	rc = txn_commit(&txn, err);
	if (rc >= 0)
		p->on_commit(p->arg);
	return rc;
}

int bygone_end(struct pipeline *p, struct err *err)
{
	int rc = end_alerts(p, err);

	if (rc >= 0)
		rc = gap_end_bygone(p, err);
	if (rc >= 0)
		rc = end_troubles(p, err);
	return rc < 0 ? rc : end_posture(p, err);
}
