/*
 * Which page of the portal's alerts or activities comes next. Called by
 * cloud_apps.c and activities.c; knows no network.
 *
 * The service counts positions, and positions shift: when an alert leaves the
 * slice while it is read (reopened, in a list of the resolved; removed), those
 * behind it move up, and one slips past between two pages. What gives it away
 * is a total that is another than before: then the page before is read again
 * from further back. Alerts that come twice cost nothing: the ingest door
 * knows them by identity and content. A capped total gives nothing away: there
 * every page begins in the one before.
 */
#include "source/skip_pages_priv.h"

#include <assert.h>
#include <inttypes.h>
#include "util/compiler.h"

/* The service's default and its most. */
#define LIMIT 100
/* How much of the page before is read again when the total is capped. */
#define OVERLAP 10
/* A list that moves more often than this is read in a later poll. */
#define STEPS_BACK_MAX 8

void skip_pages_begin(struct skip_pages *p, const char *filter, int64_t from_ms,
		      int64_t to_ms)
{
	*p = (struct skip_pages){ .filter = filter,
				  .from_ms = from_ms,
				  .to_ms = to_ms,
				  .limit = LIMIT,
				  .total = -1,
				  .total_now = -1 };
}

void skip_pages_request(const struct skip_pages *p, struct strbuf *out)
{
	/* No filter would mean all alerts there ever were. */
	assert(p->filter && p->from_ms <= p->to_ms);
	strbuf_addf(out,
		    "{\"filters\":{\"%s\":{\"gte\":%" PRId64 ",\"lte\":%" PRId64
		    "}%s%s},\"sortField\":\"date\",\"sortDirection\":\"%s\","
		    "\"skip\":%" PRId64 ",\"limit\":%" PRId64 "}",
		    p->filter, p->from_ms, p->to_ms, p->also ? "," : "",
		    p->also ? p->also : "", p->descending ? "desc" : "asc",
		    p->skip, p->limit);
}

void skip_pages_member(void *arg, struct span key, struct span value)
{
	struct skip_pages *p = arg;

	if (span_eq_ci(key, "hasNext")) {
		p->has_next = span_eq_ci(value, "true");
		p->says_next = p->has_next || span_eq_ci(value, "false");
	} else if (span_eq_ci(key, "moreThanTotal")) {
		p->more_than_total = span_eq_ci(value, "true");
	} else if (span_eq_ci(key, "total")) {
		p->total_now = span_count(value);
	}
}

/* What the page said is used up: the next one speaks for itself. */
static struct skip_pages take_said(struct skip_pages *p)
{
	struct skip_pages said = *p;

	p->says_next = p->has_next = p->more_than_total = false;
	p->total_now = -1;
	if (said.more_than_total)
		said.total_now = -1;
	return said;
}

/*
 * Back by a page, or by as many as are missing. The limit makes each request
 * another than all before, which would look like a circle.
 */
static int step_back(struct skip_pages *p, int64_t total, struct strbuf *ret,
		     struct err *err)
{
	int64_t shift = p->total > total ? p->total - total : total - p->total;

	if (++p->n_steps_back > STEPS_BACK_MAX)
		return err_set(err, ERR_SCHEMA,
			       "the list changed %d times while it was read",
			       STEPS_BACK_MAX + 1);
	p->total = total;
	p->skip = MAX(p->skip - MAX(shift, p->limit), 0);
	p->limit = LIMIT - p->n_steps_back;
	skip_pages_request(p, ret);
	return 1;
}

int skip_pages_follow(void *arg, size_t n_items, struct strbuf *ret,
		      struct err *err)
{
	struct skip_pages *p = arg;
	struct skip_pages said = take_said(p);
	int64_t n = (int64_t)n_items;

	if (!said.says_next)
		return err_set(err, ERR_SCHEMA,
			       "the answer does not say whether there is more "
			       "(hasNext)");
	if (said.has_next && n == 0)
		return err_set(err, ERR_SCHEMA,
			       "an empty page that says there is more");
	if (p->skip > 0 && p->total >= 0 && said.total_now >= 0 &&
	    p->total != said.total_now)
		return step_back(p, said.total_now, ret, err);
	p->total = said.total_now;
	if (!said.has_next)
		return 0;
	p->skip += said.more_than_total && n > OVERLAP ? n - OVERLAP : n;
	p->cut = p->most > 0 && p->skip >= p->most;
	if (p->cut)
		return 0;
	skip_pages_request(p, ret);
	return 1;
}
