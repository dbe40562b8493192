/*
 * A source of alerts: polls one API (or folder) and hands pages to the ingest
 * door. One struct source per configured source; one poll at a time.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "conf/conf.h"
#include "core/ingest.h"
#include "net/budget.h"
#include "net/token.h"
#include "net/xfer.h"

struct source;

struct source_env {
	struct loop *loop;
	struct xfer_pool *pool;
	struct token_source
		*token; /* NULL for sources without sign-in; borrowed */
	struct budget *budget; /* requests of this tenant and API; NULL: no
				  limit; borrowed */
	const struct ingest *ingest; /* borrowed */
	struct skew *skew; /* kept up to date by the answers; borrowed; NULL:
			      nobody asks */
	const char *proxy;
};

struct source_result {
	bool complete; /* every listing of the poll was */
	int64_t n_listings;
	char error[512]; /* the first failure; "" none */
	bool auth_failed; /* permanent sign-in or role trouble */
	/* A part that was asked for and may not be read, with what to do about
	 * it; "" none. The rest was read: it makes no poll incomplete. */
	char refused[544];
	int64_t retry_after_ms; /* the service asked us to stay away; 0 no */
	bool more; /* of a backlog that is too long for one poll */
};

typedef void source_done_fn(void *arg, const struct source_result *r);

/* @c is copied as far as needed. */
struct source *source_new(const struct source_conf *c,
			  const struct source_env *env);
/* A running poll is abandoned (its ledger rows are ended as cancelled). Returns
 * NULL. */
struct source *source_free(struct source *s);
const char *source_name(const struct source *s);
const char *source_kind(enum source_type t); /* "defender-for-cloud" ... */
/* Begin a poll; @fn is called once, later, from the loop. Not while busy. */
void source_poll(struct source *s, source_done_fn *fn, void *arg);
bool source_busy(const struct source *s);
/* How it signs in; borrows from @c, which lives as long. */
struct token_conf source_token_conf(const struct source_conf *c);
/* Scope for tokens of this source, NULL when it needs none (heap-free constant
 * or built from its endpoint; valid while the source lives). */
const char *source_token_scope(const struct source_conf *c);

#endif
