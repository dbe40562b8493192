/*
 * See respond_subject.h.
 *
 * tested with: test_respond_plan scenario/test_respond
 */
#include "daemon/respond_subject.h"

#include <string.h>

#include "source/source.h"
#include "store/responses.h"
#include "util/xmalloc.h"

int respond_subject_find(struct store *s, const struct response *r,
			 const struct respond_way *way, char **ret,
			 struct err *err)
{
	CLEANUP(free_ptr) char *item = NULL;
	int rc;

	if (way->door != RESPOND_ARM_ALERTS) {
		*ret = xstrdup(r->subject);
		return 0;
	}
	rc = responses_item(s, r->alert_id, source_kind(way->source->type),
			    &item, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "the item by which Azure knows the alert is "
			       "not kept any more; do it in the portal");
	return rc < 0 ? rc : respond_arm_id(item, strlen(item), ret, err);
}
