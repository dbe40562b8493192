/*
 * What should be set up in a subscription: one item for each thing, with the
 * fact that decides and the command that mends it. Called by
 * cli/cmd_checklist.c; what is to be set up in triaged is in checklist_own.c.
 *
 * Where the tool's own commands differ between its versions, the request
 * itself is told ("az rest"), which is the same in all.
 */
#include "advice/checklist_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "advice/diagnose.h"
#include "util/xmalloc.h"

#define REST_PUT                                                               \
	"az rest --method put --url '/subscriptions/%s/providers/"             \
	"Microsoft.Security/%s?api-version=%s' --body '%s'"

const char *chore_state_name(enum chore_state s)
{
	static const char *const names[CHORE_STATE_MAX] = {
		[CHORE_MISSING] = "missing",
		[CHORE_UNKNOWN] = "unknown",
		[CHORE_DONE] = "done",
	};

	return names[s];
}

void posture_facts_release(struct posture_facts *f)
{
	for (size_t i = 0; i < POSTURE_PART_MAX; i++)
		posture_page_release(&f->parts[i]);
	free(f->types);
	f->types = NULL;
	f->n_types = 0;
}

void chores_release(struct chores *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].what);
		free(l->v[i].why);
		free(l->v[i].next);
	}
	free(l->v);
	*l = (struct chores)CHORES_NONE;
}

struct chore *chores_add(struct chores *l, const struct posture_facts *f,
			 const char *item, enum chore_state state)
{
	GROW(l->v, l->n + 1, l->n_alloc);
	l->v[l->n] = (struct chore){
		.source = f ? f->source : NULL,
		.subscription = f ? f->subscription : NULL,
		.item = item,
		.state = state,
	};
	return &l->v[l->n++];
}

void chore_unread(struct chore *i, const struct posture_facts *f,
		  enum posture_part part, const struct source_conf *c)
{
	const char *trouble = f->parts[part].trouble;
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	if (!trouble) {
		i->why = xstrdup("not read yet");
		i->next = xstrdup("triagectl status");
		return;
	}
	if (c) {
		diagnose_source_cause(c, trouble, &why);
		(void)diagnose_source(c, trouble, &next);
	}
	i->why = xasprintf("could not be read: %s", c ? why.buf : trouble);
	i->next = xstrdup(c ? next.buf : "triagectl doctor");
}

/* --- plans --- */

char *plan_command(const struct posture_facts *f, const char *plan)
{
	return xasprintf("az security pricing create -n %s --tier Standard "
			 "--subscription %s",
			 plan, f->subscription);
}

char *plan_look_command(const struct posture_facts *f, const char *plan)
{
	return xasprintf("az security pricing show -n %s --subscription %s",
			 plan, f->subscription);
}

static enum chore_state state_of(enum cover cover)
{
	switch (cover) {
	case COVER_NEEDLESS:
	case COVER_ON:
		return CHORE_DONE;
	case COVER_PART:
	case COVER_OFF:
		return CHORE_MISSING;
	case COVER_OFF_MAYBE:
	case COVER_UNTOLD:
	case COVER_UNREAD:
		break;
	}
	return CHORE_UNKNOWN;
}

static char *plan_on_words(const struct plan *plan, const char *things,
			   bool counted)
{
	bool sub = plan->sub_plan && *plan->sub_plan;

	return xasprintf("on%s%s%s%s", sub ? ", " : "",
			 sub ? plan->sub_plan : "", counted ? ", for " : "",
			 counted ? things : "");
}

static void say_plan(struct chore *i, const struct posture_facts *f,
		     const struct protection *p, enum cover cover, int64_t n)
{
	CLEANUP(free_ptr) char *things = protection_words(p, n);

	switch (cover) {
	case COVER_ON:
		i->why = plan_on_words(facts_plan(f, p->plan), things, n > 0);
		break;
	case COVER_PART:
		i->why = xasprintf("on, but not for all of %s", things);
		i->next = plan_look_command(f, p->plan);
		break;
	case COVER_OFF:
		i->why = xasprintf("off, and %s would need it", things);
		i->next = plan_command(f, p->plan);
		break;
	case COVER_OFF_MAYBE:
		i->why = xasprintf("off; whether there are any %s was never "
				   "read",
				   p->many);
		i->next = plan_look_command(f, p->plan);
		break;
	case COVER_UNTOLD:
		i->why = xasprintf("there are %s, but the service tells of no "
				   "such plan",
				   things);
		i->next = xasprintf("az security pricing list "
				    "--subscription %s",
				    f->subscription);
		break;
	case COVER_NEEDLESS:
	case COVER_UNREAD:
		break;
	}
}

static void check_plans(struct chores *l, const struct posture_facts *f,
			const struct source_conf *c)
{
	const struct protection *p;

	for (size_t i = 0; (p = protection_at(i)); i++) {
		int64_t n;
		enum cover cover = protection_judge(f, p, &n);
		struct chore *item;

		if (cover == COVER_NEEDLESS)
			continue;
		item = chores_add(l, f, "plan", state_of(cover));
		if (cover == COVER_UNREAD) {
			item->what = xstrdup("plans");
			chore_unread(item, f, POSTURE_PLANS, c);
			return;
		}
		item->what = xasprintf("plan %s", p->plan);
		item->read_ms = f->whole_ms[POSTURE_PLANS];
		say_plan(item, f, p, cover, n);
	}
}

/* --- how it is set up --- */

struct round {
	struct chores *l;
	const struct posture_facts *f;
	const struct source_conf *c;
};

/* An item of a part of settings; done, unless that part was never read: then
 * NULL, and the item says why. */
static struct chore *check_part(const struct round *r, enum posture_part part,
				const char *item, const char *what)
{
	bool known = r->f->whole_ms[part] > 0;
	struct chore *i = chores_add(r->l, r->f, item,
				     known ? CHORE_DONE : CHORE_UNKNOWN);

	i->what = xstrdup(what);
	i->read_ms = r->f->whole_ms[part];
	if (known)
		return i;
	chore_unread(i, r->f, part, r->c);
	return NULL;
}

/* The first setting that is on, else the first. NULL none. */
static const struct posture_setting *best(const struct posture_page *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->settings[i].is_on)
			return &p->settings[i];
	}
	return p->n > 0 ? &p->settings[0] : NULL;
}

static char *contact_command(const struct posture_facts *f)
{
	return xasprintf(
		REST_PUT, f->subscription, "securityContacts/default",
		"2023-12-01-preview",
		"{\"properties\":{\"isEnabled\":true,\"emails\":\"ADDRESS\","
		"\"notificationsByRole\":{\"state\":\"On\",\"roles\":"
		"[\"Owner\"]},\"notificationsSources\":[{\"sourceType\":"
		"\"Alert\",\"minimalSeverity\":\"Medium\"}]}}");
}

/* Somebody has to be known before anybody can be told. */
static void check_contacts(const struct round *r)
{
	const struct posture_facts *f = r->f;
	const struct posture_setting *s = best(&f->parts[POSTURE_CONTACTS]);
	struct chore *i =
		check_part(r, POSTURE_CONTACTS, "contact", "security contact");

	if (!i)
		return;
	if (!s) {
		i->state = CHORE_MISSING;
		i->why = xstrdup("the service knows nobody to tell");
		i->next = contact_command(f);
		return;
	}
	i->why = xasprintf("%zu set", f->parts[POSTURE_CONTACTS].n);
	i = check_part(r, POSTURE_CONTACTS, "alert-emails",
		       "e-mail about alerts");
	i->why = xasprintf("%s%s%s", s->is_on ? "on" : "off",
			   s->detail ? ": " : "", s->detail ? s->detail : "");
	if (s->is_on)
		return;
	i->state = CHORE_MISSING;
	i->next = contact_command(f);
}

/* One that takes alerts, and is on. */
static const struct posture_setting *alert_export(const struct posture_page *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct posture_setting *s = &p->settings[i];

		if (s->is_on && s->detail && strcasestr(s->detail, "alerts"))
			return s;
	}
	return NULL;
}

static char *export_command(const struct posture_facts *f)
{
	return xasprintf("az security automation create_or_update -g GROUP "
			 "-n alerts -l LOCATION --scopes "
			 "'[{\"scopePath\":\"/subscriptions/%s\"}]' --sources "
			 "'[{\"eventSource\":\"Alerts\"}]' --actions "
			 "'[{\"actionType\":\"Workspace\","
			 "\"workspaceResourceId\":\"ID\"}]' --subscription %s",
			 f->subscription, f->subscription);
}

static void check_exports(const struct round *r)
{
	const struct posture_facts *f = r->f;
	const struct posture_page *p = &f->parts[POSTURE_EXPORTS];
	const struct posture_setting *s = alert_export(p);
	const struct posture_setting *other = best(p);
	struct chore *i = check_part(r, POSTURE_EXPORTS, "export",
				     "continuous export of alerts");

	if (!i)
		return;
	if (s) {
		i->why = xasprintf("%s: %s", s->name, s->detail);
		return;
	}
	i->state = CHORE_MISSING;
	i->why = other ? xasprintf("%s %s", other->name,
				   other->is_on ? "takes no alerts" : "is off")
		       : xstrdup("nothing is exported");
	i->next = export_command(f);
}

/* Agents are for machines; where there are none, nobody misses them. */
static bool needs_agents(const struct posture_facts *f)
{
	return !f->whole_ms[POSTURE_RECOMMENDATIONS] || facts_has_machines(f);
}

static void check_provisioning(const struct round *r)
{
	const struct posture_facts *f = r->f;
	const struct posture_setting *s = best(&f->parts[POSTURE_PROVISIONING]);
	struct chore *i;

	if (!needs_agents(f))
		return;
	i = check_part(r, POSTURE_PROVISIONING, "provisioning",
		       "agents on new machines");
	if (!i)
		return;
	i->why = xstrdup(s && s->is_on ? "provisioned by themselves"
				       : "not provisioned by themselves");
	if (s && s->is_on)
		return;
	i->state = CHORE_MISSING;
	i->next = xasprintf("az security auto-provisioning-setting update "
			    "-n default --auto-provision On --subscription %s",
			    f->subscription);
}

/* Whether the setting of that name is on. */
static void check_sharing(const struct round *r, const char *const row[3])
{
	const struct posture_facts *f = r->f;
	const char *name = row[0];
	const struct posture_page *p = &f->parts[POSTURE_SHARING];
	struct chore *i = check_part(r, POSTURE_SHARING, row[1], row[2]);
	CLEANUP(free_ptr) char *path = NULL;
	bool there = false, on = false;

	if (!i)
		return;
	for (size_t n = 0; n < p->n; n++) {
		if (strcasecmp(p->settings[n].name, name) != 0)
			continue;
		there = true;
		on = p->settings[n].is_on;
	}
	i->why = xasprintf("the setting %s is %s", name,
			   on	   ? "on"
			   : there ? "off"
				   : "not set");
	if (on)
		return;
	i->state = CHORE_MISSING;
	path = xasprintf("settings/%s", name);
	i->next = xasprintf(REST_PUT, f->subscription, path, "2022-05-01",
			    "{\"kind\":\"DataExportSettings\",\"properties\":"
			    "{\"enabled\":true}}");
}

void checklist_subscription(struct chores *l, const struct posture_facts *f,
			    const struct source_conf *c)
{
	const struct round r = { l, f, c };

	check_plans(l, f, c);
	check_contacts(&r);
	check_exports(&r);
	check_provisioning(&r);
	check_sharing(&r, (const char *const[]){
				  "MCAS", "cloud-apps-sharing",
				  "sharing with Defender for Cloud Apps" });
	if (needs_agents(f))
		check_sharing(&r,
			      (const char *const[]){
				      "WDATP", "endpoint-sharing",
				      "sharing with Defender for Endpoint" });
}
