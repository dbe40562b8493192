/*
 * Evidence about alerts: what was fetched, by whom and when, kept as it came.
 * Nothing of it is ever changed; it goes with its alert. What a fetch found is
 * sealed by a hash, which stands in its row and, as "sha256", in the event
 * "evidence" that the caller writes to the audit log.
 */
#ifndef STORE_EVIDENCE_ROWS_H
#define STORE_EVIDENCE_ROWS_H

#include "core/evidence.h"
#include "store/store.h"
#include "util/digest.h"

/* Kind of the event, whose detail has "fetch" and "sha256". */
#define EVIDENCE_EVENT "evidence"

/* One time of asking; strings borrowed. */
struct evidence_fetch {
	int64_t alert_id;
	const char *kind; /* EVIDENCE_ACTIVITY */
	const char *source; /* configured name of who was asked */
	const char *about_kind, *about; /* "account", "ada@example.org" */
	int64_t from_ms, to_ms;
	int64_t most; /* no more than so many were asked for */
	int64_t n_unread; /* items that could not be understood */
	int64_t fetched_ms;
	const char *fetched_by;
	const char *trouble; /* why it is not all there is; NULL: it is */
};

struct evidence_kept {
	int64_t fetch; /* number of the fetch */
	int64_t n_found, n_added; /* the others had been kept before */
	char hash[DIGEST_HEX_SIZE];
};

/*
 * Keep what a fetch found. An item that the alert has already (by kind and
 * native id) stays as it is. Needs an open transaction.
 */
int evidence_keep(struct store *s, const struct evidence_fetch *f,
		  const struct evidence_list *found, struct evidence_kept *ret,
		  struct err *err) must_check;

/*
 * Is the evidence of an alert as it was sealed? 0, or ERR_STORE_DAMAGED with
 * the fetch whose items were altered. Needs no transaction.
 */
int evidence_verify(struct store *s, int64_t alert_id,
		    struct err *err) must_check;

/* A fetch that does not hold. */
struct evidence_place {
	int64_t alert_id, fetch, at_ms;
	bool lost; /* only the log of events knows of it */
	char by[80];
};

/* The same of all alerts. 1: the first fetch that was altered, or is gone
 * although its alert is there, is *ret; 0: the *ret_n fetches hold. */
int evidence_verify_all(struct store *s, struct evidence_place *ret,
			int64_t *ret_n, struct err *err) must_check;

#endif
