/* net/loop: order, timers, watches that free themselves, signals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/loop.h"
#include "util/clock.h"

struct seen {
	struct loop *loop;
	struct loop_timer *timer;
	struct loop_io *io;
	char order[16];
	int n, signo, fds[2];
};

static void note(struct seen *s, char c)
{
	s->order[s->n++] = c;
}

static void on_a(void *arg)
{
	note(arg, 'a');
}

static void on_b_stop(void *arg)
{
	struct seen *s = arg;

	note(s, 'b');
	loop_stop(s->loop);
}

static void end(struct seen *s, struct loop_timer *a, struct loop_timer *b)
{
	loop_timer_free(a);
	loop_timer_free(b);
	loop_free(s->loop);
}

static void test_timers_in_order(void **state)
{
	struct seen s = { .loop = loop_new() };
	struct loop_timer *b = loop_timer_new(s.loop, on_b_stop, &s);
	struct loop_timer *a = loop_timer_new(s.loop, on_a, &s);

	(void)state;
	loop_timer_set(b, 20);
	loop_timer_set(a, 0);
	assert_int_equal(s.n, 0);
	assert_true(loop_timer_is_set(a));
	loop_run(s.loop);
	assert_string_equal(s.order, "ab");
	assert_false(loop_timer_is_set(a));
	end(&s, a, b);
}

static void on_free_self(void *arg)
{
	struct seen *s = arg;

	note(s, 'f');
	s->timer = loop_timer_free(s->timer);
}

static void test_timer_frees_itself(void **state)
{
	struct seen s = { .loop = loop_new() };

	(void)state;
	s.timer = loop_timer_new(s.loop, on_free_self, &s);
	loop_timer_set(s.timer, 0);
	loop_turn(s.loop, 1000);
	assert_string_equal(s.order, "f");
	assert_null(s.timer);
	loop_free(s.loop);
}

static void test_stopped_timer_is_silent(void **state)
{
	struct seen s = { .loop = loop_new() };
	struct loop_timer *a = loop_timer_new(s.loop, on_a, &s);

	(void)state;
	loop_timer_set(a, 0);
	loop_timer_stop(a);
	assert_false(loop_timer_is_set(a));
	loop_turn(s.loop, 1);
	assert_int_equal(s.n, 0);
	loop_timer_free(a);
	loop_free(s.loop);
}

/* A timer armed with 0 in its own call back comes in the next turn. */
static void on_again(void *arg)
{
	struct seen *s = arg;

	note(s, 'x');
	loop_timer_set(s->timer, 0);
}

static void test_rearmed_timer_waits_for_next_turn(void **state)
{
	struct seen s = { .loop = loop_new() };

	(void)state;
	s.timer = loop_timer_new(s.loop, on_again, &s);
	loop_timer_set(s.timer, 0);
	loop_turn(s.loop, 1000);
	assert_int_equal(s.n, 1);
	loop_turn(s.loop, 1000);
	assert_int_equal(s.n, 2);
	loop_timer_free(s.timer);
	loop_free(s.loop);
}

static void on_long(void *arg)
{
	struct seen *s = arg;

	note(s, 'l');
	loop_timer_queue(s->timer);
}

static void queued_ones_take_turns(void **state)
{
	struct seen s = { .loop = loop_new() };
	struct loop_timer *first = s.timer =
		loop_timer_new(s.loop, on_long, &s);
	struct loop_timer *second = loop_timer_new(s.loop, on_b_stop, &s);
	struct loop_timer *third = loop_timer_new(s.loop, on_a, &s);

	(void)state;
	loop_timer_queue(first);
	loop_timer_queue(second);
	loop_timer_queue(third);
	assert_true(loop_timer_is_set(second));
	loop_turn(s.loop, 1000);
	assert_string_equal(s.order, "l"); /* which is queued again, the last */
	assert_true(loop_timer_is_set(second));
	loop_turn(s.loop, 1000);
	loop_turn(s.loop, 1000);
	assert_string_equal(s.order, "lba");
	assert_false(loop_timer_is_set(second));
	loop_turn(s.loop, 1000);
	assert_string_equal(s.order, "lbal");
	loop_timer_stop(first);
	assert_false(loop_timer_is_set(first));
	loop_turn(s.loop, 1);
	assert_string_equal(s.order, "lbal");
	loop_timer_free(first);
	end(&s, second, third);
}

/* Its own turn comes to nothing; that of the next one stays. */
static void one_that_goes_leaves_the_queue(void **state)
{
	struct seen s = { .loop = loop_new() };
	struct loop_timer *first = loop_timer_new(s.loop, on_a, &s);
	struct loop_timer *second = loop_timer_new(s.loop, on_b_stop, &s);
	struct loop_timer *third = loop_timer_new(s.loop, on_a, &s);

	(void)state;
	loop_timer_queue(first);
	loop_timer_queue(second);
	loop_timer_queue(third);
	first = loop_timer_free(first);
	loop_timer_set(third, 60000);
	loop_turn(s.loop, 1000);
	assert_string_equal(s.order, "b");
	loop_turn(s.loop, 1);
	assert_string_equal(s.order, "b");
	assert_true(loop_timer_is_set(third));
	loop_timer_queue(third); /* instead of in a minute */
	loop_turn(s.loop, 1000);
	assert_string_equal(s.order, "ba");
	assert_false(loop_timer_is_set(third));
	end(&s, second, third);
}

static void on_long_that_wakes(void *arg)
{
	struct seen *s = arg;

	note(s, 'w');
	assert_int_equal(write(s->fds[1], "x", 1), 1);
}

static void on_woken(void *arg, unsigned ready)
{
	struct seen *s = arg;

	assert_int_equal(ready, LOOP_READ);
	note(s, 'r');
	s->io = loop_io_free(s->io);
}

static void others_are_served_between_long_ones(void **state)
{
	struct seen s = { .loop = loop_new() };
	struct loop_timer *first =
		loop_timer_new(s.loop, on_long_that_wakes, &s);
	struct loop_timer *second = loop_timer_new(s.loop, on_b_stop, &s);

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s.fds), 0);
	s.io = loop_io_new(s.loop, s.fds[0], LOOP_READ, on_woken, &s);
	loop_timer_queue(first);
	loop_timer_queue(second);
	loop_run(s.loop);
	assert_string_equal(s.order, "wrb");
	close(s.fds[0]);
	close(s.fds[1]);
	end(&s, first, second);
}

static void on_io(void *arg, unsigned ready)
{
	struct seen *s = arg;

	if (ready & LOOP_READ)
		note(s, 'r');
	if (ready & LOOP_WRITE)
		note(s, 'w');
	if (s->n == 2)
		s->io = loop_io_free(s->io);
}

static void test_io_wants_change(void **state)
{
	struct seen s = { .loop = loop_new() };

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s.fds), 0);
	s.io = loop_io_new(s.loop, s.fds[0], LOOP_READ, on_io, &s);
	loop_turn(s.loop, 1);
	assert_int_equal(s.n, 0);
	loop_io_want(s.io, LOOP_WRITE);
	loop_turn(s.loop, 1000);
	assert_string_equal(s.order, "w");
	loop_io_want(s.io, 0);
	assert_int_equal(write(s.fds[1], "x", 1), 1);
	loop_turn(s.loop, 1);
	assert_string_equal(s.order, "w");
	loop_io_want(s.io, LOOP_READ);
	loop_turn(s.loop, 1000);
	assert_string_equal(s.order, "wr");
	assert_null(s.io);
	close(s.fds[0]);
	close(s.fds[1]);
	loop_free(s.loop);
}

static void on_signal(void *arg, int signo)
{
	struct seen *s = arg;

	s->signo = signo;
	loop_stop(s->loop);
}

static void test_signal(void **state)
{
	struct seen s = { .loop = loop_new() };

	(void)state;
	loop_on_signal(s.loop, SIGUSR1, on_signal, &s);
	raise(SIGUSR1);
	loop_run(s.loop);
	assert_int_equal(s.signo, SIGUSR1);
	loop_free(s.loop);
}

static void test_stop_before_run(void **state)
{
	struct seen s = { .loop = loop_new() };

	(void)state;
	loop_stop(s.loop);
	loop_run(s.loop); /* returns, or the alarm ends the test */
	loop_free(s.loop);
}

static void on_slow(void *arg)
{
	int64_t until = clock_mono_us() + 3000;

	(void)arg;
	while (clock_mono_us() < until)
		;
}

static void test_stall_is_measured(void **state)
{
	struct loop *l = loop_new();
	struct loop_timer *t = loop_timer_new(l, on_slow, NULL);

	(void)state;
	assert_int_equal(loop_take_stall_us(l), 0);
	loop_timer_set(t, 0);
	loop_turn(l, 1000);
	assert_true(loop_take_stall_us(l) >= 3000);
	assert_int_equal(loop_take_stall_us(l), 0);
	loop_turn(l, 5); /* waiting is not stalling */
	assert_int_equal(loop_take_stall_us(l), 0);
	loop_timer_free(t);
	loop_free(l);
}

static void test_peer_gone_is_no_signal(void **state)
{
	struct loop *l = loop_new();
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[1]);
	assert_int_equal(write(fds[0], "x", 1), -1);
	close(fds[0]);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_in_order),
		cmocka_unit_test(test_timer_frees_itself),
		cmocka_unit_test(test_stopped_timer_is_silent),
		cmocka_unit_test(test_rearmed_timer_waits_for_next_turn),
		cmocka_unit_test(queued_ones_take_turns),
		cmocka_unit_test(one_that_goes_leaves_the_queue),
		cmocka_unit_test(others_are_served_between_long_ones),
		cmocka_unit_test(test_io_wants_change),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_stop_before_run),
		cmocka_unit_test(test_stall_is_measured),
		cmocka_unit_test(test_peer_gone_is_no_signal),
	};

	alarm(60);
	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
