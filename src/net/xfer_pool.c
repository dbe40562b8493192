/*
 * The transfers in flight, and their call backs. Called by xfer.c; knows
 * nothing of requests and replies.
 *
 * There are two lanes, one for transfers that may reach private addresses and
 * one for those that may not. A multi handle reuses connections by host name,
 * so with one lane a webhook could ride on a source's connection to an
 * address that is refused to webhooks.
 */
#include "net/xfer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include "net/multi_priv.h"
#include "net/xfer_priv.h"
#include "util/xmalloc.h"

#define CONNECTIONS_KEPT 16L
#define CONNECTIONS_PER_HOST 16L

struct xfer_lane {
	struct multi multi;
	struct xfer_list running;
};

enum { LANE_PUBLIC, LANE_PRIVATE };
#define LANE_MAX (LANE_PRIVATE + 1)

struct xfer_pool {
	struct loop *loop;
	char *agent;
	struct xfer_lane lanes[LANE_MAX];
	struct xfer_list done; /* call backs owed */
	struct loop_timer *owed; /* for those not ended by curl */
	size_t busy, n_done; /* both kinds; those of done */
	bool delivering;
};

/* At most what was owed at the start: a caller that begins anew in its call
 * back must not hold the loop. */
static void pool_deliver(struct xfer_pool *p)
{
	size_t n = p->n_done;
	struct xfer *x;

	while (n-- && (x = TAILQ_FIRST(&p->done))) {
		xfer_pool_remove(p, x);
		x->state = XFER_DELIVERING;
		p->delivering = true;
		x->fn(x->arg, &x->reply);
		p->delivering = false;
		xfer_free(x);
	}
	if (!p->n_done)
		loop_timer_stop(p->owed);
}

static void lane_on_done(void *arg, CURL *easy, CURLcode result)
{
	struct xfer *x = NULL;

	(void)arg;
	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE,
				&x); /* set by xfer_setup() */
	xfer_finish(x, result);
}

static void pool_on_settled(void *arg)
{
	pool_deliver(arg);
}

static void lane_init(struct xfer_lane *lane, struct xfer_pool *p)
{
	multi_init(&lane->multi, p->loop, lane_on_done, pool_on_settled, p);
	TAILQ_INIT(&lane->running);
	if (curl_multi_setopt(lane->multi.handle, CURLMOPT_MAXCONNECTS,
			      CONNECTIONS_KEPT) ||
	    curl_multi_setopt(lane->multi.handle, CURLMOPT_MAX_HOST_CONNECTIONS,
			      CONNECTIONS_PER_HOST))
		xmalloc_die("out of memory");
}

static void lane_release(struct xfer_lane *lane)
{
	struct xfer *x;

	while ((x = TAILQ_FIRST(&lane->running)))
		xfer_cancel(x);
	multi_release(&lane->multi);
}

struct xfer_pool *xfer_pool_new(struct loop *l, const char *user_agent)
{
	struct xfer_pool *p = xcalloc(1, sizeof(*p));

	/* Counted by curl, and safe beside the mail worker since 7.84. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		xmalloc_die("out of memory");
	p->loop = l;
	p->agent = xstrdup(user_agent);
	TAILQ_INIT(&p->done);
	p->owed = loop_timer_new(l, pool_on_settled, p);
	for (size_t i = 0; i < LANE_MAX; i++)
		lane_init(&p->lanes[i], p);
	return p;
}

struct xfer_pool *xfer_pool_free(struct xfer_pool *p)
{
	struct xfer *x;

	if (!p)
		return NULL;
	assert(!p->delivering);
	while ((x = TAILQ_FIRST(&p->done)))
		xfer_cancel(x);
	for (size_t i = 0; i < LANE_MAX; i++)
		lane_release(&p->lanes[i]);
	loop_timer_free(p->owed);
	free(p->agent);
	free(p);
	curl_global_cleanup();
	return NULL;
}

int xfer_pool_add(struct xfer_pool *p, struct xfer *x, struct err *err)
{
	struct xfer_lane *lane;
	CURLMcode rc;

	lane = &p->lanes[x->allow_private ? LANE_PRIVATE : LANE_PUBLIC];
	rc = curl_multi_add_handle(lane->multi.handle, x->easy);
	if (rc)
		return err_set(err, ERR_NET, "cannot begin a request: %s",
			       curl_multi_strerror(rc));
	x->lane = lane;
	x->state = XFER_RUNNING;
	TAILQ_INSERT_TAIL(&lane->running, x, link);
	p->busy++;
	return 0;
}

void xfer_pool_remove(struct xfer_pool *p, struct xfer *x)
{
	if (x->state == XFER_RUNNING) {
		/* Refuses only what is not in it. */
		(void)curl_multi_remove_handle(x->lane->multi.handle, x->easy);
		TAILQ_REMOVE(&x->lane->running, x, link);
	} else {
		TAILQ_REMOVE(&p->done, x, link);
		p->n_done--;
	}
	p->busy--;
}

void xfer_pool_done(struct xfer_pool *p, struct xfer *x)
{
	x->state = XFER_DONE;
	TAILQ_INSERT_TAIL(&p->done, x, link);
	p->n_done++;
	p->busy++;
	/* lane_reap() delivers at once; a request that could not be begun
	 * waits for the loop's next turn. */
	loop_timer_set(p->owed, 0);
}

size_t xfer_pool_busy(const struct xfer_pool *p)
{
	return p->busy;
}

struct loop *xfer_pool_loop(const struct xfer_pool *p)
{
	return p->loop;
}

const char *xfer_pool_agent(const struct xfer_pool *p)
{
	return p->agent;
}
