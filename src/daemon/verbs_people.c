/*
 * The control verbs for what people do to alerts: decode, bound what they
 * typed, call people.c, answer. Called by control.c.
 *
 * tested with: scenario/test_control
 */
#include "daemon/control_priv.h"

#include "core/status.h"
#include "triaged/ctl.h"
#include "util/clock.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define NOTE_MAX 2000

/* The human part of a request; *ret_note is heap and must outlive @ret. */
static void human_args(const struct command *c, struct human_change *ret,
		       char **ret_note)
{
	*ret_note = utf8_clean_dup(json_string_value(
					   json_object_get(c->args, "note")),
				   NOTE_MAX, UTF8_KEEP_NEWLINES);
	*ret = (struct human_change){
		.id = command_integer(c, "alert"),
		.version = command_integer(c, "version"),
		.who = c->peer->name,
		.note = *ret_note,
		.now_ms = clock_wall_ms(),
	};
}

static void do_ack(struct command *c)
{
	CLEANUP(free_ptr) char *note = NULL;
	struct human_change change;
	struct err err = ERR_INIT;
	int rc;

	human_args(c, &change, &note);
	rc = pipeline_acknowledge(&c->app->pipeline, &change, &err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL,
			  json_pack("{s:I}", "alert", (json_int_t)change.id));
}

static void do_close(struct command *c)
{
	CLEANUP(free_ptr) char *note = NULL;
	const char *as = json_string_value(json_object_get(c->args, "as"));
	struct human_change change;
	enum verdict verdict = VERDICT_NONE;
	struct err err = ERR_INIT;
	int rc;

	if (!as || !verdict_parse(as, &verdict)) {
		ctl_reply(c->call, CTL_USAGE,
			  "close needs as: true-positive, false-positive or "
			  "benign",
			  NULL);
		return;
	}
	human_args(c, &change, &note);
	rc = pipeline_close(&c->app->pipeline, &change, verdict, &err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL,
			  json_pack("{s:I}", "alert", (json_int_t)change.id));
}

const struct verb verbs_people[] = {
	{ CTL_VERB_ACK, do_ack },
	{ CTL_VERB_CLOSE, do_close },
	{ NULL, NULL },
};
