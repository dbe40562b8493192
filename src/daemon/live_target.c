/*
 * Does a target answer? A connection with TLS, for mail the sign-in too; no
 * message goes out, so nobody is disturbed. Called by live.c.
 *
 * tested with: scenario/test_live
 */
#include "daemon/live_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "advice/diagnose.h"
#include "notify/mail.h"
#include "notify/webhook.h"
#include "util/xmalloc.h"

struct reach {
	struct live *live;
	const struct target_conf *conf;
	struct secret *token; /* NULL: none, or it was refused */
	struct err err;
};

static struct live_row row_of(const struct target_conf *c, const char *step)
{
	return (struct live_row){ .about = "target",
				  .name = c->name,
				  .step = step };
}

static void say_ok(struct live *l, const struct target_conf *c,
		   const char *step, const char *text)
{
	struct live_row row = row_of(c, step);

	row.ok = true;
	row.text = text;
	live_say_row(&l->say, &row);
}

void live_say_error(struct live *l, const struct target_conf *c,
		    const char *step, const char *error)
{
	CLEANUP(strbuf_release) struct strbuf cause = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	struct live_row row = row_of(c, step);

	(void)diagnose_target(c, error, &next); /* the step is known */
	diagnose_target_cause(c, error, &cause);
	row.text = cause.buf;
	row.next = next.buf;
	live_say_row(&l->say, &row);
}

/* ---- sign-in by token ---- */

static void live_on_token(void *arg, const char *token, const struct err *err,
			  int64_t retry_after_ms)
{
	struct reach *r = arg;

	(void)retry_after_ms; /* nobody waits */
	if (token)
		r->token = secret_new(token, strlen(token));
	else
		r->err = *err;
	loop_stop(r->live->loop);
}

/* False: it was refused, and that was said. */
static bool get_token(struct reach *r)
{
	const struct token_conf sign_in = mail_token_conf(r->conf);

	(void)token_get(token_cache_get(r->live->tokens, &sign_in),
			live_on_token, r);
	loop_run(r->live->loop);
	if (r->token) {
		say_ok(r->live, r->conf, "sign-in",
		       r->conf->oauth.client_id ? r->conf->oauth.client_id
						: "accepted");
		return true;
	}
	live_say_error(r->live, r->conf, "sign-in", r->err.text);
	return false;
}

/* ---- connection and TLS ---- */

static void live_on_connect(void *arg, struct xfer_reply *reply)
{
	struct reach *r = arg;

	r->err = reply->err;
	loop_stop(r->live->loop);
}

static void connect_to(struct reach *r, const char *origin)
{
	const struct target_conf *c = r->conf;
	bool tls = strncmp(origin, "https:", 6) == 0;
	CLEANUP(free_ptr) char *error = NULL;

	(void)xfer_start(r->live->pool,
			 &(struct xfer_request){
				 .method = "GET",
				 .url = origin,
				 .ca_file = c->ca_file,
				 .proxy = c->webhook.proxy,
				 .client_certificate =
					 c->webhook.client_certificate.value,
				 .allow_private = c->allow_private ||
						  c->type == TARGET_EMAIL,
				 .allow_http = c->allow_private,
				 .connect_only = true,
			 },
			 live_on_connect, r);
	loop_run(r->live->loop);
	if (r->err.code == 0) {
		say_ok(r->live, c, "connection", tls ? "TLS" : "without TLS");
		return;
	}
	/* Its port and scheme, as of what the daemon could not deliver. */
	error = xasprintf("%s: %s", origin, r->err.text);
	live_say_error(r->live, c, "connection", error);
}

/* ---- mail ---- */

static const char *mail_words(const struct target_conf *c)
{
	bool signs_in = c->username || c->oauth.entry;
	bool tls = c->starttls || strncmp(c->server, "smtps:", 6) == 0;

	if (tls)
		return signs_in ? "TLS, signed in" : "TLS";
	return signs_in ? "without TLS, signed in" : "without TLS";
}

static void reach_mail(struct reach *r)
{
	static const char step[] = "mail server";
	const struct target_conf *c = r->conf;
	struct outcome_report report;

	if (c->oauth.entry && !get_token(r))
		return;
	if (target_is_graph(c)) {
		connect_to(r, c->server);
		return;
	}
	mail_check(c, r->token, &report);
	if (report.outcome == OUTCOME_SENT)
		say_ok(r->live, c, step, mail_words(c));
	else
		live_say_error(r->live, c, step, report.error);
}

/* ---- this machine ---- */

static void reach_path(struct reach *r, const char *step, const char *path,
		       int mode)
{
	CLEANUP(free_ptr) char *why = NULL;

	if (access(path, mode) == 0) {
		say_ok(r->live, r->conf, step, path);
		return;
	}
	why = xasprintf("%s: %s", path, strerror(errno));
	live_say_error(r->live, r->conf, step, why);
}

void live_target(struct live *l, const struct target_conf *c)
{
	struct reach r = { .live = l, .conf = c };
	CLEANUP(free_ptr) char *origin = NULL;

	switch (c->type) {
	case TARGET_EMAIL:
		reach_mail(&r);
		break;
	case TARGET_WEBHOOK:
		origin = webhook_peer(c);
		connect_to(&r, origin);
		break;
	case TARGET_HEARTBEAT:
		origin = xfer_origin(secret_peek(c->url.value));
		connect_to(&r, origin);
		break;
	case TARGET_FOLDER:
		reach_path(&r, "folder", c->path, W_OK | X_OK);
		break;
	case TARGET_EXEC:
		reach_path(&r, "program", c->command.v[0], X_OK);
		break;
	}
	r.token = secret_free(r.token);
}
