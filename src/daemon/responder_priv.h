/* What the files of the runner share: responder, responder_site. */
#ifndef DAEMON_RESPONDER_PRIV_H
#define DAEMON_RESPONDER_PRIV_H

#include "daemon/responder.h"
#include "daemon/responding.h"
#include "net/budget.h"
#include "notify/runbook.h"
#include "respond/act.h"

enum place_state {
	PLACE_FREE,
	PLACE_RUNNING,
	PLACE_ENDED, /* the store does not have it yet */
};

/* One response that runs. */
struct place {
	struct responder *owner;
	enum place_state state;
	struct response response;
	bool called_before; /* by an earlier attempt */
	bool store_failed; /* while it was found */
	const char *caution; /* static, or NULL */
	char *base, *subject, *client_id, *ca_file, *proxy;
	struct budget *budget; /* borrowed; NULL none */
	struct act *act;
	struct runbook *runbook;
	struct respond_ending ending; /* its words are these two: */
	char text[RESPONSE_ANSWER_MAX];
	char request_id[128];
};

struct responder {
	struct responder_env env;
	struct place places[RESPONDER_PLACES];
	bool begun; /* the rows of the run before were looked at */
	bool draining;
};

/* It ended; what else is known about that stands in pl->ending. */
void place_end(struct place *pl, enum response_state to, const char *text);
/* It must not be done (@text says why), or the store could not be asked. */
void place_stop(struct place *pl, const char *text);
/* Its row, whether it may be done, with what was @seen; as act_conf.found. */
enum act_next place_found(struct place *pl, const struct respond_seen *seen,
			  struct err *err);

/* responder_site.c: what is done by ourselves. Negative: it cannot begin. */
int place_begin_message(struct place *pl, struct err *err) must_check;
int place_begin_program(struct place *pl, struct err *err) must_check;

#endif
