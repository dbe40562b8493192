/*
 * A plan of windows as one line of text: the cursor of its source. Called by
 * window.c and the sources. Text that is not exactly of this form is refused;
 * the plan then begins anew, which reads too much, never too little.
 *
 *	w1 HORIZON TOP NEWEST SWEEP-DUE SWEEP-FROM SWEEP-TO
 *	   [h FROM TO TRIES FRESH]... [g FROM TO RETRY]...
 *
 * tested with: source/test_window
 */
#include "source/window_priv.h"

#include <string.h>

void window_text(const struct window_plan *p, struct strbuf *out)
{
	strbuf_addf(out, "w1 %lld %lld %lld %lld %lld %lld",
		    (long long)p->horizon_ms, (long long)p->top_ms,
		    (long long)p->newest_ms, (long long)p->sweep_due_ms,
		    (long long)p->sweep_from_ms, (long long)p->sweep_to_ms);
	for (size_t i = 0; i < p->n_holes; i++) {
		const struct hole *h = &p->holes[i];

		strbuf_addf(out, " h %lld %lld %u %d", (long long)h->from_ms,
			    (long long)h->to_ms, h->tries, h->fresh);
	}
	for (size_t i = 0; i < p->n_gaps; i++) {
		const struct gap *g = &p->gaps[i];

		strbuf_addf(out, " g %lld %lld %lld", (long long)g->from_ms,
			    (long long)g->to_ms, (long long)g->retry_ms);
	}
}

/* @n numbers, each behind one blank. */
static bool take_numbers(const char **text, int64_t *ret, size_t n)
{
	const char *p = *text;

	for (size_t i = 0; i < n; i++) {
		int64_t value = 0;

		if (*p++ != ' ' || *p < '0' || *p > '9')
			return false;
		for (; *p >= '0' && *p <= '9'; p++) {
			value = value * 10 + (*p - '0');
			if (value > WINDOW_TIME_MAX_MS)
				return false;
		}
		ret[i] = value;
	}
	*text = p;
	return true;
}

static bool take_hole(struct window_plan *p, const char **text)
{
	int64_t end = p->n_holes ? p->holes[p->n_holes - 1].to_ms : 0;
	int64_t v[4];

	if (p->n_holes == WINDOW_HOLES_MAX || !take_numbers(text, v, 4) ||
	    v[0] < end || v[1] <= v[0] || v[1] > p->top_ms ||
	    v[2] >= WINDOW_TRIES)
		return false;
	p->holes[p->n_holes++] = (struct hole){ .from_ms = v[0],
						.to_ms = v[1],
						.tries = (unsigned)v[2],
						.fresh = v[3] != 0 };
	return true;
}

static bool take_gap(struct window_plan *p, const char **text)
{
	int64_t end = p->n_gaps ? p->gaps[p->n_gaps - 1].to_ms : 0;
	int64_t v[3];

	if (p->n_gaps == WINDOW_GAPS_MAX || !take_numbers(text, v, 3) ||
	    v[0] < end || v[1] <= v[0])
		return false;
	p->gaps[p->n_gaps++] = (struct gap){ v[0], v[1], v[2] };
	return true;
}

bool window_parse(struct window_plan *p, const char *text)
{
	int64_t v[6];

	if (strncmp(text, "w1", 2) != 0)
		return false;
	text += 2;
	if (!take_numbers(&text, v, 6) || v[0] > v[1])
		return false;
	p->horizon_ms = v[0];
	p->top_ms = v[1];
	p->newest_ms = v[2];
	p->sweep_due_ms = v[3];
	p->sweep_from_ms = v[4];
	p->sweep_to_ms = v[5];
	while (strncmp(text, " h", 2) == 0 || strncmp(text, " g", 2) == 0) {
		bool is_hole = text[1] == 'h';

		text += 2;
		if (!(is_hole ? take_hole(p, &text) : take_gap(p, &text)))
			return false;
	}
	return *text == '\0';
}
