/*
 * The daemon's own page: is it alive, is it ready, numbers, and a page for
 * people. GET only, on loopback or a Unix socket (net/httpd.h); says nothing
 * about alerts' content unless the settings want it. Links of messages are
 * handed on to ack_page.c.
 *
 * tested with: scenario/test_health
 */
#include <string.h>

#include "daemon/ack_page.h"
#include "daemon/app_priv.h"
#include "daemon/cells.h"
#include "daemon/condition.h"
#include "daemon/page_host.h"
#include "store/look.h"
#include "util/clock.h"
#include "util/timefmt.h"

/* A change is durable: not one for everybody who asks in a row. */
#define TRY_STORE_MS 5000

static int add_count(void *arg, size_t n, const char *const *names,
		     const struct cell *cells)
{
	const struct cells row = { n, names, cells };
	struct summary *s = arg;
	enum severity severity;

	if (strcmp(cells_text(&row, "state"), "closed") != 0 &&
	    severity_parse(cells_text(&row, "severity"), &severity))
		s->open[severity] += cells_integer(&row, "n");
	return 0;
}

static int add_overdue(void *arg, size_t n, const char *const *names,
		       const struct cell *cells)
{
	const struct cells row = { n, names, cells };
	struct summary *s = arg;

	s->overdue += cells_integer(&row, "n");
	return 0;
}

static int add_next(void *arg, size_t n, const char *const *names,
		    const struct cell *cells)
{
	const struct cells row = { n, names, cells };
	struct summary *s = arg;

	s->due_ms = cells_integer(&row, "due_ms");
	return 1;
}

static int add_outbox(void *arg, size_t n, const char *const *names,
		      const struct cell *cells)
{
	const struct cells row = { n, names, cells };
	struct summary *s = arg;
	const char *state = cells_text(&row, "state");
	int64_t count = cells_integer(&row, "n");

	if (strcmp(state, "dead") == 0)
		s->dead += count;
	else if (strcmp(state, "sent") != 0 && strcmp(state, "superseded") != 0)
		s->undelivered += count;
	return 0;
}

bool app_summarize(struct app *a, struct summary *ret)
{
	static const struct {
		enum question question;
		look_row_fn *fn;
	} parts[] = {
		{ LOOK_COUNTS, add_count },
		{ LOOK_OVERDUE, add_overdue },
		{ LOOK_NEXT_DUE, add_next },
		{ LOOK_OUTBOX_COUNTS, add_outbox },
	};
	struct selector all = { .now_ms = clock_wall_ms() };
	struct err err = ERR_INIT;
	bool whole = true;

	*ret = (struct summary){ .overdue = 0 };
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (look(a->store, parts[i].question, &all, parts[i].fn, ret,
			 &err) >= 0)
			continue;
		app_store_trouble(a, &err);
		whole = false;
	}
	return whole;
}

static void add_last_poll(struct app *a, int64_t now_ms, struct strbuf *out)
{
	int64_t newest_ms = 0;
	size_t failing = 0;
	char span[TIMEFMT_MAX];

	for (size_t i = 0; i < poller_count(a->poller); i++) {
		struct poller_state s;

		poller_state(a->poller, i, &s);
		newest_ms = MAX(newest_ms, s.last_complete_ms);
		failing += s.failing;
	}
	if (newest_ms)
		strbuf_addf(out, "polled %s ago",
			    timefmt_span(MAX(now_ms - newest_ms, 0), span));
	else
		strbuf_addstr(out, "not polled yet");
	if (failing)
		strbuf_addf(out, ", %zu of %zu sources failing", failing,
			    poller_count(a->poller));
}

void app_status_line(struct app *a, struct strbuf *out)
{
	struct summary s;
	int64_t open = 0;
	int64_t now_ms = clock_wall_ms();
	char span[TIMEFMT_MAX];

	(void)app_summarize(a, &s); /* the line says what is wrong */
	for (size_t i = 0; i < SEVERITY_MAX; i++)
		open += s.open[i];
	add_last_poll(a, now_ms, out);
	strbuf_addf(out, "; %lld open", (long long)open);
	if (s.overdue)
		strbuf_addf(out, ", %lld overdue", (long long)s.overdue);
	else if (s.due_ms)
		strbuf_addf(out, ", next due in %s",
			    timefmt_span(MAX(s.due_ms - now_ms, 0), span));
	strbuf_addf(out, "; %lld undelivered", (long long)s.undelivered);
	if (s.dead)
		strbuf_addf(out, ", %lld given up (triagectl outbox)",
			    (long long)s.dead);
	if (a->store_err.code)
		strbuf_addf(out, "; DATABASE: %s", a->store_err.text);
	if (listening_trouble(a))
		strbuf_addf(out, "; NO PAGE: %s", listening_trouble(a));
}

static int answer_page(struct app *a, const char *host, struct strbuf *body,
		       const char **ret_type)
{
	if (!page_host_is_ours(a->settings.conf, host)) {
		strbuf_addstr(body, "Ask for localhost, or by the name in "
				    "public-url.\n");
		return 403;
	}
	condition_try_store(a, TRY_STORE_MS);
	*ret_type = "text/html; charset=utf-8";
	page_write(a, body);
	return 200;
}

int health_answer(void *arg, const struct httpd_request *r, struct strbuf *body,
		  const char **ret_type)
{
	struct app *a = arg;
	const char *path = r->path;
	const char *token = ack_page_token(path);

	if (token && a->settings.conf->public_url)
		return ack_page_answer(a, r, token, body, ret_type);
	*ret_type = "text/plain; charset=utf-8";
	if (token) {
		/* It was sent when the settings had one. */
		strbuf_addstr(body, "Nothing was changed: links are switched "
				    "off here (public-url).\nUse the code of "
				    "the message: triagectl ack CODE\n");
		return 404;
	}
	if (r->method == HTTPD_POST)
		return 405;
	if (strcmp(path, "/metrics") == 0) {
		condition_try_store(a, TRY_STORE_MS);
		*ret_type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_write(a, body);
		return 200;
	}
	if (strcmp(path, "/-/healthy") == 0)
		return condition_write(a, false, body) ? 200 : 503;
	if (strcmp(path, "/-/ready") == 0) {
		condition_try_store(a, TRY_STORE_MS);
		return condition_write(a, true, body) ? 200 : 503;
	}
	if (strcmp(path, "/") == 0)
		return answer_page(a, r->host, body, ret_type);
	strbuf_addstr(body, "triaged: / /-/healthy /-/ready /metrics\n");
	return 404;
}
