/*
 * The ingestion ledger: what every poll asked for and got, the cursors, and
 * the items that could not be understood.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "core/ingest.h"
#include "store/store.h"
#include "util/jscan.h"
#include "util/strbuf.h"

/* A source by name: the row is made when new; kind and last start are kept. */
int ledger_source(struct store *s, const char *name, const char *kind,
		  int64_t now_ms, struct err *err) must_check;
int ledger_cursor_get(struct store *s, const char *source, const char *scope,
		      struct strbuf *ret,
		      struct err *err) must_check; /* 1, 0 */
int ledger_cursor_set(struct store *s, const char *source, const char *scope,
		      const char *value, int64_t now_ms,
		      struct err *err) must_check;

int ledger_poll_begin(struct store *s, const struct poll_window *w,
		      int64_t now_ms, int64_t *ret_poll,
		      struct err *err) must_check;
struct poll_counts {
	int64_t pages, fetched, added, updated, noop, quarantined;
};
/* Add to a poll's counts; fetched = added + updated + noop + quarantined is
 * checked. */
int ledger_poll_add(struct store *s, int64_t poll, const struct poll_counts *c,
		    struct err *err) must_check;
/* End a poll: @error NULL means complete. */
int ledger_poll_end(struct store *s, int64_t poll, const char *error,
		    int64_t now_ms, struct err *err) must_check;
/* Who and what a poll is about (heap strings). 1, 0. */
int ledger_poll_scope(struct store *s, int64_t poll, char **ret_source,
		      char **ret_scope, struct err *err) must_check;
/*
 * Was a listing of what this poll lists whole before? 1, 0; 0 too when there is
 * no such poll, and for a slice of time that ends before the first one that was
 * read whole does. No transaction.
 */
int ledger_was_whole(struct store *s, int64_t poll, struct err *err) must_check;
/* What @scope lists is something else from now on: no cursor, and no listing of
 * it was whole before. Needs an open transaction. */
int ledger_anew(struct store *s, const char *source, const char *scope,
		struct err *err) must_check;
/* Polls a killed daemon left open are ended as "interrupted". Own transaction.
 */
int ledger_recover(struct store *s, int64_t now_ms, struct err *err) must_check;
/* Time of the last complete poll; 0 never. */
int ledger_last_complete(struct store *s, const char *source, int64_t *ret_ms,
			 struct err *err) must_check;

/* Keep an ITEM_BAD, once per raw_hash. 1 new, 0 known. */
int ledger_quarantine(struct store *s, int64_t poll, const struct item *it,
		      int64_t now_ms, struct err *err) must_check;
/* An item that is still not understood; its strings are owned. */
struct quarantined {
	int64_t id, poll; /* the poll that brought it first */
	char *source, *kind; /* of the source */
	char *raw; /* NUL-terminated */
	size_t raw_len;
	int64_t last_seen_ms;
};
void quarantined_release(struct quarantined *q);
/* The first one behind id @after: 1, or 0 none. Needs no transaction. */
int ledger_quarantined(struct store *s, int64_t after, struct quarantined *ret,
		       struct err *err) must_check;
/* It was understood after all. 1, or 0 when it is not there any more. */
int ledger_quarantine_resolve(struct store *s, int64_t id, int64_t now_ms,
			      struct err *err) must_check;

#endif
