/*
 * The life of the records between triage/, store/ and daemon/. What a decision
 * is stands in triage/decide.c.
 */
#include "core/decision.h"

#include <stdlib.h>
#include <string.h>

const char *start_basis_name(enum start_basis b)
{
	static const char *const names[] = {
		[START_SEEN] = "seen",
		[START_SOURCE] = "source",
		[START_UNDATED] = "source-undated",
		[START_FUTURE] = "source-in-future",
		[START_TOO_OLD] = "source-too-old",
		[START_BEFORE_CLOSE] = "source-before-close",
		[START_ROSE] = "rose",
	};

	return names[b];
}

void tracked_release(struct tracked *t)
{
	free(t->acknowledged_by);
	free(t->closed_by);
	free(t->owner);
	free(t->linked_kind);
	free(t->source_severity);
	memset(t, 0, sizeof(*t));
}

void alert_view_release(struct alert_view *v)
{
	alert_release(&v->alert);
	tracked_release(&v->tracked);
	strlist_release(&v->tags);
}
