/*
 * Holidays from an ICS file (RFC 5545), as published by states and kept in
 * Outlook or Google calendars. Called by calendar.c. Knows no business hours.
 *
 * An all-day event closes its dates; DTEND is exclusive. An event with a time
 * of day is a meeting, not a holiday, and closes nothing. Whether an event is
 * "busy" is not asked: most published holidays are marked free.
 */
#include "triage/calendar_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libical/ical.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define ICS_BYTES_MAX (4 * 1024 * 1024)
#define EVENT_DAYS_MAX 400
#define OCCURRENCES_MAX 100000

/* One instance of a repeating event that was moved or called off. */
struct exception {
	const char *uid; /* borrowed from the component */
	int64_t day;
};

struct reading {
	const char *path;
	int64_t from, to;
	struct date_set *dates;
	struct exception *exceptions;
	size_t n_exceptions, n_exceptions_alloc;
};

static void reading_release(struct reading *r)
{
	free_ptr(&r->exceptions);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void free_component(icalcomponent **c)
{
	if (*c)
		icalcomponent_free(*c);
}

static void free_iterator(icalrecur_iterator **it)
{
	if (*it)
		icalrecur_iterator_free(*it);
}

static int read_all(int fd, const char *path, struct strbuf *ret,
		    struct err *err)
{
	char block[65536];
	ssize_t n;

	for (;;) {
		n = read(fd, block, sizeof(block));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, -errno,
				       "cannot read holidays file %s: %s", path,
				       strerror(errno));
		if (n == 0)
			return 0;
		strbuf_add(ret, block, (size_t)n);
		if (ret->len > ICS_BYTES_MAX)
			return err_set(err, ERR_CONF,
				       "holidays file %s is larger than %d MiB",
				       path, ICS_BYTES_MAX >> 20);
	}
}

static int read_file(const char *path, struct strbuf *ret, struct err *err)
{
	CLEANUP(close_fd) int fd = -1;
	struct stat st;

	/* Not blocking: a pipe under this name must not hold the start up. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, -errno, "cannot open holidays file %s: %s",
			       path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONF,
			       "holidays file %s is not a regular file", path);
	return read_all(fd, path, ret, err);
}

/*
 * libical drops what it cannot read and leaves a note. A note about an empty
 * text property is harmless (Google writes "DESCRIPTION:" in every event);
 * one about anything else may have cost us a holiday.
 */
static bool note_is_harmless(const char *note)
{
	static const char *const dates[] = { " DTSTART ",      " DTEND ",
					     " DURATION ",     " RRULE ",
					     " RDATE ",	       " EXDATE ",
					     " RECURRENCE-ID " };

	if (strncmp(note, "No value for ", 13) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(dates); i++) {
		if (strstr(note, dates[i]))
			return false;
	}
	return true;
}

static int check_notes(const struct reading *r, icalcomponent *c,
		       struct err *err)
{
	const icalproperty_kind kind = ICAL_XLICERROR_PROPERTY;
	icalproperty *p = icalcomponent_get_first_property(c, kind);

	for (; p; p = icalcomponent_get_next_property(c, kind)) {
		const char *note = icalproperty_get_xlicerror(p);

		if (note && !note_is_harmless(note))
			return err_set(err, ERR_CONF,
				       "holidays file %s: %.200s", r->path,
				       note);
	}
	return 0;
}

/* False for a date that no calendar has, like February 30. */
static bool day_of(struct icaltimetype t, int64_t *ret)
{
	int year, month, day;

	if (icaltime_is_null_time(t) || t.month < 1 || t.month > 12)
		return false;
	*ret = timefmt_days(t.year, t.month, t.day);
	timefmt_civil(*ret, &year, &month, &day);
	return year == t.year && month == t.month && day == t.day;
}

/* A whole day also when it is written from midnight to midnight, as Outlook
 * does. */
static bool is_midnight(struct icaltimetype t)
{
	return t.is_date || (t.hour == 0 && t.minute == 0 && t.second == 0 &&
			     !icaltime_is_utc(t));
}

static const char *event_title(icalcomponent *event)
{
	const char *summary = icalcomponent_get_summary(event);

	return summary ? summary : "without a summary";
}

static int bad_event(const struct reading *r, icalcomponent *event,
		     const char *why, struct err *err)
{
	return err_set(err, ERR_CONF, "holidays file %s: event \"%.80s\" %s",
		       r->path, event_title(event), why);
}

static void add_days(struct reading *r, int64_t first, int64_t n_days)
{
	for (int64_t d = first; d < first + n_days; d++) {
		if (d >= r->from && d <= r->to)
			calendar_dates_add(r->dates, d);
	}
}

static bool is_exception(const struct reading *r, icalcomponent *event,
			 int64_t day)
{
	const char *uid = icalcomponent_get_uid(event);

	for (size_t i = 0; uid && i < r->n_exceptions; i++) {
		if (r->exceptions[i].day == day &&
		    strcmp(r->exceptions[i].uid, uid) == 0)
			return true;
	}
	return false;
}

static void note_exception(struct reading *r, icalcomponent *event)
{
	const char *uid = icalcomponent_get_uid(event);
	int64_t day;

	if (!uid || !day_of(icalcomponent_get_recurrenceid(event), &day))
		return;
	GROW(r->exceptions, r->n_exceptions + 1, r->n_exceptions_alloc);
	r->exceptions[r->n_exceptions++] = (struct exception){ uid, day };
}

/* One occurrence, unless EXDATE or a moved instance takes it away. */
static void add_occurrence(struct reading *r, icalcomponent *event,
			   struct icaltimetype at, int64_t n_days)
{
	struct icaltimetype start = icalcomponent_get_dtstart(event);
	int64_t day;

	if (!day_of(at, &day) || is_exception(r, event, day))
		return;
	if (icalproperty_recurrence_is_excluded(event, &start, &at))
		return;
	add_days(r, day, n_days);
}

static int add_rule(struct reading *r, icalcomponent *event,
		    struct icalrecurrencetype rule, int64_t n_days,
		    struct err *err)
{
	CLEANUP(free_iterator) icalrecur_iterator *it = NULL;
	struct icaltimetype at;
	int64_t day;

	/* Rules by the hour cannot mean a holiday, and libical spins on those
	 * that match nothing (2026-11: FREQ=SECONDLY on February 30). */
	if (rule.freq == ICAL_SECONDLY_RECURRENCE ||
	    rule.freq == ICAL_MINUTELY_RECURRENCE ||
	    rule.freq == ICAL_HOURLY_RECURRENCE)
		return bad_event(r, event, "repeats within a day", err);
	it = icalrecur_iterator_new(rule, icalcomponent_get_dtstart(event));
	if (!it)
		return bad_event(r, event, "has a rule that matches no date",
				 err);
	for (int i = 0; i < OCCURRENCES_MAX; i++) {
		at = icalrecur_iterator_next(it);
		if (icaltime_is_null_time(at) || !day_of(at, &day) ||
		    day > r->to)
			return 0;
		add_occurrence(r, event, at, n_days);
	}
	return bad_event(r, event, "repeats too often", err);
}

/*
 * libical keeps one place per component for all who walk through its
 * properties, and most look-ups walk. So count instead of walking while
 * anything else is asked of the event.
 */
static icalproperty *nth_property(icalcomponent *event, icalproperty_kind kind,
				  int n)
{
	icalproperty *p = icalcomponent_get_first_property(event, kind);

	while (p && n-- > 0)
		p = icalcomponent_get_next_property(event, kind);
	return p;
}

static int add_rules(struct reading *r, icalcomponent *event, int64_t n_days,
		     struct err *err)
{
	icalproperty *p;
	int rc;

	for (int i = 0; (p = nth_property(event, ICAL_RRULE_PROPERTY, i));
	     i++) {
		rc = add_rule(r, event, icalproperty_get_rrule(p), n_days, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void add_extra_dates(struct reading *r, icalcomponent *event,
			    int64_t n_days)
{
	icalproperty *p;

	for (int i = 0; (p = nth_property(event, ICAL_RDATE_PROPERTY, i)); i++)
		add_occurrence(r, event, icalproperty_get_rdate(p).time,
			       n_days);
}

/* *ret_n_days 0: not an all-day event. */
static int event_days(const struct reading *r, icalcomponent *event,
		      int64_t *ret_first, int64_t *ret_n_days, struct err *err)
{
	struct icaltimetype start = icalcomponent_get_dtstart(event);
	struct icaltimetype end = icalcomponent_get_dtend(event);
	int64_t behind;

	*ret_n_days = 0;
	if (!day_of(start, ret_first))
		return bad_event(r, event, "has no valid DTSTART", err);
	if (icaltime_is_null_time(end)) {
		*ret_n_days = start.is_date ? 1 : 0;
		return 0;
	}
	if (!day_of(end, &behind))
		return bad_event(r, event, "has no valid DTEND", err);
	if (!is_midnight(start) || !is_midnight(end))
		return 0;
	if (behind - *ret_first > EVENT_DAYS_MAX)
		return bad_event(r, event, "lasts longer than a year", err);
	/* Some exporters write the same date twice and mean one day. */
	*ret_n_days = MAX(behind - *ret_first, 1);
	return 0;
}

/* An instance of a repeating event that was moved. */
static int add_moved(struct reading *r, icalcomponent *event, int64_t first,
		     int64_t n_days, struct err *err)
{
	icalproperty *p =
		icalcomponent_get_first_property(event,
						 ICAL_RECURRENCEID_PROPERTY);

	/* Calendars end a series and begin another instead. */
	if (icalproperty_get_first_parameter(p, ICAL_RANGE_PARAMETER))
		return bad_event(r, event,
				 "moves all later dates too (RANGE): make it "
				 "an event of its own",
				 err);
	add_days(r, first, n_days);
	return 0;
}

static int add_event(struct reading *r, icalcomponent *event, struct err *err)
{
	int64_t first = 0, n_days = 0;
	int rc;

	rc = check_notes(r, event, err);
	if (rc < 0)
		return rc;
	if (icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED)
		return 0;
	rc = event_days(r, event, &first, &n_days, err);
	if (rc < 0 || n_days == 0)
		return rc;
	/* A moved instance stands for itself alone. */
	if (icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY))
		return add_moved(r, event, first, n_days, err);
	add_occurrence(r, event, icalcomponent_get_dtstart(event), n_days);
	add_extra_dates(r, event, n_days);
	return add_rules(r, event, n_days, err);
}

static int add_calendar(struct reading *r, icalcomponent *c, struct err *err)
{
	const icalcomponent_kind kind = ICAL_VEVENT_COMPONENT;
	icalcomponent *e;
	int rc;

	rc = check_notes(r, c, err);
	if (rc < 0)
		return rc;
	for (e = icalcomponent_get_first_component(c, kind); e;
	     e = icalcomponent_get_next_component(c, kind))
		note_exception(r, e);
	for (e = icalcomponent_get_first_component(c, kind); e;
	     e = icalcomponent_get_next_component(c, kind)) {
		rc = add_event(r, e, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A file may hold several calendars; libical then puts a root over them. */
static int add_calendars(struct reading *r, icalcomponent *root,
			 struct err *err)
{
	const icalcomponent_kind kind = ICAL_VCALENDAR_COMPONENT;
	icalcomponent *c;
	int rc;

	if (icalcomponent_isa(root) == kind)
		return add_calendar(r, root, err);
	for (c = icalcomponent_get_first_component(root, kind); c;
	     c = icalcomponent_get_next_component(root, kind)) {
		rc = add_calendar(r, c, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int calendar_ics_read(const char *path, int64_t from, int64_t to,
		      struct date_set *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_component) icalcomponent *root = NULL;
	CLEANUP(reading_release)
	struct reading r = {
		.path = path, .from = from, .to = to, .dates = ret
	};
	int rc;

	rc = read_file(path, &text, err);
	if (rc < 0)
		return rc;
	icalerror_set_errors_are_fatal(0);
	root = icalparser_parse_string(text.buf);
	if (!root)
		return err_set(err, ERR_CONF,
			       "holidays file %s is not a whole iCalendar: it "
			       "needs BEGIN:VCALENDAR to END:VCALENDAR",
			       path);
	return add_calendars(&r, root, err);
}
