/*
 * The life of what is stored: what is over is removed when its time has come,
 * and earlier when the database is too large; free room goes back to the disk.
 *
 * Age is told by a time of its own, which follows the wall clock at twice the
 * speed of time that has passed: what a clock that is ahead for an hour makes
 * old is an hour older than it is. It is kept in the database, since a start
 * cannot know for how long the machine was off.
 */
#ifndef DAEMON_KEEPER_H
#define DAEMON_KEEPER_H

#include "daemon/pipeline.h"
#include "store/retention.h"

/* Between two slices while there is work: what is urgent has the rest. */
#define KEEPER_PAUSE_MS 50
/* Between two looks at the size while there is none. */
#define KEEPER_LOOK_MS INT64_C(600000)
/* Between two rounds through all classes. */
#define KEEPER_EVERY_MS INT64_C(21600000)

enum keeper_stage {
	KEEPER_IDLE,
	KEEPER_ROUND, /* through the classes, by their times */
	KEEPER_URGENT, /* the same, for the sake of size */
	KEEPER_SHRINK, /* free pages are given back */
};

struct keeper {
	struct pipeline *pipeline; /* borrowed */
	enum keeper_stage stage;
	struct retention_walk walk; /* its class is the one at work */
	int64_t round_ms; /* when the last round began; 0 none has */
	int64_t age_ms; /* the time by which things are old; 0 not read yet */
	int64_t age_mono_ms; /* when it was set */
	int64_t age_stored_ms; /* as the database has it */
	struct store_space space; /* at the last look */
	bool over; /* above the limit, and nothing is left that may go */
};

/*
 * One slice of whatever is to do, some milliseconds. Returns 1 when it wants
 * to go on soon, 0 when there is nothing to do before the next look, or a
 * negative code: then nothing of the slice is done, and it begins its class
 * anew. Writes and logs, once a day at most, what was removed.
 */
int keeper_slice(struct keeper *k, int64_t now_ms, struct err *err) must_check;
/* Times or sizes are others: what goes on goes by them, and a round begins with
 * the next slice. */
void keeper_reload(struct keeper *k);

#endif
