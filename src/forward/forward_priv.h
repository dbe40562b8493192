/*
 * What the files of the forwarder share.
 *
 *	forward.c      the set of destinations, one timer, reload
 *	destination.c  one of them: its place, its failures, who hears of it
 *	to_syslog.c    over a stream: what is under way, what has settled
 *	to_file.c      into a file
 */
#ifndef FORWARD_FORWARD_PRIV_H
#define FORWARD_FORWARD_PRIV_H

#include "forward/file_sink.h"
#include "forward/forward.h"
#include "forward/record.h"
#include "net/outstream.h"
#include "store/forwards.h"

/* Of one piece: bounded work in a turn of the loop. */
#define BATCH_RECORDS ((size_t)50)
/* Nothing for so long although there is something: people hear of it. */
#define STUCK_MS (15 * 60 * 1000)
#define WAIT_FOREVER INT64_C(-1)

/* Sent at one moment, up to an event, and not settled yet. */
struct flight {
	int64_t event_id;
	int64_t n;
	int64_t position; /* see outstream_mark() */
	int64_t first_mono_ms, mono_ms; /* of what it holds */
};
#define FLIGHTS_MAX 128

struct forward {
	struct forward_env env;
	struct loop_timer *timer;
	struct destination **v;
	size_t n;
	struct forward_place *places; /* prepared, until they are used */
	int64_t last_id; /* of the log, when it was looked at last */
	bool draining;
};

struct destination {
	struct forward *owner;
	const struct forward_conf *conf; /* borrowed */
	struct forward_place place;
	int64_t sent_id; /* given to the sink; never below place.event_id */
	int64_t owed_id, owed_n; /* has arrived, the place is not stored yet */
	unsigned failures; /* in a row */
	int64_t retry_mono_ms; /* not before; 0 now */
	bool was_done; /* nothing was to do */
	int64_t progress_mono_ms; /* last progress, or the first to do */
	struct err err; /* code 0: fine */
	char stored_error[512]; /* what the store says of it */
	char trouble[512]; /* the last that nobody heard the end of */
	bool refused, stuck, goes_told;

	struct file_sink *file;
	struct outstream *stream;
	bool connecting;
	int64_t sending_n; /* of the piece under way; 0 none */
	struct flight flights[FLIGHTS_MAX]; /* oldest first */
	size_t n_flights;
};

/* destination.c */
struct destination *destination_new(struct forward *f,
				    const struct forward_conf *c,
				    const struct forward_place *place);
struct destination *destination_free(struct destination *d); /* NULL */
/* Does what is due; the delay until it wants to come back, WAIT_FOREVER. */
int64_t destination_step(struct destination *d, int64_t mono_ms);
bool destination_is_done(const struct destination *d);
/* Everything up to @event_id arrived, @n more than before. */
void destination_arrived(struct destination *d, int64_t event_id, int64_t n);
/* It did not take it: what was under way comes again, later. @refused: until
 * somebody changes something. */
void destination_failed(struct destination *d, const struct err *err,
			bool refused);
/* Records behind sent_id rendered into @out by @add, of at most @max bytes in
 * all but for the first. Returns how many and sets *ret_last_id; negative: the
 * store cannot be read, which is told. */
int destination_gather(struct destination *d, size_t max,
		       void (*add)(const struct destination *d,
				   const struct forward_record *r,
				   struct strbuf *out),
		       struct strbuf *out, int64_t *ret_last_id);

/* to_syslog.c, to_file.c: as destination_step; the place is stored. */
void to_syslog_open(struct destination *d);
void to_syslog_close(struct destination *d);
int64_t to_syslog_step(struct destination *d, int64_t mono_ms);
void to_file_open(struct destination *d);
int64_t to_file_step(struct destination *d, int64_t mono_ms);

/* forward.c */
void forward_wake(struct forward *f);

/* The earlier of two delays. */
static inline int64_t wait_less(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

#endif
