/* Between the files of the checklist. */
#ifndef ADVICE_CHECKLIST_PRIV_H
#define ADVICE_CHECKLIST_PRIV_H

#include "advice/checklist.h"

/* A plan, and what it protects. */
struct protection {
	const char *plan;
	const char *one, *many; /* "key vault", "key vaults" */
	const char *const *types; /* of resources; NULL: every subscription */
};
/* Row @i, or NULL behind the last. */
const struct protection *protection_at(size_t i);

/* How a plan stands to what it would protect. */
enum cover {
	COVER_NEEDLESS, /* nothing there to protect */
	COVER_ON,
	COVER_PART, /* on, and not for all of it */
	COVER_OFF, /* and there is something */
	COVER_OFF_MAYBE, /* off, and what there is was never read */
	COVER_UNTOLD, /* the service does not tell of such a plan */
	COVER_UNREAD, /* plans were never read */
};
enum cover protection_judge(const struct posture_facts *f,
			    const struct protection *p, int64_t *ret_n);
/* "12 key vaults"; "the subscription itself"; heap. */
char *protection_words(const struct protection *p, int64_t n) must_check;

const struct plan *facts_plan(const struct posture_facts *f, const char *name);
bool facts_has_machines(const struct posture_facts *f);

/* Why a part was never read, and the command that mends it, into @i. */
void chore_unread(struct chore *i, const struct posture_facts *f,
		  enum posture_part part, const struct source_conf *c);

/* The command that turns a plan on, and the one that shows it; heap. */
char *plan_command(const struct posture_facts *f, const char *plan) must_check;
char *plan_look_command(const struct posture_facts *f,
			const char *plan) must_check;

/* Is there a source that hears of alerts, or of behaviors, of Cloud Apps? */
bool conf_hears_cloud_apps(const struct conf *c);
bool conf_hears_behaviors(const struct conf *c);

#endif
