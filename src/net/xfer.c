/*
 * A transfer's life: start, finish, cancel. Called by token, source/ and
 * notify/; it must not know what they fetch.
 *
 * Running transfers are in curl's hands. When curl is done with one, its
 * handle is taken out and the call back is owed; xfer_pool.c delivers it with
 * no curl function on the stack, so that a call back may start and cancel.
 */
#include "net/xfer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "net/xfer_priv.h"
#include "util/xmalloc.h"

struct xfer *xfer_start(struct xfer_pool *p, const struct xfer_request *r,
			xfer_done_fn *fn, void *arg)
{
	struct xfer *x = xcalloc(1, sizeof(*x));
	int rc;

	x->pool = p;
	x->fn = fn;
	x->arg = arg;
	strbuf_init(&x->reply.body);
	rc = xfer_setup(x, r, &x->reply.err);
	if (!rc)
		rc = xfer_pool_add(p, x, &x->reply.err);
	if (rc < 0)
		xfer_pool_done(p, x);
	return x;
}

/* A body ended by the connection's end; HEAD is never asked. */
static bool reply_is_unframed(const struct xfer *x)
{
	long status = x->reply.status;

	return x->headers_began && !x->framed && status != 204 && status != 304;
}

void xfer_finish(struct xfer *x, CURLcode result)
{
	struct xfer_reply *r = &x->reply;
	curl_off_t us = 0;

	assert(x->state == XFER_RUNNING);
	/* These three are always known; a failure would leave the zeros. */
	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &r->status);
	(void)curl_easy_getinfo(x->easy, CURLINFO_TOTAL_TIME_T, &us);
	r->elapsed_ms = us / 1000;
	r->unframed = reply_is_unframed(x);
	if (x->stop == XFER_STOP_BODY && x->cut_body)
		result = CURLE_OK;
	if (result)
		xfer_explain(x, result);
	xfer_pool_remove(x->pool, x);
	xfer_pool_done(x->pool, x);
}

/* curl copies neither; both may hold a token or a signature. */
static void wipe_request(struct xfer *x)
{
	for (struct curl_slist *h = x->headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	if (x->body)
		explicit_bzero(x->body, x->body_len);
}

/* @x is on no list and not in curl's hands. */
void xfer_free(struct xfer *x)
{
	curl_easy_cleanup(x->easy);
	wipe_request(x);
	curl_slist_free_all(x->headers);
	free(x->body);
	xfer_origin_release(&x->origin);
	free(x->ca_file);
	free(x->proxy_host);
	strbuf_release(&x->reply.body);
	free(x);
}

struct xfer *xfer_cancel(struct xfer *x)
{
	if (!x || x->state == XFER_DELIVERING)
		return NULL;
	xfer_pool_remove(x->pool, x);
	xfer_free(x);
	return NULL;
}
