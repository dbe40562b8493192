/*
 * What keeps messages back, as YAML. Called by dump_policy.c.
 *
 * tested with: test_dump test_noise_settings
 */
#include "conf/conf_priv.h"

#include <stdio.h>
#include "util/timefmt.h"

static void dump_waits(struct strbuf *out, const struct conf *c,
		       const struct policy *p)
{
	char path[64], span[TIMEFMT_MAX];

	strbuf_addstr(out, "groups:\n  wait:\n");
	for (int level = SEVERITY_CRITICAL; level > SEVERITY_INFO; level--) {
		const char *name = severity_name((enum severity)level);

		strbuf_addf(out, "    %s: %s", name,
			    timefmt_duration(p->group_wait_ms[level], span));
		snprintf(path, sizeof(path), "groups.wait.%s", name);
		dump_end(out, c, path, NULL);
	}
}

static void dump_count(struct strbuf *out, const struct conf *c,
		       const char *name, int n)
{
	char path[64];

	strbuf_addf(out, "  %s: %d", name, n);
	snprintf(path, sizeof(path), "storm.%s", name);
	dump_end(out, c, path, NULL);
}

static void dump_time(struct strbuf *out, const struct conf *c,
		      const char *name, int64_t ms)
{
	char path[64], span[TIMEFMT_MAX];

	strbuf_addf(out, "  %s: %s", name, timefmt_duration(ms, span));
	snprintf(path, sizeof(path), "storm.%s", name);
	dump_end(out, c, path, NULL);
}

static void dump_storm(struct strbuf *out, const struct conf *c,
		       const struct policy *p)
{
	strbuf_addstr(out, "storm:\n");
	dump_count(out, c, "groups", p->storm.groups);
	dump_time(out, c, "within", p->storm.within_ms);
	dump_time(out, c, "summary-every", p->storm.every_ms);
	dump_count(out, c, "critical-groups", p->critical_storm.groups);
	dump_time(out, c, "critical-every", p->critical_storm.every_ms);
}

static void dump_quiet(struct strbuf *out, const struct conf *c,
		       const struct quiet_plan *q)
{
	strbuf_addstr(out, "  - timezone: ");
	dump_text(out, q->hours.timezone);
	dump_end(out, c, NULL, &q->mark);
	dump_week(out, &q->hours);
	dump_end(out, c, NULL, &q->mark);
	if (!q->target)
		return;
	strbuf_addstr(out, "    target: ");
	dump_text(out, q->target);
	dump_end(out, c, NULL, &q->mark);
}

static void dump_text_line(struct strbuf *out, const struct conf *c,
			   const struct mark *mark, const char *name,
			   const char *value)
{
	strbuf_addf(out, "    %s: ", name);
	dump_text(out, value);
	dump_end(out, c, NULL, mark);
}

static void dump_work(struct strbuf *out, const struct conf *c,
		      const struct maintenance_plan *m)
{
	strbuf_addstr(out, "  - name: ");
	dump_text(out, m->name);
	dump_end(out, c, NULL, &m->mark);
	dump_text_line(out, c, &m->mark, "owner", m->owner);
	dump_text_line(out, c, &m->mark, "reason", m->reason);
	strbuf_addstr(out, "    when: ");
	dump_match(out, &m->when);
	dump_end(out, c, NULL, &m->mark);
	dump_text_line(out, c, &m->mark, "timezone", m->hours.timezone);
	if (m->once) {
		strbuf_addstr(out, "    from: ");
		dump_moment(out, &m->from);
		dump_end(out, c, NULL, &m->mark);
		strbuf_addstr(out, "    to: ");
		dump_moment(out, &m->to);
	} else {
		dump_week(out, &m->hours);
	}
	dump_end(out, c, NULL, &m->mark);
}

void dump_noise(struct strbuf *out, const struct conf *c,
		const struct policy *p)
{
	dump_waits(out, c, p);
	dump_storm(out, c, p);
	if (p->n_quiet)
		strbuf_addstr(out, "quiet-hours:\n");
	for (size_t i = 0; i < p->n_quiet; i++)
		dump_quiet(out, c, &p->quiet[i]);
	if (p->n_maintenance)
		strbuf_addstr(out, "maintenance:\n");
	for (size_t i = 0; i < p->n_maintenance; i++)
		dump_work(out, c, &p->maintenance[i]);
}
