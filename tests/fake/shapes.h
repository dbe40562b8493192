/*
 * What the alerts of the fake cloud look like: a few detectors, as templates
 * in the shape of the 2022-01-01 API.
 */
#ifndef FAKE_SHAPES_H
#define FAKE_SHAPES_H

#include <stddef.h>
#include "util/strbuf.h"

/* What differs from alert to alert; in a template $(word). */
enum shape_field {
	SHAPE_SUB, /* subscription id */
	SHAPE_REAL_SUB, /* of the portal link */
	SHAPE_GROUP,
	SHAPE_LOCATION,
	SHAPE_NAME,
	SHAPE_STATUS,
	SHAPE_SEVERITY,
	SHAPE_START,
	SHAPE_END,
	SHAPE_GENERATED,
	SHAPE_PROCESSED,
	SHAPE_RESOURCE,
	SHAPE_USER,
	SHAPE_IP1,
	SHAPE_IP2,
	SHAPE_IP3,
};
#define SHAPE_FIELD_MAX (SHAPE_IP3 + 1)

size_t shape_count(void);
/* Seconds from the first activity to the raising of the alert, at most. */
size_t shape_delay_max_s(size_t shape);
/*
 * Append the alert. @first_id is the first free number for $id; returns how
 * many were used.
 */
unsigned shape_render(size_t shape, const char *const fields[SHAPE_FIELD_MAX],
		      unsigned first_id, struct strbuf *sb);

#endif
