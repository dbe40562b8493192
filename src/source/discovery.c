/*
 * Finds the subscriptions: those of the named management groups, or all that
 * the application can read. Called by defender_cloud.c; knows no alert.
 *
 *	idle -> list (one listing after the other) -> idle
 *
 * A round that fails changes nothing: late news of one subscription is no
 * reason to miss the alerts of the others.
 */
#include "source/discovery_priv.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/clock.h"
#include "util/log.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define SUBSCRIPTION_ID_MAX 64
#define SUBSCRIPTIONS_MAX 20000
#define SCOPE_ALL "subscriptions"
#define TYPE_IN_GROUP "Microsoft.Management/managementGroups/subscriptions"

struct discovery {
	struct discovery_conf conf;
	struct loop_timer *turn; /* from one listing to the next */
	struct listing *listing; /* NULL: idle */
	struct listing_result last; /* how it ended */
	size_t next_group;
	bool in_groups; /* the running listing is a group's */

	struct strlist known; /* to read; sorted once a round was complete */
	struct strlist found; /* in this round, as the next */
	struct strlist skipped; /* "ID STATE" */
	struct strlist known_skipped;
	bool began; /* one round was complete */
	bool doubted;
	int64_t complete_mono_ms;
	char *needs; /* words for the running listing's 403 */
	struct discovery_result result;
};

char *discovery_role_hint(const char *client_id, const char *below)
{
	return xasprintf("grant the role Security Reader: az role assignment "
			 "create --assignee %s --role \"Security Reader\" "
			 "--scope %s",
			 client_id ? client_id : "APPLICATION-ID", below);
}

/* It becomes a part of a path: letters, digits and dashes, nothing else. */
static bool is_subscription_id(const char *id)
{
	size_t len = strspn(id, "0123456789-"
				"abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return len > 0 && len <= SUBSCRIPTION_ID_MAX && id[len] == '\0';
}

static char *text_member(struct span object, const char *key)
{
	struct span value;

	if (jscan_member(object, key, &value) <= 0)
		return NULL;
	return jscan_string(value);
}

static int compare(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Thousands are common: sorted, they are compared in no time. A page may
 * repeat what moved while it was read. */
static void sort_once(struct strlist *l)
{
	size_t n = 0;

	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), compare);
	for (size_t i = 0; i < l->n; i++) {
		if (n > 0 && strcasecmp(l->v[n - 1], l->v[i]) == 0)
			free(l->v[i]);
		else
			l->v[n++] = l->v[i];
	}
	l->n = n;
}

static bool has_sorted(const struct strlist *l, char *s)
{
	return l->n > 0 && bsearch(&s, l->v, l->n, sizeof(*l->v), compare);
}

static void add_found(struct discovery *d, const char *id)
{
	if (!id || !is_subscription_id(id) || d->found.n >= SUBSCRIPTIONS_MAX)
		d->result.unusable = true;
	else
		strlist_add(&d->found, id);
}

/* Cancelled and deleted ones answer with errors for weeks (section 9). */
static bool is_over(const char *state)
{
	return state && (strcasecmp(state, "Disabled") == 0 ||
			 strcasecmp(state, "Deleted") == 0);
}

char *discovery_usable_id(struct span item)
{
	CLEANUP(free_ptr) char *id = text_member(item, "subscriptionId");
	CLEANUP(free_ptr) char *state = text_member(item, "state");

	return id && is_subscription_id(id) && !is_over(state) ? take(id)
							       : NULL;
}

static void on_subscription(struct discovery *d, struct span item)
{
	CLEANUP(free_ptr) char *id = text_member(item, "subscriptionId");
	CLEANUP(free_ptr) char *state = text_member(item, "state");
	CLEANUP(free_ptr) char *line = NULL;

	if (!is_over(state) || !id || !is_subscription_id(id)) {
		add_found(d, id);
		return;
	}
	line = xasprintf("%s %s", id, state);
	strlist_add(&d->skipped, line);
}

/* Groups below the group are listed too; their subscriptions come as well. */
static void on_descendant(struct discovery *d, struct span item)
{
	CLEANUP(free_ptr) char *type = text_member(item, "type");
	CLEANUP(free_ptr) char *id = text_member(item, "name");

	if (!type || strcasecmp(type, TYPE_IN_GROUP) == 0 ||
	    strcasecmp(type, "/subscriptions") == 0)
		add_found(d, id);
}

static void on_item(void *arg, struct span item)
{
	struct discovery *d = arg;

	if (d->in_groups)
		on_descendant(d, item);
	else
		on_subscription(d, item);
}

static void on_listing_done(void *arg, const struct listing_result *r)
{
	struct discovery *d = arg;

	/* The listing is freed in the next turn, not in its own call. */
	d->last = *r;
	loop_timer_set(d->turn, 0);
}

/* @below: the path of what the role is needed for. */
static void list(struct discovery *d, const char *scope, const char *url,
		 const char *below)
{
	struct listing_conf conf = {
		.env = d->conf.env,
		.source = d->conf.source,
		.url = url,
		.endpoint = d->conf.endpoint,
		.ca_file = d->conf.ca_file,
		.door = DOOR_ARM,
		.tenant = "",
		.collect = on_item,
		.fn = on_listing_done,
		.arg = d,
	};

	free(d->needs);
	conf.needs = d->needs = discovery_role_hint(d->conf.client_id, below);
	snprintf(d->result.scope, sizeof(d->result.scope), "%s", scope);
	/* Borrowed as long as the listing lives. */
	conf.scope = d->result.scope;
	d->listing = listing_new(&conf);
	d->result.n_listings++;
}

/* The names of groups may hold brackets and dots. */
static void add_segment(struct strbuf *path, const char *s)
{
	for (; *s; s++) {
		if (isalnum((unsigned char)*s) || strchr("-_.()", *s))
			strbuf_addch(path, *s);
		else
			strbuf_addf(path, "%%%02X", (unsigned char)*s);
	}
}

static void list_all(struct discovery *d)
{
	CLEANUP(free_ptr)
	char *url = xasprintf("%s/subscriptions?api-version=2022-12-01",
			      d->conf.endpoint);

	d->in_groups = false;
	list(d, SCOPE_ALL, url,
	     "/providers/Microsoft.Management/managementGroups/GROUP");
}

char *discovery_group_path(const char *group)
{
	struct strbuf path = STRBUF_INIT;

	strbuf_addstr(&path, "/providers/Microsoft.Management/"
			     "managementGroups/");
	add_segment(&path, group);
	return strbuf_detach(&path);
}

static void list_group(struct discovery *d, const char *group)
{
	CLEANUP(free_ptr) char *path = discovery_group_path(group);
	CLEANUP(free_ptr)
	char *url = xasprintf("%s%s/descendants?api-version=2020-05-01",
			      d->conf.endpoint, path);
	CLEANUP(free_ptr)
	char *scope = xasprintf("management-group %.100s", group);

	d->in_groups = true;
	list(d, scope, url, path);
}

static void note(struct discovery *d, const char *kind, const char *id,
		 const char *state)
{
	const struct ingest *in = d->conf.env->ingest;
	CLEANUP(free_ptr) char *detail = NULL;
	struct err err = ERR_INIT;

	/* Ids hold letters, digits and dashes; states are two fixed words. */
	detail = state ? xasprintf("{\"subscription\":\"%s\",\"state\":\"%s\"}",
				   id, state)
		       : xasprintf("{\"subscription\":\"%s\"}", id);
	/* The alerts matter more than the note about where they come from. */
	if (in->note(in->ctx, d->conf.source, kind, detail, &err) < 0)
		log_debug("source %s: %s not noted: %s", d->conf.source, kind,
			  err.text);
}

static void note_skipped(struct discovery *d)
{
	for (size_t i = 0; i < d->skipped.n; i++) {
		char *line = d->skipped.v[i];
		char *blank = strchr(line, ' ');

		if (has_sorted(&d->known_skipped, line))
			continue;
		*blank = '\0';
		note(d, "subscription-skipped", line,
		     strcasecmp(blank + 1, "Deleted") == 0 ? "Deleted"
							   : "Disabled");
		*blank = ' ';
	}
}

/* What the first round finds was there before us: no news. */
static void note_changes(struct discovery *d)
{
	for (size_t i = 0; d->began && i < d->found.n; i++) {
		if (!has_sorted(&d->known, d->found.v[i]))
			note(d, "subscription-found", d->found.v[i], NULL);
	}
	for (size_t i = 0; d->began && i < d->known.n; i++) {
		if (!has_sorted(&d->found, d->known.v[i]))
			note(d, "subscription-lost", d->known.v[i], NULL);
	}
	note_skipped(d);
}

static void replace(struct strlist *to, struct strlist *from)
{
	strlist_release(to);
	*to = *from;
	*from = (struct strlist)STRLIST_INIT;
}

static void finish(struct discovery *d)
{
	bool complete = d->result.worst.end == LISTING_COMPLETE;

	/* Named ones are read whatever else is found. */
	for (size_t i = 0; i < d->conf.subscriptions->n; i++)
		strlist_add(&d->found, d->conf.subscriptions->v[i]);
	sort_once(&d->found);
	sort_once(&d->skipped);
	if (complete) {
		note_changes(d);
		d->began = true;
		d->doubted = d->result.unusable;
		d->complete_mono_ms = clock_mono_ms();
		replace(&d->known_skipped, &d->skipped);
	}
	if (complete || !d->began)
		replace(&d->known, &d->found);
	d->conf.fn(d->conf.arg, &d->result);
}

static void on_turn(void *arg)
{
	struct discovery *d = arg;

	if (d->listing) {
		d->listing = listing_free(d->listing);
		if (d->last.end != LISTING_COMPLETE) {
			/* The scope stays: it is the one that failed. */
			d->result.worst = d->last;
			finish(d);
			return;
		}
	}
	if (d->next_group < d->conf.groups->n)
		list_group(d, d->conf.groups->v[d->next_group++]);
	else if (d->conf.groups->n == 0 && d->result.n_listings == 0)
		list_all(d);
	else
		finish(d);
}

bool discovery_is_due(const struct discovery *d, int64_t mono_ms)
{
	if (d->conf.groups->n == 0 && d->conf.subscriptions->n > 0)
		return false; /* told which, there is nothing to find */
	return !d->began || d->doubted || d->known.n == 0 ||
	       mono_ms - d->complete_mono_ms >= DISCOVERY_EVERY_MS;
}

void discovery_begin(struct discovery *d)
{
	assert(!d->listing);
	d->result = (struct discovery_result){
		.worst = { .end = LISTING_COMPLETE },
	};
	d->next_group = 0;
	strlist_release(&d->found);
	strlist_release(&d->skipped);
	loop_timer_set(d->turn, 0);
}

void discovery_doubt(struct discovery *d)
{
	d->doubted = true;
}

const struct strlist *discovery_list(const struct discovery *d)
{
	return &d->known;
}

struct discovery *discovery_new(const struct discovery_conf *c)
{
	struct discovery *d = xcalloc(1, sizeof(*d));

	d->conf = *c;
	strlist_copy(&d->known, c->subscriptions);
	d->turn = loop_timer_new(c->env->loop, on_turn, d);
	return d;
}

struct discovery *discovery_free(struct discovery *d)
{
	if (!d)
		return NULL;
	listing_free(d->listing);
	loop_timer_free(d->turn);
	strlist_release(&d->known);
	strlist_release(&d->found);
	strlist_release(&d->skipped);
	strlist_release(&d->known_skipped);
	free(d->needs);
	free(d);
	return NULL;
}
