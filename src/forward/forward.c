/*
 * The set of destinations, woken by what is added to the log and by one timer.
 * Called by daemon/; how one destination sends is in to_syslog.c and to_file.c.
 */
#include "forward/forward_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "store/txn.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define STORE_RETRY_MS 2000

void forward_wake(struct forward *f)
{
	loop_timer_set(f->timer, 0);
}

static void forward_on_timer(void *arg)
{
	struct forward *f = arg;
	struct err err = ERR_INIT;
	int64_t mono_ms = clock_mono_ms();
	int64_t wait_ms = WAIT_FOREVER;

	if (f->draining || f->n == 0)
		return;
	if (forwards_last(f->env.store, &f->last_id, &err) < 0) {
		(void)f->env.fn(f->env.arg, FORWARD_STORE, f->v[0]->conf,
				err.text);
		loop_timer_set(f->timer, STORE_RETRY_MS);
		return;
	}
	for (size_t i = 0; i < f->n; i++)
		wait_ms =
			wait_less(wait_ms, destination_step(f->v[i], mono_ms));
	/* A step may have woken us by itself. */
	if (wait_ms >= 0 && !loop_timer_is_set(f->timer))
		loop_timer_set(f->timer, wait_ms);
}

/* The places of all that @c names, each new one made. */
static int begin_places(struct store *s, const struct conf *c,
			struct forward_place *ret, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, s, err);

	if (rc >= 0)
		rc = forwards_unlist(s, err);
	for (size_t i = 0; i < c->n_forwards && rc >= 0; i++)
		rc = forwards_begin(s, c->forwards[i].name,
				    c->forwards[i].from_beginning,
				    clock_wall_ms(), &ret[i], err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool secret_same(const struct secret_ref *a, const struct secret_ref *b)
{
	if (a->kind != b->kind || !text_same(a->name, b->name))
		return false;
	if (!a->value || !b->value)
		return a->value == b->value;
	return secret_len(a->value) == secret_len(b->value) &&
	       memcmp(secret_peek(a->value), secret_peek(b->value),
		      secret_len(a->value)) == 0;
}

static bool conf_same(const struct forward_conf *a,
		      const struct forward_conf *b)
{
	return a->type == b->type && a->format == b->format &&
	       text_same(a->host, b->host) && a->port == b->port &&
	       a->facility == b->facility &&
	       a->enterprise_id == b->enterprise_id &&
	       a->octet_counting == b->octet_counting &&
	       text_same(a->hostname, b->hostname) &&
	       text_same(a->ca_file, b->ca_file) &&
	       secret_same(&a->client_certificate, &b->client_certificate) &&
	       a->settle_ms == b->settle_ms &&
	       a->allow_plain == b->allow_plain &&
	       text_same(a->path, b->path) &&
	       a->rotate_size == b->rotate_size &&
	       a->rotate_keep == b->rotate_keep;
}

/* The destination of that name, taken out of @f. */
static struct destination *take_named(struct forward *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i] && strcmp(f->v[i]->conf->name, name) == 0)
			return take(f->v[i]);
	return NULL;
}

/* What did not change goes on with its connection; the rest begins where its
 * place is. Whoever was told of a trouble hears of its end. */
static struct destination *renew(struct forward *f,
				 const struct forward_conf *c,
				 const struct forward_place *place)
{
	struct destination *old = take_named(f, c->name);
	struct destination *d;

	if (old && conf_same(old->conf, c)) {
		old->conf = c;
		old->retry_mono_ms = 0; /* each gets a new chance */
		return old;
	}
	d = destination_new(f, c, place);
	if (old) {
		d->stuck = old->stuck;
		d->goes_told = old->goes_told;
		memcpy(d->trouble, old->trouble, sizeof(d->trouble));
	}
	destination_free(old);
	return d;
}

int forward_prepare(struct forward *f, const struct conf *c, struct err *err)
{
	CLEANUP(free_ptr) struct forward_place *places = NULL;
	int rc;

	places = xcalloc(c->n_forwards + 1, sizeof(*places));
	rc = begin_places(f->env.store, c, places, err);
	if (rc < 0)
		return rc;
	free(f->places);
	f->places = take(places);
	return 0;
}

void forward_use(struct forward *f, const struct conf *c)
{
	struct destination **v;

	assert(f->places);
	v = xcalloc(c->n_forwards + 1, sizeof(struct destination *));
	for (size_t i = 0; i < c->n_forwards; i++)
		v[i] = renew(f, &c->forwards[i], &f->places[i]);
	free(take(f->places));
	for (size_t i = 0; i < f->n; i++) {
		/* Nobody needs to look at what is not there. */
		if (f->v[i] && f->v[i]->stuck)
			(void)f->env.fn(f->env.arg, FORWARD_GOES, f->v[i]->conf,
					NULL);
		destination_free(f->v[i]);
	}
	free(f->v);
	f->v = v;
	f->n = c->n_forwards;
	forward_kick(f);
}

struct forward *forward_new(const struct conf *c, const struct forward_env *env,
			    struct err *err)
{
	struct forward *f = xcalloc(1, sizeof(*f));

	f->env = *env;
	f->timer = loop_timer_new(env->loop, forward_on_timer, f);
	if (forward_prepare(f, c, err) < 0)
		return forward_free(f);
	forward_use(f, c);
	return f;
}

struct forward *forward_free(struct forward *f)
{
	if (!f)
		return NULL;
	for (size_t i = 0; i < f->n; i++)
		destination_free(f->v[i]);
	loop_timer_free(f->timer);
	free(f->places);
	free(f->v);
	free(f);
	return NULL;
}

void forward_kick(struct forward *f)
{
	if (f->n && !f->draining)
		forward_wake(f);
}

void forward_drain(struct forward *f)
{
	f->draining = true;
	loop_timer_stop(f->timer);
}

bool forward_settled(const struct forward *f)
{
	struct err err = ERR_INIT;
	int64_t last_id = 0;

	if (f->n && forwards_last(f->env.store, &last_id, &err) < 0)
		return true; /* nothing will come of waiting */
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i]->place.event_id < last_id && !f->v[i]->failures)
			return false;
	return true;
}

size_t forward_count(const struct forward *f)
{
	return f->n;
}

void forward_state(const struct forward *f, size_t i, struct forward_state *ret)
{
	const struct destination *d = f->v[i];
	struct err err = ERR_INIT;
	int64_t last_id = f->last_id;

	if (forwards_last(f->env.store, &last_id, &err) < 0)
		last_id = f->last_id; /* as of the last look */
	*ret = (struct forward_state){
		.name = d->conf->name,
		.type = d->conf->type,
		.lag = MAX(last_id - d->place.event_id, 0),
		.n_forwarded = d->place.n_forwarded,
		.last_good_ms = d->place.forwarded_ms,
		.failing = d->err.code != 0,
		.stuck = d->stuck,
		.error = d->err.code ? d->err.text : "",
	};
}
