/*
 * What stands beside a plan in the database: the alert, and what else is open
 * about the same user. Called by cmd_respond and cmd_approve.
 *
 * tested with: scenario/test_respond_cli
 */
#include "cli/respond_view.h"

#include <string.h>
#include <strings.h>
#include "cli/pick.h"
#include "core/response.h"
#include "store/related.h"
#include "util/jsonx.h"

/* What one screen has room for. */
#define OTHERS_SHOWN 5

static bool is_about(const struct relation *r, const char *user)
{
	return r->kind == RELATION_ENTITY &&
	       strcmp(r->entity, "account") == 0 &&
	       strcasecmp(r->value, user) == 0;
}

/* An account may stand in an alert in more than one role. */
static bool is_known(const struct relations *list, size_t i, const char *user)
{
	for (size_t j = 0; j < i; j++)
		if (list->v[j].alert_id == list->v[i].alert_id &&
		    is_about(&list->v[j], user))
			return true;
	return false;
}

static void keep_other(struct respond_plan *p, const struct rows *row)
{
	static const char *const names[] = { "id", "severity", "state",
					     "title" };

	p->n_others++;
	if (p->others.n < OTHERS_SHOWN)
		(void)rows_keep(&p->others, ARRAY_SIZE(names), names,
				(const struct cell[]){
					*rows_cell(row, 0, "id"),
					*rows_cell(row, 0, "severity"),
					*rows_cell(row, 0, "state"),
					*rows_cell(row, 0, "title") });
}

static int load_others(struct session *session, int64_t alert_id,
		       const char *user, struct respond_plan *p,
		       struct err *err)
{
	CLEANUP(relations_release) struct relations list = { 0 };
	struct store *store;
	int64_t seen_ms;
	int rc = session_store(session, &store, err);

	if (rc >= 0)
		rc = related_find(store, alert_id, &list, &seen_ms, err);
	for (size_t i = 0; rc >= 0 && i < list.n; i++) {
		CLEANUP(rows_release) struct rows row = ROWS_INIT;

		if (!is_about(&list.v[i], user) || is_known(&list, i, user))
			continue;
		rc = session_alert_row(session, list.v[i].alert_id, &row, err);
		if (rc >= 0 && !pick_is(&row, 0, "state", "closed"))
			keep_other(p, &row);
	}
	return rc;
}

int respond_plan_load(struct session *session, json_t **data,
		      struct respond_plan *ret, struct err *err)
{
	CLEANUP(respond_plan_release) struct respond_plan p = { .data = *data };
	const char *subject = jsonx_str(p.data, "subject");
	enum response_action action;
	int64_t alert_id;
	int rc;

	*data = NULL;
	if (!subject || !jsonx_int(p.data, "alert", &alert_id) ||
	    !response_action_parse(jsonx_str(p.data, "action"), &action))
		return err_set(err, ERR_SCHEMA,
			       "the daemon's plan cannot be understood; are "
			       "triagectl and triaged of one version?");
	rc = session_alert_row(session, alert_id, &p.alert, err);
	if (rc >= 0 && response_action_about(action) == RESPONSE_ABOUT_USER)
		rc = load_others(session, alert_id, subject, &p, err);
	if (rc < 0)
		return rc;
	*ret = p;
	p = (struct respond_plan){ 0 };
	return 0;
}
