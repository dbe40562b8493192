/*
 * A sign-in service for the tests of the token files: it keeps each request
 * and answers by script, or with token-N for one hour; the clock stands still.
 */
#ifndef TESTS_NET_TOKEN_RIG_H
#define TESTS_NET_TOKEN_RIG_H

#include "net/peer.h"

#include <stdio.h>
#include <sys/stat.h>
#include "net/token.h"
#include "net/token_priv.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

#define RIG_MINUTE ((int64_t)60 * 1000)
/* 2027-01-15 08:00 UTC */
#define RIG_WALL_MS ((int64_t)1800000000000)

#define RIG_HANGS (-1L)

struct rig_answer {
	long status; /* 0: token-N; RIG_HANGS: none ever comes */
	const char *headers, *body; /* NULL: "" */
};

struct rig {
	struct loop *loop;
	struct xfer_pool *pool;
	struct peer peer;
	char base[64]; /* http://127.0.0.1:PORT */
	char dir[64]; /* a folder, removed afterwards when empty */
	int64_t mono_ms;
	const struct rig_answer *answers;
	size_t n_answers, n_answered;
	struct strlist requests;
	/* The last answer to rig_ask. */
	int n_seen;
	char token[4096];
	struct err err;
};

static inline void rig_tick(struct rig *r, int64_t ms)
{
	r->mono_ms += ms;
	clock_hold(RIG_WALL_MS + r->mono_ms, r->mono_ms);
}

static inline enum peer_then rig_on_request(struct peer *p, const char *request,
					    struct strbuf *reply)
{
	struct rig *r = (void *)p->script;
	struct rig_answer a = { 0 };
	char body[128];

	strlist_add(&r->requests, request);
	if (r->n_answered < r->n_answers)
		a = r->answers[r->n_answered++];
	snprintf(body, sizeof(body),
		 "{\"token_type\":\"Bearer\",\"expires_in\":\"3600\","
		 "\"access_token\":\"token-%d\"}",
		 p->n_requests);
	if (a.status == RIG_HANGS)
		return PEER_KEEP;
	if (!a.body)
		a.body = a.status ? "" : body;
	strbuf_addf(reply, "HTTP/1.1 %ld X\r\n%sContent-Length: %zu\r\n\r\n%s",
		    a.status ? a.status : 200, a.headers ? a.headers : "",
		    strlen(a.body), a.body);
	return PEER_KEEP;
}

static inline int rig_setup(void **state)
{
	struct rig *r = xcalloc(1, sizeof(*r));

	r->loop = loop_new();
	r->pool = xfer_pool_new(r->loop, "triaged/test");
	peer_open(&r->peer, r->loop);
	r->peer.fn = rig_on_request;
	r->peer.script = (void *)r;
	snprintf(r->base, sizeof(r->base), "http://127.0.0.1:%d", r->peer.port);
	snprintf(r->dir, sizeof(r->dir), "/tmp/triaged-token-XXXXXX");
	if (!mkdtemp(r->dir))
		return -1;
	rig_tick(r, 1000000);
	*state = r;
	return 0;
}

static inline int rig_teardown(void **state)
{
	struct rig *r = *state;

	xfer_pool_free(r->pool);
	peer_close(&r->peer);
	loop_free(r->loop);
	strlist_release(&r->requests);
	clock_release();
	(void)rmdir(r->dir);
	free(r);
	return 0;
}

static inline void rig_say(struct rig *r, const struct rig_answer *answers,
			   size_t n)
{
	r->answers = answers;
	r->n_answers = n;
	r->n_answered = 0;
}

static inline void rig_on_token(void *arg, const char *token,
				const struct err *err, int64_t retry_after_ms)
{
	struct rig *r = arg;

	(void)retry_after_ms;
	r->n_seen++;
	snprintf(r->token, sizeof(r->token), "%s", token ? token : "");
	r->err = *err;
	assert_int_equal(!token, err->code < 0);
}

/* One answer; returns how many requests it took. */
static inline size_t rig_ask(struct rig *r, struct token_source *ts)
{
	size_t n_requests = r->requests.n;
	int n = r->n_seen;

	token_get(ts, rig_on_token, r);
	while (r->n_seen == n)
		loop_turn(r->loop, 1000);
	return r->requests.n - n_requests;
}

static inline const char *rig_last_request(const struct rig *r)
{
	assert_true(r->requests.n > 0);
	return r->requests.v[r->requests.n - 1];
}

/* What the last request says; NULL when it does not hold @text. */
static inline const char *rig_find(const struct rig *r, const char *text)
{
	return strstr(rig_last_request(r), text);
}

PEER_FOR_SOME static void rig_put(const char *path, const char *text,
				  mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

#endif
