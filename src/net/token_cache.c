/*
 * Which sources share a token: those whose sign-in is the same in everything
 * that could make the answer differ. Called by daemon/; knows tokens only by
 * their source.
 */
#include "net/token.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "util/digest.h"
#include "util/xmalloc.h"

struct cached {
	SLIST_ENTRY(cached) link;
	uint8_t key[DIGEST_SIZE];
	struct token_source *source;
};

struct token_cache {
	struct xfer_pool *pool;
	SLIST_HEAD(, cached) all;
};

struct token_cache *token_cache_new(struct xfer_pool *p)
{
	struct token_cache *c = xcalloc(1, sizeof(*c));

	c->pool = p;
	SLIST_INIT(&c->all);
	return c;
}

struct token_cache *token_cache_free(struct token_cache *c)
{
	struct cached *one;

	if (!c)
		return NULL;
	while ((one = SLIST_FIRST(&c->all))) {
		SLIST_REMOVE_HEAD(&c->all, link);
		token_source_free(one->source);
		free(one);
	}
	free(c);
	return NULL;
}

/* A digest, so that no second copy of a secret lies about. */
static void make_key(const struct token_conf *c, uint8_t ret[DIGEST_SIZE])
{
	/* A machine's identity is the same whichever tenant is written. */
	bool machine = c->method == AUTH_MANAGED_IDENTITY;
	const uint8_t method = (uint8_t)c->method;
	struct digest *d = digest_new();

	digest_add(d, &method, sizeof(method));
	digest_add_field(d, machine ? NULL : c->login);
	digest_add_field(d, machine ? NULL : c->tenant);
	digest_add_field(d, c->client_id);
	digest_add_field(d, c->scope);
	digest_add_field(d, c->client_secret ? secret_peek(c->client_secret)
					     : NULL);
	digest_add_field(d, c->federated_token_file);
	digest_add_field(d, c->instance_metadata);
	digest_add_field(d, c->arc_folder);
	digest_add_field(d, c->ca_file);
	digest_add_field(d, c->proxy);
	digest_finish(d, ret);
}

struct token_source *token_cache_get(struct token_cache *c,
				     const struct token_conf *conf)
{
	uint8_t key[DIGEST_SIZE];
	struct cached *one;

	make_key(conf, key);
	SLIST_FOREACH(one, &c->all, link)
	if (!memcmp(one->key, key, sizeof(key)))
		return one->source;
	one = xcalloc(1, sizeof(*one));
	memcpy(one->key, key, sizeof(key));
	one->source = token_source_new(c->pool, conf);
	SLIST_INSERT_HEAD(&c->all, one, link);
	return one->source;
}
