/*
 * The posture of one source: when it is read, and reading it. Called by
 * surveyor.c, which has all of them.
 *
 *	waiting -> finding -> reading -> waiting
 */
#ifndef DAEMON_SURVEY_PRIV_H
#define DAEMON_SURVEY_PRIV_H

#include "daemon/surveyor.h"

struct survey; /* opaque */

/* @env is borrowed, @c is copied as far as needed. */
struct survey *survey_new(const struct surveyor_env *env,
			  const struct source_conf *c, int64_t mono_ms);
/* Returns NULL; NULL is fine. */
struct survey *survey_free(struct survey *s);
/* Can it stay under these settings? */
bool survey_is_of(const struct survey *s, const struct source_conf *c);
/* A new interval counts from the time the old one began; a round that failed
 * is made again at once. */
void survey_adopt(struct survey *s, int64_t every_ms, int64_t mono_ms);
/* Begin a round that is due. In how long one is; -1 while one runs. */
int64_t survey_run(struct survey *s, int64_t mono_ms);
void survey_state(const struct survey *s, int64_t mono_ms,
		  struct surveyor_state *ret);

#endif
