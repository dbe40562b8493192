/*
 * What should be set up in triaged itself, by its settings. Called by
 * cli/cmd_checklist.c.
 *
 * tested with: test_checklist
 */
#include "advice/checklist_priv.h"

#include <string.h>
#include <strings.h>
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define CLOUD_APPS "microsoftDefenderForCloudApps"
#define DAY_MS INT64_C(86400000)
/* A phone that rang then may not ring now. */
#define DRILL_MS (90 * DAY_MS)

/* A thing to be set up, and the command when it is not. */
struct own {
	const char *item, *what, *next;
};

static void add(struct chores *l, struct own o, bool done, const char *why)
{
	struct chore *i =
		chores_add(l, NULL, o.item, done ? CHORE_DONE : CHORE_MISSING);

	i->what = xstrdup(o.what);
	i->why = xstrdup(why);
	if (!done)
		i->next = xstrdup(o.next);
}

static const struct source_conf *source_of(const struct conf *c,
					   enum source_type type)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		if (c->sources[i].type == type)
			return &c->sources[i];
	}
	return NULL;
}

bool conf_hears_behaviors(const struct conf *c)
{
	return source_of(c, SOURCE_GRAPH_HUNTING) != NULL;
}

static bool graph_hears(const struct source_conf *s)
{
	for (size_t i = 0; i < s->service_sources.n; i++) {
		if (strcasecmp(s->service_sources.v[i], CLOUD_APPS) == 0)
			return true;
	}
	return s->service_sources.n == 0;
}

bool conf_hears_cloud_apps(const struct conf *c)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		const struct source_conf *s = &c->sources[i];

		if (s->type == SOURCE_CLOUD_APPS ||
		    (s->type == SOURCE_GRAPH_SECURITY && graph_hears(s)))
			return true;
	}
	return false;
}

static void check_sources(struct chores *l, const struct conf *c)
{
	bool cloud = source_of(c, SOURCE_DEFENDER_FOR_CLOUD) != NULL;
	bool apps = conf_hears_cloud_apps(c), behaves = conf_hears_behaviors(c);

	add(l,
	    (struct own){ "cloud-source", "alerts of Defender for Cloud",
			  "triagectl setup" },
	    cloud, cloud ? "a source reads them" : "no source reads them");
	add(l,
	    (struct own){ "cloud-apps-source",
			  "alerts of Defender for Cloud Apps",
			  "triagectl setup" },
	    apps, apps ? "a source reads them" : "no source reads them");
	if (!apps)
		return;
	add(l,
	    (struct own){ "behaviors-source",
			  "behaviors of Defender for Cloud Apps",
			  "man 5 triaged.yaml  # sources, type "
			  "graph-hunting" },
	    behaves,
	    behaves ? "a source of type graph-hunting reads them"
		    : "no source of type graph-hunting reads them, and some "
		      "built-in policies raise behaviors instead of alerts");
}

static void check_postures(struct chores *l, const struct conf *c)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		const struct source_conf *s = &c->sources[i];
		CLEANUP(free_ptr) char *what = NULL, *why = NULL;
		char every[TIMEFMT_MAX];
		bool on = s->posture_every_ms > 0;

		if (s->type != SOURCE_DEFENDER_FOR_CLOUD || !s->name)
			continue;
		what = xasprintf("posture of source %s", s->name);
		why = on ? xasprintf("read every %s",
				     timefmt_span(s->posture_every_ms, every))
			 : xstrdup("off, so that nobody knows which plans are "
				   "on");
		add(l,
		    (struct own){ "posture", what,
				  "man 5 triaged.yaml  # sources, posture: "
				  "{every: 12h}" },
		    on, why);
	}
}

/* Ways to a person; a folder and a program are none. */
static size_t n_ways(const struct conf *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_targets; i++)
		n += c->targets[i].type == TARGET_EMAIL ||
		     c->targets[i].type == TARGET_WEBHOOK;
	return n;
}

static void check_ways(struct chores *l, const struct conf *c)
{
	size_t n = n_ways(c);
	CLEANUP(free_ptr) char *why = NULL;

	why = n == 1  ? xstrdup("one e-mail or webhook target: when it fails "
				 "nobody hears of it")
	      : n > 1 ? xasprintf("%zu e-mail and webhook targets", n)
		      : xstrdup("no e-mail and no webhook target");
	add(l,
	    (struct own){ "second-way", "a second way to reach somebody",
			  "man 5 triaged.yaml  # targets" },
	    n > 1, why);
	add(l,
	    (struct own){ "heartbeat", "a watch over triaged from outside",
			  "man 5 triaged.yaml  # targets, type heartbeat" },
	    c->n_heartbeats > 0,
	    c->n_heartbeats > 0 ? "a heartbeat is sent"
				: "no heartbeat is sent: a machine that is "
				  "down tells nobody");
}

static void check_drill(struct chores *l, const struct own_facts *f)
{
	int64_t age_ms = f->now_ms - f->last_drill_ms;
	bool done = f->last_drill_ms && age_ms < DRILL_MS;
	CLEANUP(free_ptr) char *why = NULL;
	char span[TIMEFMT_MAX];

	why = f->last_drill_ms ? xasprintf("the last one was %s ago",
					   timefmt_span(MAX(age_ms, 0), span))
			       : xstrdup("there was none");
	add(l,
	    (struct own){ "drill", "a drill in the last 90 days",
			  "triagectl drill" },
	    done, why);
}

void checklist_own(struct chores *l, const struct conf *c,
		   const struct own_facts *f)
{
	check_sources(l, c);
	check_postures(l, c);
	check_ways(l, c);
	check_drill(l, f);
}
