/*
 * Putting a backup in the place of the database. What stands there stays
 * beside, under another name.
 */
#ifndef STORE_RESTORE_H
#define STORE_RESTORE_H

#include "store/audit.h"
#include "store/backup.h"

struct restore_order {
	const char *database; /* where it goes: STATE_DIRECTORY/triaged.db */
	const char *backup; /* the file it comes from */
	const char *who; /* for the audit log */
	bool broken_log; /* although the backup's audit log does not hold */
	bool dry_run; /* change nothing */
	int64_t now_ms;
	const struct store_watch *watch; /* may be NULL */
};

struct restore_report {
	struct store_facts backup, present;
	struct audit_report log; /* of the backup */
	bool present_there;
	char present_trouble[256]; /* why it cannot be read; "" it can */
	/* The backup is an earlier state of the present database; else they
	 * have different pasts, and nothing can be said of the difference. */
	bool is_earlier;
	int64_t n_owed; /* messages that the backup owes */
	int64_t n_taken_over; /* sent since, as the present one knows */
	int64_t n_responses; /* that had not ended, and were ended */
	char responses[128]; /* the numbers of the first of them, "3, 7" */
	char kept[512]; /* the name of what was replaced; "" none */
};

/*
 * Verify the backup (whole, ours, not newer, every reference, the audit log)
 * and compare it with the database there; then, unless it is a dry run, put it
 * in place. ERR_BUSY: a daemon works with the database, which its lock tells,
 * whatever its socket says; or somebody reads it now. Nothing is changed by a
 * failure. *ret is filled as far as it came, also then.
 *
 * The restored database knows of messages that the present one has sent since,
 * so that they are not sent again; see triagectl(1).
 */
int store_restore(const struct restore_order *o, struct restore_report *ret,
		  struct err *err) must_check;

#endif
