/* ctl/wire_args: what people type is kept whole or refused, and a time of the
 * wire can be counted with. */
#include "ctl/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/clock.h"
#include "util/jsonx.h"
#include "util/strbuf.h"

static int check(const char *verb, json_t *args, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *owned = args;

	assert_non_null(args);
	return wire_check_args(verb, owned, err);
}

/* @n characters of two bytes. */
static int check_text(const char *verb, const char *name, size_t n,
		      struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	while (n-- > 0)
		strbuf_addstr(&text, "\u00e4");
	return check(verb, json_pack("{s:s}", name, text.buf), err);
}

static void test_texts(void **state)
{
	static const struct {
		const char *verb, *name;
		size_t max;
		const char *says;
	} rows[] = {
		{ CTL_VERB_ACK, "note", 2000, "a note has at most 2000 " },
		{ CTL_VERB_CLOSE, "note", 2000, "a note has at most 2000 " },
		{ CTL_VERB_ASSIGN, "note", 2000, "and this one has 2001;" },
		{ CTL_VERB_PHASE, "note", 2000, "a note has at most 2000 " },
		{ CTL_VERB_REOPEN, "note", 2000, "a note has at most 2000 " },
		{ CTL_VERB_NOTE, "text", 2000, "a note has at most 2000 " },
		{ CTL_VERB_HOLD, "reason", 2000, "a reason has at most 2000 " },
		{ CTL_VERB_SILENCE_ADD, "reason", 500, "at most 500 char" },
		{ CTL_VERB_DRILL, "reason", 500, "at most 500 characters" },
		{ CTL_VERB_RESPOND, "reason", 500, "at most 500 characters" },
		{ CTL_VERB_REFUSE, "reason", 500, "and this one has 501;" },
		{ CTL_VERB_OUTBOX_DROP, "reason", 500, "at most 500 char" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(check_text(rows[i].verb, rows[i].name,
					    rows[i].max, &err),
				 0);
		assert_int_equal(check_text(rows[i].verb, rows[i].name,
					    rows[i].max + 1, &err),
				 ERR_CONF);
		if (!strstr(err.text, rows[i].says))
			fail_msg("%s %s: %s", rows[i].verb, rows[i].name,
				 err.text);
	}
}

/* A word that must be found somewhere is refused by who looks for it. */
static void test_other_arguments(void **state)
{
	(void)state;
	assert_int_equal(check_text(CTL_VERB_SILENCE_ADD, "match", 9000, NULL),
			 0);
	assert_int_equal(check_text(CTL_VERB_ACK, "text", 9000, NULL), 0);
	assert_int_equal(check(CTL_VERB_NOTE, json_pack("{s:i}", "text", 7),
			       NULL),
			 0);
	assert_int_equal(wire_check_args(CTL_VERB_STATUS, NULL, NULL), 0);
}

/* Whatever passes can be added to now, and to each other. */
static void test_times(void **state)
{
	static const char *const names[] = { "for_ms", "around_ms", "starts_ms",
					     "ends_ms" };
	static const json_int_t wrong[] = { INT64_MAX, INT64_MAX - 1, INT64_MIN,
					    -1, 253402300800000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(wrong); j++) {
			struct err err = ERR_INIT;

			assert_int_equal(check(CTL_VERB_SILENCE_ADD,
					       json_pack("{s:I}", names[i],
							 wrong[j]),
					       &err),
					 ERR_CONF);
			assert_ptr_equal(strstr(err.text, names[i]), err.text);
		}
		assert_int_equal(check(CTL_VERB_SILENCE_ADD,
				       json_pack("{s:I}", names[i],
						 (json_int_t)7 * 86400000),
				       NULL),
				 0);
		assert_int_equal(check(CTL_VERB_SILENCE_ADD,
				       json_pack("{s:s}", names[i], "7d"),
				       NULL),
				 ERR_CONF);
		assert_int_equal(check(CTL_VERB_SILENCE_ADD,
				       json_pack("{s:f}", names[i], 1e300),
				       NULL),
				 ERR_CONF);
	}
	assert_int_equal(check(CTL_VERB_SILENCE_ADD,
			       json_pack("{s:I, s:I}", "starts_ms",
					 (json_int_t)clock_wall_ms(), "ends_ms",
					 (json_int_t)253402300799999),
			       NULL),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_other_arguments),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests_name("wire_args", tests, NULL, NULL);
}
