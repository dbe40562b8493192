/*
 * Does one response that was approved: signs in, looks how the subject stands,
 * lets its owner store that and decide, and makes the one call.
 *
 *	token -> look -> found() -> token -> change -> done()
 *
 * The owner answers found() with ACT_CHANGE only when he has committed that the
 * call is about to be made, and what was there before: a crash from then on is
 * found by the row (core/response.h). A token that is refused is asked for anew
 * once in each step. Everything together ends within ACT_LIMIT_MS, which is
 * less than the lease of the row.
 */
#ifndef RESPOND_ACT_H
#define RESPOND_ACT_H

#include "net/token.h"
#include "net/xfer.h"
#include "respond/answer.h"

#define ACT_LIMIT_MS 150000

enum act_next {
	ACT_CHANGE, /* make the call */
	ACT_LEAVE, /* it is so already */
	ACT_STOP, /* it must not be done; err says why */
};

enum act_end {
	ACT_DONE, /* the service confirmed the call */
	ACT_LEFT, /* found() said ACT_LEAVE */
	ACT_STOPPED, /* found() said ACT_STOP */
	ACT_LATER, /* not now: wait_ms, or as the owner likes */
	ACT_FAILED, /* for good */
};

struct act_result {
	enum act_end end;
	bool changing; /* ACT_LATER, ACT_FAILED: it was the call that failed */
	int64_t wait_ms;
	char text[512]; /* for people */
	char request_id[128]; /* "" none */
};

struct act_conf {
	struct xfer_pool *pool; /* these two live longer */
	struct token_source *token;
	const char *ca_file, *proxy; /* NULL as in xfer */
	struct respond_place place;
	const struct response *response;
	/* Text in all of these is borrowed until act_free(). */
	enum act_next (*found)(void *ctx, const struct respond_seen *seen,
			       struct err *err);
	void (*done)(void *ctx, const struct act_result *r);
	void *ctx;
};

struct act;

/* Begin; done() is called once, later, from the loop. */
struct act *act_new(const struct act_conf *c);
/* What runs is abandoned, without a call. Not from within found() or done().
 * NULL is fine; returns NULL. */
struct act *act_free(struct act *a);
static inline void act_free_ptr(struct act **a)
{
	*a = act_free(*a);
}

#endif
