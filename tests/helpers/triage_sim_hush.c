/*
 * Silences of the simulation, and what may hold a notice at all: read from the
 * tables of triage_policies.c and by libc, not by the code that is tested. Also
 * the account of the messages to each target. Called by triage_sim_noise.c.
 */
#include "helpers/triage_sim_priv.h"

#include "triage/silences.h"

#define LEVEL(s) (1U << (s))
#define ALL_LEVELS (LEVEL(SEVERITY_MAX) - 1)

/* --- the account --- */

static void count(const struct sim *s, struct sim_counted *c)
{
	c->v[c->n++ % SIM_COUNTED_MAX] = s->mono_ms;
}

static size_t counted(const struct sim *s, const struct sim_counted *c,
		      int64_t within_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < MIN(c->n, SIM_COUNTED_MAX); i++)
		n += c->v[i] > s->mono_ms - within_ms;
	return n;
}

static const struct storm_plan *plan_of(const struct sim *s, bool critical)
{
	const struct policy *p = &s->policies[s->policy];

	return critical ? &p->critical_storm : &p->storm;
}

void sim_count_asked(struct sim *s, int target, enum severity severity)
{
	count(s, &s->accounts[target][severity == SEVERITY_CRITICAL].asked);
}

/* Neither a start, a jump nor a reload for so long. */
static bool is_steady(const struct sim *s, int64_t ms)
{
	return s->mono_ms - s->steady_since_ms > ms;
}

static void count_summary(struct sim *s, const struct sim_alert *a,
			  struct sim_account *account, bool critical)
{
	int64_t every_ms = plan_of(s, critical)->every_ms;
	/* Of one before a jump the wall's time may be a minute ago again. */
	int64_t apart_ms = s->mono_ms - account->summary_mono_ms;

	if (account->summary_mono_ms != 0 && apart_ms < every_ms &&
	    is_steady(s, every_ms))
		sim_fail(s, a, "two summaries of a storm in %lld ms",
			 (long long)apart_ms);
	account->summary_mono_ms = s->mono_ms;
}

void sim_count_message(struct sim *s, const struct sim_alert *a,
		       const struct noise_notice *m)
{
	bool critical = m->severity == SEVERITY_CRITICAL;
	const struct storm_plan *plan = plan_of(s, critical);
	struct sim_account *account =
		&s->accounts[sim_target(s, m->target)][critical];
	size_t n;

	if (m->summary) {
		count_summary(s, a, account, critical);
		return;
	}
	count(s, &account->went);
	if (m->leaves == NOISE_STORM)
		return;
	count(s, &account->throttled);
	n = counted(s, &account->throttled, plan->within_ms);
	if (n > (size_t)plan->groups && is_steady(s, plan->within_ms))
		sim_fail(s, a, "%zu messages to %s, and no storm", n,
			 m->target);
}

/* --- silences --- */

static const struct {
	const char *when;
	struct sim_hush hush;
	int64_t max_ms; /* by semantics 6 */
} templates[] = {
	{ "severity=low,medium",
	  { LEVEL(SEVERITY_LOW) | LEVEL(SEVERITY_MEDIUM), -1, -1, false },
	  7 * DAY_MS },
	{ "severity=high title=*malw*",
	  { LEVEL(SEVERITY_HIGH), 1, -1, false },
	  DAY_MS },
	{ "title=sign-in", { ALL_LEVELS, 0, -1, false }, DAY_MS },
	{ "severity=critical,high",
	  { LEVEL(SEVERITY_HIGH) | LEVEL(SEVERITY_CRITICAL), -1, -1, true },
	  4 * HOUR_MS },
	{ "severity=medium not.title=*mass*",
	  { LEVEL(SEVERITY_MEDIUM), -1, 3, false },
	  7 * DAY_MS },
};

static bool hush_covers(const struct sim *s, size_t i,
			const struct sim_alert *a, enum severity severity)
{
	const struct sim_hush *h = &s->hushes[i];
	int title = (int)(a->number % SIM_TITLES);

	if (severity == SEVERITY_CRITICAL && !h->covers_critical)
		return false;
	return (h->levels & LEVEL(severity)) &&
	       (h->title < 0 || h->title == title) && h->no_title != title &&
	       s->silences[i].starts_ms <= sim_now(s) &&
	       sim_now(s) < s->silences[i].ends_ms;
}

static void silence_end(struct sim *s, size_t i)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "%lld",
		       (long long)s->silences[i].id);
	silence_release(&s->silences[i]);
	s->n_silences--;
	for (; i < s->n_silences; i++) {
		s->silences[i] = s->silences[i + 1];
		s->hushes[i] = s->hushes[i + 1];
	}
	noise_set_silences(s->noise, s->silences, s->n_silences);
	sim_noise_hasten(s, NOISE_SILENCE, name);
}

void sim_unsilence(struct sim *s)
{
	if (s->n_silences > 0)
		silence_end(s, sim_draw(s, s->n_silences));
}

void sim_silence(struct sim *s)
{
	size_t i = sim_draw(s, ARRAY_SIZE(templates));
	int64_t max_ms = templates[i].max_ms;
	int64_t ms = 1 + (int64_t)sim_draw(s, (uint64_t)(max_ms * 5 / 4));
	struct silence silence = {
		.author = xstrdup("ann"),
		.reason = xstrdup("planned"),
		.covers_critical = templates[i].hush.covers_critical,
		.starts_ms = sim_now(s),
	};
	struct err err = ERR_INIT;
	int rc;

	if (s->n_silences == SIM_SILENCES_MAX)
		sim_unsilence(s);
	if (sim_chance(s, 4))
		silence.starts_ms += (int64_t)sim_draw(s, DAY_MS);
	silence.ends_ms = silence.starts_ms + ms;
	rc = silence_parse_when(templates[i].when, &silence, &err);
	if (rc < 0)
		fail_msg("%s", err.text);
	rc = silence_check(&silence, sim_now(s), &err);
	if (s->sabotage == SABOTAGE_ENDLESS)
		rc = 0;
	if ((rc == 0) != (ms <= max_ms))
		fail_msg("a silence of %s for %lld ms: %s", templates[i].when,
			 (long long)ms, rc == 0 ? "may stand" : err.text);
	if (rc < 0) {
		silence_release(&silence);
		return;
	}
	silence.id = ++s->n_silences_ever;
	silence.covers_critical |= s->sabotage == SABOTAGE_HUSHED;
	s->hushes[s->n_silences] = templates[i].hush;
	s->silences[s->n_silences++] = silence;
	noise_set_silences(s->noise, s->silences, s->n_silences);
}

void sim_silences_tick(struct sim *s)
{
	for (size_t i = s->n_silences; i-- > 0;)
		if (s->silences[i].ends_ms <= sim_now(s))
			silence_end(s, i);
}

int64_t sim_silences_next_ms(const struct sim *s)
{
	int64_t next_ms = 0;

	for (size_t i = 0; i < s->n_silences; i++)
		next_ms = sim_sooner(next_ms, s->silences[i].ends_ms);
	return next_ms;
}

/* --- verdicts --- */

/* What may hold a notice now; each 0 when it does not. */
struct holds {
	const struct sim *s;
	const struct sim_alert *a;
	enum severity severity;
	bool silenced;
	int64_t work_ms, quiet_ms;
	const char *work;
};

static void find_holds(const struct sim *s, const struct sim_alert *a,
		       const struct noise_offer *o, struct holds *ret)
{
	enum severity severity = a->rows.severity;
	bool collected = o->leaves == NOISE_DIGEST || o->leaves == NOISE_IMPORT;

	*ret = (struct holds){ .s = s, .a = a, .severity = severity };
	for (size_t i = 0; i < s->n_silences; i++)
		ret->silenced |= hush_covers(s, i, a, severity);
	if (severity == SEVERITY_CRITICAL)
		return;
	ret->work_ms =
		sim_work_end(s, a->number % SIM_TITLES, o->now_ms, &ret->work);
	if (!collected)
		ret->quiet_ms = sim_quiet_end(s, o->target, o->now_ms);
}

static void check_silence(const struct holds *h,
			  const struct bundle_place *place)
{
	const struct sim *s = h->s;
	int64_t id = strtoll(place->name, NULL, 10);

	for (size_t i = 0; i < s->n_silences; i++)
		if (s->silences[i].id == id &&
		    s->silences[i].ends_ms == place->due_ms &&
		    hush_covers(s, i, h->a, h->severity))
			return;
	sim_fail(s, h->a, "%s is held by silence %s, which does not cover it",
		 severity_name(h->severity), place->name);
}

static void check_storm(const struct holds *h, const struct noise_offer *o,
			const struct bundle_place *place)
{
	const struct sim *s = h->s;
	bool critical = h->severity == SEVERITY_CRITICAL;
	const struct storm_plan *plan = plan_of(s, critical);
	size_t n = 1;

	if (place->due_ms > o->now_ms + plan->every_ms)
		sim_fail(s, h->a, "a storm's summary comes too late");
	/* What was counted in the hour that came twice counts twice. */
	if (o->leaves != NOISE_NONE || !is_steady(s, 2 * HOUR_MS))
		return;
	for (size_t i = 0; i < s->n_targets; i++) {
		const struct sim_account *c = &s->accounts[i][critical];

		if (strcmp(s->targets[i], o->target) != 0)
			continue;
		n += MAX(counted(s, &c->asked, plan->within_ms),
			 counted(s, &c->went, plan->within_ms));
	}
	if (2 * n <= (size_t)plan->groups)
		sim_fail(s, h->a, "a storm of %zu messages to %s", n,
			 o->target);
}

static void check_group(const struct holds *h, const struct noise_offer *o,
			const struct bundle_place *place)
{
	const struct policy *p = &h->s->policies[h->s->policy];

	if (!o->first || strcmp(place->name, h->a->group) != 0 ||
	    place->due_ms > o->now_ms + p->group_wait_ms[h->severity])
		sim_fail(h->s, h->a, "its group does not wait for it so");
}

/* Precedence: what comes first holds it. */
static enum noise_cause wanted_cause(const struct holds *h)
{
	if (h->silenced)
		return NOISE_SILENCE;
	if (h->work_ms)
		return NOISE_MAINTENANCE;
	return h->quiet_ms ? NOISE_QUIET : NOISE_NONE;
}

static void check_critical(const struct holds *h,
			   const struct bundle_place *place)
{
	if (place->cause == NOISE_NONE || place->cause == NOISE_SILENCE)
		return;
	if (place->cause == NOISE_STORM &&
	    strcmp(place->name, NOISE_STORM_CRITICAL) == 0)
		return;
	sim_fail(h->s, h->a, "a critical is held by %s %s",
		 noise_cause_name(place->cause), place->name);
}

void sim_check_place(const struct sim *s, const struct sim_alert *a,
		     const struct noise_offer *o,
		     const struct bundle_place *place)
{
	struct holds h;
	enum noise_cause wanted;

	find_holds(s, a, o, &h);
	wanted = wanted_cause(&h);
	if (place->cause == NOISE_SILENCE)
		check_silence(&h, place);
	if (h.severity == SEVERITY_CRITICAL)
		check_critical(&h, place);
	if (wanted != NOISE_NONE && place->cause != wanted)
		sim_fail(s, a, "%s holds it, and yet it goes (%s)",
			 noise_cause_name(wanted),
			 noise_cause_name(place->cause));
	if (wanted == NOISE_MAINTENANCE && place->due_ms != h.work_ms)
		sim_fail(s, a, "maintenance %s does not end then", h.work);
	if (wanted == NOISE_MAINTENANCE && strcmp(place->name, h.work) != 0)
		sim_fail(s, a, "maintenance %s holds it, not %s", h.work,
			 place->name);
	if (wanted == NOISE_QUIET && place->due_ms != h.quiet_ms)
		sim_fail(s, a, "quiet hours do not end then");
	if (place->cause >= NOISE_SILENCE && place->cause <= NOISE_QUIET &&
	    place->cause != wanted)
		sim_fail(s, a, "%s holds it for no reason",
			 noise_cause_name(place->cause));
	if (place->cause == NOISE_STORM)
		check_storm(&h, o, place);
	if (place->cause == NOISE_GROUP)
		check_group(&h, o, place);
}

void sim_check_outcome(const struct sim *s, const struct sim_alert *a,
		       const struct sim_notice *n, const char *why)
{
	enum alert_state wanted = ALERT_OPEN;
	bool alive;

	if (n->kind == NOTICE_CLOSED)
		wanted = ALERT_CLOSED;
	if (n->kind == NOTICE_ACKNOWLEDGED)
		wanted = ALERT_ACKNOWLEDGED;
	alive = a->rows.episode == n->episode && a->rows.state == wanted;
	if (why && alive)
		sim_fail(s, a, "nobody hears of it, and for no reason (%s)",
			 why);
	if (!why && !alive)
		sim_fail(s, a, "a message (%s) about what is over",
			 notice_kind_name(n->kind));
}
