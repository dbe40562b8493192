/*
 * One poll of a source that is read by windows. Called by graph_security.c and
 * its like; knows the plan and the listing, no product.
 *
 *	poll -> window -> listing -> window -> listing ... -> finish
 *
 * The plan lives here and its text in the store. It moves when the last page of
 * a window is handed over, so that both are committed together; when that page
 * is refused the plan goes back to where it was.
 *
 * tested with: source/test_graph_security
 */
#include "source/reader_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/log.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* A Date is whole seconds, and has been on its way. */
#define SKEW_NOISE_MS 5000

struct reader {
	struct reader_conf conf;
	char *scope; /* conf.scope */
	char *identity; /* conf.identity */
	struct window_plan *plan; /* NULL: to be read from the store */
	char *before; /* its text before it moved, until that is committed */
	struct window window; /* of the listing */
	struct listing *listing;
	struct listing_result last; /* how it ended */
	struct loop_timer *turn;
	struct source_result result;
};

static struct poll_window poll_window_of(const struct reader *r,
					 const struct window *w)
{
	return (struct poll_window){ .source = source_name(r->conf.owner),
				     .scope = r->scope,
				     .from_ms = w->from_ms,
				     .to_ms = w->to_ms };
}

/*
 * The service's own time, which is that of its alerts, as far as it is known: a
 * clock that is behind would ask for none of the last minutes, and prove it.
 */
static int64_t now_ms(const struct reader *r)
{
	const struct skew *skew = r->conf.env->skew;
	int64_t off_ms = skew ? skew_ms(*skew) : 0;

	return clock_wall_ms() - (llabs(off_ms) > SKEW_NOISE_MS ? off_ms : 0);
}

/* A note that is lost costs nothing: the ledger shows the windows. */
static void note_reset(const struct reader *r, const char *detail)
{
	const struct ingest *in = r->conf.env->ingest;

	(void)in->note(in->ctx, source_name(r->conf.owner), "cursor-reset",
		       detail, NULL);
}

/* The plan from its text. What it cannot read it forgets, and says so. */
static void plan_from(struct reader *r, const char *text)
{
	bool reset;

	window_plan_free(r->plan);
	r->plan = window_plan_new(text, &r->conf.limits, now_ms(r), &reset);
	if (!reset)
		return;
	log_debug("source %s: the cursor is not ours, reading anew",
		  source_name(r->conf.owner));
	note_reset(r, "{\"reason\":\"the stored cursor could not be read\"}");
}

/* ---- whose plan it is: behind its text, as " i IDENTITY" ---- */

#define IDENTITY_MARK " i "

char *reader_identity(const char *where, const struct strlist *words,
		      char ret[READER_IDENTITY_SIZE])
{
	uint8_t all[DIGEST_SIZE], one[DIGEST_SIZE];
	struct digest *d = digest_new();

	digest_add_folded(d, where ? where : "");
	digest_finish(d, all);
	/* A sum has no order. */
	for (size_t i = 0; words && i < words->n; i++) {
		d = digest_new();
		digest_add_folded(d, words->v[i]);
		digest_finish(d, one);
		for (size_t j = 0; j < sizeof(all); j++)
			all[j] = (uint8_t)(all[j] + one[j]);
	}
	return digest_hex(all, (READER_IDENTITY_SIZE - 1) / 2, ret);
}

static void stored_text(const struct reader *r, struct strbuf *out)
{
	window_text(r->plan, out);
	strbuf_addf(out, IDENTITY_MARK "%s", r->identity);
}

/* The plan from what was stored, if it is that of what is read now. */
static int plan_from_stored(struct reader *r, char *text, struct err *err)
{
	const struct ingest *in = r->conf.env->ingest;
	char *mark = strstr(text, IDENTITY_MARK);
	int rc;

	if (mark)
		*mark = '\0';
	if (!mark || strcmp(mark + strlen(IDENTITY_MARK), r->identity) == 0) {
		plan_from(r, text);
		return 0;
	}
	rc = in->anew(in->ctx, source_name(r->conf.owner), r->scope, err);
	if (rc < 0)
		return rc;
	plan_from(r, "");
	log_event(LOG_NOTICE, MSG_SOURCE_ANEW,
		  "it reads another tenant, or other services of it, than "
		  "before; reading anew, as in a first run",
		  kv_str("SOURCE", source_name(r->conf.owner)),
		  kv_str("SCOPE", r->scope));
	note_reset(r, "{\"reason\":\"the source reads another tenant, or other "
		      "services of it, than before\"}");
	return 0;
}

static bool load_plan(struct reader *r)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct ingest *in = r->conf.env->ingest;
	struct err err = ERR_INIT;

	if (r->plan)
		return true;
	if (in->cursor(in->ctx, source_name(r->conf.owner), r->scope, &text,
		       &err) < 0 ||
	    plan_from_stored(r, text.buf, &err) < 0) {
		source_result_fail(&r->result, "%s", err.text);
		return false;
	}
	return true;
}

/* The way back, before the plan moves. */
static void keep_plan(struct reader *r)
{
	struct strbuf text = STRBUF_INIT;

	window_text(r->plan, &text);
	free(r->before);
	r->before = strbuf_detach(&text);
}

/* The last page of a window is about to be committed, and the plan with it. */
static void on_cursor(void *arg, int64_t newest_ms, struct strbuf *out)
{
	struct reader *r = arg;

	keep_plan(r);
	window_done(r->plan, &r->window, newest_ms, now_ms(r));
	stored_text(r, out);
}

static void on_listing_done(void *arg, const struct listing_result *result)
{
	struct reader *r = arg;

	/* The listing is freed in the next turn, not in its own call. */
	r->last = *result;
	loop_timer_set(r->turn, 0);
}

static void begin_listing(struct reader *r)
{
	struct listing_conf c = { 0 };

	r->conf.request(r->conf.self, &r->window, &c);
	c.env = r->conf.env;
	c.source = source_name(r->conf.owner);
	c.scope = r->scope;
	c.from_ms = r->window.from_ms;
	c.to_ms = r->window.to_ms;
	c.cursor = on_cursor;
	c.fn = on_listing_done;
	c.arg = r;
	r->listing = listing_new(&c);
	r->result.n_listings++;
}

static void finish(struct reader *r)
{
	struct source_result result = r->result;

	if (r->conf.done)
		r->conf.done(r->conf.self, &result);
	else
		source_finish(r->conf.owner, &result);
}

/* The next window of the poll, or its end. */
static void begin_next(struct reader *r)
{
	window_next(r->plan, now_ms(r), &r->window);
	if (r->window.kind == WINDOW_NONE) {
		r->result.more = window_has_more(r->plan);
		finish(r);
		return;
	}
	log_debug("source %s: window %d, %lld to %lld",
		  source_name(r->conf.owner), r->window.kind,
		  (long long)r->window.from_ms, (long long)r->window.to_ms);
	begin_listing(r);
}

/*
 * The window could not be read whole. Only a gap's failure leaves the poll
 * going: with any other the service may be down (window.h).
 */
static bool note_incomplete(struct reader *r)
{
	const struct ingest *in = r->conf.env->ingest;
	struct err err = ERR_INIT;
	bool again = r->window.kind == WINDOW_GAP;
	struct window gap = r->window;
	struct poll_window w;

	keep_plan(r);
	if (!window_failed(r->plan, &r->window, now_ms(r), &gap) && !again)
		return false;
	w = poll_window_of(r, &gap);
	if (in->gap_open(in->ctx, &w, r->last.error, &err) < 0) {
		/* Not known to anybody, so no gap: it stays to be read. */
		plan_from(r, r->before);
		source_result_fail(&r->result, "%s", err.text);
		return false;
	}
	return again;
}

/* Why it failed; where a slice of time is at fault, which one. */
static void note_failure(struct reader *r)
{
	char from[TIMEFMT_MAX], to[TIMEFMT_MAX];

	r->result.retry_after_ms =
		MAX(r->result.retry_after_ms, r->last.retry_after_ms);
	if (r->last.end != LISTING_INCOMPLETE)
		source_result_fail(&r->result, "%s", r->last.error);
	else
		source_result_fail(&r->result, "%s to %s: %s",
				   timefmt_utc(r->window.from_ms, from),
				   timefmt_utc(r->window.to_ms, to),
				   r->last.error);
}

/* True when the poll goes on after the listing that ended. */
static bool note_end(struct reader *r)
{
	if (r->last.end == LISTING_COMPLETE)
		return true;
	note_failure(r);
	switch (r->last.end) {
	case LISTING_INCOMPLETE:
		return note_incomplete(r);
	case LISTING_FORBIDDEN:
	case LISTING_AUTH:
		r->result.auth_failed = true;
		return false;
	case LISTING_STORE:
		if (r->before)
			plan_from(r, r->before);
		return false;
	case LISTING_THROTTLED:
	case LISTING_COMPLETE:
		break;
	}
	return false;
}

static bool asks_again(const struct reader *r)
{
	return r->last.end != LISTING_COMPLETE && r->conf.again &&
	       r->conf.again(r->conf.self, &r->last);
}

static void on_turn(void *arg)
{
	struct reader *r = arg;
	bool goes_on = true;

	if (r->listing) {
		r->listing = listing_free(r->listing);
		if (asks_again(r)) {
			begin_listing(r);
			return;
		}
		goes_on = note_end(r);
	} else {
		goes_on = load_plan(r);
	}
	free(take(r->before));
	if (goes_on)
		begin_next(r);
	else
		finish(r);
}

void reader_poll(struct reader *r)
{
	r->result = (struct source_result){ .complete = true };
	loop_timer_set(r->turn, 0);
}

struct reader *reader_new(const struct reader_conf *c)
{
	struct reader *r = xcalloc(1, sizeof(*r));

	r->conf = *c;
	r->scope = xstrdup(c->scope);
	r->identity = xstrdup(c->identity);
	r->turn = loop_timer_new(c->env->loop, on_turn, r);
	return r;
}

struct reader *reader_free(struct reader *r)
{
	if (!r)
		return NULL;
	listing_free(r->listing);
	loop_timer_free(r->turn);
	window_plan_free(r->plan);
	free(r->before);
	free(r->scope);
	free(r->identity);
	free(r);
	return NULL;
}
