/*
 * What raises no alert that triaged would see, and for what reason. Called by
 * cli/cmd_blindspots.c. Beside the checklist it tells only what is not seen,
 * not what could be better.
 */
#include "advice/checklist_priv.h"

#include <string.h>
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* --- subscriptions --- */

static void say_plan(struct chore *i, const struct posture_facts *f,
		     const struct protection *p, enum cover cover, int64_t n)
{
	i->read_ms = f->whole_ms[POSTURE_PLANS];
	i->what = cover == COVER_OFF_MAYBE ? xstrdup(p->many)
					   : protection_words(p, n);
	i->next = cover == COVER_PART ? plan_look_command(f, p->plan)
				      : plan_command(f, p->plan);
	if (cover == COVER_PART)
		i->why = xasprintf("the plan %s is on, but not for all of them",
				   p->plan);
	else if (cover == COVER_OFF)
		i->why = xasprintf("the plan %s is off: the service watches "
				   "none of it",
				   p->plan);
	else
		i->why = xasprintf("the plan %s is off; whether there are any "
				   "was never read",
				   p->plan);
}

void blindspots_subscription(struct chores *l, const struct posture_facts *f,
			     const struct source_conf *c)
{
	const struct protection *p;

	for (size_t n = 0; (p = protection_at(n)); n++) {
		int64_t things;
		enum cover cover = protection_judge(f, p, &things);
		struct chore *i;

		switch (cover) {
		case COVER_ON:
		case COVER_NEEDLESS:
		case COVER_UNTOLD: /* no plan would see it either */
			break;
		case COVER_PART:
		case COVER_OFF:
			i = chores_add(l, f, "plan", CHORE_MISSING);
			say_plan(i, f, p, cover, things);
			break;
		case COVER_OFF_MAYBE:
			i = chores_add(l, f, "plan", CHORE_UNKNOWN);
			say_plan(i, f, p, cover, things);
			break;
		case COVER_UNREAD:
			i = chores_add(l, f, "plans", CHORE_UNKNOWN);
			i->what = xstrdup("whatever no plan watches");
			chore_unread(i, f, POSTURE_PLANS, c);
			return;
		}
	}
}

void blindspots_unwatched(struct chores *l, const char *source,
			  const char *subscription, const char *state)
{
	struct chore *i = chores_add(l, NULL, "unwatched", CHORE_MISSING);
	bool odd = state && strcmp(state, "Enabled") != 0;

	i->source = source;
	i->subscription = subscription;
	i->what = xstrdup("every alert");
	i->why = xasprintf("the settings of source %s leave it out%s%s", source,
			   odd ? "; the service calls it " : "",
			   odd ? state : "");
	i->next = xstrdup("man 5 triaged.yaml  # sources, subscriptions");
}

/* --- reading --- */

/* The reading of a source has a scope, which is a subscription or a word. */
static struct chore *add_reading(struct chores *l,
				 const struct reading_facts *f,
				 const char *item, const char *what,
				 const char *next)
{
	struct chore *i = chores_add(l, NULL, item, CHORE_MISSING);

	i->source = f->source;
	i->subscription = f->scope && *f->scope ? f->scope : NULL;
	i->what = xstrdup(what);
	i->next = xstrdup(next);
	return i;
}

void blindspots_reading(struct chores *l, const struct reading_facts *f)
{
	char span[TIMEFMT_MAX];

	if (f->left) {
		add_reading(l, f, "left", "alerts from here on",
			    "triagectl sources")
			->why = xstrdup("the source does not find it any more");
		return;
	}
	if (f->never)
		add_reading(l, f, "never-read", "every alert",
			    "triagectl doctor")
			->why = xstrdup("it was never read to its end");
	else if (f->unproven_ms || f->n_gaps)
		add_reading(l, f, "unproven", "alerts of some time",
			    "triagectl coverage")
			->why =
			xasprintf("%s could not be read",
				  f->unproven_ms
					  ? timefmt_span(f->unproven_ms, span)
					  : "slices of time");
	if (f->quarantined)
		add_reading(l, f, "not-understood", "items not understood",
			    "triagectl sql unknown-items")
			->why = xasprintf("%lld kept raw, as this version "
					  "cannot read them",
					  (long long)f->quarantined);
}

/* --- settings --- */

static struct chore *add_own(struct chores *l, const char *item,
			     const char *what, const char *next)
{
	struct chore *i = chores_add(l, NULL, item, CHORE_MISSING);

	i->what = xstrdup(what);
	i->next = xstrdup(next);
	return i;
}

/* Who names subscriptions does not hear of new ones. */
static void look_names(struct chores *l, const struct source_conf *s)
{
	struct chore *i;

	if (s->subscriptions.n > 0) {
		i = add_own(l, "named-subscriptions", "any other subscription",
			    "az account list --output table");
		i->why = xasprintf("the settings name %zu; a new one is not "
				   "read until it is added",
				   s->subscriptions.n);
		i->source = s->name;
	} else if (s->management_groups.n > 0) {
		i = add_own(l, "named-groups", "subscriptions elsewhere",
			    "az account list --output table");
		i->why = xasprintf("only those below %zu management group%s "
				   "are read",
				   s->management_groups.n,
				   s->management_groups.n == 1 ? "" : "s");
		i->source = s->name;
	}
}

static void look_source(struct chores *l, const struct source_conf *s)
{
	struct chore *i;

	if (s->type != SOURCE_DEFENDER_FOR_CLOUD || !s->name)
		return;
	look_names(l, s);
	if (s->posture_every_ms)
		return;
	i = add_own(l, "posture", "whatever no plan watches",
		    "man 5 triaged.yaml  # sources, posture: {every: 12h}");
	i->why = xstrdup("the posture of this source is off, so that nobody "
			 "knows which plans are on");
	i->source = s->name;
}

void blindspots_own(struct chores *l, const struct conf *c)
{
	bool cloud = false;

	for (size_t i = 0; i < c->n_sources; i++) {
		cloud |= c->sources[i].type == SOURCE_DEFENDER_FOR_CLOUD;
		look_source(l, &c->sources[i]);
	}
	if (!cloud)
		add_own(l, "cloud-source", "alerts of Defender for Cloud",
			"triagectl setup")
			->why = xstrdup("no source reads them");
	if (!conf_hears_cloud_apps(c))
		add_own(l, "cloud-apps-source",
			"alerts of Defender for Cloud Apps", "triagectl setup")
			->why = xstrdup("no source reads them");
	else if (!conf_hears_behaviors(c))
		add_own(l, "behaviors-source",
			"behaviors of Defender for Cloud Apps",
			"man 5 triaged.yaml  # sources, type graph-hunting")
			->why = xstrdup("no source of type graph-hunting reads "
					"them");
}
