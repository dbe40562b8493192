/*
 * What people do with silences, and what happens to these at a time: the end
 * is announced, and comes. Who may do it was decided by the control socket.
 */
#ifndef DAEMON_SILENCING_H
#define DAEMON_SILENCING_H

#include "core/silence.h"
#include "daemon/pipeline.h"

/* What a silence would hold back of what is open now. */
struct silence_preview {
	int64_t n_open; /* alerts that are open */
	int64_t n_covered; /* of these */
	int64_t n_by_severity[SEVERITY_MAX];
	int64_t examples[5]; /* numbers of alerts, worst first; 0: no more */
};

/*
 * Is @s allowed, and what would it cover? It must be checked before it is
 * added, which is in a transaction of its own; *ret_id is its number.
 */
int silencing_preview(struct pipeline *p, const struct silence *s,
		      int64_t now_ms, struct silence_preview *ret,
		      struct err *err) must_check;
int silencing_add(struct pipeline *p, const struct silence *s, int64_t *ret_id,
		  struct err *err) must_check;
/* Before its time, by @who. ERR_NOT_FOUND, ERR_BAD_STATE when it has ended. */
int silencing_end(struct pipeline *p, int64_t id, const char *who,
		  int64_t now_ms, struct err *err) must_check;

/*
 * Announce and end what is due, inside the caller's transaction. Returns how
 * many were changed; hush_refresh() when that is committed.
 */
int silencing_run(struct pipeline *p, int64_t now_ms,
		  struct err *err) must_check;
/* The next moment that is called for; 0 never. */
int64_t silencing_next_ms(const struct pipeline *p);

#endif
