/*
 * What templates see: the documented payload as it is, and beside it what the
 * built-in messages say, as `words`, and yes and no, as `is`. Called by
 * render_custom.c. Names are a promise: added, never changed.
 *
 * tested with: test_render_custom
 */
#include "notify/render_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* A value that cannot be made is one that is not there. */
static void put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

/* Empties @text; null for "". */
static void put_words(json_t *object, const char *key, struct strbuf *text)
{
	put(object, key,
	    text->len ? json_stringn(text->buf, text->len) : json_null());
	strbuf_reset(text);
}

static void put_text(json_t *object, const char *key, const char *text,
		     struct strbuf *sb)
{
	words_add(sb, text ? text : "", WORDS_TITLE_MAX);
	put_words(object, key, sb);
}

static void put_alert_words(json_t *o, const struct render_job *j,
			    const struct render_alert *a, struct strbuf *sb)
{
	char minute[TIMEFMT_MAX];

	strbuf_addstr(sb, words_severity(a->opened));
	put_words(o, "severity_opened", sb);
	words_add_what(sb, a, WORDS_TITLE_MAX);
	put_words(o, "what", sb);
	put_text(o, "where", words_where(a), sb);
	words_add_news(sb, j, a);
	put_words(o, "news", sb);
	words_add_first_step(sb, a);
	put_words(o, "first_step", sb);
	words_add_due(sb, j, a);
	put_words(o, "due", sb);
	if (a->clock.due_ms)
		words_add_instant(sb, j, a->clock.due_ms);
	put_words(o, "due_local", sb);
	if (a->clock.due_ms)
		strbuf_addf(sb, "%s UTC",
			    timefmt_minute(a->clock.due_ms, 0, minute));
	put_words(o, "due_utc", sb);
}

static void put_digest_words(json_t *o, const struct render_job *j,
			     struct strbuf *sb)
{
	words_add_cause(sb, j);
	words_add_counts(sb, j);
	put_words(o, "counts", sb);
}

static json_t *words_of(const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(doc_release) struct doc doc = { 0 };
	CLEANUP(free_ptr) char *subject = render_subject(j);
	json_t *o = json_object();

	doc_build(j, &doc);
	put(o, "subject", json_string(subject));
	put(o, "first_line",
	    doc.n > 0 ? json_string(doc.v[0].text) : json_null());
	doc_add_text(&doc, &sb);
	put_words(o, "text", &sb);
	strbuf_addstr(&sb, words_severity(render_severity(j)));
	put_words(o, "severity", &sb);
	words_add_late(&sb, j);
	put_words(o, "late", &sb);
	if (a)
		put_alert_words(o, j, a, &sb);
	else if (render_is_digest(j))
		put_digest_words(o, j, &sb);
	return o;
}

static bool is_overdue(const struct render_job *j)
{
	const struct render_alert *a = render_alert_of(j);

	return a && a->clock.due_ms && !a->clock.stopped_ms &&
	       a->clock.due_ms < j->now_ms;
}

static json_t *is_of(const struct render_job *j)
{
	json_t *o = json_object();

	for (int k = 0; k < NOTICE_KIND_MAX; k++)
		put(o, notice_kind_name((enum notice_kind)k),
		    json_boolean((int)j->notice->kind == k));
	for (int s = 0; s < SEVERITY_MAX; s++)
		put(o, severity_name((enum severity)s),
		    json_boolean((int)render_severity(j) == s));
	put(o, "overdue", json_boolean(is_overdue(j)));
	put(o, "late", json_boolean(render_late_ms(j) > 0));
	return o;
}

json_t *render_context(const struct render_job *j)
{
	json_t *root = render_payload(j, j->brief);

	if (!root)
		return NULL;
	put(root, "words", words_of(j));
	put(root, "is", is_of(j));
	return root;
}
