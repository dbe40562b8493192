/*
 * The templates of one target, ready for use. What fails at the moment of
 * sending falls back to the built-in words; who delivers asks afterwards
 * whether that happened.
 */
#ifndef NOTIFY_CUSTOM_H
#define NOTIFY_CUSTOM_H

#include <stdbool.h>
#include <stdint.h>
#include "conf/conf.h"
#include "util/err.h"

struct custom;

/* *ret is NULL when @c has no template. 0 or ERR_CONF. */
int custom_new(const struct target_conf *c, struct custom **ret,
	       struct err *err) must_check;
struct custom *custom_free(struct custom *c); /* returns NULL */

/*
 * Did a template fail since the last call? Then why (borrowed until the next
 * rendering), else NULL. *ret_again: it was told within the last hour.
 * @c may be NULL.
 */
const char *custom_take_fault(struct custom *c, int64_t mono_ms,
			      bool *ret_again);

typedef void custom_fault_fn(void *arg, const struct mark *mark, bool warning,
			     const char *text);
/* Everything wrong with the templates of @c, tried with a sample of every kind
 * of message (custom_sample.h). */
void custom_check(const struct target_conf *c, custom_fault_fn *fn, void *arg);

#endif
