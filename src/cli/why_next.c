/*
 * What comes: moments of a forecast as sentences and rows. Called by the
 * commands that foretell.
 *
 * tested with: test_why
 */
#include <string.h>
#include "cli/localtime.h"
#include "cli/pick.h"
#include "cli/why_priv.h"
#include "util/xmalloc.h"

/* A step that is later than this waits for a daemon that does not run. */
#define OVERDUE_MS 60000

void why_add_when(struct strbuf *sb, int64_t at_ms, int64_t now_ms)
{
	char local[LOCALTIME_MAX];
	struct cell c = cell_integer(at_ms);

	format_value(sb, AS_NEXT, &c, now_ms);
	strbuf_addf(sb, ", %s", localtime_minute(at_ms, local));
}

static const struct policy *policy_of(const struct case_view *v)
{
	return v->triage ? triage_policy(v->triage) : NULL;
}

/* A digest is no promise to hear of the rest. */
static bool came_by_digest(const struct case_view *v, const char *target)
{
	for (size_t i = 0; i < v->held.n; i++) {
		if (pick_is(&v->held, i, "target", target) &&
		    (pick_is(&v->held, i, "cause", "digest") ||
		     pick_is(&v->held, i, "cause", "import")))
			return true;
	}
	return false;
}

static bool was_told(const struct case_view *v, const char *target)
{
	const struct rows *r = &v->deliveries;

	for (size_t i = 0; i < r->n; i++) {
		bool several = pick_is(r, i, "kind", "digest");

		if (pick_is(r, i, "target", target) &&
		    pick_is(r, i, "state", "sent") &&
		    (several ? !came_by_digest(v, target)
			     : rows_integer(r, i, "episode") ==
				       v->file.episode))
			return true;
	}
	return false;
}

/* Is somebody named by moment @i? */
static bool is_called(const struct case_view *v, size_t i, const char *target)
{
	const struct forecast_moment *m = &v->next.v[i];

	if (m->kind == FORECAST_FALLBACK)
		return strcmp(policy_of(v)->fallback, target) == 0;
	return (m->kind == FORECAST_STEP || m->kind == FORECAST_DIGEST) &&
	       why_names_tell(v, m->notify, target, m->at_ms);
}

/* Whoever was told by then hears that the clock runs out. */
static bool hears_of_clock(const struct case_view *v, size_t at,
			   const char *target)
{
	bool told = was_told(v, target);

	for (size_t i = 0; i < at && !told; i++)
		told = v->next.v[i].kind == FORECAST_STEP &&
		       is_called(v, i, target);
	return told;
}

static bool moment_tells(const struct case_view *v, size_t i,
			 const char *target)
{
	const struct forecast_moment *m = &v->next.v[i];

	if (m->kind == FORECAST_BREACH ||
	    (m->kind == FORECAST_WARNING && m->percent == 80))
		return hears_of_clock(v, i, target);
	return is_called(v, i, target);
}

static void add_step(struct strbuf *sb, const struct case_view *v,
		     const struct forecast_moment *m)
{
	strbuf_addf(sb, "step %d of ", m->step + 1);
	why_add_route(sb, m->route);
	if (m->repeat > 0)
		strbuf_addf(sb, ", repeat %d,", m->repeat);
	strbuf_addstr(sb, " tells ");
	why_add_names(sb, v, m->notify, m->at_ms);
}

static void add_what(struct strbuf *sb, const struct case_view *v,
		     const struct forecast_moment *m)
{
	const char *clock = m->clock == CLOCK_RESOLVE ? "resolve" : "triage";
	const char *who = v->file.acknowledged_by;

	switch (m->kind) {
	case FORECAST_STEP:
		add_step(sb, v, m);
		break;
	case FORECAST_DIGEST:
		strbuf_addstr(sb, "the digest of ");
		why_add_route(sb, m->route);
		strbuf_addstr(sb, " tells ");
		why_add_names(sb, v, m->notify, m->at_ms);
		break;
	case FORECAST_FALLBACK:
		strbuf_addf(sb, "nobody else is there: the fallback %s is told",
			    policy_of(v)->fallback);
		break;
	case FORECAST_WARNING:
		strbuf_addf(sb, "%d %% of the %s time is over", m->percent,
			    clock);
		if (m->percent == 80)
			strbuf_addstr(sb, ": who was told is warned");
		break;
	case FORECAST_BREACH:
		strbuf_addf(sb, "the %s clock runs out", clock);
		break;
	case FORECAST_ACK_END:
		strbuf_addf(sb,
			    "the acknowledgement of %s ends: the ladders begin "
			    "anew",
			    who ? who : "somebody");
		break;
	case FORECAST_HOLD_END:
		strbuf_addstr(sb, "the hold ends: the resolve clock runs "
				  "again");
		break;
	}
}

void why_add_moment(struct strbuf *sb, const struct case_view *v,
		    const struct forecast_moment *m)
{
	add_what(sb, v, m);
	if (m->kind == FORECAST_STEP && m->due_ms < v->now_ms - OVERDUE_MS)
		strbuf_addstr(sb, " (overdue: the daemon does it as soon as it "
				  "runs)");
}

static void keep(struct rows *to, const struct cell cells[8])
{
	static const char *const names[] = { "at_ms",	"kind",	  "route",
					     "step",	"repeat", "percent",
					     "targets", "text" };

	(void)rows_keep(to, ARRAY_SIZE(names), names, cells);
}

static void keep_moment(struct rows *to, const struct case_view *v,
			const struct forecast_moment *m)
{
	static const char *const words[] = {
		[FORECAST_STEP] = "step",
		[FORECAST_DIGEST] = "digest",
		[FORECAST_FALLBACK] = "fallback",
		[FORECAST_WARNING] = "warning",
		[FORECAST_BREACH] = "breach",
		[FORECAST_ACK_END] = "acknowledgement-end",
		[FORECAST_HOLD_END] = "hold-end",
	};
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr)
	char *targets = m->notify ? why_targets(v, m->notify, m->at_ms) : NULL;
	bool step = m->kind == FORECAST_STEP;

	why_add_moment(&text, v, m);
	keep(to, (const struct cell[]){
			 cell_integer(m->at_ms), cell_text(words[m->kind]),
			 cell_text(m->route[0] ? m->route : NULL),
			 step ? cell_integer(m->step + 1) : cell_null(),
			 step ? cell_integer(m->repeat) : cell_null(),
			 m->percent ? cell_integer(m->percent) : cell_null(),
			 cell_text(targets), cell_text(text.buf) });
}

/* Whatever held a message back ends. */
static void keep_held(struct rows *to, const struct case_view *v, size_t i)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *target = rows_text(&v->held, i, "target");

	strbuf_addf(&text, "%s is told what ", target ? target : "somebody");
	why_add_cause(&text, &v->held, i);
	strbuf_addstr(&text, " held back, if it is still open");
	keep(to,
	     (const struct cell[]){ *rows_cell(&v->held, i, "until_ms"),
				    cell_text("held-end"), cell_null(),
				    cell_null(), cell_null(), cell_null(),
				    cell_text(target), cell_text(text.buf) });
}

static bool is_waiting(const struct case_view *v, size_t i, const char *target)
{
	return pick_is(&v->held, i, "outcome", "waiting") &&
	       (!target || why_held_is_for(v, i, target));
}

/* The row that ends next behind row *at of moment *ms; false: none. */
static bool next_held(const struct case_view *v, const char *target,
		      int64_t *ms, size_t *at)
{
	int64_t best_ms = INT64_MAX;
	size_t best = 0;

	for (size_t i = 0; i < v->held.n; i++) {
		int64_t until_ms = rows_integer(&v->held, i, "until_ms");

		if (until_ms < *ms || (until_ms == *ms && i <= *at) ||
		    until_ms >= best_ms || !is_waiting(v, i, target))
			continue;
		best_ms = until_ms;
		best = i;
	}
	if (best_ms == INT64_MAX)
		return false;
	*ms = best_ms;
	*at = best;
	return true;
}

void why_next_rows(struct rows *to, const struct case_view *v,
		   const char *target)
{
	int64_t held_ms = 0;
	size_t held = 0;
	bool waits = next_held(v, target, &held_ms, &held);

	for (size_t i = 0; i < v->next.n || waits;) {
		const struct forecast_moment *m = &v->next.v[i];

		if (i < v->next.n && (!waits || m->at_ms <= held_ms)) {
			if (!target || moment_tells(v, i, target))
				keep_moment(to, v, m);
			i++;
		} else {
			keep_held(to, v, held);
			waits = next_held(v, target, &held_ms, &held);
		}
	}
}
