/*
 * Acknowledging by the link of a message. Called by health.c for requests
 * under /ack/, which come from the outside through a reverse proxy. GET and
 * HEAD change nothing: mail scanners follow links. A token is never logged.
 *
 * tested with: scenario/test_ack_link
 */
#include "daemon/ack_page.h"

#include <string.h>

#include "daemon/ack_html.h"
#include "store/cases.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"

const char *ack_page_token(const char *path)
{
	static const char place[] = "/ack/";
	const char *found = strstr(path, place);

	return found ? found + strlen(place) : NULL;
}

/* One request; what it owns is released by visit_release(). */
struct visit {
	struct app *app;
	struct ack_claim claim;
	struct told holder;
	struct alert_view view;
	struct ack_screen screen;
};

static void visit_release(struct visit *v)
{
	told_release(&v->holder);
	alert_view_release(&v->view);
}

/* Who tries learns nothing, and fills neither log nor processor. */
static int refuse(struct visit *v, struct strbuf *body, const char **ret_type)
{
	struct app *a = v->app;
	unsigned to_tell;
	bool often = acklink_refused(&a->acklink, clock_mono_ms(), &to_tell);

	a->counters.ack_links_refused++;
	if (to_tell)
		log_event(LOG_WARNING, MSG_ACK_REFUSED,
			  "links to acknowledge were refused",
			  kv_int("COUNT", to_tell));
	if (often) {
		*ret_type = "text/plain; charset=utf-8";
		strbuf_addstr(body, "too many links that are not valid\n");
		return 429;
	}
	v->screen = (struct ack_screen){ .kind = ACK_SCREEN_REFUSED };
	return ack_html_write(&v->screen, body);
}

/* The alert as it is now into the screen; *ret_found: there is one. */
static int look_at_alert(struct visit *v, bool *ret_found, struct err *err)
{
	struct alert_view view = { 0 };
	struct casefile file;
	int rc = alerts_load(v->app->store, v->claim.alert_id, &view, err);

	if (rc <= 0) {
		*ret_found = false;
		return rc;
	}
	alert_view_release(&v->view);
	v->view = view;
	rc = cases_load(v->app->store, &v->view.tracked, &file, err);
	if (rc < 0)
		return rc;
	v->screen.view = &v->view;
	v->screen.told = acklink_name(&v->holder);
	v->screen.due_ms = file.clocks[CLOCK_TRIAGE].stopped_ms
				   ? 0
				   : file.clocks[CLOCK_TRIAGE].due_ms;
	*ret_found = true;
	return 0;
}

static enum ack_screen_kind kind_of(const struct tracked *t)
{
	switch (t->state) {
	case ALERT_OPEN:
		return ACK_SCREEN_ASK;
	case ALERT_ACKNOWLEDGED:
		return ACK_SCREEN_TAKEN;
	case ALERT_CLOSED:
		return ACK_SCREEN_CLOSED;
	}
	return ACK_SCREEN_GONE;
}

/* What the link leads to, with the right to see it proven. */
static int look(struct visit *v, struct err *err)
{
	bool found;
	int rc = look_at_alert(v, &found, err);

	if (rc < 0)
		return rc;
	if (!found)
		v->screen.kind = ACK_SCREEN_GONE;
	else if (v->view.tracked.episode != v->claim.episode)
		v->screen.kind = ACK_SCREEN_OTHER_EPISODE;
	else
		v->screen.kind = kind_of(&v->view.tracked);
	/* A link of the past shows nothing of the present. */
	if (v->screen.kind == ACK_SCREEN_OTHER_EPISODE)
		v->screen.view = NULL;
	return 0;
}

/* The button: exactly what the verb `ack` does, in the receiver's name. */
static int act(struct visit *v, struct err *err)
{
	const struct human_way way = {
		.by = "link",
		.target = v->holder.target,
		.delivery = v->claim.delivery,
	};
	const struct human_change change = {
		.id = v->claim.alert_id,
		.version = v->view.tracked.version,
		.who = acklink_name(&v->holder),
		.now_ms = v->screen.now_ms,
		.way = &way,
	};
	bool found;
	int rc = pipeline_acknowledge(&v->app->pipeline, &change, err);

	if (rc < 0)
		return rc;
	v->app->counters.ack_links++;
	rc = look_at_alert(v, &found, err);
	v->screen.kind = ACK_SCREEN_DONE;
	/* It is stored: that it cannot be shown is no failure. */
	if (rc < 0 || !found)
		v->screen.view = NULL;
	return 0;
}

static int visit_run(struct visit *v, const struct httpd_request *r,
		     struct err *err)
{
	int rc = look(v, err);

	if (rc < 0 || r->method != HTTPD_POST)
		return rc;
	if (strcmp(r->form, ACK_FORM) != 0) {
		v->screen.kind = ACK_SCREEN_MISUSED;
		v->screen.view = NULL;
		return 0;
	}
	return v->screen.kind == ACK_SCREEN_ASK ? act(v, err) : 0;
}

/* 1 it is whose it says; 0 it is not. */
static int prove(struct visit *v, const char *token, struct err *err)
{
	struct acklink *l = &v->app->acklink;
	enum ack_verdict verdict = ACK_FORGED;

	if (l->key)
		verdict = acktoken_read(l->key, token, v->screen.now_ms,
					&v->claim);
	if (verdict == ACK_EXPIRED)
		v->screen.kind = ACK_SCREEN_EXPIRED;
	if (verdict == ACK_MALFORMED || verdict == ACK_FORGED)
		return 0;
	v->screen.alert_id = v->claim.alert_id;
	return acklink_find_claim(l, &v->claim, &v->holder, err);
}

int ack_page_answer(struct app *a, const struct httpd_request *r,
		    const char *token, struct strbuf *body,
		    const char **ret_type)
{
	CLEANUP(visit_release) struct visit v = { .app = a };
	struct err err = ERR_INIT;
	int rc;

	*ret_type = "text/html; charset=utf-8";
	v.screen.now_ms = clock_wall_ms();
	rc = prove(&v, token, &err);
	if (rc == 0)
		return refuse(&v, body, ret_type);
	if (rc > 0 && v.screen.kind != ACK_SCREEN_EXPIRED)
		rc = visit_run(&v, r, &err);
	if (rc < 0) {
		app_store_trouble(a, &err);
		v.screen = (struct ack_screen){ .kind = ACK_SCREEN_FAILED };
	}
	return ack_html_write(&v.screen, body);
}
