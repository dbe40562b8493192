/*
 * The window's memory. Called by file_split and file_text; knows no format.
 */
#include "source/file_window_priv.h"

#include <stdlib.h>
#include <string.h>
#include "source/slice_priv.h"
#include "util/xmalloc.h"

#define CHUNK ((size_t)1 << 20)

void file_window_init(struct file_window *w)
{
	*w = (struct file_window){ .buf = xmalloc(CHUNK), .n_alloc = CHUNK };
}

static void copies_release(struct file_window *w)
{
	for (size_t i = 0; i < w->n_copies; i++)
		free(w->copies[i]);
	w->n_copies = 0;
}

void file_window_release(struct file_window *w)
{
	copies_release(w);
	free(w->copies);
	free(w->buf);
	*w = (struct file_window){ 0 };
}

char *file_window_room(struct file_window *w, size_t *ret_room)
{
	copies_release(w);
	memmove(w->buf, w->buf + w->pos, w->len - w->pos);
	w->base += w->pos;
	w->len -= w->pos;
	w->pos = 0;
	/* Who waits does so for an item at most: see can_wait. */
	if (w->n_alloc - w->len < CHUNK / 2) {
		w->n_alloc = w->len + CHUNK;
		w->buf = xreallocarray(w->buf, w->n_alloc, 1);
	}
	*ret_room = w->n_alloc - w->len;
	return w->buf + w->len;
}

void file_window_fed(struct file_window *w, size_t n)
{
	w->len += n;
	w->eof = n == 0;
}

struct span file_window_keep(struct file_window *w, struct span bytes)
{
	GROW(w->copies, w->n_copies + 1, w->n_copies_alloc);
	bytes.p = w->copies[w->n_copies++] = xmemdup(bytes.p, bytes.len);
	return bytes;
}

struct span file_window_rest(const struct file_window *w)
{
	return (struct span){ w->buf + w->pos, w->len - w->pos };
}

bool file_window_can_wait(const struct file_window *w)
{
	return !w->eof && w->len - w->pos <= SLICE_ITEM_MAX;
}

struct span file_window_since(const struct file_window *w, uint64_t start)
{
	size_t from = start > w->base ? (size_t)(start - w->base) : 0;

	from = MIN(from, w->pos);
	return (struct span){ w->buf + from, MIN(w->pos - from, SLICE_CLIP) };
}
