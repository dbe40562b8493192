/* `template:` of a target: its text, where it stands, how it is shown. */
#include "conf_test.h"
#include "conf/conf_priv.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

#include <stdlib.h>
#include <unistd.h>

#define MAIL                                                                   \
	"targets:\n"                                                           \
	"  - name: ops\n"                                                      \
	"    type: email\n"                                                    \
	"    server: smtp://mail.example.org\n"                                \
	"    from: a@example.org\n"                                            \
	"    to: b@example.org\n"                                              \
	"    template:\n"
#define HOOK(format)                                                           \
	"targets:\n"                                                           \
	"  - name: ops\n"                                                      \
	"    type: webhook\n"                                                  \
	"    url: https://hooks.example.org/x\n"                               \
	"    format: " format "\n"                                             \
	"    template:\n"
#define REST "fallback: ops\n" SOURCE_FILES

/* The option as written, the text, and where its second line begins. */
static const struct text_case {
	const char *yaml, *text;
	int line, column;
} texts[] = {
	{ "      text: |\n        Hi {{a}}\n        {{b}}\n",
	  "Hi {{a}}\n{{b}}\n", 10, 9 },
	{ "      text: |\n\n          Hi\n", "\nHi\n", 10, 11 },
	{ "      text: |2\n          Hi\n        you\n", "  Hi\nyou\n", 10, 9 },
	{ "      text: |-\n        Hi\n        you\n", "Hi\nyou", 10, 9 },
	{ "      text: |+\n        Hi\n\n", "Hi\n\n", 10, 9 },
	{ "      subject: x\n      text: |\n        # no comment\n        b\n",
	  "# no comment\nb\n", 11, 9 },
	/* Where lines move, the option is all that can be named. */
	{ "      text: >\n        Hi\n        you\n", "Hi you\n", 8, 13 },
	{ "      text: \"Hi\\n\\tyou\"\n", "Hi\n\tyou", 8, 13 },
};

static void texts_and_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(free_ptr)
		char *all = xasprintf(MAIL "%s" REST, texts[i].yaml);
		CLEANUP(conf_free_ptr) struct conf *c = read_good(all);
		const struct template_text *t = &c->targets[0].template.text;
		struct mark m = template_text_place(t, 2, 1);

		assert_string_equal(t->text, texts[i].text);
		assert_string_equal(m.file, "t.yaml");
		assert_int_equal(m.line, texts[i].line);
		assert_int_equal(m.column, texts[i].column);
	}
}

static void one_line_has_columns(void **state)
{
	static const struct {
		const char *value;
		int column;
	} v[] = { { "Hi {{a}}", 16 },
		  { "\"Hi {{a}}\"", 17 },
		  { "'Hi {{a}}'", 17 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		CLEANUP(free_ptr)
		char *all =
			xasprintf(MAIL "      subject: %s\n" REST, v[i].value);
		CLEANUP(conf_free_ptr) struct conf *c = read_good(all);
		const struct template_text *t = &c->targets[0].template.subject;

		assert_string_equal(t->text, "Hi {{a}}");
		assert_int_equal(template_text_place(t, 1, 1).line, 8);
		assert_int_equal(template_text_place(t, 1, 1).column,
				 v[i].column);
	}
}

/* What --dump-config shows loads again and means the same. */
static void dump_loads_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(free_ptr)
		char *all = xasprintf(MAIL "%s" REST, texts[i].yaml);
		CLEANUP(conf_free_ptr) struct conf *c = read_good(all);
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		CLEANUP(conf_free_ptr) struct conf *again = NULL;

		conf_dump(c, &out);
		again = read_good(out.buf);
		assert_string_equal(again->targets[0].template.text.text,
				    texts[i].text);
	}
}

static char *write_file(const char *bytes, size_t len)
{
	char path[] = "/tmp/triaged-template-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	return xstrdup(path);
}

static void from_a_file(void **state)
{
	CLEANUP(free_ptr) char *path = write_file("a\r\n\t{{b}}\n", 10);
	CLEANUP(free_ptr)
	char *all = xasprintf(MAIL "      html: {file: %s}\n" REST, path);
	CLEANUP(conf_free_ptr) struct conf *c = read_good(all);
	const struct template_text *t = &c->targets[0].template.html;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct mark m = template_text_place(t, 2, 2);

	(void)state;
	assert_string_equal(t->text, "a\n\t{{b}}\n");
	assert_string_equal(m.file, path);
	assert_int_equal(m.line, 2);
	assert_int_equal(m.column, 2);
	conf_dump(c, &out);
	assert_non_null(strstr(out.buf, "      html: {file: \"/tmp/triaged"));
	assert_int_equal(unlink(path), 0);
}

static void refuses_files(void **state)
{
	static char large[65537];
	const struct {
		const char *bytes;
		size_t len;
		const char *part;
	} v[] = {
		{ "", 0, "is empty" },
		{ "a\0b", 3, "control characters" },
		{ "\xff\xfe", 2, "control characters" },
		{ "a\x1b[0m", 5, "control characters" },
		{ large, sizeof(large), "larger than 64 KiB" },
	};

	(void)state;
	memset(large, 'a', sizeof(large));
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		CLEANUP(free_ptr)
		char *path = write_file(v[i].bytes, v[i].len);
		CLEANUP(free_ptr)
		char *all =
			xasprintf(MAIL "      text: {file: %s}\n" REST, path);
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };

		assert_null(read_text(all, &f));
		assert_true(has_fault(&f, 8, 20, v[i].part));
		assert_int_equal(unlink(path), 0);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *part;
	} v[] = {
		{ MAIL "      text: [a]\n" REST, 8, 13, "not a list" },
		{ MAIL "      text: {{a}}\n" REST, 8, 0, "" },
		{ MAIL "      text: {credential: x}\n" REST, 8, 13,
		  "{file: PATH}" },
		{ MAIL "      text: {file: x}\n" REST, 8, 20, "absolute" },
		{ MAIL "      text: {file: /nowhere/x}\n" REST, 8, 20,
		  "cannot be read: No such file" },
		{ MAIL "      text: {file: /tmp}\n" REST, 8, 20,
		  "not a regular file" },
		{ MAIL "      text: \"\"\n" REST, 8, 13, "no value" },
		{ MAIL "      body: x\n" REST, 8, 7,
		  "belongs to type webhook" },
		{ MAIL "      subjekt: x\n" REST, 8, 7,
		  "did you mean 'subject'" },
		{ HOOK("json") "      title: x\n" REST, 7, 14,
		  "template.title has no meaning for format json" },
		{ HOOK("slack") "      body: x\n" REST, 7, 13,
		  "template.body has no meaning for format slack" },
		{ HOOK("json") "      html: x\n" REST, 7, 7,
		  "belongs to type email" },
		/* Several lines are for templates alone. */
		{ "listen: |\n  off\n" MINIMAL, 1, 9, "several lines of text" },
		{ "state-directory: \"/a\\nb\"\n" MINIMAL, 1, 18,
		  "several lines of text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr)
		struct conf *c = read_text(v[i].text, &f);

		assert_null(c);
		if (!has_fault(&f, v[i].line, v[i].column, v[i].part)) {
			print_faults(&f);
			fail_msg("case %zu lacks: %s", i, v[i].part);
		}
	}
}

static void webhooks_have_their_own(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *json =
		read_good(HOOK("json") "      body: '{\"a\": 1}'\n" REST);
	CLEANUP(conf_free_ptr)
	struct conf *chat =
		read_good(HOOK("slack") "      title: a\n      text: b\n" REST);

	(void)state;
	assert_string_equal(json->targets[0].template.body.text, "{\"a\": 1}");
	assert_string_equal(chat->targets[0].template.title.text, "a");
	assert_string_equal(chat->targets[0].template.text.text, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_and_places),
		cmocka_unit_test(one_line_has_columns),
		cmocka_unit_test(dump_loads_again),
		cmocka_unit_test(from_a_file),
		cmocka_unit_test(refuses_files),
		cmocka_unit_test(refuses),
		cmocka_unit_test(webhooks_have_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
