/*
 * The life of one alert as pure functions: what a decision, a person or the
 * time do to its clocks and ladders. The same four inputs (file, alert, policy,
 * now) give the same rows, calls and events; nothing is stored or sent here.
 *
 * Each function changes @c and tells @book every row that changed.
 */
#ifndef TRIAGE_CASEWORK_H
#define TRIAGE_CASEWORK_H

#include "core/casefile.h"
#include "triage/triage.h"

/* The alert whose file it is, for matching and for the reasons. Borrowed. */
struct case_subject {
	const struct alert *alert;
	const struct strlist *tags; /* NULL none */
};

/*
 * A source said something (@d, by triage_decide): clocks start, move or stop,
 * ladders start or stop. @c holds what was known before, with the new severity
 * and episode; @from is the severity it had (of @d->severity_rose).
 */
int casework_follow(const struct triage *t, struct casefile *c,
		    const struct case_subject *s, const struct decision *d,
		    enum severity from, int64_t now_ms,
		    const struct casebook *book, struct err *err) must_check;

/* Somebody has it: ladders stop, the clock by `ack-counts` alone. The caller
 * has set state, acknowledged_by and acknowledge_expires_ms. */
int casework_acknowledge(const struct triage *t, struct casefile *c,
			 int64_t now_ms, const struct casebook *book,
			 struct err *err) must_check;
/* It has an owner and a confirmed severity: the triage clock stops. */
int casework_triaged(struct casefile *c, int64_t now_ms,
		     const struct casebook *book, struct err *err) must_check;
/* Closed by @why ("closed", "stopped by the source"): everything stops. */
int casework_close(struct casefile *c, const char *why, int64_t now_ms,
		   const struct casebook *book, struct err *err) must_check;
/*
 * The resolve clock waits from now until @until_ms (0: begins to run again;
 * its due time moves by what it waited). ERR_BAD_STATE when there is none that
 * runs, ERR_LIMIT beyond CASEWORK_HOLD_MAX_MS.
 */
#define CASEWORK_HOLD_MAX_MS (INT64_C(7) * 24 * 3600 * 1000)
int casework_hold(const struct triage *t, struct casefile *c, int64_t until_ms,
		  int64_t now_ms, const struct casebook *book,
		  struct err *err) must_check;

/*
 * Everything that fell due by @now_ms: warnings, breaches, the end of an
 * acknowledgement or a hold, ladder steps. What fell due before @up_since_ms
 * collapses into one.
 */
int casework_tick(const struct triage *t, struct casefile *c,
		  const struct case_subject *s, int64_t now_ms,
		  int64_t up_since_ms, const struct casebook *book,
		  struct err *err) must_check;
/* The next moment to call casework_tick(); 0 never. */
int64_t casework_next_ms(const struct casefile *c);

#endif
