/*
 * How long what is over is kept: reading, checking, and writing down the block
 * `retention`. Called through the rows of table_top.c, by validate.c and by
 * dump.c.
 *
 * tested with: test_retention_settings
 */
#include "conf/conf_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "util/compiler.h"
#include "util/timefmt.h"

/* A duration, or "forever" (0). */
void load_kept(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	if (v->kind == NODE_TEXT && strcmp(v->text, "forever") == 0)
		*FIELD(int64_t, object, o) = 0;
	else
		load_duration(l, o, v, object);
}

/* A size, or "off" (0). */
void load_size_limit(struct load *l, const struct option *o,
		     const struct node *v, void *object)
{
	if (v->kind == NODE_TEXT && strcmp(v->text, "off") == 0)
		*FIELD(int64_t, object, o) = 0;
	else
		load_size(l, o, v, object);
}

int64_t retention_floor_ms(const struct conf *c)
{
	int64_t floor_ms = MAX(RETENTION_LEAST_MS, c->policy.reopen_window_ms);

	for (size_t i = 0; i < c->n_sources; i++)
		if (c->sources[i].sweep_every_ms)
			floor_ms = MAX(floor_ms, c->sources[i].sweep_window_ms);
	return floor_ms;
}

/* What must not be shorter than something else, and where either was set. */
struct limit {
	const char *option;
	int64_t kept_ms;
	const char *longer;
	int64_t longer_ms;
	const struct mark *longer_mark;
};

static void check_kept(struct load *l, const struct limit *k)
{
	const struct mark *mark = origin_find(l->c, k->option);
	char kept[TIMEFMT_MAX], needed[TIMEFMT_MAX];

	if (!k->kept_ms || k->kept_ms >= k->longer_ms)
		return;
	faults_add(l->faults, mark ? mark : k->longer_mark,
		   "%s: %s is shorter than %s (%s): what was removed would be "
		   "read again; make it at least %s",
		   k->option, timefmt_duration(k->kept_ms, kept), k->longer,
		   timefmt_duration(k->longer_ms, needed), needed);
}

static void check_sweep(struct load *l, const struct source_conf *s)
{
	const struct retention_conf *r = &l->c->retention;

	if (!s->sweep_every_ms)
		return;
	check_kept(l, &(struct limit){ "retention.closed-alerts",
				       r->closed_alerts_ms,
				       "the sweep of a source",
				       s->sweep_window_ms, &s->mark });
	check_kept(l, &(struct limit){ "retention.polls", r->polls_ms,
				       "the sweep of a source",
				       s->sweep_window_ms, &s->mark });
}

void retention_check(struct load *l)
{
	const struct conf *c = l->c;

	check_kept(l,
		   &(struct limit){ "retention.closed-alerts",
				    c->retention.closed_alerts_ms,
				    "reopen-window", c->policy.reopen_window_ms,
				    origin_find(c, "reopen-window") });
	for (size_t i = 0; i < c->n_sources; i++)
		check_sweep(l, &c->sources[i]);
}

static void dump_kept(struct strbuf *out, const struct conf *c,
		      const char *name, int64_t ms)
{
	char span[TIMEFMT_MAX], path[64];

	strbuf_addf(out, "  %s: %s", name,
		    ms ? timefmt_duration(ms, span) : "forever");
	snprintf(path, sizeof(path), "retention.%s", name);
	dump_end(out, c, path, NULL);
}

/* In the largest unit that says it whole. */
static void dump_size(struct strbuf *out, int64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	size_t i = 0;

	for (bytes >>= 10; i < ARRAY_SIZE(units) - 1 && bytes % 1024 == 0; i++)
		bytes >>= 10;
	strbuf_addf(out, "%" PRId64 "%s", bytes, units[i]);
}

void dump_retention(struct strbuf *out, const struct conf *c)
{
	const struct retention_conf *r = &c->retention;

	strbuf_addstr(out, "retention:\n");
	dump_kept(out, c, "closed-alerts", r->closed_alerts_ms);
	dump_kept(out, c, "raw", r->raw_ms);
	dump_kept(out, c, "polls", r->polls_ms);
	dump_kept(out, c, "deliveries", r->deliveries_ms);
	strbuf_addstr(out, "  size-limit: ");
	if (r->size_limit)
		dump_size(out, r->size_limit);
	else
		strbuf_addstr(out, "off");
	dump_end(out, c, "retention.size-limit", NULL);
}
