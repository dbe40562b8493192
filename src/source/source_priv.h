/* What a type of source implements, and how it reports. */
#ifndef SOURCE_SOURCE_PRIV_H
#define SOURCE_SOURCE_PRIV_H

#include "source/source.h"

struct source_ops {
	const char *kind;
	/* Never fails; @env is copied by the caller and lives as long. */
	void *(*open)(struct source *owner, const struct source_conf *c,
		      const struct source_env *env);
	void (*close)(void *self); /* also in the middle of a poll */
	/* Begin; source_finish() is called once, later, from the loop. */
	void (*poll)(void *self);
};

extern const struct source_ops defender_cloud_ops;
extern const struct source_ops file_ops;
extern const struct source_ops demo_ops;
extern const struct source_ops graph_security_ops;
extern const struct source_ops graph_hunting_ops;
extern const struct source_ops cloud_apps_ops;

/* The poll is over. The last act of a callback: the source may be polled again
 * or freed in it. */
void source_finish(struct source *s, const struct source_result *r);

/* Note the first failure of a poll. */
void source_result_fail(struct source_result *r, const char *fmt, ...)
	printf_like(2, 3);
/* Add what one of several parts of a poll came to (not its refused). */
void source_result_add(struct source_result *sum,
		       const struct source_result *r);

#endif
