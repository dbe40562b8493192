/*
 * The life of a struct conf and of the records in it. Knows no file.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

void secret_ref_release(struct secret_ref *r)
{
	free(r->name);
	secret_free(r->value);
	*r = (struct secret_ref){ .kind = SECRET_ABSENT };
}

/* The reference alone: the bytes come with conf_load_secrets(). */
void secret_ref_copy(struct secret_ref *to, const struct secret_ref *from)
{
	secret_ref_release(to);
	*to = (struct secret_ref){ from->kind, xstrdup(from->name), NULL,
				   from->mark };
}

static void source_conf_release(struct source_conf *s)
{
	free(s->name);
	free(s->tenant);
	free(s->client_id);
	secret_ref_release(&s->client_secret);
	free(s->federated_token_file);
	strlist_release(&s->subscriptions);
	strlist_release(&s->management_groups);
	strlist_release(&s->service_sources);
	free(s->login);
	free(s->resource_manager);
	free(s->graph);
	free(s->instance_metadata);
	free(s->url);
	free(s->ca_file);
	free(s->proxy);
	free(s->path);
}

static void webhook_conf_release(struct webhook_conf *w)
{
	secret_ref_release(&w->key);
	secret_ref_release(&w->token);
	secret_ref_release(&w->client_certificate);
	free(w->proxy);
	for (size_t i = 0; i < SEVERITY_MAX; i++)
		free(w->levels[i]);
	free(w->topic);
	strlist_release(&w->responders);
	free(w->project);
	free(w->issue_type);
	free(w->done_transition);
	free(w->assignment_group);
	free(w->caller);
	free(w->close_code);
	free(w->close_notes);
}

static void mail_oauth_release(struct mail_oauth *o)
{
	free(o->entry);
	free(o->tenant);
	free(o->client_id);
	secret_ref_release(&o->client_secret);
	free(o->federated_token_file);
	free(o->login);
	free(o->instance_metadata);
	free(o->scope);
}

static void target_conf_release(struct target_conf *t)
{
	free(t->name);
	free(t->server);
	free(t->from);
	strlist_release(&t->to);
	free(t->username);
	secret_ref_release(&t->password);
	mail_oauth_release(&t->oauth);
	secret_ref_release(&t->url);
	secret_ref_release(&t->signing_secret);
	secret_ref_release(&t->signing_secret_next);
	webhook_conf_release(&t->webhook);
	template_conf_release(&t->template);
	free(t->path);
	strlist_release(&t->command);
	free(t->ca_file);
	free(t->second);
}

static void forward_conf_release(struct forward_conf *f)
{
	free(f->name);
	free(f->host);
	free(f->hostname);
	free(f->ca_file);
	secret_ref_release(&f->client_certificate);
	free(f->path);
}

struct conf *conf_free(struct conf *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < c->n_sources; i++)
		source_conf_release(&c->sources[i]);
	for (size_t i = 0; i < c->n_targets; i++)
		target_conf_release(&c->targets[i]);
	for (size_t i = 0; i < c->n_heartbeats; i++)
		target_conf_release(&c->heartbeats[i]);
	for (size_t i = 0; i < c->n_forwards; i++)
		forward_conf_release(&c->forwards[i]);
	free(c->sources);
	free(c->targets);
	free(c->heartbeats);
	free(c->forwards);
	policy_release(&c->policy);
	free(c->user);
	strlist_release(&c->sandbox.read);
	strlist_release(&c->sandbox.write);
	free(c->state_directory);
	free(c->control_socket);
	roles_release(&c->control);
	response_policy_release(&c->respond);
	free(c->listen);
	free(c->public_url);
	origins_free(c->origins);
	strlist_release(&c->files);
	free(c);
	return NULL;
}

void conf_free_ptr(struct conf **c)
{
	*c = conf_free(*c);
}

bool target_is_graph(const struct target_conf *t)
{
	return t->type == TARGET_EMAIL && t->server &&
	       strncmp(t->server, "http", strlen("http")) == 0;
}

/* An entry with a fault may lack its name. */
static const struct target_conf *find_target(const struct target_conf *v,
					     size_t n, const char *name)
{
	for (size_t i = 0; name && i < n; i++)
		if (v[i].name && strcmp(v[i].name, name) == 0)
			return &v[i];
	return NULL;
}

const struct target_conf *conf_target(const struct conf *c, const char *name)
{
	return find_target(c->targets, c->n_targets, name);
}

const struct target_conf *conf_heartbeat(const struct conf *c, const char *name)
{
	return find_target(c->heartbeats, c->n_heartbeats, name);
}
