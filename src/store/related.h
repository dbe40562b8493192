/* What other alerts share with one. Reading only. */
#ifndef STORE_RELATED_H
#define STORE_RELATED_H

#include "core/relation.h"
#include "store/store.h"

/* Of each shared thing the alerts nearest in time, so many before and after. */
#define RELATED_NEAR 100

/*
 * Append to @ret what alert @id has in common with others, open and closed:
 * incident, resource, entities, techniques. Of a thing that thousands have only
 * the nearest alerts are told. *ret_seen_ms is when the alert was first seen.
 * 1 found, 0 there is no such alert.
 */
int related_find(struct store *s, int64_t id, struct relations *ret,
		 int64_t *ret_seen_ms, struct err *err) must_check;

#endif
