/*
 * From an alert to the API that can do something about it. Called by the plan
 * and, with the source of the plan, by the runner; knows no network.
 */
#include "respond/door.h"

#include <string.h>
#include <strings.h>
#include "util/compiler.h"

#define SOURCES(type) (1u << (type))
#define GRAPH_SOURCES                                                          \
	(SOURCES(SOURCE_GRAPH_SECURITY) | SOURCES(SOURCE_GRAPH_HUNTING))

/* What an alert is, the API that can change it, whose sign-in opens that. */
static const struct door_row {
	const char *kind;
	enum respond_door door;
	unsigned sources;
} doors[] = {
	{ ALERT_KIND_ARM, RESPOND_ARM_ALERTS,
	  SOURCES(SOURCE_DEFENDER_FOR_CLOUD) },
	{ ALERT_KIND_GRAPH, RESPOND_GRAPH_ALERTS, GRAPH_SOURCES },
	{ ALERT_KIND_CLOUD_APPS, RESPOND_PORTAL_ALERTS,
	  SOURCES(SOURCE_CLOUD_APPS) },
};

static const struct door_row user_door = { NULL, RESPOND_GRAPH_USERS,
					   GRAPH_SOURCES };

static const struct door_row *door_of(const struct alert *a,
				      enum response_action action)
{
	if (response_action_about(action) == RESPONSE_ABOUT_USER)
		return &user_door;
	for (size_t i = 0; i < ARRAY_SIZE(doors); i++)
		if (strcmp(doors[i].kind, a->kind) == 0)
			return &doors[i];
	return NULL;
}

static bool came_by(const struct alert *a, const struct source_conf *s)
{
	return a->source && strcmp(a->source, s->name) == 0;
}

/* An account of one tenant means nothing, or somebody else, in another. */
static bool is_of_tenant(const struct alert *a, const struct source_conf *s)
{
	return came_by(a, s) || (a->tenant && *a->tenant && s->tenant &&
				 strcasecmp(a->tenant, s->tenant) == 0);
}

static const struct source_conf *find_source(const struct conf *c,
					     const struct alert *a,
					     const struct door_row *door,
					     const char *name)
{
	const struct source_conf *found = NULL;

	for (size_t i = 0; i < c->n_sources; i++) {
		const struct source_conf *s = &c->sources[i];

		if (!(door->sources & SOURCES(s->type)) ||
		    !is_of_tenant(a, s) || (name && strcmp(name, s->name) != 0))
			continue;
		if (!found || came_by(a, s))
			found = s;
	}
	return found;
}

static const char *base_of(enum respond_door door, const struct source_conf *s)
{
	switch (door) {
	case RESPOND_GRAPH_USERS:
	case RESPOND_GRAPH_ALERTS:
		return s->graph;
	case RESPOND_ARM_ALERTS:
		return s->resource_manager;
	case RESPOND_PORTAL_ALERTS:
		return s->url;
	}
	return NULL;
}

static int no_source(const struct door_row *door, const char *name,
		     struct err *err)
{
	static const char *const types[RESPOND_DOOR_MAX] = {
		[RESPOND_GRAPH_USERS] = "graph-security",
		[RESPOND_GRAPH_ALERTS] = "graph-security",
		[RESPOND_ARM_ALERTS] = "defender-for-cloud",
		[RESPOND_PORTAL_ALERTS] = "cloud-apps",
	};

	if (name)
		return err_set(err, ERR_CONF,
			       "the source %s, with which it was planned, is "
			       "not in the settings any more; plan it again",
			       name);
	return err_set(err, ERR_CONF,
		       "no source of type %s signs in to the tenant of the "
		       "alert; an administrator adds one to sources",
		       types[door->door]);
}

int respond_find_way(const struct conf *c, const struct alert *a,
		     enum response_action action, const char *source,
		     struct respond_way *ret, struct err *err)
{
	const struct door_row *door;
	const struct source_conf *s;

	if (response_action_about(action) == RESPONSE_ABOUT_SITE)
		return err_set(err, ERR_REFUSED,
			       "a program of the site is no service");
	door = door_of(a, action);
	if (!door)
		return err_set(err, ERR_REFUSED,
			       "an alert of kind %s cannot be changed where it "
			       "came from",
			       a->kind);
	s = find_source(c, a, door, source);
	if (!s)
		return no_source(door, source, err);
	if (!base_of(door->door, s))
		return err_set(err, ERR_CONF,
			       "source %s has no address of the service that "
			       "is needed",
			       s->name);
	*ret = (struct respond_way){ .door = door->door,
				     .source = s,
				     .base = base_of(door->door, s) };
	return 0;
}
