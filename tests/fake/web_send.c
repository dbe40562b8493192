/*
 * How an answer of a fake leaves: whole, late, slow, cut, endless or never.
 * Called by web.c; knows no document.
 */
#include "fake/web_priv.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "util/jsonx.h"
#include "util/xmalloc.h"

#define HUGE_PIECE 65536

static const char *reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} known[] = {
		{ 200, "OK" },
		{ 204, "No Content" },
		{ 302, "Found" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].status == status)
			return known[i].reason;
	return "Scripted";
}

static void apply_body(struct web_reply *reply, const json_t *effect)
{
	const json_t *body = json_object_get(effect, "body");
	json_t *json = json_object_get(effect, "json");
	const char *type = jsonx_str(effect, "type");
	json_int_t depth = fault_int(effect, "depth", 0);

	if (json)
		web_reply_json(reply, reply->status, json_incref(json));
	if (json_is_string(body)) {
		strbuf_reset(&reply->body);
		strbuf_addstr(&reply->body, json_string_value(body));
	}
	if (depth > 0)
		strbuf_reset(&reply->body);
	for (json_int_t i = 0; i < depth; i++)
		strbuf_addch(&reply->body, '[');
	if (type) {
		strbuf_reset(&reply->headers);
		web_reply_header(reply, "Content-Type", type);
	}
}

void web_apply(struct web_reply *reply, const json_t *effect)
{
	json_t *headers = json_object_get(effect, "headers");
	const char *name;
	json_t *value;

	reply->status = (int)fault_int(effect, "status", reply->status);
	apply_body(reply, effect);
	json_object_foreach(headers, name, value)
		web_reply_header(reply, name, json_string_value(value));
}

/* The pieces that slow, cut and huge answers consist of. */
static void send_piece(struct web_conn *c)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t n = c->limit - c->sent;

	if (c->slow_bytes)
		n = MIN(n, c->slow_bytes);
	evbuffer_add(out, c->reply.body.buf + c->sent, n);
	c->sent += n;
}

static void send_huge(struct web_conn *c)
{
	static char ones[HUGE_PIECE];
	size_t n = (size_t)MIN(c->n_huge, HUGE_PIECE);

	/* The first piece opens an array that no piece closes: [1,1,1... */
	for (size_t i = 0; i < sizeof(ones); i++)
		ones[i] = i % 2 ? '1' : ',';
	if (c->n_huge == fault_int(c->effect, "huge", 0))
		evbuffer_add(bufferevent_get_output(c->bev), "[", 1);
	else
		evbuffer_add(bufferevent_get_output(c->bev), ones, 1);
	evbuffer_add(bufferevent_get_output(c->bev), ones + 1, n - 1);
	c->n_huge -= (json_int_t)n;
}

static bool keeps_alive(const struct web_conn *c)
{
	const char *connection = web_header(&c->req, "connection");

	return !connection || strcasecmp(connection, "close") != 0;
}

static void send_head(struct web_conn *c)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	json_int_t size = (json_int_t)c->reply.body.len + c->n_huge;

	evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\n%s", c->reply.status,
			    reason_of(c->reply.status), c->reply.headers.buf);
	if (json_is_true(json_object_get(c->effect, "chunked"))) {
		/* The body is one chunk; a huge or cut one never ends it. */
		evbuffer_add_printf(out,
				    "Transfer-Encoding: chunked\r\n\r\n"
				    "%llx\r\n",
				    (unsigned long long)size);
		strbuf_addstr(&c->reply.body, "\r\n0\r\n\r\n");
	} else if (c->reply.status == 204) {
		evbuffer_add_printf(out, "\r\n");
		strbuf_reset(&c->reply.body);
	} else {
		evbuffer_add_printf(out, "%sContent-Length: %lld\r\n\r\n",
				    c->close_after ? "Connection: close\r\n"
						   : "",
				    (long long)size);
	}
}

static bool has(const json_t *effect, const char *name)
{
	return json_is_true(json_object_get(effect, name));
}

static int nibble(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	if (!found)
		peer_die("\"raw\" is not hexadecimal");
	return (int)(found - digits);
}

/* Whatever it is, as it stands in the script. */
static void send_raw(struct web_conn *c, const char *hex)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	json_int_t times = fault_int(c->effect, "raw_times", 1);

	for (; *hex; hex += 2)
		strbuf_addch(&bytes,
			     (char)(nibble(hex[0]) << 4 | nibble(hex[1])));
	for (json_int_t i = 0; i < times; i++)
		evbuffer_add(out, bytes.buf, bytes.len);
	c->sent = c->limit = 0;
	c->n_huge = 0;
	c->close_after = true;
	if (!has(c->effect, "silent"))
		return;
	/* Only the peer ends it. */
	c->state = CONN_SILENT;
	bufferevent_enable(c->bev, EV_READ);
}

static void start(struct web_conn *c)
{
	json_int_t cut = fault_int(c->effect, "cut", -1);
	const char *raw = jsonx_str(c->effect, "raw");

	c->started = true;
	if (raw) {
		send_raw(c, raw);
		return;
	}
	c->n_huge = fault_int(c->effect, "huge", 0);
	if (c->n_huge > 0)
		strbuf_reset(&c->reply.body);
	c->close_after =
		!keeps_alive(c) || cut >= 0 ||
		json_is_true(json_object_get(c->effect, "close_after"));
	c->slow_bytes = (size_t)fault_int(c->effect, "slow_bytes", 0);
	c->slow_ms = fault_int(c->effect, "slow_ms", 10);
	send_head(c);
	c->sent = 0;
	c->limit = c->reply.body.len;
	if (cut >= 0)
		c->limit = MIN(c->limit, (size_t)cut);
	if (c->n_huge > 0)
		send_huge(c);
	else
		send_piece(c);
}

static void wait_ms(struct web_conn *c, json_int_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (event_add(c->timer, &tv) < 0)
		peer_die("no timer");
}

/* All bytes given to libevent are out: the next piece, request, or the end. */
void web_on_drained(struct web_conn *c)
{
	if (c->state != CONN_SENDING ||
	    event_pending(c->timer, EV_TIMEOUT, NULL))
		return;
	if (c->n_huge > 0)
		send_huge(c);
	else if (c->sent < c->limit)
		wait_ms(c, c->slow_ms);
	else if (c->close_after)
		web_conn_free(c);
	else
		web_conn_next(c);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct web_conn *c = arg;

	(void)fd;
	(void)what;
	if (c->started)
		send_piece(c);
	else
		start(c);
}

struct event *web_timer_new(struct web_conn *c)
{
	struct event *timer = evtimer_new(c->web->peer->base, on_timer, c);

	if (!timer)
		peer_die("no timer");
	return timer;
}

static void reset(struct web_conn *c)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	/* Without lingering close() sends RST. */
	(void)setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER,
			 &linger, sizeof(linger));
	web_conn_free(c);
}

void web_send(struct web_conn *c, const json_t *effect)
{
	json_int_t delay_ms = fault_int(effect, "delay_ms", 0);

	json_decref(c->effect);
	c->effect = json_incref((json_t *)effect);
	c->started = false;
	if (has(effect, "hang"))
		/* Only the peer ends it: reading tells when it does. */
		bufferevent_enable(c->bev, EV_READ);
	else if (has(effect, "reset"))
		reset(c);
	else if (has(effect, "close"))
		web_conn_free(c);
	else if (delay_ms > 0)
		wait_ms(c, delay_ms);
	else
		start(c);
}
