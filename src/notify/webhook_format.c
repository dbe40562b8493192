/*
 * The formats of webhooks, and what they share. Called by webhook.c.
 *
 * tested with: test_webhook
 */
#include "notify/webhook_format.h"

#include <stdio.h>
#include <string.h>
#include "notify/render_priv.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

static const struct format *const formats[WEBHOOK_FORMAT_MAX] = {
	[FORMAT_JSON] = &format_json,
	[FORMAT_CLOUDEVENTS] = &format_cloudevents,
	[FORMAT_SLACK] = &format_slack,
	[FORMAT_TEAMS] = &format_teams,
	[FORMAT_PAGERDUTY] = &format_pagerduty,
	[FORMAT_OPSGENIE] = &format_opsgenie,
	[FORMAT_NTFY] = &format_ntfy,
	[FORMAT_JIRA] = &format_jira,
	[FORMAT_SERVICENOW] = &format_servicenow,
	[FORMAT_ALERTMANAGER] = &format_alertmanager,
	[FORMAT_ALERTMANAGER_WEBHOOK] = &format_alertmanager_webhook,
};

const struct format *format_find(enum webhook_format f)
{
	return formats[f];
}

enum format_act format_act_of(enum notice_kind kind)
{
	switch (kind) {
	case NOTICE_OPENED:
	case NOTICE_ESCALATED:
	case NOTICE_UPDATED:
	case NOTICE_WARNING:
	case NOTICE_BREACHED:
	case NOTICE_REOPENED:
		return ACT_RAISE;
	case NOTICE_ACKNOWLEDGED:
		return ACT_ACKNOWLEDGE;
	case NOTICE_CLOSED:
		return ACT_RESOLVE;
	case NOTICE_DIGEST:
	case NOTICE_TEST:
	case NOTICE_SILENCE:
	case NOTICE_RESPONSE:
		break;
	}
	return ACT_TELL;
}

void format_add_key(const struct render_job *j, struct strbuf *out)
{
	const struct render_alert *a = render_alert_of(j);
	char key[RENDER_KEY_SIZE];

	if (a && render_alert_key(a, key))
		strbuf_addstr(out, key);
	else
		strbuf_add(out, j->notice->key, RENDER_KEY_SIZE - 1);
}

static bool ends_at_once(const struct render_job *j)
{
	return j->notice->kind == NOTICE_SILENCE ||
	       (render_is_digest(j) && j->cause == NOISE_DIGEST);
}

int format_n_endings(const struct render_job *j)
{
	if (ends_at_once(j))
		return 1;
	return j->notice->kind == NOTICE_CLOSED ? (int)j->over.n : 0;
}

enum format_act format_step(const struct talk *t, const struct render_job *j,
			    struct strbuf *ret_key)
{
	enum format_act act = format_act_of(t->kind);
	size_t i = (size_t)t->stage;

	/* They were gathered anew for each stage. */
	if (act == ACT_RESOLVE && i > 0 && i <= j->over.n) {
		strbuf_add(ret_key, j->over.v[i - 1], RENDER_KEY_SIZE - 1);
		return ACT_RESOLVE;
	}
	format_add_key(j, ret_key);
	return act == ACT_TELL && i > 0 ? ACT_RESOLVE : act;
}

bool format_next_stage(struct talk *t, const struct outcome_report *r)
{
	if (r->outcome != OUTCOME_SENT || t->stage >= t->n_more)
		return false;
	t->stage++;
	return true;
}

const char *format_level(const struct talk_view *v,
			 const char *const words[SEVERITY_MAX])
{
	enum severity s = render_severity(v->job);
	const char *own = v->target->webhook.levels[s];

	return own ? own : words[s];
}

void format_add_header(struct webhook_request *r, const char *name,
		       const char *value)
{
	CLEANUP(free_ptr) char *line = xasprintf("%s: %s", name, value);

	strlist_add(&r->headers, line);
	explicit_bzero(line, strlen(line)); /* may be an Authorization */
}

void format_set_json_as(struct webhook_request *r, const char *type,
			json_t *root)
{
	CLEANUP(free_ptr) char *dump = root ? jsonx_dump(root) : NULL;

	strbuf_reset(&r->body);
	if (dump)
		strbuf_addstr(&r->body, dump);
	json_decref(root);
	format_add_header(r, "Content-Type", type);
}

void format_set_json(struct webhook_request *r, json_t *root)
{
	format_set_json_as(r, "application/json", root);
}

void format_add_path(struct webhook_request *r, const char *path)
{
	while (r->url.len > 0 && r->url.buf[r->url.len - 1] == '/')
		strbuf_setlen(&r->url, r->url.len - 1);
	strbuf_addstr(&r->url, path);
}

json_t *format_read_json(const struct xfer_reply *reply)
{
	return jsonx_parse(reply->body.buf, reply->body.len, 0, NULL);
}

void format_cut(struct strbuf *text, size_t max)
{
	static const char ellipsis[] = "\xe2\x80\xa6"; /* U+2026 */
	size_t len = max - (sizeof(ellipsis) - 1);

	if (text->len <= max)
		return;
	while (len > 0 && ((unsigned char)text->buf[len] & 0xc0) == 0x80)
		len--;
	strbuf_setlen(text, len);
	strbuf_addstr(text, ellipsis);
}

void format_explain(struct outcome_report *ret, const char *why)
{
	CLEANUP(free_ptr) char *clean = utf8_clean_dup(why, 80, UTF8_LINE);
	size_t len = strlen(ret->error);

	if (!*clean)
		return;
	snprintf(ret->error + len, sizeof(ret->error) - len, " (%s)", clean);
	utf8_clean_in_place(ret->error);
}
