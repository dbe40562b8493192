/*
 * The log of events as a stream, and how far each destination of `forward:` has
 * it. A destination that leaves the settings keeps its place.
 */
#ifndef STORE_FORWARDS_H
#define STORE_FORWARDS_H

#include "store/store.h"

#define LOGGED_HASH_SIZE 32

/* A row of the log. Strings are owned; NULL never. */
struct logged_event {
	int64_t id, alert_id; /* alert_id 0: about the daemon */
	int64_t at_ms;
	char *actor, *kind, *detail;
	uint8_t hash[LOGGED_HASH_SIZE]; /* see store/audit.h */
};
void logged_event_release(struct logged_event *e);

struct forward_place {
	int64_t event_id; /* the last that it has for certain */
	int64_t n_forwarded; /* since it was first named; a repeat is none */
	int64_t forwarded_ms; /* when event_id last moved; 0 never */
};

/* The settings name no destination any more; forwards_begin lists them again.
 * Both in one transaction. */
int forwards_unlist(struct store *s, struct err *err) must_check;
/*
 * The settings name @name. When it is new it begins behind the present end of
 * the log or, @from_beginning, at its start.
 */
int forwards_begin(struct store *s, const char *name, bool from_beginning,
		   int64_t now_ms, struct forward_place *ret,
		   struct err *err) must_check;

/* It has everything up to @event_id, @n more than before; its error is over.
 * Never goes back. */
int forwards_advance(struct store *s, const char *name, int64_t event_id,
		     int64_t n, int64_t now_ms, struct err *err) must_check;
/* Why it gets nothing now. */
int forwards_fail(struct store *s, const char *name, const char *error,
		  int64_t now_ms, struct err *err) must_check;

/* Number of the newest event; 0 none. Needs no transaction. */
int forwards_last(struct store *s, int64_t *ret, struct err *err) must_check;
/* Up to @max events behind @after, oldest first. Returns how many; each is
 * released by the caller. Needs no transaction. */
int forwards_read(struct store *s, int64_t after, struct logged_event *ret,
		  size_t max, struct err *err) must_check;

#endif
