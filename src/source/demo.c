/*
 * The built-in source of `triaged --demo`: plays a short story of alerts of
 * all three products through the real normalizers, a page each poll, then
 * stays quiet and complete. Called through source.c. Like the real listing,
 * each poll shows everything that was raised so far.
 */
#include "source/source_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "source/batch_priv.h"
#include "source/demo_priv.h"
#include "util/clock.h"
#include "util/strbuf.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define SCOPE "demonstration"
/* From raised at the source to listed. */
#define LATE_MS 20000

/* One alert as it stands now. */
struct played {
	bool raised;
	int64_t created_ms, updated_ms;
	const char *severity, *status, *note;
	char *json;
};

struct demo {
	struct source *owner;
	const struct source_env *env; /* the owner's */
	char *tenant;
	struct loop_timer *turn;
	int n_polls;
	struct played *played; /* one for each of demo_alerts */
};

static void add_time(struct strbuf *out, int64_t ms)
{
	char buf[TIMEFMT_MAX];

	strbuf_addstr(out, timefmt_utc(ms, buf));
}

static void add_value(struct strbuf *out, const struct demo_alert *a,
		      const struct played *p, char which)
{
	int64_t first_ms = p->created_ms - (int64_t)a->lag_s * 1000;

	switch (which) {
	case 'C':
		add_time(out, p->created_ms);
		break;
	case 'F':
		add_time(out, first_ms);
		break;
	case 'L':
		add_time(out, first_ms + (p->created_ms - first_ms) / 2);
		break;
	case 'U':
		add_time(out, p->updated_ms);
		break;
	case 'M':
		strbuf_addf(out, "%" PRId64, p->created_ms);
		break;
	case 'S':
		strbuf_addstr(out, p->severity);
		break;
	case 'T':
		strbuf_addstr(out, p->status);
		break;
	case 'N':
		strbuf_addstr(out, p->note);
		break;
	default: /* "$id", "$ref" */
		strbuf_addch(out, '$');
		strbuf_addch(out, which);
		break;
	}
}

static char *render(const struct demo_alert *a, const struct played *p)
{
	struct strbuf out = STRBUF_INIT;

	for (const char *s = a->json; *s; s++) {
		if (*s == '$' && s[1])
			add_value(&out, a, p, *++s);
		else
			strbuf_addch(&out, (char)(*s == '\'' ? '"' : *s));
	}
	return strbuf_detach(&out);
}

static void play(struct demo *d, const struct demo_event *e)
{
	const struct demo_alert *a = &demo_alerts[e->alert];
	struct played *p = &d->played[e->alert];
	int64_t now_ms = clock_wall_ms();

	if (!p->raised) {
		p->raised = true;
		p->created_ms = now_ms - LATE_MS;
		p->severity = a->severity;
		p->status = a->status;
		p->note = "";
	}
	p->updated_ms = now_ms;
	p->severity = e->severity ? e->severity : p->severity;
	p->status = e->status ? e->status : p->status;
	p->note = e->note ? e->note : p->note;
	free(p->json);
	p->json = render(a, p);
}

static void add_page(struct demo *d, struct batch *b)
{
	for (size_t i = 0; i < n_demo_alerts; i++) {
		const char *json = d->played[i].json;

		if (!json)
			continue;
		b->door = demo_alerts[i].door;
		batch_add(b, (struct span){ json, strlen(json) });
	}
}

static int hand_over(struct demo *d, struct err *err)
{
	CLEANUP(batch_release)
	struct batch b = {
		.ingest = d->env->ingest,
		.tenant = d->tenant,
	};
	const struct ingest *in = d->env->ingest;
	struct poll_window window = { .source = source_name(d->owner),
				      .scope = SCOPE };
	int64_t poll;
	int rc;

	rc = in->poll_begin(in->ctx, &window, &poll, err);
	if (rc < 0)
		return rc;
	batch_init(&b, n_demo_alerts);
	add_page(d, &b);
	rc = batch_send(&b, poll, true, NULL, err);
	if (rc < 0)
		(void)in->poll_fail(in->ctx, poll, err->text, NULL);
	return rc;
}

static void on_turn(void *arg)
{
	struct demo *d = arg;
	struct source_result result = { .complete = true, .n_listings = 1 };
	struct err err = ERR_INIT;

	d->n_polls++;
	for (size_t i = 0; i < n_demo_events; i++) {
		if (demo_events[i].poll == d->n_polls)
			play(d, &demo_events[i]);
	}
	if (hand_over(d, &err) < 0)
		source_result_fail(&result, "%s", err.text);
	source_finish(d->owner, &result);
}

static void demo_poll(void *self)
{
	struct demo *d = self;

	loop_timer_set(d->turn, 0);
}

static void *demo_open(struct source *owner, const struct source_conf *c,
		       const struct source_env *env)
{
	struct demo *d = xcalloc(1, sizeof(*d));

	d->owner = owner;
	d->env = env;
	d->tenant = xstrdup(c->tenant ? c->tenant : "");
	d->played = xcalloc(n_demo_alerts, sizeof(*d->played));
	d->turn = loop_timer_new(env->loop, on_turn, d);
	return d;
}

static void demo_close(void *self)
{
	struct demo *d = self;

	loop_timer_free(d->turn);
	for (size_t i = 0; i < n_demo_alerts; i++)
		free(d->played[i].json);
	free(d->played);
	free(d->tenant);
	free(d);
}

const struct source_ops demo_ops = {
	.kind = "demo",
	.open = demo_open,
	.close = demo_close,
	.poll = demo_poll,
};
