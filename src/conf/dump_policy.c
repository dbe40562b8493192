/*
 * The policy as YAML: with comments for --dump-config, bare for the hash that
 * names a policy in every decision. Called by dump.c and files.c.
 *
 * tested with: test_dump
 */
#include "conf/conf_priv.h"

#include <stdio.h>
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define DAY_MS (24 * 3600 * (int64_t)1000)

void dump_text(struct strbuf *out, const char *s)
{
	strbuf_addch(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *s);
	}
	strbuf_addch(out, '"');
}

void dump_list(struct strbuf *out, const struct strlist *l)
{
	strbuf_addch(out, '[');
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			strbuf_addstr(out, ", ");
		dump_text(out, l->v[i]);
	}
	strbuf_addch(out, ']');
}

/* Ends a line with where it comes from: the place of @path, or @m. */
void dump_end(struct strbuf *out, const struct conf *c, const char *path,
	      const struct mark *m)
{
	const struct mark *at = c && path ? origin_find(c, path) : NULL;

	if (!at)
		at = m;
	if (c && at && at->file) {
		strbuf_addstr(out, "  # ");
		utf8_add_clean(out, at->file, 0, UTF8_LINE);
		strbuf_addf(out, ":%d", at->line);
	} else if (c) {
		strbuf_addstr(out, "  # default");
	}
	strbuf_addch(out, '\n');
}

/* An entry with a name; its lines stand at different places. */
struct place {
	const struct conf *c; /* NULL: no comments */
	const char *section, *name;
	const struct mark *mark; /* for what is not found by its path */
};

static void place_end(struct strbuf *out, const struct place *p,
		      const char *option)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s.%s.%s", p->section, p->name, option);

	dump_end(out, p->c, path, p->mark);
}

static void dump_duration(struct strbuf *out, int64_t ms)
{
	char buf[TIMEFMT_MAX];

	strbuf_addstr(out, timefmt_duration(ms, buf));
}

/* The line of a single value: "NAME: DURATION  # place". */
static void dump_span(struct strbuf *out, const struct conf *c,
		      const char *name, int64_t ms)
{
	strbuf_addf(out, "%s: ", name);
	dump_duration(out, ms);
	dump_end(out, c, name, NULL);
}

static void dump_hours(struct strbuf *out, const struct hours_span *v, size_t n)
{
	strbuf_addch(out, '[');
	for (size_t i = 0; i < n; i++) {
		int from = v[i].from_minute, to = v[i].to_minute;

		/* 24:00 ends this day; more ends in the next one. */
		if (to > 24 * 60)
			to -= 24 * 60;
		strbuf_addf(out, "%s\"%02d:%02d-%02d:%02d\"", i ? ", " : "",
			    from / 60, from % 60, to / 60, to % 60);
	}
	strbuf_addch(out, ']');
}

void dump_week(struct strbuf *out, const struct calendar_def *d)
{
	static const char *const days[7] = { "mon", "tue", "wed", "thu",
					     "fri", "sat", "sun" };
	const char *between = "";

	strbuf_addstr(out, "    hours: {");
	for (int day = 0; day < 7; day++) {
		if (d->n_spans[day] == 0)
			continue;
		strbuf_addf(out, "%s%s: ", between, days[day]);
		dump_hours(out, d->spans[day], d->n_spans[day]);
		between = ", ";
	}
	strbuf_addch(out, '}');
}

static void dump_date(struct strbuf *out, const struct calendar_day *d)
{
	strbuf_addf(out, "%04d-%02d-%02d", d->year, d->month, d->day);
}

static void dump_exceptions(struct strbuf *out, const struct place *p,
			    const struct calendar_def *d)
{
	if (d->n_closed) {
		strbuf_addstr(out, "    closed: [");
		for (size_t i = 0; i < d->n_closed; i++) {
			strbuf_addstr(out, i ? ", " : "");
			dump_date(out, &d->closed[i]);
		}
		strbuf_addch(out, ']');
		place_end(out, p, "closed");
	}
	if (d->n_special)
		strbuf_addstr(out, "    special:\n");
	for (size_t i = 0; i < d->n_special; i++) {
		strbuf_addstr(out, "      ");
		dump_date(out, &d->special[i]);
		strbuf_addstr(out, ": ");
		dump_hours(out, d->special[i].spans, d->special[i].n_spans);
		place_end(out, p, "special");
	}
	if (d->holidays) {
		strbuf_addstr(out, "    holidays: ");
		dump_text(out, d->holidays);
		place_end(out, p, "holidays");
	}
}

static void dump_calendars(struct strbuf *out, const struct conf *c,
			   const struct policy *p)
{
	strbuf_addstr(out, "calendars:\n");
	for (size_t i = 0; i < p->n_calendars; i++) {
		const struct calendar_def *d = &p->calendars[i];
		const struct place at = { c, "calendars", d->name, &d->mark };

		strbuf_addstr(out, "  - name: ");
		dump_text(out, d->name);
		place_end(out, &at, "name");
		strbuf_addstr(out, "    timezone: ");
		dump_text(out, d->timezone);
		place_end(out, &at, "timezone");
		dump_week(out, d);
		place_end(out, &at, "hours");
		dump_exceptions(out, &at, d);
	}
}

static void dump_every(struct strbuf *out, const struct rotation *r)
{
	bool weeks = r->every_days % 7 == 0;

	strbuf_addf(out, "    every: %d%c",
		    weeks ? r->every_days / 7 : r->every_days,
		    weeks ? 'w' : 'd');
}

void dump_moment(struct strbuf *out, const struct civil *at)
{
	strbuf_addf(out, "\"%04d-%02d-%02dT%02d:%02d\"", at->year, at->month,
		    at->day, at->minute / 60, at->minute % 60);
}

static void dump_overrides(struct strbuf *out, const struct conf *c,
			   const struct rotation *r)
{
	if (r->n_overrides)
		strbuf_addstr(out, "    overrides:\n");
	for (size_t i = 0; i < r->n_overrides; i++) {
		const struct rotation_override *o = &r->overrides[i];

		strbuf_addstr(out, "      - {from: ");
		dump_moment(out, &o->from);
		strbuf_addstr(out, ", to: ");
		dump_moment(out, &o->to);
		strbuf_addstr(out, ", member: ");
		if (o->member)
			dump_text(out, o->member);
		else
			strbuf_addstr(out, "none");
		strbuf_addch(out, '}');
		dump_end(out, c, NULL, &o->mark);
	}
}

static void dump_rotation(struct strbuf *out, const struct conf *c,
			  const struct rotation *r)
{
	const struct place at = { c, "rotations", r->name, &r->mark };

	strbuf_addstr(out, "  - name: ");
	dump_text(out, r->name);
	place_end(out, &at, "name");
	strbuf_addstr(out, "    timezone: ");
	dump_text(out, r->timezone);
	place_end(out, &at, "timezone");
	strbuf_addf(out, "    start: %04d-%02d-%02d", r->start.year,
		    r->start.month, r->start.day);
	place_end(out, &at, "start");
	strbuf_addf(out, "    handover: \"%s%s%02d:%02d\"",
		    r->weekday >= 0 ? weekday_names[r->weekday] : "",
		    r->weekday >= 0 ? " " : "", r->start.minute / 60,
		    r->start.minute % 60);
	place_end(out, &at, "handover");
	dump_every(out, r);
	place_end(out, &at, "every");
	strbuf_addstr(out, "    members: ");
	dump_list(out, &r->members);
	place_end(out, &at, "members");
	dump_overrides(out, c, r);
}

static void dump_rotations(struct strbuf *out, const struct conf *c,
			   const struct policy *p)
{
	if (p->n_rotations)
		strbuf_addstr(out, "rotations:\n");
	for (size_t i = 0; i < p->n_rotations; i++)
		dump_rotation(out, c, &p->rotations[i]);
}

static void dump_clock(struct strbuf *out, const struct sla_target *t,
		       const struct sla_target *resolve)
{
	switch (t->kind) {
	case SLA_NONE:
		strbuf_addstr(out, "{triage: none");
		break;
	case SLA_ELAPSED:
		strbuf_addstr(out, "{triage: ");
		dump_duration(out, t->elapsed_ms);
		break;
	case SLA_NEXT_BUSINESS_DAY:
		strbuf_addstr(out, "{triage: next-business-day");
		break;
	}
	if (t->calendar) {
		strbuf_addstr(out, ", calendar: ");
		dump_text(out, t->calendar);
	}
	if (resolve->kind == SLA_ELAPSED) {
		strbuf_addstr(out, ", resolve: ");
		dump_duration(out, resolve->elapsed_ms);
	}
	strbuf_addch(out, '}');
}

/* Info has no clock and nobody to acknowledge it. */
static void dump_levels(struct strbuf *out, const struct conf *c,
			const struct policy *p)
{
	char path[64];

	strbuf_addstr(out, "sla:\n");
	for (int level = SEVERITY_CRITICAL; level > SEVERITY_INFO; level--) {
		const char *name = severity_name((enum severity)level);

		strbuf_addf(out, "  %s: ", name);
		dump_clock(out, &p->triage[level], &p->resolve[level]);
		snprintf(path, sizeof(path), "sla.%s", name);
		dump_end(out, c, path, NULL);
	}
	strbuf_addstr(out, "acknowledge-expires:\n");
	for (int level = SEVERITY_CRITICAL; level > SEVERITY_INFO; level--) {
		const char *name = severity_name((enum severity)level);
		int64_t ms = p->acknowledge_expires_ms[level];

		strbuf_addf(out, "  %s: ", name);
		if (ms)
			dump_duration(out, ms);
		else
			strbuf_addstr(out, "never");
		snprintf(path, sizeof(path), "acknowledge-expires.%s", name);
		dump_end(out, c, path, NULL);
	}
}

void dump_match(struct strbuf *out, const struct match *m)
{
	const char *between = "";

	strbuf_addch(out, '{');
	for (int k = 0; k < MATCH_KEY_MAX; k++) {
		if (m->globs[k].n == 0)
			continue;
		strbuf_addf(out, "%s%s: ", between,
			    match_key_name((enum match_key)k));
		dump_list(out, &m->globs[k]);
		between = ", ";
	}
	if (m->deny) {
		strbuf_addf(out, "%snot: ", between);
		dump_match(out, m->deny);
	}
	strbuf_addch(out, '}');
}

static void dump_set(struct strbuf *out, const struct rule *r)
{
	const char *between = "";

	strbuf_addch(out, '{');
	if (r->sets_severity) {
		strbuf_addf(out, "severity: %s", severity_name(r->severity));
		between = ", ";
	}
	if (r->owner) {
		strbuf_addf(out, "%sowner: ", between);
		dump_text(out, r->owner);
		between = ", ";
	}
	if (r->tags.n) {
		strbuf_addf(out, "%stags: ", between);
		dump_list(out, &r->tags);
	}
	strbuf_addch(out, '}');
}

/* @lead opens each line: blanks, or "#" for what is shipped and would be
 * there twice if it were read again. */
static void dump_rule(struct strbuf *out, const struct conf *c,
		      const struct rule *r, const char *lead)
{
	const struct place at = { c, "rules", r->name, &r->mark };

	strbuf_addf(out, "%s - name: ", lead);
	dump_text(out, r->name);
	place_end(out, &at, "name");
	strbuf_addf(out, "%s   when: ", lead);
	dump_match(out, &r->when);
	place_end(out, &at, "when");
	if (c && r->other_high_type)
		strbuf_addf(out,
			    "%s   # and another high alert type on one of its "
			    "entities within an hour\n",
			    lead);
	strbuf_addf(out, "%s   set: ", lead);
	dump_set(out, r);
	place_end(out, &at, "set");
	if (r->reason) {
		strbuf_addf(out, "%s   reason: ", lead);
		dump_text(out, r->reason);
		place_end(out, &at, "reason");
	}
	if (r->expires_ms) {
		struct calendar_day d = { 0 };

		timefmt_civil(r->expires_ms / DAY_MS - 1, &d.year, &d.month,
			      &d.day);
		strbuf_addf(out, "%s   expires: ", lead);
		dump_date(out, &d);
		place_end(out, &at, "expires");
	}
}

/* What the shipped rules are to look for. */
static void dump_promotions(struct strbuf *out, const struct conf *c,
			    const struct policy *p)
{
	const struct {
		const char *name;
		const struct strlist *globs;
	} rows[] = {
		{ "crown-jewels", &p->crown_jewels },
		{ "always-critical", &p->always_critical },
		{ "privileged-accounts", &p->privileged_accounts },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].globs->n == 0)
			continue;
		strbuf_addf(out, "%s: ", rows[i].name);
		dump_list(out, rows[i].globs);
		dump_end(out, c, rows[i].name, NULL);
	}
}

static void dump_rules(struct strbuf *out, const struct conf *c,
		       const struct policy *p)
{
	bool own = p->n_rules > 0 && p->rules[0].mark.file;

	strbuf_addstr(out, own || !c ? "rules:\n" : "# rules:\n");
	for (size_t i = 0; i < p->n_rules; i++)
		dump_rule(out, c, &p->rules[i],
			  c && !p->rules[i].mark.file ? "#" : " ");
}

static void dump_step(struct strbuf *out, const struct ladder_step *s)
{
	strbuf_addstr(out, "      - {after: ");
	switch (s->after) {
	case AFTER_ELAPSED:
		dump_duration(out, s->after_ms);
		break;
	case AFTER_PERCENT:
		strbuf_addf(out, "%d%%", s->after_percent);
		break;
	case AFTER_DUE_DAY_OPEN:
		strbuf_addstr(out, "due-day");
		break;
	}
	strbuf_addstr(out, ", notify: ");
	dump_list(out, &s->notify);
	if (s->times) {
		strbuf_addstr(out, ", repeat: ");
		dump_duration(out, s->repeat_ms);
		strbuf_addf(out, ", times: %d", s->times);
	}
	strbuf_addch(out, '}');
}

static void dump_digest(struct strbuf *out, const struct digest_plan *d)
{
	strbuf_addf(out, "    digest: {at: \"%02d:%02d\", calendar: ",
		    d->at_minute / 60, d->at_minute % 60);
	dump_text(out, d->calendar);
	if (d->weekday)
		strbuf_addf(out, ", on: %s", weekday_names[d->weekday - 1]);
	strbuf_addstr(out, ", notify: ");
	dump_list(out, &d->notify);
	strbuf_addch(out, '}');
}

static void dump_route(struct strbuf *out, const struct conf *c,
		       const struct route *r)
{
	const struct place at = { c, "routes", r->name, &r->mark };

	strbuf_addstr(out, "  - name: ");
	dump_text(out, r->name);
	place_end(out, &at, "name");
	strbuf_addstr(out, "    when: ");
	dump_match(out, &r->when);
	place_end(out, &at, "when");
	if (r->go_on) {
		strbuf_addstr(out, "    continue: true");
		place_end(out, &at, "continue");
	}
	if (r->digest) {
		dump_digest(out, r->digest);
		place_end(out, &at, "digest");
		return;
	}
	strbuf_addstr(out, "    ladder:\n");
	for (size_t i = 0; i < r->n_steps; i++) {
		dump_step(out, &r->steps[i]);
		dump_end(out, c, NULL, &r->steps[i].mark);
	}
}

void dump_policy(const struct policy *p, const struct conf *c,
		 struct strbuf *out)
{
	dump_calendars(out, c, p);
	dump_rotations(out, c, p);
	dump_levels(out, c, p);
	dump_promotions(out, c, p);
	dump_rules(out, c, p);
	strbuf_addstr(out, "routes:\n");
	for (size_t i = 0; i < p->n_routes; i++)
		dump_route(out, c, &p->routes[i]);
	dump_noise(out, c, p);
	strbuf_addstr(out, "fallback: ");
	dump_text(out, p->fallback);
	dump_end(out, c, "fallback", NULL);
	strbuf_addf(out, "ack-counts: %s", p->ack_counts ? "true" : "false");
	dump_end(out, c, "ack-counts", NULL);
	strbuf_addf(out, "sla-start: %s",
		    p->sla_start == SLA_START_SOURCE ? "source" : "seen");
	dump_end(out, c, "sla-start", NULL);
	dump_span(out, c, "import-horizon", p->import_horizon_ms);
	dump_span(out, c, "reopen-window", p->reopen_window_ms);
}
