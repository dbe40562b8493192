/*
 * What is stored of the posture of subscriptions, how old it is and what of it
 * could not be read: for the commands that show it.
 */
#ifndef CLI_POSTURE_VIEW_H
#define CLI_POSTURE_VIEW_H

#include "advice/checklist.h"
#include "cli/session.h"

struct posture_view {
	struct session *session; /* borrowed: who asks, and how */
	unsigned parts; /* BIT(POSTURE_*): those that the answer is made of */
	struct rows reads; /* v_posture_reads of those parts */
	/* source, subscription, part, why, next, whole_ms: what is missing in
	 * the answer, or older than it should be, or why there is none */
	struct rows troubles;
	struct rows subscriptions; /* v_subscriptions, by whatever name */
	struct named {
		const char *id, *name; /* borrowed from them */
	} * names; /* owned; by id, those alone that have a name */
	size_t n_names;
	size_t n_subscriptions; /* of which anything was ever asked */
	int64_t oldest_ms, newest_ms; /* last read whole; 0 nothing was */
	const struct conf *conf; /* borrowed; NULL: no settings to go by */
};
void posture_view_release(struct posture_view *v);

/* What was read of @parts of the sources and subscriptions of @sel. */
int posture_view_load(struct session *session, const struct selector *sel,
		      unsigned parts, struct posture_view *ret,
		      struct err *err) must_check;

/* The subscription that all is about, or NULL. */
const char *posture_view_only(const struct posture_view *v);
/* What people call it, else its id. */
const char *posture_view_name(const struct posture_view *v,
			      const char *subscription);
/* "Subscription Payments (ID) of source azure", where there is only one: then
 * no column has to tell it. */
void posture_say_heading(struct writer *w, const struct posture_view *v);
/* The last of a screen: as of when it is, and what is missing, with the next
 * command. For programs "reads" and "troubles". */
void posture_say_state(struct writer *w, const struct posture_view *v);

/*
 * What is stored of each subscription of @sel, for the rules of
 * advice/checklist.h: plans, how many resources there are, settings. Borrows
 * from itself.
 */
struct posture_store {
	struct rows reads, plans, types, settings;
	struct posture_facts *v;
	size_t n;
};
int posture_store_load(struct session *session, const struct selector *sel,
		       struct posture_store *ret, struct err *err) must_check;
void posture_store_release(struct posture_store *p);
/* Of one subscription; NULL none. Quick when asked in the order of rows. */
const struct posture_facts *posture_store_find(const struct posture_store *p,
					       const char *source,
					       const char *subscription,
					       size_t *hint);

/* The settings of a source; NULL unknown. */
const struct source_conf *posture_source(const struct conf *c,
					 const char *name);

/* posture_status.c: a row for each source whose posture is to be read, and a
 * line each for `status`. Appends to @ret. */
int posture_status_load(struct session *session, struct rows *ret,
			struct err *err) must_check;
void posture_status_say(struct writer *w, const struct rows *r);

#endif
