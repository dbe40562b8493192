/*
 * `triagectl drill`: if an alert came now, would somebody be told, and answer?
 * The drill lives in the daemon, which also ends it; we watch the database and
 * tell how it goes, through restarts of the daemon too. Ctrl-C ends it.
 *
 * tested with: scenario/test_drill
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/drill_view.h"
#include "cli/localtime.h"
#include "cli/values.h"
#include "core/drill.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/timefmt.h"

#define WAIT_MS INT64_C(300000) /* when nobody says how long */
#define LOOK_EVERY_MS 250
/* So much later a daemon that is up has ended it. */
#define GRACE_MS 15000

static volatile sig_atomic_t stop_wanted;

static void on_signal(int number)
{
	(void)number;
	stop_wanted = 1;
}

/* SA_RESETHAND: a second Ctrl-C ends us where we stand; the daemon ends the
 * drill at its time. */
static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction act = { .sa_handler = on_signal,
				       .sa_flags = SA_RESETHAND };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaction(signals[i], &act, NULL);
}

static int read_wait(const struct arguments *args, int64_t *ret,
		     struct err *err)
{
	const char *text = arguments_value(args, "wait");

	*ret = WAIT_MS;
	if (!text || (timefmt_parse_duration(text, ret) == 0 &&
		      *ret >= DRILL_LEAST_MS && *ret <= DRILL_MOST_MS))
		return 0;
	return err_set(err, ERR_CONF,
		       "--wait: '%s' is no time to wait; such as 90s or 5m, "
		       "from 1s to 4h",
		       text);
}

static int begin(struct session *session, const struct arguments *args,
		 int64_t *ret_alert, struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	bool hooks = arguments_has(args, "with-hooks");
	const char *severity = arguments_value(args, "severity");
	int64_t for_ms;
	size_t level;
	json_t *ask;
	int rc = read_wait(args, &for_ms, err);

	if (rc >= 0 && severity) {
		rc = values_pick("LEVEL", "--severity", severity, &level, err);
		if (rc >= 0)
			severity = values_find("LEVEL")->word(level);
	}
	if (rc < 0)
		return rc;
	ask = json_pack("{s:s*, s:s*, s:s*, s:I}", "severity", severity,
			"match",
			arguments_value(args, "match"), "reason",
			arguments_value(args, "reason"), "for_ms",
			(json_int_t)for_ms);
	if (!ask)
		return err_set(err, ERR_CONF,
			       "--match and --reason must be UTF-8");
	rc = session_call(session,
			  hooks ? CTL_VERB_DRILL_WITH_HOOKS : CTL_VERB_DRILL,
			  ask, &answer, err);
	if (rc >= 0)
		rc = session_answer(&answer, err);
	if (rc < 0)
		return rc;
	if (!jsonx_int(answer.data, "alert", ret_alert))
		return err_set(err, ERR_SCHEMA,
			       "the daemon did not say which alert the drill "
			       "is; see: triagectl list");
	return 0;
}

/* @alert 0: whichever runs. *ret (may be NULL) is its alert. */
static int end(struct session *session, int64_t alert, int64_t *ret,
	       struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	int rc = session_call(session, CTL_VERB_DRILL_END,
			      json_pack("{s:I}", "alert", (json_int_t)alert),
			      &answer, err);

	if (rc >= 0)
		rc = session_answer(&answer, err);
	if (rc < 0)
		return rc;
	if (ret && !jsonx_int(answer.data, "alert", ret))
		return err_set(err, ERR_SCHEMA,
			       "the daemon did not say which drill it ended");
	return 0;
}

/* Nobody has ended it, and its time is over. */
static bool is_abandoned(const struct drill_scene *s)
{
	return clock_wall_ms() >
	       rows_integer(&s->drill, 0, "ends_ms") + GRACE_MS;
}

/* Ctrl-C. Not found: it ended meanwhile. */
static int stop(struct session *session, struct drill_scene *s, struct err *err)
{
	struct err why = ERR_INIT;
	int rc = end(session, s->id, NULL, &why);

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return err_set(err, rc,
			       "the drill goes on until the daemon ends it at "
			       "its time: %s",
			       why.text);
	return drill_scene_load(session, s, err);
}

/* Until it is over, or we are told to end it. */
static int follow(struct session *session, struct drill_scene *s,
		  struct drill_live *live, struct err *err)
{
	int rc = drill_scene_load(session, s, err);

	while (rc == 0 && drill_scene_runs(s) && !stop_wanted) {
		drill_live_tell(live, s, clock_wall_ms());
		if (is_abandoned(s))
			return err_set(err, ERR_NET,
				       "the daemon has not ended the drill, "
				       "alert %lld: is it down? It ends it as "
				       "soon as it is up",
				       (long long)s->id);
		(void)poll(NULL, 0, LOOK_EVERY_MS);
		rc = drill_scene_load(session, s, err);
	}
	if (rc == 0 && drill_scene_runs(s))
		rc = stop(session, s, err);
	if (rc == 0)
		drill_live_tell(live, s, clock_wall_ms());
	return rc;
}

/* Said at once: until then nobody knows what the telephones ring for. */
static void say_begun(FILE *out, const struct drill_scene *s,
		      const struct arguments *args)
{
	char until[LOCALTIME_MAX];

	if (!out)
		return;
	fprintf(out,
		"The drill is alert %lld; it ends when somebody acknowledges "
		"it, at %s at the latest.\n",
		(long long)s->id,
		localtime_second(rows_integer(&s->drill, 0, "ends_ms"), until));
	if (!arguments_has(args, "with-hooks"))
		fputs("Hooks (targets of type exec) are left out; "
		      "--with-hooks runs them.\n",
		      out);
	fflush(out);
}

static int outcome(const struct drill_scene *s, bool need_answer)
{
	const char *result = rows_text(&s->drill, 0, "result");

	if (result && strcmp(result, "passed") == 0)
		return 0;
	if (result && strcmp(result, "unanswered") == 0 && !need_answer)
		return 0;
	return ERR_BAD_STATE;
}

static int drill_end(struct session *session, struct err *err)
{
	CLEANUP(drill_scene_release) struct drill_scene s = { 0 };
	int rc = end(session, 0, &s.id, err);

	s.conf = session->conf;
	if (rc >= 0)
		rc = drill_scene_load(session, &s, err);
	if (rc < 0)
		return rc;
	drill_say(session->writer, &s);
	return 0;
}

int cmd_drill(struct session *session, const struct arguments *args,
	      struct err *err)
{
	CLEANUP(drill_scene_release) struct drill_scene s = { 0 };
	CLEANUP(drill_live_end) struct drill_live live = { 0 };
	int rc;

	if (arguments_has(args, "end"))
		return drill_end(session, err);
	/* From here on Ctrl-C must not leave it behind. */
	catch_signals();
	rc = begin(session, args, &s.id, err);
	s.conf = session->conf;
	if (rc >= 0)
		rc = drill_scene_load(session, &s, err);
	if (rc < 0)
		return rc;
	drill_live_begin(&live, arguments_has(args, "json") ? NULL : stderr);
	say_begun(live.out, &s, args);
	rc = follow(session, &s, &live, err);
	drill_live_end(&live);
	if (rc < 0)
		return rc;
	drill_say(session->writer, &s);
	return outcome(&s, arguments_has(args, "require-ack"));
}
