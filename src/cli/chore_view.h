/* What there is to do, or not to be seen, by the rules of advice/checklist.h:
 * the facts, the items and their rows. */
#ifndef CLI_CHORE_VIEW_H
#define CLI_CHORE_VIEW_H

#include "advice/checklist.h"
#include "cli/posture_view.h"

struct chore_view {
	struct posture_view posture;
	struct posture_store store;
	struct chores items; /* who made the view appends to them */
	/* source, subscription, subscription_name, item, state, what, why,
	 * next, read_ms: of chore_view_take() */
	struct rows rows;
	size_t n[CHORE_STATE_MAX]; /* of each state, shown or not */
};
#define CHORE_VIEW_NONE                                                        \
	{                                                                      \
		.items = CHORES_NONE                                           \
	}
void chore_view_release(struct chore_view *v);

/* The facts of the sources and subscriptions of @sel; @ret is CHORE_VIEW_NONE.
 */
int chore_view_load(struct session *session, const struct selector *sel,
		    struct chore_view *ret, struct err *err) must_check;
/* The settings of the source that subscription @i is of; NULL unknown. */
const struct source_conf *chore_view_source(const struct chore_view *v,
					    size_t i);
/* Append what stands in the way of the rules: a source of which nothing was
 * read, or settings that cannot be read. What is not known then: @of a source,
 * and @own of triaged. @narrowed to a source or subscription: what the settings
 * lack is told here, too, as nothing else tells it then. */
void chore_view_add_unread(struct chore_view *v, bool narrowed, const char *of,
			   const char *own);
/* Items to rows: the worst first, else in the order they have; those in @states
 * alone (BIT(CHORE_*), 0 all). Their commands are to be typed beside @session.
 */
void chore_view_take(struct chore_view *v, const struct session *session,
		     unsigned states);

/* Row @i under the label @label: what, of whom, why, how old; and the next
 * command. */
void chore_view_say(struct writer *w, const struct chore_view *v, size_t i,
		    const char *label);

#endif
