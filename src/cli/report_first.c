/*
 * What the next shift does first, worst first, each with its command. Called by
 * report_shift. Says nothing.
 *
 * tested with: scenario/test_shift
 */
#include <inttypes.h>
#include "cli/pick.h"
#include "cli/report_priv.h"
#include "util/strbuf.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* A silence that ends so soon ends in the hands of the next shift. */
#define ENDS_SOON_MS (INT64_C(4) * 3600 * 1000)

static void keep(struct rows *to, const char *text, const char *command)
{
	static const char *const names[] = { "text", "command" };

	(void)rows_keep(to, ARRAY_SIZE(names), names,
			(const struct cell[]){ cell_text(text),
					       cell_text(command) });
}

void report_first_keep(struct rows *to, const char *text, const char *verb,
		       int64_t id, const char *how)
{
	CLEANUP(free_ptr)
	char *command = xasprintf("triagectl %s %" PRId64 "%s", verb, id, how);

	keep(to, text, command);
}

/* An alert that is late, or of which nobody knows whose it is. */
static void add_alert(struct rows *to, const struct shift *s, size_t i)
{
	const struct rows *r = &s->unattended;
	const struct cell *holder = pick_holder(r, i);
	long long id = (long long)rows_integer(r, i, "id");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr)
	char *command = xasprintf("triagectl %s %lld",
				  holder->len ? "show" : "ack", id);

	strbuf_addf(&text, "alert %lld, %s, ", id, rows_text(r, i, "severity"));
	format_value(&text, AS_DUE, pick_due(r, i), s->now_ms);
	strbuf_addf(&text, ", %s",
		    holder->len ? holder->text : "nobody has it");
	keep(to, text.buf, command);
}

static void add_alerts(struct rows *to, const struct shift *s)
{
	int64_t left = shift_total(s, "unattended");

	for (size_t i = 0; i < s->unattended.n; i++, left--)
		add_alert(to, s, i);
	if (left > 0) {
		CLEANUP(free_ptr)
		char *text =
			xasprintf("%" PRId64 " more alerts late or with nobody",
				  left);

		keep(to, text, "triagectl list");
	}
}

static void add_soon(struct rows *to, const struct shift *s)
{
	int64_t n = shift_total(s, "soon");
	CLEANUP(free_ptr) char *text = NULL;

	if (n == 0)
		return;
	text = xasprintf("%" PRId64 " %s within 4 h", n,
			 n == 1 ? "clock runs out" : "clocks run out");
	keep(to, text, "triagectl forecast --within 4h");
}

static void add_targets(struct rows *to, const struct shift *s)
{
	int64_t dead = shift_total(s, "dead");

	for (size_t i = 0; i < s->targets.n; i++) {
		const char *name = rows_text(&s->targets, i, "target");
		CLEANUP(free_ptr) char *text = NULL, *command = NULL;

		if (rows_integer(&s->targets, i, "disabled_ms"))
			text = xasprintf("target %s is disabled", name);
		else if (rows_integer(&s->targets, i, "refused_ms"))
			text = xasprintf("target %s refuses our credentials",
					 name);
		else
			continue;
		command = xasprintf("triagectl outbox enable %s", name);
		keep(to, text, command);
	}
	if (dead > 0) {
		CLEANUP(free_ptr)
		char *text =
			xasprintf("%" PRId64 " %s given up", dead,
				  dead == 1 ? "message was" : "messages were");

		keep(to, text, "triagectl outbox --state dead");
	}
}

static void add_silences(struct rows *to, const struct shift *s)
{
	for (size_t i = 0; i < s->silences.n; i++) {
		int64_t left_ms =
			rows_integer(&s->silences, i, "ends_ms") - s->now_ms;
		CLEANUP(free_ptr) char *text = NULL;
		char span[TIMEFMT_MAX];

		if (left_ms < 0 || left_ms > ENDS_SOON_MS)
			continue;
		text = xasprintf("silence %" PRId64 " of %s ends in %s; what "
				 "is open is told then",
				 rows_integer(&s->silences, i, "id"),
				 rows_text(&s->silences, i, "author"),
				 timefmt_span(left_ms, span));
		keep(to, text, "triagectl silence list");
	}
}

void report_first_rows(struct rows *to, const struct shift *s)
{
	add_alerts(to, s);
	report_responses_first(to, s);
	add_targets(to, s);
	if (s->unproven.n > 0)
		keep(to, "not all time is proven to have been read",
		     "triagectl coverage");
	add_soon(to, s);
	add_silences(to, s);
}
