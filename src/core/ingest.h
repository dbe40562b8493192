/*
 * The door between what fetches and what keeps: an inbound room hands over
 * pages through these functions and does not know the store. daemon/pipeline
 * implements it; tests implement it with a counter.
 *
 * One listing (a poll of one source and scope): poll_begin, page..., and then
 * either the page with last = true, or poll_fail.
 */
#ifndef CORE_INGEST_H
#define CORE_INGEST_H

#include "core/alert.h"
#include "util/err.h"
#include "util/strbuf.h"

enum item_kind {
	ITEM_ALERT, /* normalized; alert is filled */
	ITEM_UNCHANGED, /* same bytes as last time: key and origin are filled */
	ITEM_BAD, /* could not be understood: raw, raw_hash and reason */
	ITEM_UNREAD, /* key and raw_hash are filled: for known(), not page() */
};

struct item {
	enum item_kind kind;
	struct alert_key key;
	uint8_t raw_hash[ALERT_HASH_SIZE];
	int64_t origin; /* ITEM_UNCHANGED: what known() said */
	struct alert alert;
	const char *raw; /* ITEM_BAD: borrowed from the page's buffer */
	size_t raw_len;
	char reason[256];
};

struct page {
	struct item *items; /* owned by the caller of page() */
	size_t n_items;
	bool last; /* the listing is complete with this page */
	const char *cursor; /* with last: the new cursor; NULL leaves it */
};

/* What a listing covers. from_ms and to_ms 0: no window. */
struct poll_window {
	const char *source, *scope;
	int64_t from_ms, to_ms;
};

struct ingest {
	void *ctx;
	/* For normalize_raw_hash(): of this database and no other. */
	uint8_t raw_key[ALERT_RAW_KEY_SIZE];
	/* The cursor of (source, scope): 1 found, 0 none, or an error. */
	int (*cursor)(void *ctx, const char *source, const char *scope,
		      struct strbuf *ret, struct err *err);
	/*
	 * Of the items that are ITEM_UNREAD: have we stored exactly these bytes
	 * for this identity? Then it becomes ITEM_UNCHANGED, and origin the
	 * door's own number for the identity.
	 */
	void (*known)(void *ctx, struct item *items, size_t n);
	/* Opens a ledger row. */
	int (*poll_begin)(void *ctx, const struct poll_window *w,
			  int64_t *ret_poll, struct err *err);
	/* Stores a page in one transaction: all of it or nothing. */
	int (*page)(void *ctx, int64_t poll, const struct page *page,
		    struct err *err);
	/* The listing is incomplete, and why. */
	int (*poll_fail)(void *ctx, int64_t poll, const char *why,
			 struct err *err);
	/*
	 * A slice of time that cannot be read is kept as a named gap (with an
	 * alert about triaged itself), so that the rest can go on. It ends with
	 * the last page of a listing whose window covers it, in the same
	 * transaction.
	 */
	int (*gap_open)(void *ctx, const struct poll_window *w, const char *why,
			struct err *err);
	/* Under this name something else is read from now on: its cursor is
	 * forgotten, and what its first listing brings was there before. */
	int (*anew)(void *ctx, const char *source, const char *scope,
		    struct err *err);
	/*
	 * Something about the source itself that belongs in its history, not
	 * an alert: a subscription appeared, or went. @kind is a word for the
	 * event, @detail_json one JSON object.
	 */
	int (*note)(void *ctx, const char *source, const char *kind,
		    const char *detail_json, struct err *err);
};

#endif
