/*
 * Changes of an alert as what their author did. Called by cli/change for who
 * came second. Knows neither the verb that was refused nor the daemon.
 */
#include "cli/faster.h"

#include <jansson.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/timefmt.h"

#define DETAIL_HEAP (1024 * 1024)

void faster_add_ago(struct strbuf *sb, int64_t at_ms, int64_t now_ms)
{
	int64_t ago_ms = MAX(now_ms - at_ms, 0);
	char span[TIMEFMT_MAX];

	if (ago_ms >= 60000)
		ago_ms -= ago_ms % 60000;
	strbuf_addf(sb, " %s ago", timefmt_span(ago_ms, span));
}

void faster_add_verdict(struct strbuf *sb, const char *verdict)
{
	if (!verdict)
		return;
	strbuf_addstr(sb, " (");
	for (; *verdict; verdict++)
		strbuf_addch(sb, *verdict == '-' ? ' ' : *verdict);
	strbuf_addch(sb, ')');
}

static void add_member(struct strbuf *sb, const json_t *detail, const char *key,
		       const char *before)
{
	const char *text = jsonx_str(detail, key);

	if (text)
		strbuf_addf(sb, "%s%s", before, text);
}

static void add_assigned(struct strbuf *sb, const json_t *d)
{
	if (jsonx_str(d, "to"))
		add_member(sb, d, "to", "assigned it to ");
	else
		strbuf_addstr(sb, "took it from its owner");
}

static void add_phase(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "set its phase");
	add_member(sb, d, "to", " to ");
}

/* What changes an alert; all else is told by what follows from it. */
static const struct {
	const char *kind, *words;
	void (*add)(struct strbuf *sb, const json_t *detail); /* or words */
} changes[] = {
	{ "acknowledged", "acknowledged it", NULL },
	{ "closed", "closed it", NULL },
	{ "reopened", "re-opened it", NULL },
	{ "assigned", NULL, add_assigned },
	{ "phase", NULL, add_phase },
	{ "held", "put it on hold", NULL },
	{ "hold-ended", "ended its hold", NULL },
	{ "updated", "changed it", NULL },
	{ "acknowledgement-expired", "ended its acknowledgement, which ran out",
	  NULL },
	{ "hold-expired", "ended its hold, which ran out", NULL },
};

static void add_change(struct strbuf *sb, const struct rows *events, size_t row,
		       size_t change, int64_t now_ms)
{
	const struct cell *cell = rows_cell(events, row, "detail");
	const char *actor = rows_text(events, row, "actor");
	CLEANUP(jsonx_unref)
	json_t *detail = cell->text ? jsonx_parse(cell->text, cell->len,
						  DETAIL_HEAP, NULL)
				    : NULL;

	strbuf_addf(sb, "%s ", actor ? actor : "somebody");
	if (changes[change].add)
		changes[change].add(sb, detail);
	else
		strbuf_addstr(sb, changes[change].words);
	faster_add_ago(sb, rows_integer(events, row, "at_ms"), now_ms);
	faster_add_verdict(sb, jsonx_str(detail, "as"));
}

/* Which change the event is; the number of changes: none. */
static size_t change_of(const char *kind)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(changes) &&
	       (!kind || strcmp(changes[i].kind, kind) != 0))
		i++;
	return i;
}

bool faster_add_kind(struct strbuf *sb, const struct rows *events,
		     const char *kind, int64_t now_ms)
{
	for (size_t row = events->n; row-- > 0;) {
		const char *is = rows_text(events, row, "kind");
		size_t change = change_of(is);

		if (change == ARRAY_SIZE(changes) ||
		    (kind && strcmp(kind, is) != 0))
			continue;
		add_change(sb, events, row, change, now_ms);
		return true;
	}
	return false;
}

bool faster_add_change(struct strbuf *sb, const struct rows *events,
		       int64_t now_ms)
{
	return faster_add_kind(sb, events, NULL, now_ms);
}
