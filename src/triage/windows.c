/*
 * When it is quiet, and when somebody works. Called by triage.c, which owns it,
 * by noise.c for every message and by whoever lists the maintenance. Knows no
 * alert: which one is held is asked there.
 */
#include "triage/windows.h"

#include <stdlib.h>
#include "triage/calendar.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

/* Of weekly hours, or once. */
struct work {
	struct calendar *hours; /* NULL: once */
	struct window once;
};

struct windows {
	struct calendar **quiet;
	size_t n_quiet;
	struct work *work;
	size_t n_work;
};

static void free_windows(struct windows **w)
{
	*w = windows_free(*w);
}

static int fill_quiet(struct windows *w, const struct quiet_plan *plan,
		      int64_t now_ms, struct err *err)
{
	struct calendar *c = calendar_new(&plan->hours, now_ms, err);

	if (!c)
		return ERR_CONF;
	w->quiet[w->n_quiet++] = c;
	return 0;
}

static int fill_once(struct window *ret, const struct maintenance_plan *m,
		     struct err *err)
{
	const char *zone = m->hours.timezone;
	int offset;

	if (!calendar_zone_offset(zone, 0, &offset))
		return err_set(
			err, ERR_CONF,
			"maintenance %s: time zone \"%.64s\" is unknown: "
			"use a name of the tz database like "
			"Europe/Berlin",
			m->name, zone);
	ret->from_ms = calendar_zone_instant(zone, &m->from, false);
	ret->to_ms = calendar_zone_instant(zone, &m->to, true);
	if (ret->from_ms < ret->to_ms)
		return 0;
	return err_set(err, ERR_CONF,
		       "maintenance %s: its time does not exist, because the "
		       "clocks jump over it",
		       m->name);
}

static int fill_work(struct windows *w, const struct maintenance_plan *m,
		     int64_t now_ms, struct err *err)
{
	struct work work = { .hours = NULL };
	int rc;

	if (m->once) {
		rc = fill_once(&work.once, m, err);
		if (rc < 0)
			return rc;
	} else {
		work.hours = calendar_new(&m->hours, now_ms, err);
		if (!work.hours)
			return ERR_CONF;
	}
	w->work[w->n_work++] = work;
	return 0;
}

static int fill(struct windows *w, const struct policy *p, int64_t now_ms,
		struct mark *ret_mark, struct err *err)
{
	int rc;

	w->quiet = xcalloc(p->n_quiet + 1, sizeof(struct calendar *));
	for (size_t i = 0; i < p->n_quiet; i++) {
		rc = fill_quiet(w, &p->quiet[i], now_ms, err);
		if (rc == 0)
			continue;
		*ret_mark = p->quiet[i].mark;
		return rc;
	}
	w->work = xcalloc(p->n_maintenance + 1, sizeof(*w->work));
	for (size_t i = 0; i < p->n_maintenance; i++) {
		rc = fill_work(w, &p->maintenance[i], now_ms, err);
		if (rc == 0)
			continue;
		*ret_mark = p->maintenance[i].mark;
		return rc;
	}
	return 0;
}

struct windows *windows_new(const struct policy *p, int64_t now_ms,
			    struct mark *ret_mark, struct err *err)
{
	CLEANUP(free_windows) struct windows *w = xcalloc(1, sizeof(*w));
	struct mark mark;

	if (fill(w, p, now_ms, ret_mark ? ret_mark : &mark, err) < 0)
		return NULL;
	return take(w);
}

struct windows *windows_free(struct windows *w)
{
	if (!w)
		return NULL;
	for (size_t i = 0; i < w->n_quiet; i++)
		calendar_free(w->quiet[i]);
	free(w->quiet);
	for (size_t i = 0; i < w->n_work; i++)
		calendar_free(w->work[i].hours);
	free(w->work);
	free(w);
	return NULL;
}

int64_t windows_quiet_end(const struct windows *w, size_t i, int64_t now_ms)
{
	const struct calendar *c = w->quiet[i];

	return calendar_is_open(c, now_ms) ? calendar_span_end(c, now_ms) : 0;
}

bool windows_maintenance(const struct windows *w, size_t i, int64_t now_ms,
			 struct window *ret)
{
	const struct work *work = &w->work[i];
	struct window at = work->once;

	if (work->hours) {
		/* No business time from now is now, or the next open. */
		if (calendar_add_open(work->hours, now_ms, 0, &at.from_ms,
				      NULL) < 0)
			return false;
		at.to_ms = calendar_span_end(work->hours, at.from_ms);
	}
	if (at.to_ms <= now_ms)
		return false;
	*ret = at;
	return true;
}
