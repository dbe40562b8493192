/*
 * `triagectl activities ID`: what the user or the address of an alert did
 * around it. Asked for once, through the daemon, and kept as evidence; from
 * then on what is kept is shown, with the daemon or without.
 *
 * tested with: scenario/test_activities
 */
#include "cli/trail_view.h"

#include <strings.h>
#include "cli/inquire.h"
#include "cli/pick.h"
#include "store/evidence_rows.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* A fetch that ended so long before it was kept had asked until its own now. */
#define FETCH_LAG_MS INT64_C(200000)

static void scene_release(struct trail_scene *s)
{
	rows_release(&s->alert);
	rows_release(&s->entities);
	rows_release(&s->moment);
	rows_release(&s->fetches);
	rows_release(&s->found);
}

/* --- what is asked for --- */

static int read_options(const struct arguments *args, struct trail_scene *s,
			struct err *err)
{
	const char *around = arguments_value(args, "around");
	int rc;

	s->around_ms = TRAIL_AROUND_MS;
	if (around && (timefmt_parse_duration(around, &s->around_ms) < 0 ||
		       s->around_ms < TRAIL_AROUND_LEAST_MS ||
		       s->around_ms > TRAIL_AROUND_MOST_MS))
		return err_set(err, ERR_CONF,
			       "--around: '%s' is no time between 1m and 7d, "
			       "such as 30m or 6h",
			       around);
	rc = arguments_number(args, "limit", TRAIL_LIMIT, &s->limit, err);
	if (rc < 0)
		return rc;
	if (s->limit < 1 || s->limit > TRAIL_LIMIT_MOST)
		return err_set(err, ERR_CONF,
			       "--limit is a number between 1 and %d",
			       TRAIL_LIMIT_MOST);
	if (arguments_has(args, "user") && arguments_has(args, "ip"))
		return err_set(err, ERR_CONF,
			       "--user and --ip do not go together; ask for "
			       "one after the other");
	s->refresh = arguments_has(args, "refresh");
	return 0;
}

static void rank_trails(struct trail_scene *s)
{
	size_t n = s->entities.n;
	CLEANUP(free_ptr) struct entity *e = xcalloc(n + 1, sizeof(*e));

	for (size_t i = 0; i < n; i++) {
		/* Only read from. */
		e[i].kind = (char *)rows_text(&s->entities, i, "kind");
		e[i].value = (char *)rows_text(&s->entities, i, "value");
		e[i].role = (char *)rows_text(&s->entities, i, "role");
	}
	s->n_trails = trail_rank(e, n, s->trails, TRAILS_MAX);
}

static struct trail fetch_trail(const struct trail_scene *s, size_t row)
{
	bool is_ip = pick_is(&s->fetches, row, "about_kind", "ip");

	return (struct trail){ is_ip ? TRAIL_IP : TRAIL_ACCOUNT,
			       rows_text(&s->fetches, row, "about") };
}

/* Named, or most telling, or whatever was asked for before. */
static int choose_about(const struct arguments *args, struct trail_scene *s,
			struct err *err)
{
	const char *user = arguments_value(args, "user");
	const char *ip = arguments_value(args, "ip");

	if (user || ip)
		s->about = (struct trail){ user ? TRAIL_ACCOUNT : TRAIL_IP,
					   user ? user : ip };
	else if (s->n_trails > 0)
		s->about = s->trails[0];
	else if (s->fetches.n > 0)
		s->about = fetch_trail(s, 0);
	else
		return err_set(err, ERR_CONF,
			       "alert %lld names neither an account nor an "
			       "address whose activities could be asked for; "
			       "name one with --user or --ip",
			       (long long)s->id);
	return 0;
}

static struct trail_window window_of(const struct trail_scene *s,
				     int64_t now_ms)
{
	const struct rows *r = &s->moment;
	const struct trail_times times = {
		.activity_from_ms = rows_integer(r, 0, "activity_from_ms"),
		.activity_to_ms = rows_integer(r, 0, "activity_to_ms"),
		.created_ms = rows_integer(r, 0, "created_ms"),
		.seen_ms = rows_integer(r, 0, "seen_ms"),
	};

	return trail_window(&times, s->around_ms, now_ms);
}

static int look_fetches(struct session *session, struct trail_scene *s,
			struct err *err)
{
	const struct selector sel = { .id = s->id };

	rows_release(&s->fetches);
	return session_look(session, LOOK_EVIDENCE_FETCHES, &sel, &s->fetches,
			    err);
}

static int look_alert(struct session *session, const char *word,
		      struct trail_scene *s, struct err *err)
{
	struct selector sel = { .limit = ALERT_ENTITIES_MAX };
	int rc = session_alert(session, word, &s->id, err);

	sel.id = s->id;
	if (rc >= 0)
		rc = session_alert_row(session, s->id, &s->alert, err);
	if (rc >= 0)
		rc = session_look(session, LOOK_ENTITIES, &sel, &s->entities,
				  err);
	if (rc >= 0)
		rc = session_look(session, LOOK_MOMENT, &sel, &s->moment, err);
	if (rc >= 0)
		rc = look_fetches(session, s, err);
	return rc;
}

/* --- what is kept --- */

static bool is_about(const struct trail_scene *s, size_t row)
{
	const char *about = rows_text(&s->fetches, row, "about");

	return about && strcasecmp(about, s->about.value) == 0;
}

/* Was all that is asked for asked then? What came later does not count. */
static bool covers(const struct trail_scene *s, size_t row)
{
	const struct rows *r = &s->fetches;
	int64_t to_ms = rows_integer(r, row, "to_ms");

	return is_about(s, row) &&
	       rows_integer(r, row, "from_ms") <= s->window.from_ms &&
	       (to_ms >= s->window.to_ms ||
		to_ms >= rows_integer(r, row, "fetched_ms") - FETCH_LAG_MS) &&
	       (rows_integer(r, row, "complete") ||
		rows_integer(r, row, "most") >= s->limit);
}

/* The newest fetch that serves; @strict: that covers all. */
static bool find_fetch(struct trail_scene *s, bool strict)
{
	for (size_t i = 0; i < s->fetches.n; i++) {
		if (strict ? !covers(s, i) : !is_about(s, i))
			continue;
		s->fetch = i;
		return true;
	}
	return false;
}

/*
 * Have what is asked for in the database. Without a daemon, what is there has
 * to do; a refusal is told beside it.
 */
static int get(struct session *session, struct trail_scene *s, struct err *err)
{
	const struct inquire i = { .alert_id = s->id,
				   .about = s->about,
				   .around_ms = s->around_ms,
				   .limit = s->limit };
	int rc;

	if (!s->refresh && find_fetch(s, true))
		return 0;
	rc = inquire_wait(session, &i, &s->trouble);
	if (rc >= 0) {
		rc = look_fetches(session, s, err);
		if (rc < 0 || find_fetch(s, false))
			return rc;
		return err_set(err, ERR_STORE,
			       "the daemon kept it, and it is not in this "
			       "database; does --database name another one?");
	}
	if (!find_fetch(s, false)) {
		*err = s->trouble;
		return rc;
	}
	s->note = rc == ERR_NET ? "The daemon does not answer, so this is what "
				  "was kept before."
				: "Asking again failed; this is what was kept "
				  "before.";
	if (rc == ERR_NET && !s->refresh)
		s->trouble.code = 0;
	return 0;
}

static int look_found(struct session *session, struct trail_scene *s,
		      struct err *err)
{
	const struct selector sel = { .id = s->id,
				      .about = rows_text(&s->fetches, s->fetch,
							 "about"),
				      .since_ms = s->window.from_ms,
				      .until_ms = s->window.to_ms,
				      .limit = 2 * TRAIL_LIMIT_MOST };

	return session_look(session, LOOK_EVIDENCE, &sel, &s->found, err);
}

int cmd_activities(struct session *session, const struct arguments *args,
		   struct err *err)
{
	CLEANUP(scene_release) struct trail_scene s = { 0 };
	struct store *store;
	int rc = read_options(args, &s, err);

	if (rc >= 0)
		rc = look_alert(session, args->words[0], &s, err);
	if (rc < 0)
		return rc;
	rank_trails(&s);
	rc = choose_about(args, &s, err);
	if (rc < 0)
		return rc;
	s.window = window_of(&s, session->now_ms);
	rc = get(session, &s, err);
	if (rc >= 0)
		rc = look_found(session, &s, err);
	if (rc >= 0)
		rc = session_store(session, &store, err);
	if (rc < 0)
		return rc;
	/* Told beside what is shown: it may be all there is. */
	if (s.trouble.code == 0)
		rc = evidence_verify(store, s.id, &s.trouble);
	trail_say(session, &s);
	return rc < 0 ? rc : s.trouble.code;
}
