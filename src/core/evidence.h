/*
 * One finding about an alert that is kept as evidence: what somebody did, where
 * and when, as the service told it. A plain record. Every string is owned by
 * it, valid UTF-8, cleaned of control characters and clipped; NULL means that
 * the service did not say.
 */
#ifndef CORE_EVIDENCE_H
#define CORE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What kind of evidence it is: an entry of the Cloud Apps audit trail. */
#define EVIDENCE_ACTIVITY "activity"

#define EVIDENCE_WORD_MAX 500 /* characters of a field */
#define EVIDENCE_RAW_MAX 65536 /* bytes of an item */

struct evidence {
	char *native_id;
	int64_t at_ms; /* when it happened; 0: the service did not say */
	char *actor, *ip, *action, *app, *object, *location;
	char *raw; /* the item as it came, at most EVIDENCE_RAW_MAX bytes */
	bool clipped; /* something was longer than its limit */
};

/* A list that owns its items. */
struct evidence_list {
	struct evidence *v;
	size_t n, n_alloc;
};
#define EVIDENCE_LIST_INIT                                                     \
	{                                                                      \
		0                                                              \
	}

/* Frees what it owns; all zero afterwards. Usable with CLEANUP. */
void evidence_release(struct evidence *e);
/* Hands @e on to the end of @l. */
void evidence_list_add(struct evidence_list *l, struct evidence *e);
void evidence_list_release(struct evidence_list *l);

#endif
