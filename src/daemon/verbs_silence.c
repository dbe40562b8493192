/*
 * The control verbs of silences: decode, bound what was typed, call
 * silencing.c, answer. Called by control.c.
 *
 * tested with: scenario/test_noise
 */
#include "daemon/control_priv.h"

#include "core/severity.h"
#include "daemon/silencing.h"
#include "triage/silences.h"
#include "triaged/ctl.h"
#include "util/clock.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

static const char *text_arg(const struct command *c, const char *name)
{
	const char *text = json_string_value(json_object_get(c->args, name));

	return text ? text : "";
}

static int check_target(const struct command *c, const char *name,
			struct err *err)
{
	if (conf_target(c->app->settings.conf, name))
		return 0;
	return err_set(err, ERR_CONF,
		       "there is no target '%.80s' to announce the end to; see "
		       "targets: in %s",
		       name, c->app->conf_path);
}

/* What was asked for; strings are the silence's. */
static int silence_of(const struct command *c, struct silence *ret,
		      struct err *err)
{
	int64_t now_ms = clock_wall_ms();
	int64_t starts_ms = command_integer(c, "starts_ms");
	int64_t ends_ms = command_integer(c, "ends_ms");
	const char *notify = text_arg(c, "notify");
	int rc = silence_parse_when(text_arg(c, "match"), ret, err);

	if (rc < 0)
		return rc;
	ret->author = xstrdup(c->peer->name);
	ret->reason = utf8_clean_dup(text_arg(c, "reason"), CTL_REASON_MAX,
				     UTF8_LINE);
	ret->covers_critical =
		json_is_true(json_object_get(c->args, "critical"));
	ret->created_ms = now_ms;
	ret->starts_ms = MAX(starts_ms, now_ms);
	ret->ends_ms = ends_ms ? ends_ms
			       : ret->starts_ms + command_integer(c, "for_ms");
	if (!*notify)
		return 0;
	ret->notify = xstrdup(notify);
	return check_target(c, notify, err);
}

static json_t *preview_answer(const struct silence *s,
			      const struct silence_preview *v, int64_t id)
{
	json_t *levels = json_object(), *examples = json_array();

	for (int i = SEVERITY_MAX - 1; i >= 0; i--)
		(void)json_object_set_new(levels, severity_name(i),
					  json_integer(v->n_by_severity[i]));
	for (size_t i = 0; i < ARRAY_SIZE(v->examples) && v->examples[i]; i++)
		(void)json_array_append_new(examples,
					    json_integer(v->examples[i]));
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:o}", "silence",
			 id ? json_integer(id) : json_null(), "starts_ms",
			 (json_int_t)s->starts_ms, "ends_ms",
			 (json_int_t)s->ends_ms, "open", (json_int_t)v->n_open,
			 "covered", (json_int_t)v->n_covered, "severities",
			 levels, "examples", examples);
}

static void do_add(struct command *c)
{
	CLEANUP(silence_release) struct silence s = { 0 };
	struct silence_preview v;
	struct err err = ERR_INIT;
	int64_t id = 0;
	int rc = silence_of(c, &s, &err);

	if (rc >= 0)
		rc = silencing_preview(&c->app->pipeline, &s, s.created_ms, &v,
				       &err);
	if (rc >= 0 && !json_is_true(json_object_get(c->args, "preview")))
		rc = silencing_add(&c->app->pipeline, &s, &id, &err);
	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL, preview_answer(&s, &v, id));
}

static void do_end(struct command *c)
{
	int64_t id = command_integer(c, "silence");
	struct err err = ERR_INIT;
	int rc = silencing_end(&c->app->pipeline, id, c->peer->name,
			       clock_wall_ms(), &err);

	if (rc < 0)
		command_fail(c, rc, &err);
	else
		ctl_reply(c->call, CTL_OK, NULL,
			  json_pack("{s:I}", "silence", (json_int_t)id));
}

const struct verb verbs_silence[] = {
	{ CTL_VERB_SILENCE_ADD, ROLE_OPERATE, do_add },
	{ CTL_VERB_SILENCE_END, ROLE_OPERATE, do_end },
	{ 0 },
};
