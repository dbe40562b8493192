/* The window: moves, grows, forgets. */
#include "source/file_window_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "source/slice_priv.h"

static size_t feed(struct file_window *w, char c)
{
	size_t room;
	char *to = file_window_room(w, &room);

	assert_true(room > 0);
	memset(to, c, room);
	file_window_fed(w, room);
	return room;
}

static void test_moves(void **state)
{
	struct file_window w;
	size_t first;

	(void)state;
	file_window_init(&w);
	assert_int_equal(file_window_rest(&w).len, 0);
	first = feed(&w, 'a');
	w.pos = first - 10;
	assert_int_equal(file_window_rest(&w).len, 10);
	assert_int_equal(file_window_since(&w, 5).len, SLICE_CLIP);
	assert_int_equal(file_window_since(&w, first - 15).len, 5);
	assert_int_equal(file_window_since(&w, first + 99).len, 0);
	feed(&w, 'b');
	assert_int_equal(w.base, first - 10);
	assert_memory_equal(file_window_rest(&w).p, "aaaaaaaaaab", 11);
	/* What has left the window is not given. */
	w.pos = 3;
	assert_int_equal(file_window_since(&w, 0).len, 3);
	file_window_release(&w);
}

/* Nothing dealt with: it grows while waiting makes sense, and no more. */
static void test_grows(void **state)
{
	struct file_window w;
	int n = 0;

	(void)state;
	file_window_init(&w);
	while (file_window_can_wait(&w) && n++ < 100)
		feed(&w, 'x');
	assert_true(w.len > SLICE_ITEM_MAX);
	assert_true(w.n_alloc <= SLICE_ITEM_MAX + ((size_t)4 << 20));
	file_window_fed(&w, 0);
	assert_true(w.eof);
	assert_false(file_window_can_wait(&w));
	file_window_release(&w);
}

static void test_keeps(void **state)
{
	struct file_window w;
	struct span copy;
	size_t room;

	(void)state;
	file_window_init(&w);
	copy = file_window_keep(&w, (struct span){ "a\0b", 3 });
	assert_int_equal(copy.len, 3);
	assert_memory_equal(copy.p, "a\0b", 3);
	for (int i = 0; i < 100; i++)
		(void)file_window_keep(&w, (struct span){ "x", 1 });
	assert_memory_equal(copy.p, "a\0b", 3);
	(void)file_window_room(&w, &room);
	assert_int_equal(w.n_copies, 0);
	file_window_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
