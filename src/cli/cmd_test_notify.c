/*
 * `triagectl test-notify TARGET`: the daemon puts a test message into the
 * outbox, and we watch the database until it is known how that went. A
 * heartbeat has no outbox: there the daemon answers when it knows.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/beats.h"
#include "cli/commands.h"
#include "cli/pick.h"
#include "util/clock.h"

#define WAIT_MS 30000
#define LOOK_EVERY_MS 200
#define DELIVERIES_MAX 64

struct watch {
	int64_t ids[DELIVERIES_MAX];
	size_t n;
	struct rows rows; /* of v_deliveries, as far as they are known */
	struct rows beats; /* one, and nothing else, for a heartbeat */
};

static void watch_release(struct watch *w)
{
	rows_release(&w->rows);
	rows_release(&w->beats);
}

static bool watch_has(const struct watch *w, int64_t id)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->ids[i] == id)
			return true;
	}
	return false;
}

/* A look_row_fn: keeps the rows that are watched. */
static int watch_keep(void *arg, size_t n, const char *const *names,
		      const struct cell *cells)
{
	struct watch *w = arg;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "id") == 0 &&
		    watch_has(w, cells[i].integer))
			return rows_keep(&w->rows, n, names, cells);
	}
	return 0;
}

static int watch_look(struct session *session, struct watch *w, struct err *err)
{
	static const char *const states[] = { NULL, "sent", "superseded" };
	struct selector sel = { .now_ms = clock_wall_ms() };
	struct store *s;
	int rc;

	rc = session_store(session, &s, err);
	rows_release(&w->rows);
	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(states); i++) {
		sel.delivery_state = states[i];
		rc = look(s, LOOK_OUTBOX, &sel, watch_keep, w, err);
	}
	return rc < 0 ? rc : 0;
}

/* Nothing more will happen to any of them soon. */
static bool watch_is_over(const struct watch *w)
{
	for (size_t i = 0; i < w->rows.n; i++) {
		if (pick_is(&w->rows, i, "state", "pending") ||
		    pick_is(&w->rows, i, "state", "leased"))
			return false;
	}
	return w->rows.n >= w->n;
}

/* Waits in poll(2), for at most WAIT_MS in all. */
static int watch_wait(struct session *session, struct watch *w, struct err *err)
{
	int64_t deadline_mono_ms = clock_mono_ms() + WAIT_MS;
	int rc = watch_look(session, w, err);

	while (rc == 0 && !watch_is_over(w) &&
	       clock_mono_ms() < deadline_mono_ms) {
		(void)poll(NULL, 0, LOOK_EVERY_MS);
		rc = watch_look(session, w, err);
	}
	return rc;
}

static void watch_add(struct watch *w, const json_t *id)
{
	if (json_is_integer(id) && w->n < DELIVERIES_MAX)
		w->ids[w->n++] = json_integer_value(id);
}

static int watch_begin(struct session *session, const char *target,
		       struct watch *w, struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	const json_t *ids, *beat;
	int rc;

	rc = session_call(session, CTL_VERB_TEST_NOTIFY,
			  json_pack("{s:s}", "target", target), &answer, err);
	if (rc < 0)
		return rc;
	rc = session_answer(&answer, err);
	if (rc < 0)
		return rc;
	beat = json_object_get(answer.data, "heartbeat");
	if (beat) {
		beats_keep(&w->beats, beat);
		return 0;
	}
	ids = json_object_get(answer.data, "deliveries");
	for (size_t i = 0; i < json_array_size(ids); i++)
		watch_add(w, json_array_get(ids, i));
	if (w->n == 0)
		return err_set(err, ERR_SCHEMA,
			       "the daemon did not say which message it made; "
			       "see: triagectl outbox");
	return 0;
}

static void say_one(struct writer *w, const struct rows *r, size_t i)
{
	writer_line(w, NULL);
	writer_words(w, "Message ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "id"));
	writer_words(w, " to ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "target"));
	if (rows_text(r, i, "recipient")) {
		writer_words(w, ", ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "recipient"));
	}
	writer_words(w, ": ");
	writer_value(w, AS_DELIVERY, rows_cell(r, i, "state"));
	if (rows_text(r, i, "last_error")) {
		writer_words(w, ", ");
		writer_value(w, AS_ERROR, rows_cell(r, i, "last_error"));
	}
	if (pick_next_try(r, i)->type != CELL_NULL) {
		writer_words(w, "; next try ");
		writer_value(w, AS_LOCAL, pick_next_try(r, i));
	}
}

static int say(struct session *session, const struct watch *watch)
{
	static const struct table table = { .key = "deliveries" };
	struct writer *w = session->writer;
	bool sent = watch->rows.n >= watch->n;

	writer_begin(w, "triaged.test-notify.v1");
	writer_table(w, &table, &watch->rows);
	for (size_t i = 0; i < watch->rows.n; i++) {
		sent &= pick_is(&watch->rows, i, "state", "sent");
		say_one(w, &watch->rows, i);
	}
	if (!sent) {
		writer_line(w, NULL);
		writer_words(w, "Watch it with: triagectl outbox");
	}
	return sent ? 0 : ERR_BAD_STATE;
}

static int say_beat(struct session *session, const struct watch *watch)
{
	static const struct table deliveries = { .key = "deliveries" };
	struct writer *w = session->writer;

	writer_begin(w, "triaged.test-notify.v1");
	writer_table(w, &deliveries, &watch->rows);
	writer_record(w, "heartbeat", &watch->beats, 0);
	writer_line(w, NULL);
	writer_words(w, "Heartbeat ");
	beats_say(w, &watch->beats, 0);
	return pick_is(&watch->beats, 0, "state", "beats") ? 0 : ERR_BAD_STATE;
}

int cmd_test_notify(struct session *session, const struct arguments *args,
		    struct err *err)
{
	CLEANUP(watch_release) struct watch w = { 0 };
	bool wait = !arguments_has(args, "no-wait");
	int rc;

	rc = watch_begin(session, args->words[0], &w, err);
	if (rc < 0)
		return rc;
	if (w.beats.n > 0)
		return say_beat(session, &w);
	if (wait && isatty(STDERR_FILENO))
		fprintf(stderr,
			"message %lld is in the outbox; waiting for its "
			"outcome, at most %d s\n",
			(long long)w.ids[0], WAIT_MS / 1000);
	rc = wait ? watch_wait(session, &w, err) : watch_look(session, &w, err);
	if (rc < 0)
		return rc;
	rc = say(session, &w);
	return wait ? rc : 0;
}
