/* Which built-in policy raised an alert, and which threat it stands for. */
#ifndef SOURCE_RECOGNIZE_PRIV_H
#define SOURCE_RECOGNIZE_PRIV_H

#include "core/alert.h"

/* What a door knows beyond the alert itself; NULL: it did not say. */
struct recognize_clues {
	const char *component; /* plan: "Service Bus", "AppServices" */
	const char *resource_kind; /* of a site: "functionapp,linux" */
};

/*
 * Fill category and policy from alert_type, title, entities, resource, tactics
 * and @clues (NULL: none); what nobody recognizes stays NULL. The last act of
 * every door's parser.
 */
void recognize(struct alert *a, const struct recognize_clues *clues);

#endif
