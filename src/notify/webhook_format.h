/*
 * What the receivers of webhooks understand: for each format, what is asked of
 * the receiver and what its answer means. Pure: no socket, no store, no clock.
 * Most need one request; ticket systems are first asked what they have.
 *
 * A new format: a row in webhook_format.c and in conf/load_webhook.c, a file
 * format_NAME.c with its ask() and hear(), its golden requests in
 * tests/notify/test_format_NAME.c.
 */
#ifndef NOTIFY_WEBHOOK_FORMAT_H
#define NOTIFY_WEBHOOK_FORMAT_H

#include <jansson.h>
#include <stdbool.h>
#include "conf/conf.h"
#include "core/notice.h"
#include "net/xfer.h"
#include "notify/render.h"
#include "util/strbuf.h"
#include "util/strlist.h"

/* An id that an earlier answer told. */
#define TALK_MEMO_MAX 64

/* One notice on its way to one webhook: all that outlives a request. */
struct talk {
	const struct format *format;
	enum notice_kind kind;
	int stage; /* the format's own; 0 at first */
	char memo[TALK_MEMO_MAX]; /* the format's own; checked characters */
	bool shorten; /* the receiver refused the body: say the least */
	int n_more; /* requests after the first that talk_plan() foresaw */
};

/* What a format looks at, borrowed for the call. */
struct talk_view {
	const struct target_conf *target;
	const struct render_job *job; /* as the alert is now */
};

/* Headers and URL may hold secrets: wiped by the release. */
struct webhook_request {
	const char *method; /* a literal */
	struct strbuf url;
	struct strlist headers; /* "Name: value" */
	struct strbuf body;
};

struct format {
	/* How many requests a notice takes beyond the first, each with a stage
	 * of its own; NULL: that is known by the answers alone. */
	int (*plan)(const struct render_job *j);
	/* Where it goes when the settings have no url; NULL: they must. */
	const char *url;
	/*
	 * The request of t->stage. *ret holds POST, the settings' URL and
	 * their Authorization; what differs is changed there.
	 */
	void (*ask)(const struct talk *t, const struct talk_view *v,
		    struct webhook_request *ret);
	/*
	 * What a whole answer of any status means. True: ask again, with stage
	 * and memo as they are now. False: it is over, and *ret, which holds
	 * what the status alone says, may be made more precise. NULL: the
	 * status alone says it. @target may not be kept.
	 */
	bool (*hear)(struct talk *t, const struct target_conf *target,
		     const struct xfer_reply *reply,
		     struct outcome_report *ret);
};

extern const struct format format_json, format_cloudevents, format_slack,
	format_teams, format_pagerduty, format_opsgenie, format_ntfy,
	format_jira, format_servicenow, format_alertmanager,
	format_alertmanager_webhook;

/* NULL: this build has none, and the configuration was refused. */
const struct format *format_find(enum webhook_format f);

/* What a notice is to a receiver that keeps a state for each alert. */
enum format_act {
	ACT_RAISE, /* open it, or raise it again */
	ACT_ACKNOWLEDGE,
	ACT_RESOLVE,
	ACT_TELL, /* no one alert: a digest, a test, a silence's end */
};
enum format_act format_act_of(enum notice_kind kind);
/*
 * For receivers that keep what they were told of open until they hear that it
 * is over: a digest and the end of a silence are no work of anybody, so they
 * end at once, and a summary ends with the last of its alerts. How many
 * requests that takes beyond the first; and what t->stage asks for, *ret_key
 * being appended to.
 */
int format_n_endings(const struct render_job *j);
enum format_act format_step(const struct talk *t, const struct render_job *j,
			    struct strbuf *ret_key);
/* An answer that means it, and there is another stage: on to that one. */
bool format_next_stage(struct talk *t, const struct outcome_report *r);
/*
 * The name by which a receiver knows what a notice is about: the alert's key
 * (32 hex digits, for its life), or for a digest and its like the notice's.
 */
void format_add_key(const struct render_job *j, struct strbuf *out);
/* What the receiver calls the level of @j: the settings' word, else that of
 * @words (one for each severity). */
const char *format_level(const struct talk_view *v,
			 const char *const words[SEVERITY_MAX]);
/* The body is this JSON, of the type application/json; takes @root (NULL: out
 * of memory, an empty body). */
void format_set_json(struct webhook_request *r, json_t *root);
/* The same under another type. */
void format_set_json_as(struct webhook_request *r, const char *type,
			json_t *root);
void format_add_header(struct webhook_request *r, const char *name,
		       const char *value);
/* The settings' URL is the base of a service: this stands behind it. */
void format_add_path(struct webhook_request *r, const char *path);
/* What an answer holds; NULL when it is no JSON. The caller drops it. */
json_t *format_read_json(const struct xfer_reply *reply);
/* Cut to @max bytes, on a code point, ended by an ellipsis. */
void format_cut(struct strbuf *text, size_t max);
/* Why the receiver says it refused: one clean word or line of its answer, put
 * behind what ret->error says. */
void format_explain(struct outcome_report *ret, const char *why);

#endif
