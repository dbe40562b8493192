/* The entities of the three shapes, as kind, value and role. */
#ifndef SOURCE_ENTITY_PRIV_H
#define SOURCE_ENTITY_PRIV_H

#include <jansson.h>
#include "core/alert.h"

/*
 * Defender for Cloud: @entities is the array `entities`. A reference
 * ({"$ref": ID}) is followed to the first object of this alert with that $id;
 * dangling and cyclic ones are survived.
 */
void arm_entity_add_all(struct alert *a, const json_t *entities);

/*
 * Graph: @evidence is the array `evidence`. Also fills entity, resource_id and
 * subscription from it where they are not set.
 */
void graph_evidence_add_all(struct alert *a, const json_t *evidence);

#endif
