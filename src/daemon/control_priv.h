/*
 * What the files of control verbs share: one request on its way, and the
 * tables in which a verb stands.
 */
#ifndef DAEMON_CONTROL_PRIV_H
#define DAEMON_CONTROL_PRIV_H

#include "daemon/app_priv.h"
#include "util/err.h"

struct command {
	struct app *app;
	struct ctl_call *call;
	const struct ctl_peer *peer;
	const json_t *args; /* within the limits of wire_check_args() */
	enum role role; /* of who asks */
};

/* Answer that it did not work: the code that @rc means, with @err's text. */
void command_fail(struct command *c, int rc, const struct err *err);
/* An argument that is a number; 0 when it is none. A time can be added to
 * another. */
int64_t command_integer(const struct command *c, const char *name);

/*
 * Somebody was refused who lacks the role @needs, or (@why, else NULL) is the
 * wrong person: counted, and once a minute for each user in journal and audit
 * log. Answers nothing.
 */
void command_denied(struct command *c, const char *verb, enum role needs,
		    const char *why);

struct verb {
	const char *name; /* of ctl.h; NULL behind the last */
	enum role role; /* the least that may */
	void (*run)(struct command *c); /* answers the call, always */
};

/* All of them, in the order of the tables; NULL behind the last. */
const struct verb *control_verb_at(size_t i);

extern const struct verb verbs_people[];
extern const struct verb verbs_silence[];
extern const struct verb verbs_drill[];
extern const struct verb verbs_outbox[];
extern const struct verb verbs_evidence[];
extern const struct verb verbs_respond[];

#endif
