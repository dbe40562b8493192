/*
 * For the tests of receivers that keep alerts of their own: one request of a
 * sample, and what one answer means.
 */
#ifndef TESTS_NOTIFY_PAGER_H
#define TESTS_NOTIFY_PAGER_H

#include "notify/golden.h"
#include "util/utf8.h"

#define PAGER_KEY "R0123456789abcdefghijklmnopqrstu"

static inline struct secret *pager_secret(const char *text)
{
	return secret_new(text, strlen(text));
}

/* The body of @s for @c; the caller drops it. */
static inline json_t *pager_body(const struct target_conf *c, struct sample *s,
				 bool shorten, size_t *ret_len)
{
	const struct talk_view view = { c, &s->job };
	struct webhook_post p;
	struct talk talk;
	json_t *body;

	talk_begin(&talk, c->webhook.format, s->notice.kind);
	talk.shorten = shorten;
	webhook_post_init(&p, &talk, &view);
	body = jsonx_parse_unique(p.request.body, p.request.body_len, 0, NULL);
	assert_non_null(body);
	if (ret_len)
		*ret_len = p.request.body_len;
	webhook_post_release(&p);
	return body;
}

/* What an answer means: the status, the body. False: it is over. */
static inline bool pager_hear(struct talk *t, const struct target_conf *c,
			      long status, const char *body,
			      struct outcome_report *ret)
{
	struct xfer_reply reply = { .status = status, .body = STRBUF_INIT };
	bool more;

	strbuf_addstr(&reply.body, body);
	more = webhook_hear(t, c, "https://pager.example.org:443", &reply, ret);
	strbuf_release(&reply.body);
	return more;
}

struct pager_answer {
	long status;
	const char *body;
	enum outcome outcome;
	const char *part; /* of the error; NULL: there is none */
};

/* Each of @v as the answer to a request that was already shortened. */
static inline void pager_check_answers(const struct target_conf *c,
				       const struct pager_answer *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct outcome_report r;
		struct talk t;

		talk_begin(&t, c->webhook.format, NOTICE_OPENED);
		t.shorten = true;
		assert_false(pager_hear(&t, c, v[i].status, v[i].body, &r));
		assert_int_equal(r.outcome, v[i].outcome);
		assert_null(strstr(r.error, PAGER_KEY));
		if (!v[i].part)
			assert_string_equal(r.error, "");
		else if (!strstr(r.error, v[i].part))
			fail_msg("'%s' is not in '%s'", v[i].part, r.error);
	}
}

/* Nothing in a text of @value that steers a screen; strings of it are counted
 * against @max characters, their sum with the names is returned. */
static inline size_t pager_check_texts(const json_t *value, size_t max)
{
	const char *text = json_string_value(value);
	const char *name;
	json_t *inner;
	size_t sum = 0;
	size_t i;

	if (text) {
		for (const char *p = text; *p; p++)
			assert_true((unsigned char)*p >= ' ' || *p == '\n');
		assert_null(strstr(text, "\xe2\x80\xae"));
		assert_true(utf8_length(text) <= max);
		return utf8_length(text);
	}
	json_object_foreach((json_t *)value, name, inner) sum +=
		strlen(name) + pager_check_texts(inner, max);
	json_array_foreach(value, i, inner) sum +=
		pager_check_texts(inner, max);
	return sum;
}

#endif
