/*
 * See lapse.h. Called by the start and by housekeeping, each time behind the
 * statement that lets them run out; the next round has those of deliveries.
 *
 * tested with: scenario/test_outbox
 */
#include "daemon/lapse.h"

#include <string.h>

#include "store/look.h"
#include "triaged/messages.h"
#include "util/log.h"

static int take_number(void *arg, size_t n, const char *const *columns,
		       const struct cell *cells)
{
	struct lapse *l = arg;

	(void)n;
	(void)columns;
	l->after = cells[0].integer;
	return 0;
}

int lapse_begin(struct lapse *l, struct store *s, struct err *err)
{
	const struct selector sel = { .until_ms = INT64_MAX };
	int rc;

	l->after = 0;
	rc = look(s, LOOK_GIVEN_UP_BEFORE, &sel, take_number, l, err);
	return MIN(rc, 0);
}

/* n, id, target, alert_id, last_error */
static int say(void *arg, size_t n, const char *const *columns,
	       const struct cell *cells)
{
	struct lapse *l = arg;

	(void)n;
	(void)columns;
	l->after = cells[0].integer;
	log_event(LOG_ERR, MSG_DELIVERY_DEAD, "notice given up",
		  kv_str("TARGET", cells[2].text),
		  kv_str("ERROR", cells[4].text),
		  kv_int("DELIVERY", cells[1].integer),
		  kv_int("ALERT_ID", cells[3].integer));
	return 0;
}

int lapse_tell(struct lapse *l, struct store *s, struct err *err)
{
	const struct selector sel = { .after_id = l->after };
	int rc = look(s, LOOK_LAPSED, &sel, say, l, err);

	return MIN(rc, 0);
}
