/*
 * Reads `sla:`: when an alert of a severity must have been triaged.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* "15m", "next-business-day" or "none" into a struct sla_target. */
void load_triage(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	struct sla_target *t = &((struct level_clocks *)object)->triage;
	struct suggest s = { .word = "" };
	char buf[SUGGEST_TEXT_MAX];
	int64_t ms;

	if (!load_is_text(l, v, "a duration or next-business-day"))
		return;
	if (strcmp(v->text, "next-business-day") == 0) {
		t->kind = SLA_NEXT_BUSINESS_DAY;
		return;
	}
	if (strcmp(v->text, "none") == 0) {
		t->kind = SLA_NONE;
		return;
	}
	if (timefmt_parse_duration(v->text, &ms) == 0) {
		t->kind = SLA_ELAPSED;
		load_duration(l, o, v, object);
		return;
	}
	s.word = v->text;
	suggest_offer(&s, "next-business-day");
	load_fault(l, &v->mark,
		   "must be a duration such as 4h, next-business-day or none, "
		   "not '%.40s'%s",
		   v->text, suggest_text(&s, buf));
}

/* "3d" or "none" */
void load_resolve(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	struct sla_target *t = &((struct level_clocks *)object)->resolve;

	t->mark = v->mark;
	if (v->kind == NODE_TEXT && strcmp(v->text, "none") == 0)
		return;
	load_duration(l, o, v, object);
	if (t->elapsed_ms > 0)
		t->kind = SLA_ELAPSED;
}

void load_sla_start(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	static const char *const words[] = {
		[SLA_START_SEEN] = "seen", [SLA_START_SOURCE] = "source"
	};
	struct suggest s = { .word = v->text };
	char buf[SUGGEST_TEXT_MAX];

	if (!load_is_text(l, v, "seen or source"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		suggest_offer(&s, words[i]);
		if (strcmp(v->text, words[i]) != 0)
			continue;
		*FIELD(enum sla_start, object, o) = (enum sla_start)i;
		return;
	}
	load_fault(l, &v->mark, "must be seen or source, not '%.40s'%s",
		   v->text, suggest_text(&s, buf));
}

void load_calendar_name(struct load *l, const struct option *o,
			const struct node *v, void *object)
{
	char **field = FIELD(char *, object, o);

	if (!load_is_text(l, v, "the name of a calendar"))
		return;
	load_refer(l, REFER_CALENDAR, v);
	free(*field);
	*field = xstrdup(v->text);
}

/* Nobody resolves what nobody has judged. A calendar makes triage longer than
 * it looks, so that there is nothing to compare. */
static void clocks_check(struct load *l, const struct node *v,
			 const struct level_clocks *c)
{
	const struct node *calendar = node_get(v, "calendar");

	if (calendar && c->triage.kind == SLA_NONE && node_get(v, "triage"))
		load_fault(l, &calendar->mark,
			   "a calendar counts the time of a clock, and triage "
			   "is none");
	if (c->triage.kind == SLA_ELAPSED && c->resolve.kind == SLA_ELAPSED &&
	    c->resolve.elapsed_ms < c->triage.elapsed_ms)
		load_fault(l, &c->resolve.mark,
			   "resolve is shorter than triage, which comes before "
			   "it");
}

/* One level as a whole, so that a drop-in replaces it as a whole. */
void load_clock(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	struct policy *p = object;
	struct sla_target *field = FIELD(struct sla_target, object, o);
	struct level_clocks c = { .triage.mark = v->mark };

	load_section(l, "sla.LEVEL", v, 0, &c);
	clocks_check(l, v, &c);
	free(field->calendar);
	*field = c.triage;
	p->resolve[field - p->triage] = c.resolve;
}
