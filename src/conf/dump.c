/*
 * The effective settings as YAML that loads again, each line with the place
 * that set it (--dump-config). A secret is shown as its reference; a URL that
 * stands plainly in the file is a secret too and shows as "[secret]", which is
 * the one thing that does not load again.
 */
#include "conf/conf_priv.h"

#include <stdio.h>
#include <string.h>
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

struct dump {
	struct strbuf *out;
	const struct conf *c;
	const char *section, *entry; /* "" at the top level */
	const struct mark *mark; /* of the entry */
};

/* Ends the line of @option. */
static void line_end(struct dump *d, const char *option)
{
	CLEANUP(free_ptr) char *path = NULL;

	path = *d->section ? xasprintf("%s.%s.%s", d->section, d->entry, option)
			   : xstrdup(option);
	dump_end(d->out, d->c, path, NULL);
}

static void line_text(struct dump *d, const char *option, const char *value)
{
	if (!value || !*value)
		return;
	strbuf_addf(d->out, "%s%s: ", *d->section ? "    " : "", option);
	dump_text(d->out, value);
	line_end(d, option);
}

static void line_word(struct dump *d, const char *option, const char *value)
{
	strbuf_addf(d->out, "%s%s: %s", *d->section ? "    " : "", option,
		    value);
	line_end(d, option);
}

static void line_secret(struct dump *d, const char *option,
			const struct secret_ref *ref)
{
	if (ref->kind == SECRET_ABSENT)
		return;
	strbuf_addf(d->out, "    %s: ", option);
	if (ref->kind == SECRET_PLAIN) {
		dump_text(d->out, SECRET_SHOWN);
	} else {
		strbuf_addf(d->out, "{%s: ",
			    ref->kind == SECRET_FILE ? "file" : "credential");
		dump_text(d->out, ref->name);
		strbuf_addch(d->out, '}');
	}
	/* The mark, not the path: it may come from a tenants entry. */
	dump_end(d->out, d->c, NULL, &ref->mark);
}

static void line_name(struct dump *d, const char *name)
{
	strbuf_addstr(d->out, "  - name: ");
	dump_text(d->out, name);
	dump_end(d->out, d->c, NULL, d->mark);
}

static void line_list(struct dump *d, const char *option,
		      const struct strlist *list)
{
	if (list->n == 0)
		return;
	strbuf_addf(d->out, "    %s: ", option);
	dump_list(d->out, list);
	line_end(d, option);
}

static void line_span(struct dump *d, const char *option, int64_t ms)
{
	char span[TIMEFMT_MAX];

	line_word(d, option, timefmt_duration(ms, span));
}

/* The secret of an application, by the name it has with @auth. */
static void line_proof(struct dump *d, enum auth_method auth,
		       const struct secret_ref *secret)
{
	line_secret(d,
		    auth == AUTH_CLIENT_CERTIFICATE ? "client-certificate"
						    : "client-secret",
		    secret);
}

static void dump_sign_in(struct dump *d, const struct source_conf *s)
{
	if (s->auth == AUTH_TOKEN) {
		line_secret(d, "token", &s->client_secret);
		return;
	}
	line_word(d, "auth", auth_word(s->auth));
	line_text(d, "client-id", s->client_id);
	line_proof(d, s->auth, &s->client_secret);
	line_text(d, "federated-token-file", s->federated_token_file);
}

static void line_endpoint(struct dump *d, const char *option,
			  const char *address)
{
	CLEANUP(free_ptr) char *path = xasprintf("endpoints.%s", option);

	if (!address)
		return;
	strbuf_addf(d->out, "      %s: ", option);
	dump_text(d->out, address);
	line_end(d, path);
}

static void dump_endpoints(struct dump *d, const struct source_conf *s)
{
	line_word(d, "cloud", cloud_word(s->cloud));
	strbuf_addstr(d->out, "    endpoints:\n");
	line_endpoint(d, "login", s->login);
	line_endpoint(d, "resource-manager", s->resource_manager);
	line_endpoint(d, "graph", s->graph);
	line_endpoint(d, "instance-metadata", s->instance_metadata);
	line_text(d, "ca-file", s->ca_file);
	line_text(d, "proxy", s->proxy);
}

static void dump_cloud(struct dump *d, const struct source_conf *s)
{
	CLEANUP(free_ptr) char *posture = NULL;
	char every[TIMEFMT_MAX];

	if (s->subscriptions.n)
		line_list(d, "subscriptions", &s->subscriptions);
	else
		line_word(d, "subscriptions", "all");
	line_list(d, "management-groups", &s->management_groups);
	line_word(d, "mode", s->resource_graph ? "resource-graph" : "list");
	if (s->posture_every_ms)
		posture =
			xasprintf("{every: %s}",
				  timefmt_duration(s->posture_every_ms, every));
	line_word(d, "posture", posture ? posture : "off");
}

/* What reads by time, so that it can read too little. */
static void dump_window(struct dump *d, const struct source_conf *s)
{
	char every[TIMEFMT_MAX], window[TIMEFMT_MAX];
	CLEANUP(free_ptr) char *sweep = NULL;

	line_span(d, "overlap", s->overlap_ms);
	if (s->sweep_every_ms)
		sweep = xasprintf("{every: %s, window: %s}",
				  timefmt_duration(s->sweep_every_ms, every),
				  timefmt_duration(s->sweep_window_ms, window));
	line_word(d, "sweep", sweep ? sweep : "off");
}

static void dump_source(struct dump *d, const struct source_conf *s)
{
	bool online = SOURCE_ONLINE & BIT(s->type);

	line_name(d, s->name);
	line_word(d, "type", source_word((int)s->type));
	line_text(d, "tenant", s->tenant);
	if (online)
		dump_sign_in(d, s);
	if (s->type == SOURCE_DEFENDER_FOR_CLOUD)
		dump_cloud(d, s);
	line_list(d, "service-sources", &s->service_sources);
	if (s->type == SOURCE_GRAPH_SECURITY)
		line_word(d, "incidents", s->incidents ? "true" : "false");
	line_text(d, "url", s->url);
	line_text(d, "path", s->path);
	line_span(d, "interval", s->interval_ms);
	if (online && s->type != SOURCE_DEFENDER_FOR_CLOUD)
		dump_window(d, s);
	if (online)
		dump_endpoints(d, s);
}

static bool is_first_of(const struct conf *c, size_t target)
{
	for (size_t i = 0; i < target; i++)
		if (c->targets[i].oauth.entry &&
		    strcmp(c->targets[i].oauth.entry,
			   c->targets[target].oauth.entry) == 0)
			return false;
	return true;
}

/* Sources show what they took from an entry; targets name it, so that it must
 * be there. */
static void dump_tenants(struct dump *d)
{
	bool any = false;

	d->section = "tenants";
	for (size_t i = 0; i < d->c->n_targets; i++) {
		const struct mail_oauth *o = &d->c->targets[i].oauth;

		if (!o->entry || !is_first_of(d->c, i))
			continue;
		if (!any)
			strbuf_addstr(d->out, "tenants:\n");
		any = true;
		d->entry = o->entry;
		d->mark = &d->c->targets[i].mark;
		line_name(d, o->entry);
		line_text(d, "id", o->tenant);
		line_word(d, "auth", auth_word(o->auth));
		line_text(d, "client-id", o->client_id);
		line_proof(d, o->auth, &o->client_secret);
		line_text(d, "federated-token-file", o->federated_token_file);
	}
}

static void dump_oauth(struct dump *d, const struct mail_oauth *o)
{
	if (!o->entry)
		return;
	line_text(d, "oauth", o->entry);
	line_word(d, "cloud", cloud_word(o->cloud));
	strbuf_addstr(d->out, "    endpoints:\n");
	line_endpoint(d, "login", o->login);
	line_endpoint(d, "instance-metadata", o->instance_metadata);
}

static void dump_email(struct dump *d, const struct target_conf *t)
{
	line_text(d, "server", t->server);
	line_word(d, "starttls", t->starttls ? "true" : "false");
	line_text(d, "from", t->from);
	strbuf_addstr(d->out, "    to: ");
	dump_list(d->out, &t->to);
	line_end(d, "to");
	line_text(d, "username", t->username);
	line_secret(d, "password", &t->password);
	dump_oauth(d, &t->oauth);
}

static void dump_levels(struct dump *d, const struct webhook_conf *w)
{
	bool any = false;

	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
		CLEANUP(free_ptr) char *path = NULL;

		if (!w->levels[s])
			continue;
		if (!any)
			strbuf_addstr(d->out, "    severities:\n");
		any = true;
		strbuf_addf(d->out,
			    "      %s: ", severity_name((enum severity)s));
		dump_text(d->out, w->levels[s]);
		path = xasprintf("severities.%s",
				 severity_name((enum severity)s));
		line_end(d, path);
	}
}

/* What belongs to the format; the rest holds defaults without effect. */
static void dump_format(struct dump *d, const struct webhook_conf *w)
{
	line_secret(d,
		    w->format == FORMAT_PAGERDUTY ? "routing-key" : "api-key",
		    &w->key);
	line_secret(d, "token", &w->token);
	line_secret(d, "client-certificate", &w->client_certificate);
	line_text(d, "proxy", w->proxy);
	dump_levels(d, w);
	if (w->format == FORMAT_CLOUDEVENTS)
		line_word(d, "mode", w->binary ? "binary" : "structured");
	line_text(d, "topic", w->topic);
	line_list(d, "responders", &w->responders);
	line_text(d, "project", w->project);
	if (w->format == FORMAT_JIRA) {
		line_text(d, "issue-type", w->issue_type);
		line_text(d, "done-transition", w->done_transition);
		line_word(d, "api-version", w->plain_text ? "2" : "3");
	}
	if (w->format == FORMAT_SERVICENOW) {
		line_word(d, "table", w->events ? "em-event" : "incident");
		line_text(d, "assignment-group", w->assignment_group);
		line_text(d, "caller", w->caller);
		line_text(d, "close-code", w->close_code);
		line_text(d, "close-notes", w->close_notes);
	}
}

static void dump_webhook(struct dump *d, const struct target_conf *t)
{
	line_secret(d, "url", &t->url);
	line_word(d, "format", webhook_format_name(t->webhook.format));
	line_secret(d, "signing-secret", &t->signing_secret);
	line_secret(d, "signing-secret-next", &t->signing_secret_next);
	line_word(d, "allow-private", t->allow_private ? "true" : "false");
	dump_format(d, &t->webhook);
	line_text(d, "username", t->username);
	line_secret(d, "password", &t->password);
}

static void dump_rate(struct dump *d, const struct message_rate *r)
{
	CLEANUP(free_ptr) char *block = NULL;
	char span[TIMEFMT_MAX];

	if (r->messages)
		block = xasprintf("{messages: %d, within: %s}", r->messages,
				  timefmt_duration(r->within_ms, span));
	line_word(d, "rate", block ? block : "off");
}

static void dump_heartbeat(struct dump *d, const struct target_conf *t)
{
	line_secret(d, "url", &t->url);
	line_span(d, "interval", t->interval_ms);
	line_word(d, "allow-private", t->allow_private ? "true" : "false");
	line_text(d, "proxy", t->webhook.proxy);
}

static void dump_target(struct dump *d, const struct target_conf *t)
{
	d->entry = t->name;
	d->mark = &t->mark;
	line_name(d, t->name);
	line_word(d, "type", target_word((int)t->type));
	if (t->type == TARGET_EMAIL)
		dump_email(d, t);
	if (t->type == TARGET_WEBHOOK)
		dump_webhook(d, t);
	if (t->type == TARGET_HEARTBEAT)
		dump_heartbeat(d, t);
	line_text(d, "path", t->path);
	line_list(d, "command", &t->command);
	if (t->type == TARGET_EXEC)
		line_span(d, "timeout", t->limit_ms);
	line_text(d, "ca-file", t->ca_file);
	if (t->type != TARGET_HEARTBEAT)
		dump_rate(d, &t->rate);
	line_text(d, "second", t->second);
	template_conf_dump(t, d->c, d->out);
}

void conf_dump(const struct conf *c, struct strbuf *out)
{
	struct dump d = { .out = out, .c = c, .section = "", .entry = "" };

	dump_sandbox(out, c);
	line_text(&d, "state-directory", c->state_directory);
	line_text(&d, "control-socket", c->control_socket);
	dump_control(out, c);
	line_text(&d, "listen", c->listen);
	line_word(&d, "page-titles", c->page_titles ? "true" : "false");
	line_text(&d, "public-url", c->public_url);
	line_span(&d, "acknowledge-link-expires", c->ack_link_ms);
	dump_tenants(&d);
	d.section = "sources";
	if (c->n_sources)
		strbuf_addstr(out, "sources:\n");
	for (size_t i = 0; i < c->n_sources; i++) {
		d.entry = c->sources[i].name;
		d.mark = &c->sources[i].mark;
		dump_source(&d, &c->sources[i]);
	}
	d.section = "targets";
	strbuf_addstr(out, "targets:\n");
	for (size_t i = 0; i < c->n_targets; i++)
		dump_target(&d, &c->targets[i]);
	for (size_t i = 0; i < c->n_heartbeats; i++)
		dump_target(&d, &c->heartbeats[i]);
	dump_forwards(out, c);
	dump_policy(&c->policy, c, out);
	dump_retention(out, c);
	dump_respond(out, c);
}
