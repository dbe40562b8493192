/*
 * The story of the program: what becomes of a page of alerts, in one
 * transaction. Implements the ingest door; also takes alerts about triaged
 * itself and what people do. Read this file right after triaged.c.
 */
#ifndef DAEMON_PIPELINE_H
#define DAEMON_PIPELINE_H

#include "conf/conf.h"
#include "core/decision.h"
#include "core/ingest.h"
#include "store/alerts.h"
#include "store/store.h"
#include "triage/triage.h"

/*
 * Something happened that a person may want to see; all fields borrowed. It is
 * told once it is committed.
 */
enum news_kind {
	NEWS_OPENED,
	NEWS_UPDATED,
	NEWS_CLOSED,
	NEWS_REOPENED,
	NEWS_ACKNOWLEDGED,
	NEWS_TRIAGED, /* an owner and a confirmed severity */
	NEWS_HELD, /* the resolve clock waits */
	NEWS_HOLD_ENDED,
	NEWS_ACK_EXPIRED,
	NEWS_ESCALATED,
	NEWS_WARNING,
	NEWS_BREACHED,
	NEWS_UNROUTED,
	NEWS_SKIPPED, /* a step resolved to nobody */
	NEWS_QUARANTINED,
};
#define NEWS_KIND_MAX (NEWS_QUARANTINED + 1)

struct news {
	enum news_kind kind;
	int64_t alert_id;
	/* Its source, kind, native id, title and time of creation, and no
	 * more; NULL for NEWS_QUARANTINED. */
	const struct alert *alert;
	enum severity severity;
	int64_t due_ms; /* of the triage clock, or of @clock; 0 none */
	const char *clock; /* static: which one warned or ran out; NULL none */
	const char *detail; /* who, why, which rule; may be NULL */
};

struct pipeline {
	struct store *store;
	const struct conf *conf; /* swapped by reload, between two turns */
	const struct triage *triage;
	int64_t up_since_ms; /* earlier due moments fell due while down */
	void (*on_commit)(void *arg); /* look at outbox and clocks */
	void (*on_news)(void *arg, const struct news *n);
	void (*on_progress)(void *arg, const char *source);
	void *arg;
	struct ingest ingest; /* for the sources; ctx is this object */
	struct hush *hush; /* what holds messages back; see hush.h */
};

/*
 * Fills in p->ingest and p->hush; the other fields are the caller's, and the
 * store is there already: the key of its raw hashes is read, or made.
 */
int pipeline_init(struct pipeline *p, struct err *err) must_check;
void pipeline_release(struct pipeline *p);

/*
 * One alert, inside an open transaction: found or new, decided, stored, its
 * clock and ladder set, its notices owed, its events written. @a->source must
 * be set. *ret_transition (may be NULL) is what happened.
 */
int pipeline_accept(struct pipeline *p, const struct alert *a,
		    const struct sighting *at, enum transition *ret_transition,
		    struct err *err) must_check;

/* What people do, each in a transaction of its own. */
int pipeline_acknowledge(struct pipeline *p, const struct human_change *c,
			 struct err *err) must_check;
int pipeline_close(struct pipeline *p, const struct human_change *c,
		   enum verdict verdict, struct err *err) must_check;

/* What came of a change of owner or phase, of a hold, of opening again. */
struct work_outcome {
	bool has_owner, confirmed; /* triaged is both */
	bool triaged, changed; /* changed: it was not so before */
	int64_t due_ms; /* of the resolve clock, when the hold lasts to its end
			 */
	int64_t episode;
};
/* Who owns it; @owner NULL: nobody. Triaged with that when its severity is
 * confirmed. */
int pipeline_assign(struct pipeline *p, const struct human_change *c,
		    const char *owner, struct work_outcome *ret,
		    struct err *err) must_check;
/* How far the work is, which confirms the severity; triaged with that when it
 * has an owner. */
int pipeline_set_phase(struct pipeline *p, const struct human_change *c,
		       enum phase phase, struct work_outcome *ret,
		       struct err *err) must_check;
/* The resolve clock waits for @for_ms from now, because of @c->note; 0: it runs
 * again. As casework_hold() otherwise. */
int pipeline_hold(struct pipeline *p, const struct human_change *c,
		  int64_t for_ms, struct work_outcome *ret,
		  struct err *err) must_check;
/* A closed alert: a new episode, with clocks and ladders from their start. */
int pipeline_reopen(struct pipeline *p, const struct human_change *c,
		    struct work_outcome *ret, struct err *err) must_check;
/* @c->note goes into its history; its version does not matter. */
int pipeline_add_note(struct pipeline *p, const struct human_change *c,
		      struct err *err) must_check;

/* The source that alerts about triaged itself have, and how the identity of
 * those begins that are about an unknown severity. */
#define SELF_SOURCE "triaged"
#define SELF_UNMAPPED "severity-unmapped/"

/* An alert about triaged itself. */
struct self_alert {
	const char *slug; /* stable name of the condition: identity */
	enum severity severity; /* high or medium */
	const char *title, *description, *remediation;
	const char *avoid_target; /* this target is the trouble: use others */
	bool resolved; /* the condition is over: close it */
	/* It happened, and has no end of its own: one more is told even when
	 * somebody has closed the one before. */
	bool happened;
};
/* In a transaction of its own. */
int pipeline_self_alert(struct pipeline *p, const struct self_alert *s,
			struct err *err) must_check;

#endif
