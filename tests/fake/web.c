/*
 * A small HTTP/1.1 server that can misbehave on purpose. Called by the fakes;
 * knows no document. A connection is read until one request is complete, then
 * not again before its answer is out, so that order is simple.
 */
#include "fake/web.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "fake/web_priv.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define HEAD_MAX 65536
#define BODY_MAX (64 << 20)

const char *web_header(const struct web_request *req, const char *name)
{
	return json_string_value(json_object_get(req->headers, name));
}

/* "name=value", both escaped: the value when the name is @name. */
static char *decoded_value(const char *pair, size_t len, const char *name)
{
	CLEANUP(free_ptr) char *copy = xstrndup(pair, len);
	char *value = strchr(copy, '=');
	CLEANUP(free_ptr) char *key = NULL;

	if (value)
		*value++ = '\0';
	key = evhttp_uridecode(copy, 1, NULL);
	if (!key || strcmp(key, name) != 0)
		return NULL;
	return evhttp_uridecode(value ? value : "", 1, NULL);
}

/* libevent's parser leaves names escaped, and "%24skiptoken" is one. */
char *web_param(const char *query, const char *name)
{
	while (*query) {
		size_t len = strcspn(query, "&");
		char *value = decoded_value(query, len, name);

		if (value)
			return value;
		query += len + (query[len] == '&');
	}
	return NULL;
}

void web_reply_header(struct web_reply *reply, const char *name,
		      const char *value)
{
	strbuf_addf(&reply->headers, "%s: %s\r\n", name, value);
}

void web_reply_json(struct web_reply *reply, int status, json_t *value)
{
	char *text = jsonx_dump(value);

	json_decref(value);
	if (!text)
		peer_die("cannot render an answer");
	reply->status = status;
	web_reply_header(reply, "Content-Type",
			 "application/json; charset=utf-8");
	strbuf_reset(&reply->body);
	strbuf_addstr(&reply->body, text);
	free(text);
}

static void request_release(struct web_request *req)
{
	free(req->method);
	free(req->target);
	free(req->path);
	free(req->query);
	json_decref(req->headers);
	*req = (struct web_request){ 0 };
}

static bool parse_request_line(struct web_request *req, char *line)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	char *query;

	if (!version || strncmp(version + 1, "HTTP/1.", 7) != 0)
		return false;
	*target++ = '\0';
	*version = '\0';
	req->method = xstrdup(line);
	req->target = xstrdup(target);
	query = strchr(target, '?');
	req->query = xstrdup(query ? query + 1 : "");
	if (query)
		*query = '\0';
	/* libevent's memory comes from malloc. */
	req->path = evhttp_uridecode(target, 0, NULL);
	return req->path != NULL;
}

static bool parse_header(struct web_request *req, char *line)
{
	char *colon = strchr(line, ':');
	char *value;

	if (!colon)
		return false;
	*colon = '\0';
	for (char *c = line; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	value = colon + 1 + strspn(colon + 1, " \t");
	utf8_clean_in_place(value);
	json_object_set_new(req->headers, line, json_string(value));
	return true;
}

/* The head without the empty line at its end; it is cut into pieces. */
static bool parse_head(struct web_request *req, char *head)
{
	char *rest = NULL;
	char *line = strtok_r(head, "\r\n", &rest);

	req->headers = json_object();
	if (!line || !parse_request_line(req, line))
		return false;
	while ((line = strtok_r(NULL, "\r\n", &rest)))
		if (!parse_header(req, line))
			return false;
	return true;
}

static void refuse(struct web_conn *c, const char *status_line)
{
	bufferevent_disable(c->bev, EV_READ);
	evbuffer_add_printf(bufferevent_get_output(c->bev),
			    "HTTP/1.1 %s\r\nContent-Length: 0\r\n"
			    "Connection: close\r\n\r\n",
			    status_line);
	c->state = CONN_SENDING;
	c->close_after = true;
}

/* Takes the head from the input once it is there. */
static void read_head(struct web_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	const char *length, *expect;
	char *head;
	bool ok;

	if (end.pos < 0) {
		if (evbuffer_get_length(in) > HEAD_MAX)
			refuse(c, "431 Request Header Fields Too Large");
		return;
	}
	head = xcalloc((size_t)end.pos + 1, 1);
	evbuffer_remove(in, head, (size_t)end.pos);
	evbuffer_drain(in, 4);
	ok = parse_head(&c->req, head);
	free(head);
	length = ok ? web_header(&c->req, "content-length") : NULL;
	c->req.body_len = length ? strtoul(length, NULL, 10) : 0;
	if (!ok || c->req.body_len > BODY_MAX) {
		refuse(c, "400 Bad Request");
		return;
	}
	if (web_header(&c->req, "transfer-encoding")) {
		refuse(c, "411 Length Required");
		return;
	}
	expect = web_header(&c->req, "expect");
	if (expect && strcasecmp(expect, "100-continue") == 0)
		evbuffer_add_printf(bufferevent_get_output(c->bev),
				    "HTTP/1.1 100 Continue\r\n\r\n");
	c->state = CONN_BODY;
}

static json_t *body_as_json(const struct web_request *req)
{
	char *text;
	json_t *value;

	if (utf8_valid(req->body, req->body_len))
		return json_stringn(req->body, req->body_len);
	text = digest_base64(req->body, req->body_len);
	value = json_pack("{s:s}", "base64", text);
	free(text);
	return value;
}

static void log_request(struct web_conn *c, const json_t *effect, int status)
{
	const struct web_request *req = &c->req;
	json_t *line = json_pack("{s:s, s:s, s:s, s:O, s:I, s:I, s:i}",
				 "method", req->method, "target", req->target,
				 "path", req->path, "headers", req->headers,
				 "body_size", (json_int_t)req->body_len,
				 "connection", c->number, "status", status);

	if (!line) /* a target that is not UTF-8 */
		line = json_pack("{s:s}", "method", "unprintable");
	if (c->web->log_bodies)
		json_object_set_new(line, "body", body_as_json(req));
	if (effect)
		json_object_set(line, "effect", (json_t *)effect);
	if (c->reply.items)
		json_object_set(line, "items", c->reply.items);
	peer_log(c->web->peer, line);
}

static void take_script(struct web *w, const json_t *script)
{
	fault_load(&w->plan, script);
	if (w->on_script)
		w->on_script(w->arg, script);
}

static void answer_control(struct web_conn *c)
{
	struct web *w = c->web;
	struct web_request *req = &c->req;

	if (strcmp(req->path, "/_fake/script") == 0) {
		struct err err = ERR_INIT;
		json_t *script = jsonx_parse(req->body, req->body_len, 0, &err);

		if (json_is_object(script))
			take_script(w, script);
		web_reply_json(&c->reply, script ? 200 : 400,
			       json_pack("{s:s}", "text", err.text));
		json_decref(script);
	} else if (w->control) {
		w->control(w->arg, req, NULL, &c->reply);
	} else {
		c->reply.status = 404;
	}
	web_send(c, NULL);
}

static void answer(struct web_conn *c)
{
	struct web *w = c->web;
	struct web_request *req = &c->req;
	json_t *effect;

	c->reply.status = 200;
	if (strncmp(req->path, "/_fake/", 7) == 0) {
		answer_control(c);
		return;
	}
	effect = fault_pick(&w->plan, req->method, req->path, req->target);
	w->answer(w->arg, req, effect, &c->reply);
	web_apply(&c->reply, effect);
	log_request(c, effect, c->reply.status);
	web_send(c, effect);
}

/* Takes the body once it is all there, and answers. */
static void read_body(struct web_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	char *body;

	if (evbuffer_get_length(in) < c->req.body_len)
		return;
	body = xcalloc(c->req.body_len + 1, 1);
	evbuffer_remove(in, body, c->req.body_len);
	c->req.body = body;
	c->state = CONN_SENDING;
	bufferevent_disable(c->bev, EV_READ);
	answer(c);
	free(body);
}

/* Goes on with what is already in the input; @c may be gone afterwards. */
static void step(struct web_conn *c)
{
	if (c->state == CONN_HEAD)
		read_head(c);
	if (c->state == CONN_BODY)
		read_body(c);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	step(arg);
}

void web_conn_next(struct web_conn *c)
{
	request_release(&c->req);
	strbuf_release(&c->reply.headers);
	strbuf_release(&c->reply.body);
	json_decref(c->reply.items);
	c->reply.items = NULL;
	c->state = CONN_HEAD;
	bufferevent_enable(c->bev, EV_READ);
	if (evbuffer_get_length(bufferevent_get_input(c->bev)) > 0)
		step(c);
}

void web_conn_free(struct web_conn *c)
{
	request_release(&c->req);
	strbuf_release(&c->reply.headers);
	strbuf_release(&c->reply.body);
	json_decref(c->reply.items);
	c->reply.items = NULL;
	json_decref(c->effect);
	event_free(c->timer);
	bufferevent_free(c->bev);
	free(c);
}

static void on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	web_on_drained(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		web_conn_free(arg);
}

static void on_accept(void *arg, int fd)
{
	struct web *w = arg;
	struct web_conn *c = xcalloc(1, sizeof(*c));

	c->web = w;
	c->number = ++w->n_connections;
	strbuf_init(&c->reply.headers);
	strbuf_init(&c->reply.body);
	c->bev = peer_bufferevent(w->peer, fd, w->peer->tls != NULL);
	c->timer = web_timer_new(c);
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

int web_start(struct web *w, const char *word, int port)
{
	if (w->peer->script)
		take_script(w, w->peer->script);
	return peer_listen(w->peer, word, port, on_accept, w);
}
