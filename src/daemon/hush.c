/*
 * The daemon's side of triage/noise. See hush.h. Called by pipeline.c at the
 * start, by reload.c, and by the funnel for every message.
 *
 * tested with: test_funnel test_silencing
 */
#include "daemon/hush.h"

#include <stdlib.h>
#include <string.h>

#include "store/bundles.h"
#include "store/outbox.h"
#include "store/silence_rows.h"
#include "store/txn.h"
#include "triage/silences.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* Of a message about several alerts so many are looked at. */
#define PAST_ALERTS_MAX 32

struct hush {
	struct noise *noise;
	bool noted; /* since the memory was filled */
	int64_t n_rollbacks; /* of the store, when it was filled */
	struct silence *silences;
	size_t n_silences;
	bool stale; /* they could not be read after a change */
};

const struct noise *hush_noise(const struct pipeline *p)
{
	return p->hush->noise;
}

void hush_note(struct pipeline *p, const struct noise_notice *n)
{
	noise_note(p->hush->noise, n);
	p->hush->noted = true;
}

const struct silence *hush_silences(const struct pipeline *p, size_t *ret_n)
{
	*ret_n = p->hush->n_silences;
	return p->hush->silences;
}

int hush_refresh(struct pipeline *p, struct err *err)
{
	struct hush *h = p->hush;
	struct silence *v = NULL;
	size_t n = 0;
	int rc = silence_rows_open(p->store, &v, &n, err);

	h->stale = rc < 0;
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(free_ptr) char *text = xstrdup(v[i].when_text);
		struct err why = ERR_INIT;

		/* It was read when it was stored. Matching nothing is safe. */
		if (silence_parse_when(text, &v[i], &why) < 0) {
			log_debug("silence %lld: %s", (long long)v[i].id,
				  why.text);
			v[i].ends_ms = v[i].starts_ms;
		}
	}
	noise_set_silences(h->noise, v, n);
	silence_rows_free(h->silences, h->n_silences);
	h->silences = v;
	h->n_silences = n;
	return 0;
}

/* --- memory --- */

static int note_alert(struct pipeline *p, const struct bundle_past *past,
		      struct noise_notice *note, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	char group[NOISE_GROUP_MAX];
	int rc = alerts_load_outline(p->store, past->alert_id, &v, err);

	if (rc <= 0 || alert_is_drill(&v.alert))
		return MIN(rc, 0);
	noise_group(&v.alert, group);
	note->group = group;
	note->first = noise_is_first(past->kind);
	note->tactics = v.alert.tactics;
	note->crown_jewel = noise_is_crown_jewel(&v.tags);
	noise_note(p->hush->noise, note);
	return 0;
}

/* The message of a group told of all its alerts; it counts once. */
static int note_group(struct pipeline *p, const struct bundle_past *past,
		      struct noise_notice *note, struct err *err)
{
	int64_t ids[PAST_ALERTS_MAX], total;
	struct bundle_past one = *past;
	int n = outbox_alerts(p->store, past->delivery, ids, PAST_ALERTS_MAX,
			      &total, err);
	int rc = n;

	note->group = past->name;
	noise_note(p->hush->noise, note);
	note->held = NOISE_GROUP;
	note->leaves = NOISE_GROUP;
	for (int i = 0; i < n && rc >= 0; i++) {
		one.alert_id = ids[i];
		rc = note_alert(p, &one, note, err);
	}
	return rc;
}

static int note_past(struct pipeline *p, const struct bundle_past *past,
		     struct err *err)
{
	struct noise_notice note = {
		.target = past->target,
		.severity = past->severity,
		.held = past->held,
		.leaves = past->leaves,
		.now_ms = past->at_ms,
	};
	int rc;

	if (past->alert_id) {
		rc = note_alert(p, past, &note, err);
		if (rc < 0 || past->leaves != NOISE_STORM || past->held)
			return rc;
		note.group = NULL;
	}
	note.summary = past->leaves == NOISE_STORM;
	if (past->leaves == NOISE_GROUP)
		return note_group(p, past, &note, err);
	if (past->leaves != NOISE_DIGEST && past->leaves != NOISE_IMPORT)
		noise_note(p->hush->noise, &note);
	return 0;
}

static int fill_memory(struct pipeline *p, int64_t now_ms, struct err *err)
{
	struct bundle_past *v = NULL;
	size_t n = 0;
	int rc = bundles_past(p->store, now_ms - NOISE_REMEMBER_MS, now_ms, &v,
			      &n, err);

	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = note_past(p, &v[i], err);
	bundle_pasts_free(v, n);
	if (rc < 0)
		return rc;
	p->hush->noted = false;
	p->hush->n_rollbacks = txn_rollbacks(p->store);
	return 0;
}

int hush_recall(struct pipeline *p, int64_t now_ms, struct err *err)
{
	struct hush *h = p->hush;
	struct noise *before = h->noise;
	int rc = h->stale ? hush_refresh(p, err) : 0;

	if (rc < 0)
		return rc;
	/* Without a note there is nothing to take back. */
	if (!h->noted)
		h->n_rollbacks = txn_rollbacks(p->store);
	if (h->n_rollbacks == txn_rollbacks(p->store))
		return 0;
	h->noise = noise_new(p->triage);
	noise_set_silences(h->noise, h->silences, h->n_silences);
	rc = fill_memory(p, now_ms, err);
	if (rc < 0) {
		noise_free(h->noise);
		h->noise = before;
		return rc;
	}
	noise_free(before);
	return 0;
}

void hush_forget(struct pipeline *p, int64_t now_ms)
{
	struct err err = ERR_INIT;

	p->hush->stale = true;
	p->hush->noted = true;
	p->hush->n_rollbacks = -1;
	if (hush_recall(p, now_ms, &err) < 0)
		log_debug("what holds messages back: %s", err.text);
}

/* --- life --- */

int hush_open(struct pipeline *p, int64_t now_ms, struct err *err)
{
	int rc;

	p->hush = xcalloc(1, sizeof(*p->hush));
	p->hush->noise = noise_new(p->triage);
	rc = hush_refresh(p, err);
	if (rc >= 0)
		rc = fill_memory(p, now_ms, err);
	if (rc < 0)
		hush_close(p);
	return rc;
}

void hush_close(struct pipeline *p)
{
	if (!p->hush)
		return;
	p->hush->noise = noise_free(p->hush->noise);
	silence_rows_free(p->hush->silences, p->hush->n_silences);
	free(p->hush);
	p->hush = NULL;
}

int hush_hasten(struct pipeline *p, int64_t now_ms, struct err *err)
{
	static const enum noise_cause causes[] = { NOISE_MAINTENANCE,
						   NOISE_QUIET };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, p->store, err);

	for (size_t i = 0; i < ARRAY_SIZE(causes) && rc >= 0; i++)
		rc = bundles_hasten(p->store, causes[i], NULL, now_ms, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

void hush_reload(struct pipeline *p)
{
	noise_set_triage(p->hush->noise, p->triage);
}
