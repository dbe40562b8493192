/*
 * See respond_place.h.
 *
 * tested with: test_respond_plan
 */
#include "daemon/respond_place.h"

#include <stdlib.h>
#include <string.h>

#include "store/look.h"

void respond_place_release(struct respond_placed *p)
{
	free(p->id);
	*p = (struct respond_placed){ 0 };
}

struct arm_id {
	char *id;
	struct err err; /* why the newest has none */
};

/* A look_row_fn: the newest content that has one. Another door may have brought
 * the same alert in another shape. */
static int keep_arm_id(void *arg, size_t n, const char *const *names,
		       const struct cell *cells)
{
	struct arm_id *found = arg;
	char *id = NULL;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "raw") != 0 || !cells[i].text)
			continue;
		if (respond_arm_id(cells[i].text, cells[i].len, &id,
				   &found->err) < 0)
			continue;
		free(found->id);
		found->id = id;
	}
	return 0;
}

static int find_arm_id(struct store *s, int64_t alert_id, char **ret,
		       struct err *err)
{
	const struct selector sel = { .id = alert_id };
	struct arm_id found = { .err = ERR_INIT };
	int rc = look(s, LOOK_CONTENTS, &sel, keep_arm_id, &found, err);

	if (rc >= 0 && found.id) {
		*ret = found.id;
		return 0;
	}
	free(found.id);
	if (rc < 0)
		return rc;
	return err_set(err, ERR_SCHEMA, "%s",
		       found.err.text[0]
			       ? found.err.text
			       : "what the source said is kept no longer, and "
				 "with it the Azure resource id by which "
				 "Defender for Cloud knows the alert");
}

int respond_place_find(struct pipeline *p, const struct alert_view *v,
		       const struct response *r, struct respond_placed *ret,
		       struct err *err)
{
	struct respond_placed at = { 0 };
	int rc = respond_find_way(p->conf, &v->alert, r->action, r->source,
				  &at.way, err);

	if (rc >= 0 && at.way.door == RESPOND_ARM_ALERTS)
		rc = find_arm_id(p->store, r->alert_id, &at.id, err);
	if (rc < 0)
		return rc;
	at.place = (struct respond_place){
		.door = at.way.door,
		.base = at.way.base,
		.id = at.id ? at.id : r->subject,
		.client_id = at.way.source->client_id,
	};
	*ret = at;
	return 0;
}
