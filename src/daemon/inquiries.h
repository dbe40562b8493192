/*
 * What people ask the sources about an alert, on its way to being evidence: who
 * can be asked, the question under way, and what came of it. The answer is kept
 * whether or not the one who asked still waits.
 */
#ifndef DAEMON_INQUIRIES_H
#define DAEMON_INQUIRIES_H

#include "conf/conf.h"
#include "daemon/pipeline.h"
#include "daemon/poller.h"
#include "source/activities.h"
#include "store/evidence_rows.h"

struct inquiries;

struct inquiries_env {
	struct pipeline *pipeline;
	struct poller *poller; /* lives longer */
};

struct inquiries *inquiries_new(const struct inquiries_env *env);
/* What is under way is abandoned; nothing of it is kept. Returns NULL. */
struct inquiries *inquiries_free(struct inquiries *qs);

/* All borrowed. */
struct inquiry_ask {
	int64_t alert_id;
	const char *who; /* asks */
	/* Whose activities; NULL: whose trail tells most about the alert. */
	const char *value;
	enum activities_about about; /* with value */
	int64_t around_ms; /* 0: TRAIL_AROUND_MS */
	int64_t most; /* 0: TRAIL_LIMIT */
	int64_t now_ms;
};

/*
 * Ask the first source of the alert's tenant that has an audit trail, and the
 * next one when that refuses us. Returns 0 with the number of the inquiry, of
 * one that is under way when somebody asked the same; ERR_NOT_FOUND no such
 * alert, ERR_CONF what is asked for cannot be, ERR_BAD_STATE nobody can be
 * asked, ERR_BUSY too many are.
 */
int inquiry_begin(struct inquiries *qs, const struct inquiry_ask *ask,
		  int64_t *ret_number, struct err *err) must_check;

enum inquiry_stage { INQUIRY_ASKING, INQUIRY_KEPT, INQUIRY_FAILED };
#define INQUIRY_STAGE_MAX (INQUIRY_FAILED + 1)
const char *inquiry_stage_name(enum inquiry_stage s);

/* Borrowed until the next turn. */
struct inquiry_state {
	enum inquiry_stage stage;
	const char *source; /* who is asked, or was last */
	enum activities_about about;
	const char *value;
	struct activities_progress progress; /* while it is asking */
	struct evidence_kept kept;
	int64_t n_unread;
	const char *trouble; /* kept, but not all there is; "" all */
	const char *error; /* why it failed, and what to do */
	int64_t retry_at_ms; /* asked before, it fails again; 0 not known */
};
/* False: there is none of that number, or not any more. */
bool inquiry_look(struct inquiries *qs, int64_t number,
		  struct inquiry_state *ret);

#endif
