/* How many messages a target gets: by its type and format, or as it is told. */
#include "conf/conf.h"

#include "conf_test.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

#define HEAD "fallback: t\ntargets:\n  - {name: t, "
#define HOOK "type: webhook, url: \"https://hooks.example.org/x\""

static const struct {
	const char *target;
	int messages;
	int64_t within_ms;
} rates[] = {
	{ "type: folder, path: /var/spool/x}\n", 0, 0 },
	{ HOOK "}\n", 300, 60000 },
	{ HOOK ", format: slack}\n", 30, 30000 },
	{ HOOK ", format: teams}\n", 60, 30000 },
	{ HOOK ", format: ntfy, topic: soc}\n", 60, 300000 },
	{ HOOK ", rate: off}\n", 0, 0 },
	{ HOOK ", rate: {messages: 7, within: 10s}}\n", 7, 10000 },
	{ "type: email, server: \"smtp://mail.example.org\", from: "
	  "a@example.org, to: [b@example.org]}\n",
	  60, 60000 },
	{ "type: email, server: \"https://graph.microsoft.com\", from: "
	  "a@example.org, to: [b@example.org], oauth: contoso}\n"
	  "tenants: [{name: contoso, id: contoso.example, client-id: "
	  "11111111-2222-3333-4444-555555555555, client-secret: {credential: "
	  "x}}]\n",
	  30, 60000 },
};

static void rates_follow_from_the_target(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		CLEANUP(free_ptr)
		char *text = xasprintf(HEAD "%s", rates[i].target);
		CLEANUP(conf_free_ptr) struct conf *c = NULL;
		CLEANUP(faults_release) struct faults f = { 0 };

		if (conf_load_text("t.yaml", text, strlen(text), &c, &f) < 0)
			fail_msg("%s: %s", text, f.v[0].text);
		assert_int_equal(c->targets[0].rate.messages,
				 rates[i].messages);
		assert_int_equal(c->targets[0].rate.within_ms,
				 rates[i].within_ms);
	}
}

static void bad_rates_are_refused(void **state)
{
	static const char *const bad[] = {
		HOOK ", rate: 30}\n",
		HOOK ", rate: on}\n",
		HOOK ", rate: {messages: 30}}\n",
		HOOK ", rate: {within: 1m}}\n",
		HOOK ", rate: {messages: 0, within: 1m}}\n",
		HOOK ", rate: {messages: 3, within: 0s}}\n",
		HOOK ", second: t}\n",
		HOOK ", second: nobody}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(free_ptr) char *text = xasprintf(HEAD "%s", bad[i]);
		CLEANUP(conf_free_ptr) struct conf *c = NULL;
		CLEANUP(faults_release) struct faults f = { 0 };

		if (conf_load_text("t.yaml", text, strlen(text), &c, &f) >= 0)
			fail_msg("taken: %s", text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_follow_from_the_target),
		cmocka_unit_test(bad_rates_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
