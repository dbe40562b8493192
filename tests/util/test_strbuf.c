/* Tests of util/strbuf: growth, the invariant, detaching. */
#include "util/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void empty_reads_as_a_string(void **state)
{
	struct strbuf sb;
	char *bytes;

	(void)state;
	strbuf_init(&sb);
	assert_string_equal(sb.buf, "");
	strbuf_reset(&sb);
	strbuf_setlen(&sb, 0);
	strbuf_add(&sb, NULL, 0);
	strbuf_addstr(&sb, "");
	strbuf_addf(&sb, "%s", "");
	assert_int_equal(sb.n_alloc, 0);
	bytes = strbuf_detach(&sb);
	assert_string_equal(bytes, "");
	free(bytes);
	strbuf_release(&sb);
	strbuf_release(&sb);
}

static void pieces_add_up(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	strbuf_addch(&sb, 'a');
	strbuf_addstr(&sb, "bc");
	strbuf_add(&sb, "d\0e", 3);
	strbuf_addf(&sb, "%d-%s", 7, "x");
	assert_int_equal(sb.len, 9);
	assert_memory_equal(sb.buf, "abcd\0e7-x", 10);
	strbuf_setlen(&sb, 2);
	assert_string_equal(sb.buf, "ab");
	strbuf_reset(&sb);
	assert_string_equal(sb.buf, "");
	assert_true(sb.n_alloc > 0);
}

static void growth_keeps_the_invariant(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		strbuf_addch(&sb, (char)('a' + i % 26));
		assert_int_equal(sb.buf[i + 1], '\0');
		assert_true(sb.n_alloc > sb.len);
	}
	strbuf_addf(&sb, "%*d", 100000, 5);
	assert_int_equal(sb.len, 110000);
	assert_int_equal(strlen(sb.buf), 110000);
}

static void detached_bytes_are_the_callers(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	char *bytes;

	(void)state;
	strbuf_addstr(&sb, "mine");
	bytes = strbuf_detach(&sb);
	assert_string_equal(bytes, "mine");
	assert_string_equal(sb.buf, "");
	strbuf_addstr(&sb, "again");
	assert_string_equal(bytes, "mine");
	assert_string_equal(sb.buf, "again");
	strbuf_release(&sb);
	assert_int_equal(sb.len, 0);
	free(bytes);
}

static void reserved_room_is_not_moved(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *place;

	(void)state;
	strbuf_reserve(&sb, 0);
	assert_string_equal(sb.buf, "");
	strbuf_addstr(&sb, "ab");
	strbuf_reserve(&sb, 1000);
	assert_string_equal(sb.buf, "ab");
	place = sb.buf;
	for (int i = 0; i < 1000; i++)
		strbuf_addch(&sb, 'c');
	assert_ptr_equal(sb.buf, place);
	assert_int_equal(strlen(sb.buf), 1002);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserved_room_is_not_moved),
		cmocka_unit_test(empty_reads_as_a_string),
		cmocka_unit_test(pieces_add_up),
		cmocka_unit_test(growth_keeps_the_invariant),
		cmocka_unit_test(detached_bytes_are_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
