/*
 * The log of events to its destinations: at least once, in order, each at its
 * own pace and from its own place. A destination that hangs, refuses or fills
 * its disk stands still alone; nothing here ever holds ingestion.
 */
#ifndef FORWARD_FORWARD_H
#define FORWARD_FORWARD_H

#include <stdbool.h>
#include <stdint.h>
#include "conf/conf.h"
#include "net/loop.h"
#include "store/store.h"

struct forward;

enum forward_news {
	FORWARD_FAILED, /* the first of a series */
	FORWARD_STUCK, /* refused, or no progress for long: a person must look;
			  told until it is taken, see forward_news_fn */
	FORWARD_GOES, /* it got something; told after a trouble and once after
			 the start */
	FORWARD_STORE, /* the database refused to keep its place */
};

/* From the loop or a reload, no transaction open. @error of FORWARD_GOES is
 * what was wrong before, NULL nothing. Returns false when the news could not be
 * kept: it comes again. */
typedef bool forward_news_fn(void *arg, enum forward_news news,
			     const struct forward_conf *c, const char *error);

/* Pointers are borrowed and outlive the struct forward. */
struct forward_env {
	struct store *store;
	struct loop *loop;
	const char *host; /* this machine */
	forward_news_fn *fn;
	void *arg;
};

struct forward_state {
	const char *name;
	enum forward_type type;
	int64_t lag; /* events that it does not have for certain */
	int64_t n_forwarded;
	int64_t last_good_ms; /* 0 never */
	bool failing; /* @error says why */
	bool stuck;
	const char *error; /* "" none */
};

/* Secrets are loaded. @c must outlive it or be replaced by forward_use. NULL
 * with @err when the places cannot be read. */
struct forward *forward_new(const struct conf *c, const struct forward_env *env,
			    struct err *err);
struct forward *forward_free(struct forward *f); /* returns NULL */
/*
 * Other settings in two steps, so that they change everywhere or nowhere: the
 * first may fail and changes nothing here, the second, with the same @c, cannot
 * fail. What did not change goes on undisturbed.
 */
int forward_prepare(struct forward *f, const struct conf *c,
		    struct err *err) must_check;
void forward_use(struct forward *f, const struct conf *c);
/* Something was added to the log: look, from the loop's next turn. */
void forward_kick(struct forward *f);
/* Begin nothing more. What has not settled comes again after the start. */
void forward_drain(struct forward *f);
/* Each destination has everything, or failed to take it (for --once). */
bool forward_settled(const struct forward *f);

size_t forward_count(const struct forward *f);
void forward_state(const struct forward *f, size_t i,
		   struct forward_state *ret);

#endif
