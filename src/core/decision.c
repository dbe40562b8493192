/*
 * The life of the records between triage/, store/ and daemon/. What a decision
 * is stands in triage/decide.c.
 */
#include "core/decision.h"

#include <stdlib.h>
#include <string.h>

void tracked_release(struct tracked *t)
{
	free(t->acknowledged_by);
	free(t->closed_by);
	free(t->owner);
	free(t->linked_kind);
	memset(t, 0, sizeof(*t));
}

void alert_view_release(struct alert_view *v)
{
	alert_release(&v->alert);
	tracked_release(&v->tracked);
	strlist_release(&v->tags);
}
