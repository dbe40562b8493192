/*
 * Between the files of `triagectl doctor`.
 *
 *	cmd_doctor.c      who looks, and the screen
 *	doctor_list.c     the findings: kept, put in order
 *	doctor_daemon.c   what the daemon says, or why it says nothing
 *	doctor_store.c    what the database tells
 *	doctor_targets.c  the targets in it
 *	doctor_machine.c  the machine: disk, clock, name servers
 *	doctor_zones.c    the machine: rules of time zones
 */
#ifndef CLI_DOCTOR_PRIV_H
#define CLI_DOCTOR_PRIV_H

#include <jansson.h>
#include "cli/session.h"

/* Strings are copied by doctor_add(). */
struct finding {
	bool trouble; /* else a remark, which needs nobody now */
	const char *about; /* "database" "daemon" "settings" "source" "target"
			      "forward" "coverage" "machine" */
	const char *name, *step, *cause;
	/* One line for the shell, as root would type it where nothing is out
	 * of the ordinary: see as_typed(). */
	const char *next;
	int64_t last_good_ms; /* 0 never, or no such thing */
	int64_t until_ms; /* when it is tried again; 0 no such thing */
};

struct checkup {
	struct session *session;
	struct finding *v; /* owned, its strings too */
	size_t n;
	bool answered; /* by the daemon */
	int64_t pid; /* its; 0 unknown */
	json_t *zones; /* how it computes local time; NULL unknown */
};

void checkup_release(struct checkup *c);
/* A finding of the same subject, name and step stands already: it stays. */
void doctor_add(struct checkup *c, const struct finding *f);
/* Worst first. */
void doctor_sort(struct checkup *c);
size_t doctor_troubles(const struct checkup *c);
/* Has something been found about this step? */
bool doctor_has_step(const struct checkup *c, const char *step);

/* The settings as far as they could be read; NULL none. */
const struct conf *doctor_conf(const struct checkup *c);

/*
 * "usermod -aG triaged alice", after the group of @path or of the folder
 * that hides it; "ls -l PATH" for who is in it already, or where there is none.
 * Heap.
 */
char *doctor_join_group(const char *path) must_check;

void doctor_ask_daemon(struct checkup *c);
void doctor_look_database(struct checkup *c);
int doctor_look_targets(struct checkup *c, struct err *err);
void doctor_look_disk(struct checkup *c);
void doctor_look_clock(struct checkup *c);
void doctor_look_zones(struct checkup *c);
/* What could not be resolved is asked for once more, to know why. */
void doctor_look_names(struct checkup *c);

#endif
