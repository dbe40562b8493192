/*
 * Does each alert stand as its events say: open or closed, in which episode?
 * Called while the log is walked; knows the words of the events alone.
 *
 * tested with: test_audit
 */
#include <stdlib.h>
#include <string.h>
#include "store/sqlite/audit_priv.h"
#include "util/xmalloc.h"

/* Three bytes each: 60 MB at the most. */
#define ALERTS_MAX 20000000

enum told { TOLD_NOTHING, TOLD_OPEN, TOLD_CLOSED, TOLD_UNSURE };

struct audit_states {
	int64_t last_alert;
	uint8_t *told; /* by number of the alert */
	uint16_t *episode;
};

struct audit_states *audit_states_new(int64_t last_alert)
{
	struct audit_states *a;

	if (last_alert < 0 || last_alert > ALERTS_MAX)
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->last_alert = last_alert;
	a->told = xcalloc((size_t)last_alert + 1, sizeof(*a->told));
	a->episode = xcalloc((size_t)last_alert + 1, sizeof(*a->episode));
	return a;
}

void audit_states_free(struct audit_states **a)
{
	if (!*a)
		return;
	free((*a)->told);
	free((*a)->episode);
	free(*a);
	*a = NULL;
}

/* "merged" stands in the history of both alerts, of which one was closed. */
static enum told told_by(const char *kind)
{
	static const struct {
		const char *kind;
		enum told told;
	} words[] = {
		{ "opened", TOLD_OPEN },
		{ "seen-closed", TOLD_CLOSED },
		{ "closed", TOLD_CLOSED },
		{ "reopened", TOLD_OPEN },
		{ "merged", TOLD_UNSURE },
		{ "imported", TOLD_OPEN },
		{ "imported-closed", TOLD_CLOSED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].kind, kind) == 0)
			return words[i].told;
	}
	return TOLD_NOTHING;
}

void audit_states_note(struct audit_states *a, const struct audit_link *l)
{
	enum told told;
	int64_t i = l->alert_id;

	if (!a || i <= 0 || i > a->last_alert || a->told[i] == TOLD_UNSURE)
		return;
	told = told_by(l->kind);
	if (told == TOLD_NOTHING)
		return;
	a->told[i] = told;
	if (a->episode[i] == 0)
		a->episode[i] = 1;
	else if (strcmp(l->kind, "reopened") == 0 && a->episode[i] < UINT16_MAX)
		a->episode[i]++;
}

static bool agrees(const struct audit_states *a, int64_t id, bool closed,
		   int64_t episode)
{
	switch ((enum told)a->told[id]) {
	case TOLD_NOTHING: /* of a release that did not tell */
	case TOLD_UNSURE:
		return true;
	case TOLD_OPEN:
	case TOLD_CLOSED:
		break;
	}
	return closed == (a->told[id] == TOLD_CLOSED) &&
	       (episode == a->episode[id] || a->episode[id] == UINT16_MAX);
}

int audit_states_compare(struct store *s, const struct audit_states *a,
			 int64_t *ret_alert, int64_t *ret_n, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t id = 0, n = 0;
	int rc;

	if (!a)
		return 0;
	rc = query_open(&q, s, STMT_EVENT_STATES, err);
	if (rc < 0)
		return rc;
	while ((rc = query_step(&q, err)) == 1) {
		id = row_int(&q, 0);
		if (id <= 0 || id > a->last_alert)
			continue;
		if (!agrees(a, id, row_int(&q, 1) != 0, row_int(&q, 2))) {
			*ret_alert = id;
			break;
		}
		n += a->told[id] == TOLD_OPEN || a->told[id] == TOLD_CLOSED;
	}
	*ret_n = n;
	return rc < 0 ? rc : 0;
}
