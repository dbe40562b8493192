/* The selectors of `list` (interface 3) as typed, to what the store asks. */
#ifndef CLI_SELECTORS_H
#define CLI_SELECTORS_H

#include "cli/arguments.h"
#include "store/look.h"

struct selection {
	struct selector sel; /* borrows the arguments and @resource */
	char *resource;
	bool narrowed; /* something was asked beside the defaults */
};

/*
 * Default: open and acknowledged ones. 0, or ERR_CONF naming the option, the
 * value and what it may be.
 */
int selectors_parse(const struct arguments *args, int64_t now_ms,
		    struct selection *ret, struct err *err) must_check;
/*
 * Those of the commands that show a posture: source, subscription, severity,
 * resource, since and limit. What --state is, each says by itself.
 */
int selectors_parse_posture(const struct arguments *args, int64_t now_ms,
			    struct selection *ret, struct err *err) must_check;
/* Does the command line ask for some alerts, by more than their time? */
bool selectors_narrow(const struct arguments *args);
void selection_release(struct selection *s);

/*
 * What --state asks for, as bits of the words of @kind, of which the last is
 * "all": 0 for that, and when it was not given.
 */
int selectors_states(const struct arguments *args, const char *kind,
		     unsigned *ret, struct err *err) must_check;

/* The moment that @option gives; *ret stays as it is when it was not given. */
int selectors_moment(const struct arguments *args, const char *option,
		     int64_t now_ms, int64_t *ret, struct err *err) must_check;

#endif
