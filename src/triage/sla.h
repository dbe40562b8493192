/*
 * SLA clocks as pure functions: when it is due, what happens next.
 */
#ifndef TRIAGE_SLA_H
#define TRIAGE_SLA_H

#include "core/decision.h"
#include "triage/triage.h"

const struct sla_target *sla_target_of(const struct policy *p,
				       enum clock_kind clock,
				       enum severity severity);

/*
 * When a triage clock starts that is asked for at @seen_ms, in *ret_ms, and
 * why then: never later than that. @source_ms is when the source says that it
 * began (0: it does not say), @after_ms the end of the life before (0 none).
 */
enum start_basis sla_start(const struct policy *p, int64_t source_ms,
			   int64_t seen_ms, int64_t after_ms, int64_t *ret_ms);

/* When a clock of @severity started at @start_ms is due. ret->due_ms 0: this
 * level has no clock. */
int sla_plan(const struct triage *t, enum severity severity, int64_t start_ms,
	     struct clock_plan *ret, struct err *err) must_check;

/* The same for either clock; a resolve clock of a level without a target: due
 * 0. */
int sla_plan_clock(const struct triage *t, enum clock_kind clock,
		   enum severity severity, int64_t start_ms,
		   struct clock_plan *ret, struct err *err) must_check;

/*
 * The due time after a change of severity: up = min(old due, start + new),
 * but at least now + 15 min for critical; down = recomputed from the start.
 */
int sla_replan(const struct triage *t, const struct clock_row *clock,
	       enum severity severity, int64_t now_ms, struct clock_plan *ret,
	       struct err *err) must_check;

enum sla_event { SLA_NOTHING, SLA_WARN_50, SLA_WARN_80, SLA_BREACH };

struct sla_tick {
	enum sla_event event; /* the worst that fell due; earlier ones collapse
				 into it */
	int64_t at_ms; /* when it fell due */
	bool while_down; /* that was before @up_since_ms */
	int64_t next_ms; /* when to look again; 0 never */
};

/* Not stopped and not breached: something can still happen to it. */
bool sla_is_running(const struct clock_row *clock);
/* What has fallen due on a running clock at @now_ms. */
void sla_tick(const struct triage *t, const struct clock_row *clock,
	      int64_t now_ms, int64_t up_since_ms, struct sla_tick *ret);
/* The next moment anything happens to a running clock, which is the end of its
 * hold when it is on hold; 0 never. */
int64_t sla_next_ms(const struct triage *t, const struct clock_row *clock);
/*
 * When @percent of a clock have passed: of the business hours it counts, else
 * of the time between its start and its end. The latter also when the policy
 * would give it another end by now: what it counts is then not known any more.
 */
int64_t sla_percent_ms(const struct triage *t, const struct clock_row *clock,
		       int percent);

#endif
