/*
 * What people must hear of one source: that it has not been complete for long,
 * that its sign-in is refused, that its certificate is about to end. Each is
 * one alert about triaged itself, closed when the trouble is over.
 */
#ifndef DAEMON_VIGIL_H
#define DAEMON_VIGIL_H

#include "conf/conf.h"
#include "daemon/pipeline.h"

struct vigil {
	struct pipeline *pipeline;
	const struct source_conf *conf; /* borrowed; a reload replaces it */
	int64_t complete_mono_ms; /* last complete poll, or the beginning */
	int64_t complete_ms; /* the same on the wall clock; 0 never */
	bool stale, refused, part, clock; /* that alert is out */
	/* Alerts of the run before are closed by the first good poll. */
	bool stale_known, refused_known, part_known, clock_known;
	int told_step; /* of the certificate's steps; see expiry.h */
	bool told;
};

void vigil_begin(struct vigil *v, struct pipeline *p,
		 const struct source_conf *c);
/* A poll was complete. */
void vigil_complete(struct vigil *v);
/* A poll was not. @refused: permanent sign-in or role trouble; else
 * @progressed says that the sign-in works: something was read. */
void vigil_failed(struct vigil *v, const char *error, bool refused,
		  bool progressed);
/* A poll ended, @complete or not: which part of the source may not be read, and
 * why; "" none. */
void vigil_part(struct vigil *v, const char *refused, bool complete);
/* The same: how far our clock is ahead of the service's, and whether the
 * sign-in was refused as it is when a clock is off. */
void vigil_clock(struct vigil *v, int64_t skew_ms, bool refused);
/* From time to time: has it been too long? @error is the last one, "" none. */
void vigil_look(struct vigil *v, const char *error);
/* The end of the certificate it signs in with; 0 none. */
void vigil_certificate(struct vigil *v, int64_t ends_ms);

#endif
