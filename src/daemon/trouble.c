/*
 * See trouble.h. Called where news of delivery arrive, by the verbs, at start
 * and after a reload.
 *
 * tested with: scenario/test_outbox
 */
#include "daemon/trouble.h"

#include "daemon/app_priv.h"
#include "daemon/bygone.h"
#include "store/targets.h"
#include "util/xmalloc.h"

/* The remediation ends with a command for the target. */
static const struct {
	const char *slug, *title, *text, *remediation;
} words[TROUBLE_MAX] = {
	[TROUBLE_DEAD] = { "dead", "cannot be reached",
			   "A notice about a critical alert was given up",
			   "Of each, triagectl outbox retry or triagectl "
			   "outbox drop:\n"
			   "triagectl outbox --state dead --target" },
	[TROUBLE_DISABLED] = { "disabled", "cannot be reached",
			       "The target answered that it is gone for good; "
			       "nothing is sent to it any more",
			       "Correct its address and reload, or:\n"
			       "triagectl outbox enable" },
	[TROUBLE_REFUSED] = { "refused", "refuses the credentials",
			      "The target refuses our credentials; it is asked "
			      "again every 15 min",
			      "Correct its credentials and reload, or:\n"
			      "triagectl outbox enable" },
};

static void trouble_tell(struct app *a, const char *target, enum trouble what,
			 const char *error, bool resolved)
{
	CLEANUP(free_ptr)
	char *slug = xasprintf("target-failed/%s/%s", target, words[what].slug);
	CLEANUP(free_ptr)
	char *title = xasprintf("Target %s %s", target, words[what].title);
	CLEANUP(free_ptr)
	char *text = xasprintf("%s. Last error: %s", words[what].text,
			       error ? error : "none");
	CLEANUP(free_ptr)
	char *next = xasprintf("%s %s", words[what].remediation, target);
	struct err err = ERR_INIT;

	if (pipeline_self_alert(&a->pipeline,
				&(struct self_alert){
					.slug = slug,
					.severity = SEVERITY_HIGH,
					.title = title,
					.description = text,
					.remediation = next,
					.avoid_target = target,
					.resolved = resolved,
					.happened = what == TROUBLE_DEAD,
				},
				&err) < 0)
		app_store_trouble(a, &err);
}

void trouble_raise(struct app *a, const char *target, enum trouble what,
		   const char *error)
{
	trouble_tell(a, target, what, error, false);
}

void trouble_end(struct app *a, const char *target)
{
	trouble_tell(a, target, TROUBLE_DISABLED, NULL, true);
	trouble_tell(a, target, TROUBLE_REFUSED, NULL, true);
}

static void recall_one(struct app *a, const char *target)
{
	CLEANUP(target_state_release) struct target_state t = { 0 };
	struct err err = ERR_INIT;

	if (targets_get(a->store, target, &t, &err) < 0) {
		app_store_trouble(a, &err);
		return;
	}
	trouble_tell(a, target, TROUBLE_DISABLED, t.disabled_why,
		     t.disabled_ms == 0);
	trouble_tell(a, target, TROUBLE_REFUSED, t.refused_why,
		     t.refused_ms == 0);
}

void trouble_recall(struct app *a)
{
	const struct conf *c = a->settings.conf;
	struct err err = ERR_INIT;

	if (bygone_end(&a->pipeline, &err) < 0)
		app_store_trouble(a, &err);
	for (size_t i = 0; i < c->n_targets; i++)
		recall_one(a, c->targets[i].name);
}
