/*
 * The event loop: the only file that knows libevent's core. One loop, one
 * thread. Callbacks get the long-lived object as argument.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_io;

/* Also makes the process ignore SIGPIPE. */
struct loop *loop_new(void);
struct loop *loop_free(struct loop *l); /* returns NULL */
/* Runs until loop_stop(). */
void loop_run(struct loop *l);
/* One turn: wait for at least one event, at most @max_ms, and serve it. */
void loop_turn(struct loop *l, int64_t max_ms);
/* The present turn ends and loop_run returns (at once, if it is called later).
 */
void loop_stop(struct loop *l);
/* The longest time one turn kept others waiting since the last call, in us. */
int64_t loop_take_stall_us(struct loop *l);

/* A timer, not armed. Never fires before loop_timer_set returned. */
struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *arg),
				  void *arg);
/* Arm (again) to fire once in @delay_ms (>= 0) of monotonic time. */
void loop_timer_set(struct loop_timer *t, int64_t delay_ms);
/*
 * Arm (again) for long work, such as a page of alerts: it fires as soon as it
 * is its turn. Of all that are queued one fires in each turn of the loop, the
 * first that came first; what became ready meanwhile is served in between.
 */
void loop_timer_queue(struct loop_timer *t);
void loop_timer_stop(struct loop_timer *t);
bool loop_timer_is_set(const struct loop_timer *t);
struct loop_timer *loop_timer_free(struct loop_timer *t); /* returns NULL */

enum loop_want { LOOP_READ = 1, LOOP_WRITE = 2 };

/* Watch @fd (not owned) until freed; @fn gets the LOOP_* bits that are ready.
 */
struct loop_io *loop_io_new(struct loop *l, int fd, unsigned want,
			    void (*fn)(void *arg, unsigned ready), void *arg);
void loop_io_want(struct loop_io *io, unsigned want);
struct loop_io *loop_io_free(struct loop_io *io); /* returns NULL */

/* Call @fn in the loop when the process gets @signo. Lives as long as the loop.
 */
void loop_on_signal(struct loop *l, int signo, void (*fn)(void *arg, int signo),
		    void *arg);

#endif
