/*
 * What people hear of forwarding: the log, and an alert about triaged itself
 * when a destination of the event log refuses or stands still, closed when it
 * goes again; and what does not arrive because a destination has left the
 * settings. Called by the forwarder, at the start and by a reload; decides
 * nothing about sending.
 *
 * tested with: scenario/test_forward
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/app_priv.h"
#include "store/look.h"
#include "triaged/messages.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* The text does not change while the trouble lasts: it is told once. */
static bool forwarder_tell(struct app *a, const struct forward_conf *c,
			   const char *error, bool resolved)
{
	CLEANUP(free_ptr) char *slug = xasprintf("forward-stuck/%s", c->name);
	CLEANUP(free_ptr)
	char *title = xasprintf("Events are not forwarded to %s", c->name);
	CLEANUP(free_ptr)
	char *text = xasprintf(
		"The destination %s of the event log (%s%s) takes no events. "
		"Nothing is lost: they wait in the database and are sent when "
		"it takes them. Until then whoever watches there does not see "
		"what happens here. The reason: %s",
		c->name, c->path ? "file " : "server ",
		c->path ? c->path : c->host, error ? error : "");
	struct err err = ERR_INIT;

	if (pipeline_self_alert(&a->pipeline,
				&(struct self_alert){
					.slug = slug,
					.severity = SEVERITY_MEDIUM,
					.title = title,
					.description = text,
					.remediation = "triagectl doctor\n"
						       "triagectl status\n"
						       "journalctl -u triaged",
					.resolved = resolved,
				},
				&err) >= 0)
		return true;
	app_store_trouble(a, &err);
	return false;
}

bool forwarder_on_news(void *arg, enum forward_news news,
		       const struct forward_conf *c, const char *error)
{
	struct app *a = arg;
	struct err err = ERR_INIT;

	switch (news) {
	case FORWARD_FAILED:
		log_event(LOG_WARNING, MSG_FORWARD_FAILED,
			  "events cannot be forwarded now",
			  kv_str("DESTINATION", c->name),
			  kv_str("ERROR", error));
		return true;
	case FORWARD_STUCK:
		log_event(LOG_ERR, MSG_FORWARD_STUCK,
			  "events have not been forwarded for long",
			  kv_str("DESTINATION", c->name),
			  kv_str("ERROR", error));
		return forwarder_tell(a, c, error, false);
	case FORWARD_GOES:
		if (error)
			log_event(LOG_NOTICE, MSG_FORWARD_GOES,
				  "events are forwarded again",
				  kv_str("DESTINATION", c->name));
		return forwarder_tell(a, c, NULL, true);
	case FORWARD_STORE:
		(void)err_set(&err, ERR_STORE, "%s", error);
		app_store_trouble(a, &err);
		return true;
	}
	return true;
}

/* --- what leaves the settings --- */

static bool is_named(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_forwards; i++)
		if (strcmp(c->forwards[i].name, name) == 0)
			return true;
	return false;
}

/* A look_row_fn of LOOK_FORWARDS. */
static int add_leaver(void *arg, size_t n, const char *const *columns,
		      const struct cell *cells)
{
	struct leaving *l = arg;
	struct leaver one = { .behind = 0 };
	const char *name = NULL;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(columns[i], "name") == 0)
			name = cells[i].text;
		else if (strcmp(columns[i], "behind") == 0)
			one.behind = cells[i].integer;
	}
	if (!name || one.behind == 0 || is_named(l->conf, name))
		return 0;
	GROW(l->v, l->n + 1, l->n_alloc);
	one.name = xstrdup(name);
	l->v[l->n++] = one;
	return 0;
}

int leaving_collect(struct leaving *l, struct store *s, const struct conf *c,
		    struct err *err)
{
	const struct selector sel = { .limit = INT64_MAX };

	l->conf = c;
	return look(s, LOOK_FORWARDS, &sel, add_leaver, l, err);
}

void leaving_tell(const struct leaving *l, struct strbuf *answer)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct leaver *one = &l->v[i];

		log_event(LOG_WARNING, MSG_FORWARD_LEFT,
			  "a destination of events left the settings before it "
			  "had all",
			  kv_str("DESTINATION", one->name),
			  kv_int("EVENTS", one->behind));
		if (answer)
			strbuf_addf(answer,
				    "warning: forward %s left the settings, "
				    "and %" PRId64 " event%s %s not arrived "
				    "there; what is named %s again goes on "
				    "with them\n",
				    one->name, one->behind,
				    one->behind == 1 ? "" : "s",
				    one->behind == 1 ? "has" : "have",
				    one->name);
	}
}

void leaving_release(struct leaving *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].name);
	free(l->v);
	*l = (struct leaving){ .conf = NULL };
}
