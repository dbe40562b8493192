/*
 * The secure score of a subscription. Called by parts.c.
 *
 * tested with: test_parts
 */
#include "posture/item_priv.h"

#include "util/jsonx.h"

#define WHOLE 10000 /* hundredths of a percent */

int score_read(const json_t *item, const json_t *properties,
	       struct secure_score *ret, struct err *err)
{
	const json_t *score = jsonx_get(properties, "score");
	int64_t weight;

	ret->name = item_word(item, "name");
	if (!ret->name)
		return err_set(err, ERR_SCHEMA, "the score has no name");
	if (!item_scaled(score, "current", 100, &ret->current) ||
	    !item_scaled(score, "max", 100, &ret->max))
		return err_set(err, ERR_SCHEMA, "the score has no points");
	/* A subscription without resources has 0 of 0. */
	if (!item_scaled(score, "percentage", WHOLE, &ret->percent))
		ret->percent =
			ret->max > 0 ? ret->current * WHOLE / ret->max : 0;
	if (ret->percent > WHOLE || ret->current > ret->max)
		return err_set(err, ERR_SCHEMA,
			       "the score is more than all there is");
	if (jsonx_int(properties, "weight", &weight) && weight > 0)
		ret->weight = weight;
	return 0;
}
