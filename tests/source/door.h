/*
 * An ingest door that keeps what it is handed, for the tests of source/: what
 * came, in which order, how each ledger row ended, and an error on demand.
 */
#ifndef TESTS_SOURCE_DOOR_H
#define TESTS_SOURCE_DOOR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "core/ingest.h"
#include "source/source.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

#define DOOR_ROWS 64
#define FOR_SOME __attribute__((unused))

struct door_row {
	char *scope;
	int64_t from_ms, to_ms; /* its window */
	bool open, complete;
	char *failed; /* why; NULL it did not */
	size_t n_pages, n_alerts, n_unchanged, n_bad;
};

struct door_known {
	struct alert_key key;
	uint8_t hash[ALERT_HASH_SIZE];
};

struct door_keeper {
	struct ingest ingest;
	struct door_row rows[DOOR_ROWS];
	size_t n_rows;
	struct strlist ids; /* native ids of alerts, in order */
	struct strlist titles, severities, states;
	struct strlist reasons; /* of bad items */
	struct strlist raws; /* of bad items, up to a NUL */
	struct strlist cursors; /* "SCOPE=CURSOR" */
	struct strlist notes; /* "KIND DETAIL" */
	struct strlist gaps; /* "open SCOPE FROM-TO" */
	struct door_known known[512];
	size_t n_known;
	int n_anew;
	bool refuse_begin, refuse_page, refuse_cursor;
};

static inline int door_cursor(void *ctx, const char *source, const char *scope,
			      struct strbuf *ret, struct err *err)
{
	struct door_keeper *d = ctx;

	(void)source;
	if (d->refuse_cursor)
		return err_set(err, ERR_STORE, "no cursor today");
	for (size_t i = d->cursors.n; i-- > 0;) {
		size_t len = strlen(scope);

		if (strncmp(d->cursors.v[i], scope, len) == 0 &&
		    d->cursors.v[i][len] == '=') {
			strbuf_addstr(ret, d->cursors.v[i] + len + 1);
			return 1;
		}
	}
	return 0;
}

static inline void door_look_up(const struct door_keeper *d, struct item *it)
{
	for (size_t i = d->n_known; i-- > 0;) {
		if (memcmp(&d->known[i].key, &it->key, sizeof(it->key)) != 0)
			continue;
		if (memcmp(d->known[i].hash, it->raw_hash, ALERT_HASH_SIZE) ==
		    0) {
			it->kind = ITEM_UNCHANGED;
			it->origin = (int64_t)i + 1;
		}
		return;
	}
}

static inline void door_known(void *ctx, struct item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].kind == ITEM_UNREAD)
			door_look_up(ctx, &items[i]);
}

static inline int door_begin(void *ctx, const struct poll_window *w,
			     int64_t *ret_poll, struct err *err)
{
	struct door_keeper *d = ctx;

	if (d->refuse_begin)
		return err_set(err, ERR_STORE, "no row today");
	assert_true(d->n_rows < DOOR_ROWS);
	d->rows[d->n_rows].scope = xstrdup(w->scope);
	d->rows[d->n_rows].from_ms = w->from_ms;
	d->rows[d->n_rows].to_ms = w->to_ms;
	d->rows[d->n_rows].open = true;
	*ret_poll = (int64_t)++d->n_rows;
	return 0;
}

static inline void door_take(struct door_keeper *d, struct door_row *row,
			     const struct item *it)
{
	CLEANUP(free_ptr) char *raw = NULL;

	switch (it->kind) {
	case ITEM_UNCHANGED:
		assert_true(it->origin > 0);
		row->n_unchanged++;
		break;
	case ITEM_BAD:
		row->n_bad++;
		raw = xstrndup(it->raw, it->raw_len);
		strlist_add(&d->reasons, it->reason);
		strlist_add(&d->raws, raw);
		break;
	case ITEM_UNREAD:
		fail_msg("an item was handed over unread");
		break;
	case ITEM_ALERT:
		row->n_alerts++;
		strlist_add(&d->ids, it->alert.native_id);
		strlist_add(&d->titles, it->alert.title ? it->alert.title : "");
		strlist_add(&d->severities, severity_name(it->alert.base));
		strlist_add(&d->states, it->alert.source_status
						? it->alert.source_status
						: "");
		assert_true(d->n_known < 512);
		d->known[d->n_known].key = it->key;
		memcpy(d->known[d->n_known++].hash, it->alert.raw_hash,
		       ALERT_HASH_SIZE);
		break;
	}
}

static inline int door_page(void *ctx, int64_t poll, const struct page *page,
			    struct err *err)
{
	struct door_keeper *d = ctx;
	struct door_row *row = &d->rows[poll - 1];

	assert_true(poll > 0 && (size_t)poll <= d->n_rows);
	assert_true(row->open);
	if (d->refuse_page)
		return err_set(err, ERR_STORE, "no page today");
	for (size_t i = 0; i < page->n_items; i++)
		door_take(d, row, &page->items[i]);
	row->n_pages++;
	if (page->cursor) {
		CLEANUP(free_ptr) char *line = NULL;

		assert_true(page->last);
		line = xasprintf("%s=%s", row->scope, page->cursor);
		strlist_add(&d->cursors, line);
	}
	if (page->last) {
		row->open = false;
		row->complete = true;
	}
	return 0;
}

static inline int door_fail(void *ctx, int64_t poll, const char *why,
			    struct err *err)
{
	struct door_keeper *d = ctx;
	struct door_row *row = &d->rows[poll - 1];

	(void)err;
	assert_true(row->open);
	row->open = false;
	row->failed = xstrdup(why);
	return 0;
}

static inline int door_note(void *ctx, const char *source, const char *kind,
			    const char *detail_json, struct err *err)
{
	struct door_keeper *d = ctx;
	CLEANUP(free_ptr) char *line = NULL;

	(void)source;
	(void)err;
	line = xasprintf("%s %s", kind, detail_json);
	strlist_add(&d->notes, line);
	return 0;
}

static inline int door_anew(void *ctx, const char *source, const char *scope,
			    struct err *err)
{
	struct door_keeper *d = ctx;
	CLEANUP(free_ptr) char *none = xasprintf("%s=", scope);

	(void)source;
	(void)err;
	strlist_add(&d->cursors, none);
	d->n_anew++;
	return 0;
}

static inline int door_gap_open(void *ctx, const struct poll_window *w,
				const char *why, struct err *err)
{
	struct door_keeper *d = ctx;
	CLEANUP(free_ptr)
	char *line = xasprintf("open %s %lld-%lld", w->scope,
			       (long long)w->from_ms, (long long)w->to_ms);

	(void)err;
	assert_true(*why);
	strlist_add(&d->gaps, line);
	return 0;
}

static inline void door_init(struct door_keeper *d)
{
	*d = (struct door_keeper){
		.ingest = { .ctx = d,
			    .raw_key = "any key but that of zeros",
			    .cursor = door_cursor,
			    .known = door_known,
			    .poll_begin = door_begin,
			    .page = door_page,
			    .poll_fail = door_fail,
			    .gap_open = door_gap_open,
			    .anew = door_anew,
			    .note = door_note },
	};
}

static inline void door_release(struct door_keeper *d)
{
	for (size_t i = 0; i < d->n_rows; i++) {
		free(d->rows[i].scope);
		free(d->rows[i].failed);
	}
	strlist_release(&d->ids);
	strlist_release(&d->titles);
	strlist_release(&d->severities);
	strlist_release(&d->states);
	strlist_release(&d->reasons);
	strlist_release(&d->raws);
	strlist_release(&d->cursors);
	strlist_release(&d->notes);
	strlist_release(&d->gaps);
}

/* Polls a source to its end. */
struct door_wait {
	bool done;
	struct source_result result;
};

static inline void door_on_done(void *arg, const struct source_result *r)
{
	struct door_wait *w = arg;

	assert_false(w->done);
	w->done = true;
	w->result = *r;
}

FOR_SOME static inline struct source_result door_poll(struct source *s,
						      struct loop *loop)
{
	struct door_wait w = { 0 };

	source_poll(s, door_on_done, &w);
	assert_false(w.done);
	assert_true(source_busy(s));
	for (int i = 0; i < 100000 && !w.done; i++)
		loop_turn(loop, 1000);
	assert_true(w.done);
	assert_false(source_busy(s));
	return w.result;
}

#endif
