/*
 * What is wrong with targets, in words. Called by cmd_status.c and
 * cmd_outbox.c, which read LOOK_TARGETS.
 *
 * tested with: scenario/test_outbox
 */
#include "cli/outbox_cmd.h"

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
	writer_words(w, " messages about CRITICAL alerts; next: triagectl "
			"outbox --state dead");
}

void targets_say_trouble(struct writer *w, const struct rows *targets,
			 const char *label)
{
	for (size_t i = 0; i < targets->n; i++)
		if (!say_trouble(w, targets, i, label))
			say_dead(w, targets, i, label);
}
