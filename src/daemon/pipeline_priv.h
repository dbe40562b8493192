/* What the files that tell the story share: pipeline, story, owe, self, people,
 * timed. */
#ifndef DAEMON_PIPELINE_PRIV_H
#define DAEMON_PIPELINE_PRIV_H

#include "daemon/pipeline.h"
#include "util/timefmt.h"

/* One alert at one moment, on its way through the transaction. */
struct subject {
	int64_t id;
	int64_t episode;
	const struct alert *alert;
	const struct tracked *known; /* as it was before; NULL first sight */
	const struct decision *decision;
	const struct sighting *at;
};

/* Writes the events of a change and tells the news. */
int story_write(struct pipeline *p, const struct subject *s,
		struct err *err) must_check;
/* Keeps an item that could not be understood. */
int story_quarantine(struct pipeline *p, const char *source,
		     const struct item *it, const struct sighting *at,
		     struct err *err) must_check;

/* One event about @id at @now_ms; @detail_fmt gives a JSON object's text, as
 * json_pack. */
int story_event(struct pipeline *p, int64_t id, int64_t now_ms,
		const char *actor, const char *kind, const char *detail_fmt,
		...) must_check;

/* gap.c: a function of the ingest door; @ctx is the pipeline. */
int gap_open(void *ctx, const struct poll_window *w, const char *why,
	     struct err *err) must_check;
/* Gaps that the complete listing @poll has read end, inside its transaction.
 * Returns how many. */
int gap_close_read(struct pipeline *p, const struct poll_window *w,
		   const struct sighting *at, struct err *err) must_check;
/* Ends those of what the settings leave out: nobody reads it. */
int gap_end_bygone(struct pipeline *p, struct err *err) must_check;

/* pipeline_self_alert inside an open transaction. */
int self_accept(struct pipeline *p, const struct self_alert *s, int64_t now_ms,
		struct err *err) must_check;

#endif
