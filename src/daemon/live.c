/*
 * See live.h. One source after the other, one target after the other: the loop
 * runs until each is known, since there is nothing else to do meanwhile.
 *
 * tested with: scenario/test_live
 */
#include "daemon/live_priv.h"

#include "advice/diagnose.h"
#include "source/probe.h"
#include "source/source.h"
#include "util/xmalloc.h"
#include "version.h"

#define EXIT_SETTINGS 78

int live_open(struct live *l, const struct options *o)
{
	CLEANUP(faults_release) struct faults faults = { 0 };
	int rc = check_load(o->file, NULL, &l->settings, &faults);

	check_print(stderr, &faults);
	if (rc < 0)
		return EXIT_SETTINGS;
	l->say = (struct live_say){ .out = stdout, .json = o->json };
	l->loop = loop_new();
	l->pool = xfer_pool_new(l->loop, "triaged/" TRIAGED_VERSION);
	l->tokens = token_cache_new(l->pool);
	return 0;
}

void live_release(struct live *l)
{
	if (l->tokens)
		l->tokens = token_cache_free(l->tokens);
	if (l->pool)
		l->pool = xfer_pool_free(l->pool);
	if (l->loop)
		l->loop = loop_free(l->loop);
	settings_release(&l->settings);
}

/* ---- sources ---- */

struct asked {
	struct live *live;
	const struct source_conf *conf;
};

static void live_on_step(void *arg, const struct probe_step *s)
{
	const struct asked *a = arg;
	CLEANUP(strbuf_release) struct strbuf cause = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	struct live_row row = { .about = "source",
				.name = a->conf->name,
				.step = s->name,
				.ok = s->ok,
				.text = s->text };

	if (!s->ok) {
		(void)diagnose_source(a->conf, s->text, &next); /* ours says
								   more */
		diagnose_source_cause(a->conf, s->text, &cause);
		row.text = cause.buf;
		row.next = next.buf;
	}
	live_say_row(&a->live->say, &row);
}

static void live_on_done(void *arg)
{
	const struct asked *a = arg;

	loop_stop(a->live->loop);
}

static void live_source(struct live *l, const struct source_conf *c)
{
	struct asked asked = { l, c };
	const struct token_conf sign_in = source_token_conf(c);
	struct source_env env = { .loop = l->loop,
				  .pool = l->pool,
				  .proxy = c->proxy };
	struct probe *p;

	if (c->auth != AUTH_NONE)
		env.token = token_cache_get(l->tokens, &sign_in);
	p = probe_new(c, &env, live_on_step, live_on_done, &asked);
	loop_run(l->loop);
	probe_free(p);
}

int live_main(const struct options *o)
{
	CLEANUP(live_release) struct live l = { 0 };
	const struct conf *c;
	int status = live_open(&l, o);

	if (status != 0)
		return status;
	c = l.settings.conf;
	for (size_t i = 0; i < c->n_sources; i++)
		live_source(&l, &c->sources[i]);
	for (size_t i = 0; i < c->n_targets; i++)
		live_target(&l, &c->targets[i]);
	for (size_t i = 0; i < c->n_heartbeats; i++)
		live_target(&l, &c->heartbeats[i]);
	return live_say_end(&l.say) && l.say.n_failed == 0 ? 0 : 1;
}
