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
	strbuf_addf(d->out, "    %s: %s", option, value);
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

static void dump_cloud(struct dump *d, const struct source_conf *s)
{
	line_text(d, "client-id", s->client_id);
	line_secret(d, "client-secret", &s->client_secret);
	strbuf_addstr(d->out, "    subscriptions: ");
	if (s->subscriptions.n)
		dump_list(d->out, &s->subscriptions);
	else
		strbuf_addstr(d->out, "all");
	line_end(d, "subscriptions");
	strbuf_addstr(d->out, "    endpoints:\n      login: ");
	dump_text(d->out, s->login);
	line_end(d, "endpoints.login");
	strbuf_addstr(d->out, "      resource-manager: ");
	dump_text(d->out, s->resource_manager);
	line_end(d, "endpoints.resource-manager");
	line_text(d, "ca-file", s->ca_file);
}

static void dump_source(struct dump *d, const struct source_conf *s)
{
	static const char *const types[] = {
		[SOURCE_DEFENDER_FOR_CLOUD] = "defender-for-cloud",
		[SOURCE_FILE] = "file",
		[SOURCE_DEMO] = "demo",
	};
	char span[TIMEFMT_MAX];

	line_name(d, s->name);
	line_word(d, "type", types[s->type]);
	line_text(d, "tenant", s->tenant);
	if (s->type == SOURCE_DEFENDER_FOR_CLOUD)
		dump_cloud(d, s);
	line_text(d, "path", s->path);
	line_word(d, "interval", timefmt_duration(s->interval_ms, span));
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
}

static void dump_webhook(struct dump *d, const struct target_conf *t)
{
	line_secret(d, "url", &t->url);
	line_word(d, "format", "json");
	line_secret(d, "signing-secret", &t->signing_secret);
	line_secret(d, "signing-secret-next", &t->signing_secret_next);
	line_word(d, "allow-private", t->allow_private ? "true" : "false");
}

static void dump_target(struct dump *d, const struct target_conf *t)
{
	static const char *const types[] = {
		[TARGET_EMAIL] = "email",
		[TARGET_WEBHOOK] = "webhook",
		[TARGET_FOLDER] = "folder",
	};

	line_name(d, t->name);
	line_word(d, "type", types[t->type]);
	if (t->type == TARGET_EMAIL)
		dump_email(d, t);
	if (t->type == TARGET_WEBHOOK)
		dump_webhook(d, t);
	line_text(d, "path", t->path);
	line_text(d, "ca-file", t->ca_file);
}

void conf_dump(const struct conf *c, struct strbuf *out)
{
	struct dump d = { .out = out, .c = c, .section = "", .entry = "" };

	line_text(&d, "state-directory", c->state_directory);
	line_text(&d, "control-socket", c->control_socket);
	line_text(&d, "listen", c->listen);
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
	for (size_t i = 0; i < c->n_targets; i++) {
		d.entry = c->targets[i].name;
		d.mark = &c->targets[i].mark;
		dump_target(&d, &c->targets[i]);
	}
	dump_policy(&c->policy, c, out);
}
