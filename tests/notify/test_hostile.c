/*
 * Text of strangers through every way out: each format of webhooks that there
 * is, mail, and the JSON of folders and programs, for each kind of notice, long
 * and shortened.
 *
 * What must hold is in every_way.h.
 *
 * Battery: E4 G5.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "notify/every_way.h"
#include "notify/golden.h"

#define ESC "\x1b"

static const char *const texts[] = {
	SAMPLE_HOSTILE,
	"<!channel> <!here> <@U1> @here @channel @everyone <at>all</at>",
	"[~admin] [~accountid:1] {code}x{code} h1. x |a|b| !http://e/x.png!",
	"[code]<script>alert(1)</script>[/code] ${gs.getUser()}",
	"[click](https://evil.example.org) ![x](https://evil.example.org/p.png)"
	" **b** `c` \n# d\n> e\n---\n| f |",
	"=cmd|' /C calc'!A0\n+1+1\n-1\n@SUM(1)",
	ESC "[2J" ESC "]8;;https://evil.example.org" ESC "\\x" ESC "]8;;" ESC
	    "\\\x07\x08\x7f\xc2\x9b"
	    "31m",
	"\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x80",
	"a\r\nX-Injected: 1\r\n\r\nb\n.\nc\rd\xe2\x80\xa8"
	"e\xe2\x80\xa9"
	"f",
	"\xe2\x80\xae\xe2\x80\xad\xe2\x81\xa6\xe2\x80\x8f\xe2\x80\x8b\xef\xbb"
	"\xbf",
	"{{alert.title}} {{#each}} %s%n%n \\u0000 \\\" </textarea>",
	"javascript:alert(1)",
	"https://evil.example.org/\"><script>x</script>|<!channel>",
	"?x=1&y=2#frag/../../%0d%0aHost:evil",
};

static void fill(struct sample *s, const char *text)
{
	struct alert *a = &s->alert.view.alert;
	char **fields[] = { &a->source,	     &a->tenant,       &a->native_id,
			    &a->title,	     &a->description,  &a->alert_type,
			    &a->resource_id, &a->entity,       &a->tactics,
			    &a->techniques,  &a->incident,     &a->remediation,
			    &a->portal_url,  &s->notice.reason };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		sample_set(fields[i], text);
	for (size_t i = 0; i < a->n_entities; i++) {
		sample_set(&a->entities[i].kind, text);
		sample_set(&a->entities[i].value, text);
	}
	strlist_add(&s->alert.view.tags, text);
}

static void check_json_and_mail(const struct sample *s, const char *what)
{
	const char *fault;
	struct way w;

	way_init(&w, FORMAT_JSON);
	fault = way_json(&w, s, false);
	if (!fault)
		fault = way_json(&w, s, true);
	if (!fault)
		fault = way_mail(&w, s);
	if (fault)
		fail_msg("%s, kind %d: %s", what, (int)s->notice.kind, fault);
	way_release(&w);
}

static void check_all(const struct sample *s, const char *what)
{
	for (int i = 0; i < 2 * (WEBHOOK_FORMAT_MAX + 1); i++) {
		int f = MIN(i / 2, WEBHOOK_FORMAT_MAX - 1);
		const char *fault = NULL;
		struct way w;

		if (!format_find((enum webhook_format)f))
			continue;
		way_init(&w, (enum webhook_format)f);
		/* The last round: Jira as Data Center has it, in plain text. */
		if (i / 2 == WEBHOOK_FORMAT_MAX) {
			w.conf.webhook.format = FORMAT_JIRA;
			w.conf.webhook.plain_text = true;
		}
		fault = way_webhook(&w, s, i % 2);
		if (fault)
			fail_msg("%s, kind %d: %s", what, (int)s->notice.kind,
				 fault);
		way_release(&w);
	}
	check_json_and_mail(s, what);
}

static void test_texts(void **state)
{
	(void)state;
	for (int kind = 0; kind < NOTICE_KIND_MAX; kind++) {
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
			struct sample s;

			golden_sample(&s, (enum notice_kind)kind);
			fill(&s, texts[i]);
			check_all(&s, texts[i]);
			sample_release(&s);
		}
	}
}

static void test_every_field(void **state)
{
	(void)state;
	for (int kind = 0; kind < NOTICE_KIND_MAX; kind++) {
		struct sample s;

		golden_sample(&s, (enum notice_kind)kind);
		sample_make_hostile(&s);
		check_all(&s, "hostile");
		sample_release(&s);
	}
}

static void test_a_megabyte(void **state)
{
	static const enum notice_kind kinds[] = { NOTICE_OPENED, NOTICE_CLOSED,
						  NOTICE_DIGEST };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct sample s;

		golden_sample(&s, kinds[i]);
		sample_make_huge(&s);
		check_all(&s, "huge");
		sample_release(&s);
	}
}

/* Wherever a cut falls: never within an emoji. */
static void test_cuts(void **state)
{
	(void)state;
	for (size_t n = 0; n < 340; n += 7) {
		CLEANUP(free_ptr) char *text = NULL;
		struct strbuf sb = STRBUF_INIT;
		struct sample s;

		for (size_t i = 0; i < n; i++)
			strbuf_addch(&sb, 'A');
		for (size_t i = 0; i < 2000; i++)
			strbuf_addstr(&sb, "\xf0\x9f\x94\xa5");
		text = strbuf_detach(&sb);
		golden_sample(&s, NOTICE_OPENED);
		fill(&s, text);
		check_all(&s, "cut");
		sample_release(&s);
	}
}

/* The check itself: each fault it looks for is one. */
static void test_the_check_can_fail(void **state)
{
	static const char *const bad[] = { "\x1b[0m", "\xe2\x80\xae" };
	struct way w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		way_init(&w, FORMAT_JSON);
		way_check_text(&w, bad[i]);
		assert_true(w.fault[0]);
		way_release(&w);
	}
	way_init(&w, FORMAT_SLACK);
	way_check_text(&w, "<!channel>");
	assert_non_null(strstr(w.fault, "live markup"));
	w.fault[0] = '\0';
	way_check_url(&w, "https://hooks.example.org:8443.evil.example/in");
	assert_non_null(strstr(w.fault, "another host"));
	way_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_a_megabyte),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_the_check_can_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
