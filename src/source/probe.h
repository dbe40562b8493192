/*
 * Would this source be let in? Signs in, and asks each API that the source
 * reads for one small page, step by step. Nothing is stored, and nothing is
 * tried a second time: whoever asks wants to know now.
 */
#ifndef SOURCE_PROBE_H
#define SOURCE_PROBE_H

#include "source/source.h"

/* So many subscriptions are asked of those that were found; named ones are
 * asked all. */
#define PROBE_FOUND_MAX 20

/* Text is borrowed for the call. */
struct probe_step {
	const char *name; /* "sign-in", "alerts of SUBSCRIPTION" */
	bool ok;
	/* ok: what was seen, in a few words. Else the error, as struct
	 * source_result has it: it may end with the command that helps. */
	const char *text;
};

typedef void probe_step_fn(void *arg, const struct probe_step *s);
/* The last step was told. */
typedef void probe_done_fn(void *arg);

struct probe;

/*
 * Begin; @step is called for each step and @done once, last, all of them later
 * from the loop. @c and what @env points to are borrowed; of @env the ingest
 * door, budget and skew are not used.
 */
struct probe *probe_new(const struct source_conf *c,
			const struct source_env *env, probe_step_fn *step,
			probe_done_fn *done, void *arg);
/* Not from within a call back. Returns NULL; NULL is fine. */
struct probe *probe_free(struct probe *p);

#endif
