/*
 * What a service tells about the state of a subscription, beside its alerts:
 * which plans are on, how good its score is, what it recommends, how it is set
 * up. Plain records: made by posture/, kept by store/, which know nothing of
 * each other.
 *
 * A subscription is read part by part, each part whole or not. One posture_page
 * is one part of one subscription as it was read at one time: it is kept in one
 * transaction together with its outcome, and only a complete one says anything
 * about what is not in it.
 *
 * Every string is owned, valid UTF-8, cleaned of control characters and
 * clipped; NULL means that the service did not say. Instants are milliseconds,
 * 0 for none.
 */
#ifndef CORE_POSTURE_H
#define CORE_POSTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/severity.h"
#include "util/compiler.h"

#define POSTURE_WORD_MAX 500 /* characters of a field of one line */
#define POSTURE_TEXT_MAX 8000 /* of one with several */
#define POSTURE_ID_MAX 2048 /* of a resource's id */

/* Stored; only ever append. */
enum posture_part {
	POSTURE_PLANS = 0,
	POSTURE_SCORES = 1,
	POSTURE_RECOMMENDATIONS = 2,
	POSTURE_KINDS = 3, /* what is said of every recommendation of a kind */
	POSTURE_CONTACTS = 4,
	POSTURE_EXPORTS = 5,
	POSTURE_PROVISIONING = 6,
	POSTURE_SHARING = 7,
	POSTURE_SUBSCRIPTIONS = 8, /* of the source, not of one of them */
};
#define POSTURE_PART_MAX (POSTURE_SUBSCRIPTIONS + 1)

/* "plans", "scores" ... */
const char *posture_part_name(enum posture_part p);

/* A plan of Defender for Cloud: the protection of one kind of resource. */
struct plan {
	char *name; /* "VirtualMachines" */
	bool is_on;
	char *tier, *sub_plan; /* as sent: "Standard", "P2" */
	bool is_deprecated;
	char *replaced_by; /* names, joined by ", " */
	char *coverage; /* as sent: "PartiallyCovered" */
	/* Parts of it by name, joined by ", ": those that are on, and off. */
	char *extensions_on, *extensions_off;
	int64_t enabled_ms;
	int64_t trial_left_ms; /* of a free trial */
};

/* Points in hundredths, so that no sum is rounded by a machine's fractions. */
struct secure_score {
	char *name; /* "ascScore" */
	int64_t current, max; /* points times 100 */
	int64_t percent; /* times 100: 10000 is all of it */
	int64_t weight;
};

/* Stored; only ever append. */
enum advice_state {
	ADVICE_UNHEALTHY = 0, /* something is to be done */
	ADVICE_HEALTHY = 1,
	ADVICE_NOT_APPLICABLE = 2,
	ADVICE_UNKNOWN = 3, /* a word nobody knows: not taken for healthy */
};
#define ADVICE_STATE_MAX (ADVICE_UNKNOWN + 1)

/* "unhealthy", "healthy", "not-applicable", "unknown" */
const char *advice_state_name(enum advice_state s);

/* What the service found about one resource. */
struct advice {
	char *native_id; /* the assessment's full id: who it is, in any case */
	char *kind; /* shared by all of its kind; "name" of the assessment */
	char *title;
	char *resource_id; /* an ARM id, or the name of a machine elsewhere */
	char *resource_type; /* "Microsoft.Compute/virtualMachines" */
	enum advice_state state;
	char *cause, *description;
	/* Of this one where the service says so, else of its kind. */
	bool has_severity;
	enum severity severity;
	int64_t first_ms, changed_ms; /* when it was judged; last changed */
	char *portal_url;
};

/* What is the same for every recommendation of a kind. */
struct advice_kind {
	char *kind, *title;
	bool has_severity;
	enum severity severity;
	char *description, *remediation;
	char *categories; /* joined by ", " */
	char *effort, *impact; /* as sent: "Low" "Moderate" "High" */
	bool is_preview;
};

/*
 * One thing a subscription is set up with: somebody who is told, an export, a
 * switch. Never whom: addresses of people are not kept.
 */
struct posture_setting {
	char *name;
	bool is_on;
	char *detail; /* "alerts from Medium, to Owner"; NULL nothing to say */
};

/* A subscription that can be read, watched or not. */
struct posture_subscription {
	char *id;
	char *name, *state; /* "Payments"; as sent: "Enabled", "Disabled" */
};

/* Items of one kind each, by the part. */
struct posture_page {
	/* Borrowed; "" for POSTURE_SUBSCRIPTIONS. */
	const char *source, *subscription;
	enum posture_part part;
	int64_t now_ms;
	/* Why it is not all there is, with what to do; NULL: it is all. */
	const char *trouble;
	size_t n_unread; /* items that could not be understood */

	union {
		struct plan *plans;
		struct secure_score *scores;
		struct advice *advices;
		struct advice_kind *kinds;
		struct posture_subscription *subscriptions;
		struct posture_setting *settings; /* of every other part */
	};
	size_t n, n_alloc;
};

/* Each frees what it owns and leaves zeros. Usable with CLEANUP. */
void plan_release(struct plan *p);
void secure_score_release(struct secure_score *s);
void advice_release(struct advice *a);
void advice_kind_release(struct advice_kind *k);
void posture_setting_release(struct posture_setting *s);
void posture_subscription_release(struct posture_subscription *s);
/* The items; what it is about stays. */
void posture_page_release(struct posture_page *p);

/* How many resources of a type there are. */
struct resource_count {
	const char *type; /* borrowed from the page */
	int64_t n;
};
/*
 * The resources that a page of recommendations is about, each counted once
 * however many recommendations it has, healthy or not; sorted by type. Ids and
 * types are the same in any case. Returns how many types, *ret (heap) has them.
 */
size_t posture_count_resources(const struct posture_page *p,
			       struct resource_count **ret);

/* Hand an item on to the end of a page of its part. */
void posture_page_add_plan(struct posture_page *p, struct plan *item);
void posture_page_add_score(struct posture_page *p, struct secure_score *item);
void posture_page_add_advice(struct posture_page *p, struct advice *item);
void posture_page_add_kind(struct posture_page *p, struct advice_kind *item);
void posture_page_add_setting(struct posture_page *p,
			      struct posture_setting *item);
void posture_page_add_subscription(struct posture_page *p,
				   struct posture_subscription *item);

#endif
