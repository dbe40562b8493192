/*
 * Events over a stream of syslog messages. Called by destination.c.
 *
 * Syslog is never answered. What was sent counts as arrived when the peer's TCP
 * acknowledged it, the connection held for the settle time after it, and the
 * peer still takes bytes; when a connection ends, everything that has not
 * settled is sent again.
 *
 * tested with: test_forward scenario/test_forward
 */
#include "forward/forward_priv.h"

#include <stdio.h>
#include <string.h>
#include "forward/formats.h"
#include "forward/syslog.h"
#include "util/clock.h"

#define SYSLOG_PIECE_MAX ((size_t)128 * 1024)
/* A peer that takes nothing for so long is hung up on. */
#define HUNG_MS 120000
/* ... and before that, nothing settles any more. */
#define SLOW_MS 1000
/* How often to look whether the last bytes were acknowledged. */
#define LOOK_MS 500

/* What is under way on a connection that ends comes again. */
static void forget_flights(struct destination *d)
{
	d->n_flights = 0;
	d->sending_n = 0;
	d->connecting = false;
	d->sent_id = MAX(d->place.event_id, d->owed_id);
}

/* Sent, but not settled: with the piece before when that is not long ago, so
 * that their number has a limit. */
static void add_flight(struct destination *d)
{
	int64_t mono_ms = clock_mono_ms();
	struct flight *last =
		d->n_flights ? &d->flights[d->n_flights - 1] : NULL;

	if (!last || mono_ms - last->first_mono_ms >
			     d->conf->settle_ms / (FLIGHTS_MAX / 2)) {
		last = &d->flights[d->n_flights++];
		*last = (struct flight){ .first_mono_ms = mono_ms };
	}
	last->event_id = d->sent_id;
	last->n += d->sending_n;
	last->position = outstream_mark(d->stream);
	last->mono_ms = mono_ms;
	d->sending_n = 0;
}

static void to_syslog_on_news(void *arg, enum outstream_news news,
			      const struct err *err)
{
	struct destination *d = arg;
	bool missed = d->n_flights || d->sending_n || d->connecting;

	switch (news) {
	case OUTSTREAM_OPENED:
		d->connecting = false;
		break;
	case OUTSTREAM_SENT:
		add_flight(d);
		break;
	case OUTSTREAM_CLOSED:
		forget_flights(d);
		/* One that was idle may go; it is opened when needed. */
		if (missed)
			destination_failed(d, err, err->code == ERR_REFUSED);
		break;
	}
	forward_wake(d->owner);
}

void to_syslog_open(struct destination *d)
{
	d->stream = outstream_new(d->owner->env.loop, to_syslog_on_news, d);
}

void to_syslog_close(struct destination *d)
{
	outstream_close(d->stream);
	forget_flights(d);
}

static void to_syslog_connect(struct destination *d)
{
	const struct forward_conf *c = d->conf;
	bool tls = c->type == FORWARD_SYSLOG_TLS;

	d->connecting = true;
	outstream_connect(d->stream,
			  &(struct outstream_request){
				  .host = c->host,
				  .port = c->port,
				  .tls = tls,
				  .loopback_only = !tls && !c->allow_plain,
				  .ca_file = c->ca_file,
				  .client_pem = c->client_certificate.value,
			  });
}

static void to_syslog_add(const struct destination *d,
			  const struct forward_record *r, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char number[16];
	const char *host =
		d->conf->hostname ? d->conf->hostname : d->owner->env.host;
	const struct syslog_style style = {
		.facility = d->conf->facility,
		.enterprise_id = number,
		.host = host,
		.octet_counting = d->conf->octet_counting,
	};

	(void)snprintf(number, sizeof(number), "%d", d->conf->enterprise_id);
	formats_add(d->conf->format, r, host,
		    SYSLOG_BYTES_MAX - SYSLOG_HEADER_MAX, &text);
	syslog_add(&style, r, &text, out);
}

static bool to_syslog_send(struct destination *d)
{
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	int64_t last_id = 0;
	int n = destination_gather(d, SYSLOG_PIECE_MAX, to_syslog_add, &bytes,
				   &last_id);

	if (n <= 0)
		return false;
	outstream_send(d->stream, &bytes);
	d->sent_id = last_id;
	d->sending_n = n;
	return true;
}

/* Flights that have settled have arrived. */
static void settle(struct destination *d, int64_t mono_ms)
{
	int64_t acknowledged = outstream_acknowledged(d->stream);
	int64_t n = 0;
	size_t done = 0;

	while (done < d->n_flights &&
	       d->flights[done].position <= acknowledged &&
	       mono_ms - d->flights[done].mono_ms >= d->conf->settle_ms)
		n += d->flights[done++].n;
	if (!done)
		return;
	destination_arrived(d, d->flights[done - 1].event_id, n);
	d->n_flights -= done;
	memmove(d->flights, d->flights + done,
		d->n_flights * sizeof(d->flights[0]));
}

static int64_t wait_for_settling(const struct destination *d, int64_t mono_ms)
{
	int64_t wait_ms;

	if (!d->n_flights)
		return WAIT_FOREVER;
	wait_ms = d->flights[0].mono_ms + d->conf->settle_ms - mono_ms;
	return MAX(wait_ms, (int64_t)LOOK_MS);
}

/* Bytes are under way: is the peer alive? */
static int64_t watch_sending(struct destination *d, int64_t mono_ms)
{
	int64_t still_ms = mono_ms - outstream_moved_ms(d->stream);
	struct err err = ERR_INIT;

	if (still_ms < SLOW_MS) {
		settle(d, mono_ms);
		return SLOW_MS;
	}
	if (still_ms < HUNG_MS)
		return HUNG_MS - still_ms;
	(void)err_set(&err, ERR_NET,
		      "%s keeps the connection but takes nothing from it: is "
		      "it overloaded or stopped?",
		      d->conf->host);
	to_syslog_close(d);
	destination_failed(d, &err, false);
	return WAIT_FOREVER;
}

int64_t to_syslog_step(struct destination *d, int64_t mono_ms)
{
	if (outstream_is_closed(d->stream)) {
		if (d->owner->last_id > d->sent_id && !d->connecting)
			to_syslog_connect(d);
		return WAIT_FOREVER;
	}
	if (d->connecting)
		return WAIT_FOREVER; /* it has a limit of its own */
	if (!outstream_is_ready(d->stream))
		return watch_sending(d, mono_ms);
	settle(d, mono_ms);
	if (d->n_flights < FLIGHTS_MAX && to_syslog_send(d))
		return wait_less(SLOW_MS, wait_for_settling(d, mono_ms));
	return wait_for_settling(d, mono_ms);
}
