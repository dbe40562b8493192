/*
 * ntfy (https://docs.ntfy.sh/publish): a title and plain text for a telephone.
 * JSON to the server's root, because headers are not safe for UTF-8. Called
 * through webhook_format.c.
 *
 * tested with: test_format_chat
 */
#include "notify/webhook_format.h"

#include "notify/format_words.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* In bytes; above 4,096 a message becomes an attachment. */
#define MESSAGE_MAX 4000
#define TITLE_MAX 250
#define SHORT_MAX 200
/* It shows three buttons. */
#define ACTIONS_MAX 3

/* One digit each: other words are refused when the settings are read. */
static const char *const priorities[SEVERITY_MAX] = {
	[SEVERITY_INFO] = "1",	   [SEVERITY_LOW] = "2",
	[SEVERITY_MEDIUM] = "3",   [SEVERITY_HIGH] = "4",
	[SEVERITY_CRITICAL] = "5",
};

static void add_action(json_t *actions, const struct block *b)
{
	if (json_array_size(actions) < ACTIONS_MAX)
		(void)json_array_append_new(
			actions, json_pack("{s:s, s:s, s:s}", "action", "view",
					   "label", b->label, "url", b->text));
}

static void ask_ntfy(const struct talk *t, const struct talk_view *v,
		     struct webhook_request *ret)
{
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf message = STRBUF_INIT;
	CLEANUP(doc_release) struct doc d;
	json_t *actions = json_array();

	format_add_title(v->job, &title, TITLE_MAX);
	format_cut(&title, TITLE_MAX);
	format_build_doc(v->job, false, &d);
	format_add_lines(&d, false, &message);
	for (size_t i = 0; i < d.n; i++) {
		if (d.v[i].kind == BLOCK_LINK)
			add_action(actions, &d.v[i]);
	}
	format_cut(&message, t->shorten ? SHORT_MAX : MESSAGE_MAX);
	format_set_json(ret,
			json_pack("{s:s, s:s, s:s, s:i, s:[s], s:o}", "topic",
				  v->target->webhook.topic, "title", title.buf,
				  "message", message.buf, "priority",
				  format_level(v, priorities)[0] - '0', "tags",
				  severity_name(render_severity(v->job)),
				  "actions", actions));
}

const struct format format_ntfy = { .ask = ask_ntfy };
