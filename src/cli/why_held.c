/*
 * What was held back, by what and until when, and what became of it. Called by
 * cmd_why and why_answer.
 *
 * tested with: test_why
 */
#include <inttypes.h>
#include <string.h>
#include "cli/localtime.h"
#include "cli/pick.h"
#include "cli/why_priv.h"

static void add_minute(struct strbuf *sb, const char *before, int64_t ms)
{
	char local[LOCALTIME_MAX];

	if (ms)
		strbuf_addf(sb, "%s%s", before, localtime_minute(ms, local));
}

static void add_silence(struct strbuf *sb, const struct rows *r, size_t i,
			const char *name)
{
	const char *author = rows_text(r, i, "silence_author");
	const char *reason = rows_text(r, i, "silence_reason");

	strbuf_addf(sb, "silence %s", name);
	if (author)
		strbuf_addf(sb, " of %s", author);
	if (reason)
		strbuf_addf(sb, " (%s)", reason);
}

static void add_digest(struct strbuf *sb, const char *name)
{
	strbuf_addstr(sb, "the digest of ");
	why_add_route(sb, name);
}

void why_add_cause(struct strbuf *sb, const struct rows *held, size_t row)
{
	static const struct {
		const char *cause, *words;
		bool named;
	} causes[] = {
		{ "import", "the summary of what is older than the first run",
		  false },
		{ "group", "its group", false },
		{ "maintenance", "maintenance ", true },
		{ "quiet", "quiet hours", false },
		{ "storm", "a storm of messages", false },
	};
	const char *cause = rows_text(held, row, "cause");
	const char *name = rows_text(held, row, "cause_name");

	if (pick_is(held, row, "cause", "silence")) {
		add_silence(sb, held, row, name ? name : "");
		return;
	}
	if (pick_is(held, row, "cause", "digest")) {
		add_digest(sb, name ? name : "");
		return;
	}
	for (size_t i = 0; cause && i < ARRAY_SIZE(causes); i++) {
		if (strcmp(causes[i].cause, cause) != 0)
			continue;
		strbuf_addf(sb, "%s%s", causes[i].words,
			    causes[i].named && name ? name : "");
		return;
	}
	strbuf_addstr(sb, cause ? cause : "something");
}

static void add_text(struct strbuf *sb, const struct rows *r, size_t i)
{
	const char *kind = rows_text(r, i, "kind");
	const char *why = rows_text(r, i, "ended_why");

	strbuf_addf(sb, "\"%s\" held back by ", kind ? kind : "message");
	why_add_cause(sb, r, i);
	add_minute(sb, " since ", rows_integer(r, i, "since_ms"));
	if (pick_is(r, i, "outcome", "waiting"))
		add_minute(sb, ", until ", rows_integer(r, i, "until_ms"));
	else if (pick_is(r, i, "outcome", "carried"))
		add_minute(sb, "; sent ", rows_integer(r, i, "ended_ms"));
	else if (pick_is(r, i, "outcome", "moved"))
		add_minute(sb, "; something else held it from ",
			   rows_integer(r, i, "ended_ms"));
	else
		add_minute(sb, "; not needed any more ",
			   rows_integer(r, i, "ended_ms"));
	if (why && *why)
		strbuf_addf(sb, ": %s", why);
}

/* What waits for a digest may name a rotation: who has the duty when it goes
 * out is told. */
bool why_held_is_for(const struct case_view *v, size_t row, const char *target)
{
	char *name = (char *)rows_text(&v->held, row, "target");
	const struct strlist names = { .v = &name, .n = 1 };

	if (!name)
		return false;
	return strcmp(name, target) == 0 ||
	       why_names_tell(v, &names, target,
			      rows_integer(&v->held, row, "until_ms"));
}

void why_held_rows(struct rows *to, const struct case_view *v,
		   const char *target)
{
	static const char *const names[] = {
		"target",    "kind",	 "cause",   "cause_name",
		"since_ms",  "until_ms", "outcome", "ended_ms",
		"ended_why", "episode",	 "text"
	};
	const struct rows *r = &v->held;
	struct cell cells[ARRAY_SIZE(names)];

	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (target && !why_held_is_for(v, i, target))
			continue;
		add_text(&text, r, i);
		for (size_t j = 0; j + 1 < ARRAY_SIZE(names); j++)
			cells[j] = *rows_cell(r, i, names[j]);
		cells[ARRAY_SIZE(names) - 1] = cell_text(text.buf);
		(void)rows_keep(to, ARRAY_SIZE(names), names, cells);
	}
}
