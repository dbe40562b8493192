/*
 * When each source is polled: its interval, longer after failures, never
 * before the service lets us. Reports what people must know: failing,
 * recovered, stale.
 */
#ifndef DAEMON_POLLER_H
#define DAEMON_POLLER_H

#include "conf/conf.h"
#include "net/xfer.h"
#include "daemon/pipeline.h"

struct poller;

struct poller_env {
	struct loop *loop;
	struct xfer_pool *pool;
	struct pipeline *pipeline;
	void (*on_idle)(void *arg); /* a poll ended: the agenda must look */
	void *arg;
};

struct poller *poller_new(const struct poller_env *env);
struct poller *poller_free(
	struct poller *p); /* running polls are abandoned; NULL */
/*
 * Take the sources of @c. Sources that did not change keep running and keep
 * their schedule; changed ones start anew. @c must outlive the poller or be
 * replaced.
 */
void poller_configure(struct poller *p, const struct conf *c);
/* Start what is due; returns the delay until the next poll, -1 none. */
int64_t poller_run(struct poller *p, int64_t mono_ms);
/* No new polls. */
void poller_drain(struct poller *p);
/* A page of @source was stored. */
void poller_progress(struct poller *p, const char *source);

struct source_env;
/*
 * What @source polls with, for somebody who asks it something else; all of it
 * but the configuration lives as long as the poller. False: there is none.
 */
bool poller_lend(const struct poller *p, const char *source,
		 struct source_env *ret, const struct source_conf **ret_conf);

/* Every source has finished at least one poll since the start, and how many of
 * them failed in it. */
bool poller_all_once(const struct poller *p, size_t *ret_failed);
bool poller_is_busy(const struct poller *p);
/* A poll has run for long without storing a page: name of its source, or NULL.
 */
const char *poller_stuck(const struct poller *p, int64_t mono_ms);

struct poller_state {
	const char *name, *kind;
	bool busy, failing;
	bool refused; /* failing, and trying again does not help */
	int64_t last_complete_ms; /* wall clock; 0 never since the start */
	int64_t next_in_ms;
	const char *error; /* "" none */
	int64_t skew_ms; /* our clock minus the service's; 0 also unknown */
	int64_t interval_ms; /* by the settings */
	int64_t certificate_ends_ms; /* it signs in with; 0 none */
	const char *part; /* of it that may not be read, and why; "" none */
};
size_t poller_count(const struct poller *p);
void poller_state(const struct poller *p, size_t i, struct poller_state *ret);

#endif
