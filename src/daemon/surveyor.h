/*
 * Reads the posture of each source that has one, slowly: finds its
 * subscriptions, reads them part by part, keeps each page at once.
 */
#ifndef DAEMON_SURVEYOR_H
#define DAEMON_SURVEYOR_H

#include "conf/conf.h"
#include "source/source.h"
#include "store/store.h"

/* What is urgent goes first after a start; what was read lately is not read
 * again for it. */
#define SURVEYOR_FIRST_MS INT64_C(60000)
/* After a round that did not get everything; sooner if the interval is. */
#define SURVEYOR_AGAIN_MS INT64_C(3600000)

struct surveyor;

struct surveyor_env {
	struct loop *loop; /* these live longer, as what lend gives */
	struct store *store;
	void *arg;
	/* What a source polls with, and its settings; as poller_lend(). */
	bool (*lend)(void *arg, const char *source, struct source_env *ret,
		     const struct source_conf **ret_conf);
	/* A round ended: when the next begins may have changed. */
	void (*on_idle)(void *arg);
	/* The store refused a change; NULL: it took one. */
	void (*on_store)(void *arg, const struct err *err);
};

struct surveyor *surveyor_new(const struct surveyor_env *env);
/* What is under way is abandoned; the pages so far are kept. Before what lend
 * gave. Returns NULL; NULL is fine. */
struct surveyor *surveyor_free(struct surveyor *sv);
/* Take the sources of @c, which is not kept. Those that are there already keep
 * their time, and what they are at; those that are gone stop. */
void surveyor_configure(struct surveyor *sv, const struct conf *c,
			int64_t mono_ms);
/* Begin what is due; the delay until the next may be, -1 nothing waits. */
int64_t surveyor_run(struct surveyor *sv, int64_t mono_ms);
/* No new rounds. */
void surveyor_drain(struct surveyor *sv);

struct surveyor_state {
	const char *source;
	bool busy;
	bool complete; /* the last round was; false also before the first */
	int64_t next_in_ms; /* 0 while busy */
	int64_t every_ms; /* as the settings ask for */
	int64_t n_incomplete; /* parts whose last reading was not whole */
	int64_t oldest_ms; /* the oldest whole reading of one; 0 none */
	const char *error; /* the first trouble of the last round; "" none */
};
/* The @i-th of them; false behind the last. */
bool surveyor_state(const struct surveyor *sv, size_t i, int64_t mono_ms,
		    struct surveyor_state *ret) must_check;

#endif
