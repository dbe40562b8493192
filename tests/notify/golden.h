/*
 * Golden requests of webhooks: what goes over the wire for each format and
 * kind of notice stands in tests/notify/golden/FORMAT-KIND.txt, to be read by
 * people. After a change that is wanted, run the test with GOLDEN=write and
 * look at the difference.
 */
#ifndef TESTS_NOTIFY_GOLDEN_H
#define TESTS_NOTIFY_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "notify/sample.h"
#include "notify/webhook.h"
#include "util/jsonx.h"

#define GOLDEN_DIR "tests/notify/golden"
/* A response goes by mail and to programs alone. */
#define GOLDEN_KINDS NOTICE_RESPONSE

/* A notice of @kind as it is then: about the sample alert, closed when it says
 * so; about none for a test and a silence. */
static inline void golden_sample(struct sample *s, enum notice_kind kind)
{
	struct tracked *t = &s->alert.view.tracked;

	sample_init(s, kind);
	s->job.host = "triage-1";
	s->job.timezone = "Europe/Berlin";
	s->job.zone_offset = sample_zone_offset;
	if (kind == NOTICE_TEST || kind == NOTICE_SILENCE) {
		s->notice.alert_id = 0;
		s->job.n_alerts = 0;
		s->job.n_total = 0;
	}
	if (kind == NOTICE_ACKNOWLEDGED) {
		t->state = ALERT_ACKNOWLEDGED;
		t->acknowledged_by = xstrdup("anna@example.org");
		t->acknowledged_ms = SAMPLE_NOW_MS;
	}
	if (kind == NOTICE_CLOSED) {
		t->state = ALERT_CLOSED;
		t->closed_by = xstrdup("anna@example.org");
		t->closed_ms = SAMPLE_NOW_MS;
		s->alert.clock.stopped_ms = SAMPLE_NOW_MS;
	}
}

static inline int golden_take(const char *bytes, size_t len, void *arg)
{
	strbuf_add(arg, bytes, len);
	return 0;
}

/* Method, URL, headers and body, one below the other. */
static inline void golden_text(const struct webhook_post *p, struct strbuf *out)
{
	json_t *body = jsonx_parse(p->request.body ? p->request.body : "",
				   p->request.body_len, 0, NULL);

	strbuf_addf(out, "%s %s\n", p->request.method, p->request.url);
	for (size_t i = 0; p->request.headers[i]; i++)
		strbuf_addf(out, "%s\n", p->request.headers[i]);
	strbuf_addch(out, '\n');
	if (!body) {
		strbuf_add(out, p->request.body ? p->request.body : "",
			   p->request.body_len);
		return;
	}
	assert_int_equal(json_dump_callback(body, golden_take, out,
					    JSON_INDENT(2) | JSON_SORT_KEYS),
			 0);
	strbuf_addch(out, '\n');
	json_decref(body);
}

static inline void golden_compare(const char *name, const struct strbuf *text)
{
	char path[200];
	struct strbuf kept = STRBUF_INIT;
	const char *mode = getenv("GOLDEN");
	bool write = mode && strcmp(mode, "write") == 0;
	char buf[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), GOLDEN_DIR "/%s.txt", name);
	f = fopen(path, write ? "w" : "r");
	if (!f)
		print_message("%s cannot be opened\n", path);
	assert_non_null(f);
	if (write)
		assert_int_equal(fwrite(text->buf, 1, text->len, f), text->len);
	else
		while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
			strbuf_add(&kept, buf, n);
	assert_int_equal(fclose(f), 0);
	if (!write && strcmp(kept.buf, text->buf) != 0)
		print_message("%s does not hold this:\n%s\n", path, text->buf);
	if (!write)
		assert_string_equal(kept.buf, text->buf);
	strbuf_release(&kept);
}

/* The request of @stage for @c and @kind against its golden text, called
 * FORMAT-KIND and, behind the first, FORMAT-KIND-STAGE. */
static inline void golden_check(const struct target_conf *c,
				enum notice_kind kind, int stage,
				const char *memo)
{
	const char *format = webhook_format_name(c->webhook.format);
	struct strbuf text = STRBUF_INIT;
	struct webhook_post p;
	struct talk talk;
	struct sample s;
	const struct talk_view view = { c, &s.job };
	char name[100];

	golden_sample(&s, kind);
	talk_begin(&talk, c->webhook.format, kind);
	talk.stage = stage;
	snprintf(talk.memo, sizeof(talk.memo), "%s", memo ? memo : "");
	webhook_post_init(&p, &talk, &view);
	golden_text(&p, &text);
	snprintf(name, sizeof(name), "%s-%s", format, notice_kind_name(kind));
	if (stage > 0)
		snprintf(name, sizeof(name), "%s-%s-%d", format,
			 notice_kind_name(kind), stage);
	golden_compare(name, &text);
	strbuf_release(&text);
	webhook_post_release(&p);
	sample_release(&s);
}

#endif
