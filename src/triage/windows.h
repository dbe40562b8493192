/*
 * Quiet hours and maintenance made ready: when what goes on now ends, and what
 * comes next. Times of the configuration are civil; these are instants.
 */
#ifndef TRIAGE_WINDOWS_H
#define TRIAGE_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>
#include "core/policy.h"
#include "util/err.h"

struct windows;

/*
 * NULL with @err (and *ret_mark where it stands, if not NULL) when a zone is
 * unknown or a plan has no time at all. @p may be released afterwards.
 */
struct windows *windows_new(const struct policy *p, int64_t now_ms,
			    struct mark *ret_mark, struct err *err) must_check;
struct windows *windows_free(struct windows *w); /* returns NULL */

/* The end of the quiet hours of plan @i that @now_ms lies in; 0: in none. */
int64_t windows_quiet_end(const struct windows *w, size_t i, int64_t now_ms);

struct window {
	int64_t from_ms, to_ms; /* half-open */
};
/* The maintenance of plan @i that goes on at @now_ms, else the next one. False:
 * it is over. */
bool windows_maintenance(const struct windows *w, size_t i, int64_t now_ms,
			 struct window *ret);

#endif
