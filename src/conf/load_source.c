/*
 * Reads `sources:`, but for the sign-in (load_tenant.c) and the clouds
 * (load_cloud.c): types, and the options that only some of them have.
 *
 * tested with: test_sources test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "core/alert.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

#define GROUP_NAME_MAX 90 /* Azure: "Naming rules", Microsoft.Management */

static const struct type_word source_types[] = {
	{ "defender-for-cloud", SOURCE_DEFENDER_FOR_CLOUD },
	{ "graph-security", SOURCE_GRAPH_SECURITY },
	{ "graph-hunting", SOURCE_GRAPH_HUNTING },
	{ "cloud-apps", SOURCE_CLOUD_APPS },
	{ "file", SOURCE_FILE },
	/* Last: nobody but the built-in demonstration may know it. */
	{ "demo", SOURCE_DEMO },
};

/* serviceSource of microsoft.graph.security.alert. New members come without
 * notice, so that others are a warning alone. */
static const char *const service_sources[] = {
	"microsoftDefenderForEndpoint",	  "microsoftDefenderForIdentity",
	"microsoftDefenderForCloudApps",  "microsoftDefenderForOffice365",
	"microsoft365Defender",		  "azureAdIdentityProtection",
	"microsoftAppGovernance",	  "dataLossPrevention",
	"microsoftDefenderForCloud",	  "microsoftSentinel",
	"microsoftInsiderRiskManagement", "microsoftThreatIntelligence",
	"microsoftSecurityForAI",
};

const char *source_word(int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(source_types); i++)
		if (source_types[i].type == type)
			return source_types[i].word;
	return NULL;
}

static void source_name_check(struct load *l, const struct node *map,
			      const struct source_conf *s)
{
	const struct node *name = node_get(map, "name");

	for (size_t i = 0; i < l->c->n_sources; i++)
		if (!load_unique(l, map, s->name, l->c->sources[i].name,
				 &l->c->sources[i].mark))
			return;
	/* What triaged says about itself comes under the one name, what it is
	 * made to say by triagectl drill under the other. */
	if (s->name && strcmp(s->name, ALERT_KIND_SELF) == 0)
		load_fault(l, &name->mark,
			   "the name 'triaged' is that of the daemon itself");
	if (s->name && strcmp(s->name, ALERT_KIND_DRILL) == 0)
		load_fault(l, &name->mark,
			   "the name 'drill' is that of what triagectl drill "
			   "raises");
}

/* What shows only when the whole entry has been read. */
static void source_check(struct load *l, struct source_conf *s)
{
	const struct mark *at = load_given(l, "sweep");

	if (at && s->type == SOURCE_DEFENDER_FOR_CLOUD && s->sweep_every_ms) {
		load_warn(l, at,
			  "a sweep is not needed here: every poll reads all "
			  "alerts there are");
		s->sweep_every_ms = s->sweep_window_ms = 0;
	}
	if (at && s->sweep_every_ms > s->sweep_window_ms)
		load_warn(l, at,
			  "the window is shorter than the time between two "
			  "sweeps: what lies between them is never read again");
}

static void load_source(struct load *l, const struct node *map)
{
	struct source_conf s = { .mark = map->mark };
	int type = load_type(l, map, source_types,
			     ARRAY_SIZE(source_types) - !l->demo);
	const struct node *name = node_get(map, "name");

	if (type >= 0) {
		s.type = (enum source_type)type;
		load_defaults(l, "sources", BIT(type), &s);
		load_section(l, "sources", map, BIT(type), &s);
		cloud_apply(l, &s);
		source_check(l, &s);
	} else if (name && name->kind == NODE_TEXT) {
		/* Its name still resolves, so that one fault stays one. */
		s.name = xstrdup(name->text);
	}
	source_name_check(l, map, &s);
	l->c->sources =
		xreallocarray(l->c->sources, l->c->n_sources + 1, sizeof(s));
	l->c->sources[l->c->n_sources++] = s;
}

void load_sources(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	(void)o;
	(void)object; /* entries go where tenants_apply() finds them */
	load_entries(l, v, load_source);
}

/* Each type has addresses of its own. */
void load_endpoints(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	const struct source_conf *s = object;

	load_section(l, o->sub, v, BIT(s->type), object);
}

/* `off`: true; or a block whose options replace the defaults one by one. */
static bool block_is_off(struct load *l, const struct option *o,
			 const char *section, const struct node *v,
			 void *object)
{
	bool on;

	if (v->kind != NODE_TEXT) {
		load_section(l, section, v, 0, object);
		return false;
	}
	if (text_is_bool(v->text, &on) && !on)
		return true;
	load_fault(l, &v->mark,
		   "must be a block such as %s, or off, not '%.40s'",
		   o->shown.fallback, v->text);
	return false;
}

void load_sweep(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	struct source_conf *s = object;

	if (block_is_off(l, o, "sources.sweep", v, object))
		s->sweep_every_ms = s->sweep_window_ms = 0;
}

void load_posture(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	struct source_conf *s = object;

	if (block_is_off(l, o, "sources.posture", v, object))
		s->posture_every_ms = 0;
}

void load_mode(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	bool *field = FIELD(bool, object, o);

	if (!load_is_text(l, v, "list or resource-graph"))
		return;
	if (strcmp(v->text, "list") == 0)
		*field = false;
	else if (strcmp(v->text, "resource-graph") == 0)
		*field = true;
	else
		load_fault(l, &v->mark,
			   "must be list or resource-graph, not '%.40s'",
			   v->text);
}

static const char *group_fault(const char *s)
{
	size_t n = strlen(s);

	if (n <= GROUP_NAME_MAX && s[n - 1] != '.' &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.()")] == '\0')
		return NULL;
	return "is not the id of a management group (its name in the portal "
	       "may differ): at most 90 letters, digits and - _ . ( )";
}

/* It becomes part of a filter, between quotes. */
static const char *service_fault(const char *s)
{
	if (strlen(s) <= CONF_NAME_MAX &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0')
		return NULL;
	return "is not a service source: letters and digits only";
}

static void service_known(struct load *l, const struct node *v)
{
	struct suggest s = { .word = v->text };
	char buf[SUGGEST_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(service_sources); i++) {
		if (strcmp(v->text, service_sources[i]) == 0)
			return;
		suggest_offer(&s, service_sources[i]);
	}
	load_warn(l, &v->mark,
		  "'%.60s' is no service source that this version knows%s",
		  v->text, suggest_text(&s, buf));
}

/* Says which of the texts of @v, already checked, stands there twice, and
 * calls @each, unless NULL, for the others. */
static void texts_once(struct load *l, const struct node *v,
		       void (*each)(struct load *l, const struct node *v))
{
	size_t n = v->kind == NODE_LIST ? v->n : 1;
	struct strlist seen = STRLIST_INIT;

	for (size_t i = 0; i < n; i++) {
		const struct node *one =
			v->kind == NODE_LIST ? v->items[i].value : v;

		if (one->kind != NODE_TEXT || !*one->text)
			continue;
		if (strlist_has_ci(&seen, one->text))
			load_fault(l, &one->mark, "'%.60s' stands here twice",
				   one->text);
		else if (each)
			each(l, one);
		strlist_add(&seen, one->text);
	}
	strlist_release(&seen);
}

void load_groups(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	load_texts(l, v, FIELD(struct strlist, object, o), group_fault);
	texts_once(l, v, NULL);
}

void load_services(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	load_texts(l, v, FIELD(struct strlist, object, o), service_fault);
	texts_once(l, v, service_known);
}
