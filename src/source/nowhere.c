/*
 * See nowhere_priv.h.
 *
 * tested with: test_subscriptions
 */
#include "source/nowhere_priv.h"

static int nowhere_begin(void *ctx, const struct poll_window *w,
			 int64_t *ret_poll, struct err *err)
{
	(void)ctx, (void)w, (void)err;
	*ret_poll = 1;
	return 0;
}

static int nowhere_page(void *ctx, int64_t poll, const struct page *page,
			struct err *err)
{
	(void)ctx, (void)poll, (void)page, (void)err;
	return 0;
}

static int nowhere_fail(void *ctx, int64_t poll, const char *why,
			struct err *err)
{
	(void)ctx, (void)poll, (void)why, (void)err;
	return 0;
}

static int nowhere_anew(void *ctx, const char *source, const char *scope,
			struct err *err)
{
	(void)ctx, (void)source, (void)scope, (void)err;
	return 0;
}

static int nowhere_note(void *ctx, const char *source, const char *kind,
			const char *detail, struct err *err)
{
	(void)ctx, (void)source, (void)kind, (void)detail, (void)err;
	return 0;
}

const struct ingest nowhere = {
	.poll_begin = nowhere_begin,
	.page = nowhere_page,
	.poll_fail = nowhere_fail,
	.anew = nowhere_anew,
	.note = nowhere_note,
};
