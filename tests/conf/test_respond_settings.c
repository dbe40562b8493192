/* What may be done upstream: nothing by default, refusals, dump. */
#include "conf_test.h"
#include "util/compiler.h"
#include "util/strbuf.h"

#define TARGETS                                                                \
	SOURCE_FILES                                                           \
	"targets:\n"                                                           \
	"  - {name: ops, type: folder, path: /var/tmp/notices}\n"              \
	"  - {name: block, type: exec, command: [/bin/true]}\n"                \
	"  - {name: mail, type: email, server: 'smtp://localhost:25', "        \
	"starttls: off, from: a@example.org, to: [b@example.org]}\n"           \
	"fallback: ops\n"
#define GIVEN                                                                  \
	TARGETS "respond:\n"                                                   \
		"  actions: [suspend-user, notify-user]\n"                     \
		"  hooks: block\n"                                             \
		"  protect: ['breakglass*']\n"                                 \
		"  notify-by: mail\n"                                          \
		"  per-hour: 3\n"                                              \
		"  approver: operate\n"                                        \
		"  second-person: always\n"                                    \
		"  expires: 20m\n"

static void has_defaults(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(MINIMAL);

	(void)state;
	assert_int_equal(c->respond.enabled, 0);
	assert_int_equal(c->respond.hooks.n, 0);
	assert_int_equal(c->respond.protect.n, 0);
	assert_null(c->respond.notify_by);
	assert_int_equal(c->respond.per_hour, RESPONSE_PER_HOUR);
	assert_int_equal(c->respond.approver, ROLE_ADMIN);
	assert_int_equal(c->respond.second, SECOND_FOR_USERS);
	assert_int_equal(c->respond.expires_ms, RESPONSE_EXPIRES_MS);
	assert_int_equal(c->respond.give_up_ms, RESPONSE_GIVE_UP_MS);
}

/* Targets that only a response uses are used: no warning. */
static void check_given(const struct conf *c)
{
	assert_int_equal(c->respond.enabled, BIT(RESPONSE_SUSPEND_USER) |
						     BIT(RESPONSE_NOTIFY_USER));
	assert_int_equal(c->respond.hooks.n, 1);
	assert_string_equal(c->respond.hooks.v[0], "block");
	assert_string_equal(c->respond.protect.v[0], "breakglass*");
	assert_string_equal(c->respond.notify_by, "mail");
	assert_int_equal(c->respond.per_hour, 3);
	assert_int_equal(c->respond.approver, ROLE_OPERATE);
	assert_int_equal(c->respond.second, SECOND_ALWAYS);
	assert_int_equal(c->respond.expires_ms, 20 * 60 * 1000);
}

static void reads_and_dumps(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(GIVEN);
	CLEANUP(conf_free_ptr) struct conf *again = NULL;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	check_given(c);
	conf_dump(c, &out);
	again = read_good(out.buf);
	check_given(again);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ "respond: {actions: [suspend-users]}\n",
		  "no action that can be enabled (did you mean "
		  "'suspend-user'?)" },
		{ "respond: {actions: restore-user}\n",
		  "no action that can be enabled" },
		{ "respond: {actions: [exec]}\n", "by name, under hooks" },
		{ "respond: {actions: [notify-user], protect: x}\n",
		  "notify-user needs notify-by" },
		{ "respond: {hooks: [blok]}\n", "unknown target 'blok'" },
		{ "respond: {hooks: [mail]}\n", "mail is not of type exec" },
		{ "respond: {notify-by: block}\n", "block is not of type" },
		{ "respond: {protect: ['**']}\n", "covers everybody" },
		{ "respond: {per-hour: 0}\n", "from 1 to 1000" },
		{ "respond: {approver: read}\n", "operate or admin" },
		{ "respond: {second-person: no}\n", "users, always or never" },
		{ "respond: {expires: 30s}\n", "expires" },
		{ "respond: {expire: 1h}\n", "unknown option" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		strbuf_addf(&text, "%s%s", TARGETS, cases[i].text);
		c = read_text(text.buf, &f);
		assert_null(c);
		if (!has_fault(&f, 0, 0, cases[i].fault))
			fail_msg("not told: %s", cases[i].fault);
	}
}

static void warns_when_nobody_is_protected(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr)
	struct conf *c =
		read_text(MINIMAL "respond: {actions: suspend-user}\n", &f);

	(void)state;
	assert_non_null(c);
	assert_true(has_fault(&f, 0, 0, "respond.protect names nobody"));
	faults_release(&f);
	c = conf_free(c);
	c = read_text(MINIMAL "respond: {actions: [dismiss]}\n", &f);
	assert_non_null(c);
	assert_int_equal(f.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(reads_and_dumps),
		cmocka_unit_test(refuses),
		cmocka_unit_test(warns_when_nobody_is_protected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
