/*
 * One destination of the log: where it is, when it is tried again, and who
 * hears that it stands still. Called by forward.c and by what sends.
 *
 * tested with: test_forward
 */
#include "forward/forward_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "store/txn.h"
#include "util/backoff.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/log.h"
#include "util/xmalloc.h"

#define RETRY_BASE_MS 1000
#define RETRY_MAX_MS 60000
#define STORE_RETRY_MS 2000

struct destination *destination_new(struct forward *f,
				    const struct forward_conf *c,
				    const struct forward_place *place)
{
	struct destination *d = xcalloc(1, sizeof(*d));

	d->owner = f;
	d->conf = c;
	d->place = *place;
	d->sent_id = d->owed_id = place->event_id;
	d->was_done = true;
	if (c->type == FORWARD_FILE)
		to_file_open(d);
	else
		to_syslog_open(d);
	return d;
}

struct destination *destination_free(struct destination *d)
{
	if (!d)
		return NULL;
	outstream_free(d->stream);
	file_sink_free(d->file);
	free(d);
	return NULL;
}

bool destination_is_done(const struct destination *d)
{
	return d->place.event_id >= d->owner->last_id;
}

static bool destination_tell(struct destination *d, enum forward_news news,
			     const char *error)
{
	return d->owner->env.fn(d->owner->env.arg, news, d->conf, error);
}

/* The place, or the error, as the store has it. */
static int store_place(struct destination *d, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct store *s = d->owner->env.store;
	int rc = txn_begin(&txn, s, err);

	if (rc >= 0)
		rc = forwards_advance(s, d->conf->name, d->owed_id, d->owed_n,
				      clock_wall_ms(), err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int store_error(struct destination *d, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct store *s = d->owner->env.store;
	int rc = txn_begin(&txn, s, err);

	if (rc >= 0)
		rc = forwards_fail(s, d->conf->name, d->err.text,
				   clock_wall_ms(), err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* What has arrived becomes the place. False: not now, nothing more is sent. */
static bool destination_keep(struct destination *d)
{
	struct err err = ERR_INIT;

	if (d->owed_id <= d->place.event_id)
		return true;
	if (store_place(d, &err) < 0) {
		(void)destination_tell(d, FORWARD_STORE, err.text);
		d->retry_mono_ms = clock_mono_ms() + STORE_RETRY_MS;
		return false;
	}
	d->place.event_id = d->owed_id;
	d->place.n_forwarded += d->owed_n;
	d->place.forwarded_ms = clock_wall_ms();
	d->owed_n = 0;
	d->stored_error[0] = '\0';
	if (!d->goes_told) {
		d->goes_told =
			destination_tell(d, FORWARD_GOES,
					 *d->trouble ? d->trouble : NULL);
		d->stuck = d->stuck && !d->goes_told;
		d->trouble[0] = '\0';
	}
	return true;
}

void destination_arrived(struct destination *d, int64_t event_id, int64_t n)
{
	d->owed_id = event_id;
	d->owed_n += n;
	d->failures = 0;
	d->err.code = 0;
	d->refused = false;
	d->progress_mono_ms = clock_mono_ms();
	(void)destination_keep(d); /* else the next step tries again */
}

void destination_failed(struct destination *d, const struct err *err,
			bool refused)
{
	struct err store_err = ERR_INIT;
	uint32_t random;

	digest_random(&random, sizeof(random));
	d->err = *err;
	d->refused = refused;
	d->retry_mono_ms =
		clock_mono_ms() +
		backoff_ms(++d->failures, RETRY_BASE_MS, RETRY_MAX_MS, random);
	log_debug("forward %s: %s", d->conf->name, err->text);
	(void)snprintf(d->trouble, sizeof(d->trouble), "%s", err->text);
	d->goes_told = false;
	if (d->failures == 1)
		(void)destination_tell(d, FORWARD_FAILED, err->text);
	if (strcmp(d->stored_error, err->text) == 0)
		return;
	if (store_error(d, &store_err) < 0)
		(void)destination_tell(d, FORWARD_STORE, store_err.text);
	else
		(void)snprintf(d->stored_error, sizeof(d->stored_error), "%s",
			       err->text);
}

/* No progress for long, or refused: told until somebody took it. */
static int64_t destination_watch(struct destination *d, int64_t mono_ms)
{
	int64_t left_ms;

	if (destination_is_done(d)) {
		d->was_done = true;
		return WAIT_FOREVER;
	}
	if (d->was_done)
		d->progress_mono_ms = mono_ms;
	d->was_done = false;
	left_ms = d->progress_mono_ms + STUCK_MS - mono_ms;
	if (d->stuck || (left_ms > 0 && !d->refused))
		return d->stuck ? WAIT_FOREVER : left_ms;
	d->stuck = destination_tell(d, FORWARD_STUCK,
				    d->err.code ? d->err.text
						: "nothing was taken, and no "
						  "error is known");
	if (d->stuck)
		d->goes_told = false;
	return d->stuck ? WAIT_FOREVER : RETRY_MAX_MS;
}

int64_t destination_step(struct destination *d, int64_t mono_ms)
{
	int64_t wait_ms = WAIT_FOREVER;

	if (d->retry_mono_ms > mono_ms)
		return wait_less(d->retry_mono_ms - mono_ms,
				 destination_watch(d, mono_ms));
	d->retry_mono_ms = 0;
	if (destination_keep(d))
		wait_ms = d->file ? to_file_step(d, mono_ms)
				  : to_syslog_step(d, mono_ms);
	if (d->retry_mono_ms)
		wait_ms =
			wait_less(wait_ms, MAX(d->retry_mono_ms - mono_ms, 0));
	return wait_less(wait_ms, destination_watch(d, mono_ms));
}

int destination_gather(struct destination *d, size_t max,
		       void (*add)(const struct destination *d,
				   const struct forward_record *r,
				   struct strbuf *out),
		       struct strbuf *out, int64_t *ret_last_id)
{
	struct forward_record records[BATCH_RECORDS];
	struct err err = ERR_INIT;
	int n, used = 0;

	if (d->owner->last_id <= d->sent_id)
		return 0;
	n = records_read(d->owner->env.store, d->sent_id, records,
			 BATCH_RECORDS, &err);
	if (n < 0) {
		(void)destination_tell(d, FORWARD_STORE, err.text);
		d->retry_mono_ms = clock_mono_ms() + STORE_RETRY_MS;
		return n;
	}
	for (int i = 0; i < n; i++) {
		if (used == i && (used == 0 || out->len < max)) {
			add(d, &records[i], out);
			*ret_last_id = records[i].event.id;
			used++;
		}
		record_release(&records[i]);
	}
	return used;
}
