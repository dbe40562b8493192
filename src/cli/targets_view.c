/*
 * What is wrong with targets, in words. Called by cmd_status.c and
 * cmd_outbox.c, which read LOOK_TARGETS.
 *
 * tested with: scenario/test_outbox
 */
#include "cli/outbox_cmd.h"

#include <inttypes.h>
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* What may be against a target, worst first. */
static const struct {
	const char *words, *ms, *why;
} troubles[] = {
	{ "IS DISABLED, nothing is sent to it", "disabled_ms", "disabled_why" },
	{ "REFUSES OUR CREDENTIALS, asked again every 15 min", "refused_ms",
	  "refused_why" },
};

static bool say_trouble(struct writer *w, const struct rows *r, size_t i,
			const char *label)
{
	size_t t = 0;

	while (t < ARRAY_SIZE(troubles) && !rows_integer(r, i, troubles[t].ms))
		t++;
	if (t == ARRAY_SIZE(troubles))
		return false;
	writer_line(w, label);
	writer_value(w, AS_TEXT, rows_cell(r, i, "target"));
	writer_words(w, " ");
	writer_words(w, troubles[t].words);
	writer_words(w, " (since ");
	writer_value(w, AS_LOCAL, rows_cell(r, i, troubles[t].ms));
	writer_words(w, "): ");
	writer_value(w, AS_ERROR, rows_cell(r, i, troubles[t].why));
	writer_words(w, "; next: triagectl outbox enable ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "target"));
	return true;
}

static void say_dead(struct writer *w, const struct rows *r, size_t i,
		     const char *label)
{
	if (rows_integer(r, i, "dead_critical") == 0)
		return;
	writer_line(w, label);
	writer_value(w, AS_TEXT, rows_cell(r, i, "target"));
	writer_words(w, " did not take ");
	writer_value(w, AS_BAD_COUNT, rows_cell(r, i, "dead_critical"));
	writer_words(w, rows_integer(r, i, "dead_critical") == 1
				? " message about a CRITICAL alert"
				: " messages about CRITICAL alerts");
	writer_words(w, "; next: triagectl outbox --state dead");
}

void targets_say_trouble(struct writer *w, const struct rows *targets,
			 const char *label)
{
	for (size_t i = 0; i < targets->n; i++)
		if (!say_trouble(w, targets, i, label))
			say_dead(w, targets, i, label);
}

static void say_rate(struct writer *w, const json_t *target, const char *label)
{
	struct cell name = cell_text(jsonx_str(target, "target"));
	CLEANUP(free_ptr) char *rate = NULL;
	int64_t until_ms = 0, messages = 0, within_ms = 0;
	struct cell until;
	char span[TIMEFMT_MAX];

	(void)jsonx_int(target, "waits_until_ms", &until_ms);
	(void)jsonx_int(target, "messages", &messages);
	(void)jsonx_int(target, "within_ms", &within_ms);
	if (until_ms == 0)
		return;
	until = cell_integer(until_ms);
	rate = xasprintf(" waits for the rate of the target (%" PRId64
			 " messages within %s), the next ",
			 messages, timefmt_duration(within_ms, span));
	writer_line(w, label);
	writer_value(w, AS_TEXT, &name);
	writer_words(w, rate);
	writer_value(w, AS_NEXT, &until);
}

void targets_say_rates(struct writer *w, const json_t *status,
		       const char *label)
{
	const json_t *list = jsonx_get(status, "targets");
	const json_t *o;
	size_t i;

	writer_object(w, "waiting_for_rate");
	json_array_foreach((json_t *)list, i, o)
	{
		const char *name = jsonx_str(o, "target");
		int64_t until_ms = 0;

		say_rate(w, o, label);
		(void)jsonx_int(o, "waits_until_ms", &until_ms);
		if (name && until_ms)
			writer_field(w, name, cell_integer(until_ms));
	}
	writer_object_end(w);
}
