/*
 * The life of one alert as pure functions: what a decision, a person or the
 * time do to its clocks and ladders. The same four inputs (file, alert, policy,
 * now) give the same rows, calls and events; nothing is stored or sent here.
 */
#ifndef TRIAGE_CASEWORK_H
#define TRIAGE_CASEWORK_H

#include "core/casefile.h"
#include "triage/triage.h"

/*
 * One alert at one moment, all borrowed. Each function changes @file and tells
 * @book every row that changed.
 */
struct casework {
	const struct triage *triage;
	struct casefile *file;
	const struct alert *alert; /* whose file it is */
	const struct strlist *tags; /* of it; NULL none */
	int64_t now_ms;
	int64_t up_since_ms; /* earlier due moments fell due while down */
	const struct casebook *book;
};

/*
 * A source said something (@d, by triage_decide): clocks start, move or stop,
 * ladders start or stop. The file holds what was known before, with the new
 * severity and episode; @from is the severity it had (of @d->severity_rose).
 */
int casework_follow(const struct casework *w, const struct decision *d,
		    enum severity from, struct err *err) must_check;

/* Somebody has it: ladders stop, the clock by `ack-counts` alone. The caller
 * has set state, acknowledged_by and acknowledge_expires_ms. */
int casework_acknowledge(const struct casework *w, struct err *err) must_check;
/* It has an owner and a confirmed severity: ladders and the triage clock stop.
 */
int casework_triaged(const struct casework *w, struct err *err) must_check;
/* Closed because of @why ("closed", "merged into ..."): everything stops. */
int casework_close(const struct casework *w, const char *why,
		   struct err *err) must_check;
/* @who opened it again: clocks by the present policy and ladders begin. The
 * file is of the new episode, and empty. */
int casework_reopen(const struct casework *w, const char *who,
		    struct err *err) must_check;
/*
 * The resolve clock waits from now until @until_ms (0: begins to run again;
 * its due time moves by what it waited). A hold that lasts gets another end.
 * ERR_BAD_STATE when there is none that runs, ERR_LIMIT beyond
 * CASEWORK_HOLD_MAX_MS.
 */
#define CASEWORK_HOLD_MAX_MS (INT64_C(7) * 24 * 3600 * 1000)
int casework_hold(const struct casework *w, int64_t until_ms,
		  struct err *err) must_check;

/*
 * The clock of the machine was set back by @by_ms, and what began while it was
 * ahead was moved by as much. Business hours are not: a clock that was due when
 * its calendar said so is due when that says so for the earlier start, and a
 * step that hangs on it with it. What the policy would no longer plan so, and
 * what is breached, stays as it was moved.
 */
int casework_turned_back(const struct casework *w, int64_t by_ms,
			 struct err *err) must_check;

/*
 * Everything that fell due by now: warnings, breaches, the end of an
 * acknowledgement or a hold, ladder steps. Of the marks of a clock that fell
 * due together the worst alone is told, and repeats of a step are one call.
 * Steps that nobody has taken are taken, each once.
 */
int casework_tick(const struct casework *w, struct err *err) must_check;
/* The next moment to call casework_tick(); 0 never. */
int64_t casework_next_ms(const struct casefile *c);

#endif
