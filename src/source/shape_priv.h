/* Which API an object comes from, told from its member names alone. */
#ifndef SOURCE_SHAPE_PRIV_H
#define SOURCE_SHAPE_PRIV_H

#include "source/normalize.h"
#include "util/jscan.h"

enum shape {
	SHAPE_NONE,
	SHAPE_ARM, /* {"id", "properties": {...}} */
	SHAPE_ARM_FLAT, /* an export: the properties at the top */
	SHAPE_GRAPH, /* alerts_v2 */
	SHAPE_GRAPH_V1, /* the retired API: known, but refused */
	SHAPE_GRAPH_INCIDENT, /* may hold alerts of its own */
	SHAPE_CLOUD_APPS,
	SHAPE_BEHAVIOR, /* a row of the hunting table BehaviorInfo */
	SHAPE_CLOUD_APPS_ACTIVITY, /* known, but refused */
	SHAPE_IMPORTED, /* import_item_priv.h; refused but from files */
};

/*
 * Looks no deeper than the members of "properties". A cut object is judged by
 * the members before the cut.
 */
enum shape shape_of(struct span object);
/* As what an item that came through @door is read. */
enum shape shape_behind(enum door door, struct span item);

#endif
