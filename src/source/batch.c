/*
 * Collects a page. Called by the listing, the file source and the
 * demonstration; knows neither network nor store.
 */
#include "source/batch_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

void batch_init(struct batch *b, size_t max)
{
	/* Each is made when it is taken: next_item(). */
	b->items = xreallocarray(NULL, max, sizeof(*b->items));
	b->unread = xreallocarray(NULL, max, sizeof(*b->unread));
	b->max = max;
	b->n = 0;
}

static void batch_reset(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->items[i].kind != ITEM_UNCHANGED) /* never parsed */
			alert_release(&b->items[i].alert);
	b->n = 0;
}

void batch_release(struct batch *b)
{
	batch_reset(b);
	free(b->items);
	b->items = NULL;
	free(b->unread);
	b->unread = NULL;
}

bool batch_is_full(const struct batch *b)
{
	return b->n == b->max;
}

static struct item *next_item(struct batch *b)
{
	struct item *it = &b->items[b->n++];

	assert(b->n <= b->max);
	*it = (struct item){ 0 };
	alert_init(&it->alert);
	return it;
}

static void read_item(const struct batch *b, const struct unread *u,
		      struct item *it)
{
	normalize_item(u->door, b->tenant, u->raw, it);
	memcpy(it->alert.raw_hash, it->raw_hash, sizeof(it->raw_hash));
}

void batch_add(struct batch *b, struct span raw)
{
	struct item *it = next_item(b);
	struct unread *u = &b->unread[b->n - 1];

	*u = (struct unread){ .raw = raw, .door = b->door };
	normalize_raw_hash(b->ingest->raw_key, raw, it->raw_hash);
	if (normalize_peek_key(b->door, b->tenant, raw, &it->key))
		it->kind = ITEM_UNREAD;
	else
		read_item(b, u, it);
}

void batch_add_bad(struct batch *b, struct span raw, const char *reason)
{
	struct item *it = next_item(b);

	it->kind = ITEM_BAD;
	normalize_raw_hash(b->ingest->raw_key, raw, it->raw_hash);
	it->raw = raw.p;
	it->raw_len = raw.len;
	snprintf(it->reason, sizeof(it->reason), "%s", reason);
}

/* Most of a poll is what it was the last time: no need to parse it. Who
 * collects items sends none, to an ingest that knows nothing. */
static void read_unknown(struct batch *b)
{
	if (b->n == 0)
		return;
	b->ingest->known(b->ingest->ctx, b->items, b->n);
	for (size_t i = 0; i < b->n; i++)
		if (b->items[i].kind == ITEM_UNREAD)
			read_item(b, &b->unread[i], &b->items[i]);
}

int batch_send(struct batch *b, int64_t poll, bool last, const char *cursor,
	       struct err *err)
{
	struct page page = {
		.items = b->items,
		.n_items = b->n,
		.last = last,
		.cursor = last ? cursor : NULL,
	};
	int rc;

	read_unknown(b);
	rc = b->ingest->page(b->ingest->ctx, poll, &page, err);
	batch_reset(b);
	return rc;
}
