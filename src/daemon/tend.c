/*
 * See tend.h. Called by the agenda, the doctor and the status.
 *
 * tested with: test_tend
 */
#include "daemon/tend.h"

#include "triaged/messages.h"
#include "util/log.h"

static void tell_held(struct tend *t, int64_t mono_ms)
{
	t->told = true;
	log_event(LOG_WARNING, MSG_LOG_HELD,
		  "a reader keeps the journal of recent writes from shrinking",
		  kv_int("HELD_MS", mono_ms - t->held_mono_ms),
		  kv_int("BYTES", t->log.bytes),
		  kv_int("PID", tend_reader_pid(t)));
}

static void tell_free(struct tend *t, int64_t mono_ms)
{
	if (t->told)
		log_event(LOG_NOTICE, MSG_LOG_FREE,
			  "the journal of recent writes shrinks again",
			  kv_int("HELD_MS", mono_ms - t->held_mono_ms));
	t->told = false;
	t->held_mono_ms = 0;
}

static bool was_there(const struct store_log *before, int pid)
{
	for (size_t i = 0; i < before->n_readers; i++)
		if (before->readers[i] == pid)
			return true;
	return false;
}

/* Who reads at this moment need not be who holds it: that one is always there.
 */
static void drop_passers_by(struct store_log *log,
			    const struct store_log *before)
{
	size_t n = 0;

	for (size_t i = 0; i < log->n_readers; i++)
		if (was_there(before, log->readers[i]))
			log->readers[n++] = log->readers[i];
	log->n_readers = n;
}

void tend_look(struct tend *t, struct store *s, int64_t mono_ms)
{
	struct store_log before = t->log;

	store_tend_log(s, &t->log);
	/* Short readers take turns: the mark moves on, and none is to blame. */
	if (t->log.moved >= t->log.pages ||
	    (t->held_mono_ms && t->log.moved != before.moved)) {
		tell_free(t, mono_ms);
		return;
	}
	if (!t->held_mono_ms)
		t->held_mono_ms = mono_ms;
	else
		drop_passers_by(&t->log, &before);
	if (!t->told && mono_ms - t->held_mono_ms >= TEND_HELD_MS &&
	    t->log.bytes >= TEND_HELD_BYTES)
		tell_held(t, mono_ms);
}

bool tend_is_busy(const struct tend *t)
{
	return t->log.moved < t->log.pages;
}

int64_t tend_pause_ms(const struct tend *t)
{
	return tend_is_busy(t) ? TEND_EVERY_MS : TEND_REST_MS;
}

int64_t tend_held_ms(const struct tend *t, int64_t mono_ms)
{
	return t->told ? mono_ms - t->held_mono_ms : 0;
}

int tend_reader_pid(const struct tend *t)
{
	return t->log.n_readers > 0 ? t->log.readers[0] : 0;
}
