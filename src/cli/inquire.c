/*
 * A question that takes the daemon a while: it is asked, and looked after until
 * it is answered. The daemon keeps the answer also when we are gone. Called by
 * cmd_activities.
 *
 * tested with: scenario/test_activities
 */
#include "cli/inquire.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/localtime.h"
#include "triaged/ctl.h"
#include "util/clock.h"

/* The daemon gives up before that, and says why. */
#define WAIT_MS 180000
#define LOOK_EVERY_MS 200

static int64_t number(const json_t *data, const char *name)
{
	return json_integer_value(json_object_get(data, name));
}

static const char *text(const json_t *data, const char *name)
{
	const char *value = json_string_value(json_object_get(data, name));

	return value ? value : "";
}

/* One line, drawn over. Its words are numbers and a name from the settings. */
static void draw(const json_t *data)
{
	int64_t wait_ms = number(data, "wait_ms");

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[Kasking source %s: %lld activities so far",
		text(data, "source"), (long long)number(data, "found"));
	if (wait_ms > 0)
		fprintf(stderr, "; it lets us ask on in %lld s",
			(long long)(wait_ms / 1000 + 1));
	(void)fflush(stderr); /* a line that is lost is no harm */
}

static void undraw(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

static json_t *question(const struct inquire *i)
{
	return json_pack("{s:I, s:s, s:I, s:I}", "alert",
			 (json_int_t)i->alert_id,
			 i->about.kind == TRAIL_IP ? "ip" : "user",
			 i->about.value, "around_ms", (json_int_t)i->around_ms,
			 "limit", (json_int_t)i->limit);
}

static int failed(const json_t *data, struct err *err)
{
	int64_t retry_ms = number(data, "retry_at_ms");
	char when[LOCALTIME_MAX];

	if (retry_ms == 0)
		return err_set(err, ERR_BAD_STATE, "%s", text(data, "error"));
	return err_set(err, ERR_BAD_STATE, "%s; ask again after %s",
		       text(data, "error"), localtime_second(retry_ms, when));
}

/* One look: 1 there is nothing yet, 0 it is kept; *ret_inquiry for the next. */
static int look_once(struct session *session, json_t *args,
		     int64_t *ret_inquiry, struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	int rc = session_call(session, CTL_VERB_ACTIVITIES, args, &answer, err);

	if (rc >= 0)
		rc = session_answer(&answer, err);
	if (rc < 0)
		return rc;
	*ret_inquiry = number(answer.data, "inquiry");
	if (strcmp(text(answer.data, "state"), "kept") == 0)
		return 0;
	if (strcmp(text(answer.data, "state"), "failed") == 0)
		return failed(answer.data, err);
	draw(answer.data);
	return 1;
}

int inquire_wait(struct session *session, const struct inquire *i,
		 struct err *err)
{
	int64_t deadline_mono_ms = clock_mono_ms() + WAIT_MS;
	json_t *args = question(i);
	int64_t inquiry = 0;
	int rc;

	if (!args)
		return err_set(err, ERR_CONF,
			       "what was typed is not valid UTF-8");
	rc = look_once(session, args, &inquiry, err);
	while (rc == 1 && clock_mono_ms() < deadline_mono_ms) {
		(void)poll(NULL, 0, LOOK_EVERY_MS);
		rc = look_once(session,
			       json_pack("{s:I}", "inquiry",
					 (json_int_t)inquiry),
			       &inquiry, err);
	}
	undraw();
	if (rc == 1)
		return err_set(err, ERR_BAD_STATE,
			       "the daemon is still asking; look again in a "
			       "minute, what it gets is kept");
	return rc;
}
