/*
 * What should be set up and is, is not, or nobody knows; and what nobody sees.
 * Pure rules over what is stored of the posture and over the settings: facts
 * in, sentences and commands out.
 *
 * tested with: test_checklist, test_blindspots
 */
#ifndef ADVICE_CHECKLIST_H
#define ADVICE_CHECKLIST_H

#include "conf/conf.h"
#include "core/posture.h"

/* What is stored of one subscription, part by part. */
struct posture_facts {
	const char *source, *subscription; /* borrowed */
	/* Items, and why the last reading was not whole; of POSTURE_KINDS and
	 * POSTURE_RECOMMENDATIONS no items. */
	struct posture_page parts[POSTURE_PART_MAX];
	int64_t whole_ms[POSTURE_PART_MAX]; /* last read whole; 0 never */
	/* How many resources of a type there are, as of the recommendations;
	 * the array is owned. */
	struct resource_count *types;
	size_t n_types;
};
void posture_facts_release(struct posture_facts *f);

/* The worst first. */
enum chore_state { CHORE_MISSING, CHORE_UNKNOWN, CHORE_DONE };
#define CHORE_STATE_MAX (CHORE_DONE + 1)
/* "missing", "unknown", "done" */
const char *chore_state_name(enum chore_state s);

struct chore {
	/* Borrowed; both NULL: about triaged itself, by its settings. */
	const char *source, *subscription;
	const char *item; /* a word of ours: "plan", "contact", "drill" */
	enum chore_state state;
	char *what; /* "plan StorageAccounts" */
	char *why; /* the fact, without its age */
	int64_t read_ms; /* as of when; 0 never read, or it stands in settings
			  */
	char *next; /* one line for the shell; NULL nothing to do */
};

struct chores {
	struct chore *v;
	size_t n, n_alloc;
};
#define CHORES_NONE                                                            \
	{                                                                      \
		NULL, 0, 0                                                     \
	}
void chores_release(struct chores *l);
/* A new item of @f, NULL of triaged itself; @item is a constant. Its
 * words are to be filled in. */
struct chore *chores_add(struct chores *l, const struct posture_facts *f,
			 const char *item, enum chore_state state);

/*
 * Append what is to be set up in a subscription: a plan for each kind of
 * resource that is there, whom the service tells, what it exports and shares.
 * @c: the source's settings, NULL unknown.
 */
void checklist_subscription(struct chores *l, const struct posture_facts *f,
			    const struct source_conf *c);

/* What the settings do not say. */
struct own_facts {
	int64_t now_ms, last_drill_ms; /* 0 never */
};
/* Append what is to be set up in triaged itself. */
void checklist_own(struct chores *l, const struct conf *c,
		   const struct own_facts *f);

/* How well the alerts of one source and scope were read. */
struct reading_facts {
	const char *source, *scope; /* borrowed; scope "" the whole of it */
	bool never, left; /* not one complete listing; not there any more */
	int64_t unproven_ms;
	int64_t n_gaps, quarantined;
};
/* Append what raises no alert that triaged would see. */
void blindspots_subscription(struct chores *l, const struct posture_facts *f,
			     const struct source_conf *c);
/* A subscription that @source could read and does not; @state as the service
 * has it, NULL unknown. */
void blindspots_unwatched(struct chores *l, const char *source,
			  const char *subscription, const char *state);
void blindspots_reading(struct chores *l, const struct reading_facts *f);
void blindspots_own(struct chores *l, const struct conf *c);

/* How many resources the plan of that name would protect; -1 unknown, or the
 * plan is not about resources. */
int64_t checklist_protects(const struct posture_facts *f, const char *plan);

#endif
