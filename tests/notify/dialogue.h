/* A receiver that answers as a table says, for formats that ask several times:
 * each row is the request that is expected and the answer to it. */
#ifndef TESTS_NOTIFY_DIALOGUE_H
#define TESTS_NOTIFY_DIALOGUE_H

#include "notify/golden.h"

struct exchange {
	const char *method, *path; /* NULL: the end of the table */
	const char *has; /* somewhere in the request's body; NULL anything */
	long status;
	const char *answer;
};

/* Plays @rows for a notice of @kind; the outcome is in *ret. */
static inline void dialogue_play(const struct target_conf *c,
				 enum notice_kind kind,
				 const struct exchange *rows,
				 struct outcome_report *ret)
{
	struct talk talk;
	struct sample s;
	const struct talk_view view = { c, &s.job };
	bool again = true;

	golden_sample(&s, kind);
	talk_begin(&talk, c->webhook.format, kind);
	for (; again; rows++) {
		struct xfer_reply reply = { .status = rows->status,
					    .body = STRBUF_INIT };
		struct webhook_post p;

		assert_non_null(rows->method);
		webhook_post_init(&p, &talk, &view);
		assert_string_equal(p.request.method, rows->method);
		assert_non_null(strstr(p.request.url, rows->path));
		if (rows->has && !strstr(p.request.body, rows->has))
			print_message("%s: %s\n", p.request.url,
				      p.request.body);
		assert_true(!rows->has || strstr(p.request.body, rows->has));
		strbuf_addstr(&reply.body, rows->answer);
		again = webhook_hear(&talk, c, "https://x:443", &reply, ret);
		strbuf_release(&reply.body);
		webhook_post_release(&p);
	}
	assert_null(rows->method); /* every exchange took place */
	sample_release(&s);
}

#endif
