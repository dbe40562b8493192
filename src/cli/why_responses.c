/*
 * Events of responses as sentences. Called by why_events. Details are those
 * that daemon/responding and its runner write.
 *
 * tested with: test_why
 */
#include <inttypes.h>
#include <string.h>
#include "cli/why_priv.h"
#include "core/response.h"
#include "util/jsonx.h"

static void add_after(struct strbuf *sb, const char *before, const char *text)
{
	if (text && *text)
		strbuf_addf(sb, "%s%s", before, text);
}

/* "response 7, suspend-user ada@example.org" */
static void add_what(struct strbuf *sb, const json_t *d)
{
	const char *action = jsonx_str(d, "action");
	enum response_action a;
	int64_t id;

	strbuf_addstr(sb, "response");
	if (jsonx_int(d, "response", &id))
		strbuf_addf(sb, " %" PRId64, id);
	add_after(sb, ", ", action);
	/* The id that an alert has elsewhere tells nobody anything. */
	if (response_action_parse(action, &a) &&
	    response_action_about(a) == RESPONSE_ABOUT_ALERT)
		return;
	add_after(sb, " ", jsonx_str(d, "subject"));
}

static void add_planned(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "asks for ");
	add_what(sb, d);
	add_after(sb, ": ", jsonx_str(d, "reason"));
}

static void add_approved(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "approves ");
	add_what(sb, d);
}

static void add_refused(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "refuses ");
	add_what(sb, d);
	add_after(sb, ": ", jsonx_str(d, "answer"));
}

static void add_called(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "begins ");
	add_what(sb, d);
	add_after(sb, "; before it: ", jsonx_str(d, "found"));
}

static void add_end(struct strbuf *sb, const json_t *d, const char *how)
{
	add_what(sb, d);
	strbuf_addf(sb, ", %s", how);
	add_after(sb, ": ", jsonx_str(d, "answer"));
}

static void add_done(struct strbuf *sb, const json_t *d)
{
	add_end(sb, d, "is done");
}

static void add_failed(struct strbuf *sb, const json_t *d)
{
	add_end(sb, d, "failed");
}

static void add_expired(struct strbuf *sb, const json_t *d)
{
	add_end(sb, d, "expired");
}

static const struct {
	const char *kind;
	void (*add)(struct strbuf *sb, const json_t *detail);
} sentences[] = {
	{ "response-planned", add_planned },
	{ "response-approved", add_approved },
	{ "response-called", add_called },
	{ "response-refused", add_refused },
	{ "response-done", add_done },
	{ "response-failed", add_failed },
	{ "response-expired", add_expired },
};

void why_add_response(struct strbuf *sb, const char *kind, const json_t *detail)
{
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		if (strcmp(sentences[i].kind, kind) != 0)
			continue;
		sentences[i].add(sb, detail);
		if (jsonx_bool(detail, "uncertain"))
			strbuf_addstr(sb,
				      "; it may have been done all the same");
	}
}
