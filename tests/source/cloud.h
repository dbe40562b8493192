/*
 * A scripted cloud on 127.0.0.1: signs everybody in, and gives one prepared
 * answer for each request of the API, in order. PORT and OTHER in an answer's
 * body stand for its own port and that of a stranger's server.
 */
#ifndef TESTS_SOURCE_CLOUD_H
#define TESTS_SOURCE_CLOUD_H

#include "net/peer.h"

#include <stdio.h>
#include "net/token.h"
#include "source/door.h"
#include "util/jsonx.h"

#define CLOUD_ANSWERS 12

struct answer {
	const char *path; /* the request must be for this */
	const char *method; /* and made with this one; NULL: GET */
	const char *wants; /* and hold this; NULL anything */
	int status;
	const char *body;
	const char *headers; /* each with its line end; NULL none */
	bool cut; /* promises more than it sends */
	bool unframed; /* says no length */
};

/* ANSWER(path, status, body, .headers = ..., .cut = true ...) */
#define ANSWER(p, s, b, ...)                                                   \
	{                                                                      \
		.path = (p), .status = (s), .body = (b), __VA_ARGS__           \
	}

struct cloud {
	struct loop *loop;
	struct xfer_pool *pool;
	struct peer api, login, stranger;
	struct token_source *token;
	const struct answer *answers;
	size_t n_answered;
	bool any_order; /* requests come at the same time */
	bool is_used[CLOUD_ANSWERS];
	struct strlist bearers; /* the tokens the API saw */
	struct door_keeper door;
	struct source_env env;
	const char *token_error; /* body of a 400 to every sign-in */
};

/* Copies @text with the ports filled in. */
static inline char *cloud_fill(const struct cloud *c, const char *text)
{
	struct strbuf out = STRBUF_INIT;

	while (*text) {
		if (strncmp(text, "PORT", 4) == 0) {
			strbuf_addf(&out, "%d", c->api.port);
			text += 4;
		} else if (strncmp(text, "OTHER", 5) == 0) {
			strbuf_addf(&out, "%d", c->stranger.port);
			text += 5;
		} else {
			strbuf_addch(&out, *text++);
		}
	}
	return strbuf_detach(&out);
}

static inline enum peer_then cloud_on_login(struct peer *p, const char *request,
					    struct strbuf *reply)
{
	struct cloud *c = (void *)p->script;
	char json[512];

	(void)request;
	snprintf(json, sizeof(json),
		 "{\"token_type\":\"Bearer\",\"expires_in\":3600,"
		 "\"access_token\":\"token-%d\"}",
		 p->n_requests);
	if (c->token_error)
		snprintf(json, sizeof(json), "%s", c->token_error);
	strbuf_addf(reply,
		    "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
		    "Content-Length: %zu\r\n\r\n%s",
		    c->token_error ? 400 : 200, strlen(json), json);
	return PEER_KEEP;
}

static inline void cloud_note_bearer(struct cloud *c, const char *request)
{
	const char *p = strcasestr(request, "authorization: bearer ");
	CLEANUP(free_ptr) char *bearer = NULL;

	assert_non_null(p);
	p += strlen("authorization: bearer ");
	bearer = xstrndup(p, strcspn(p, "\r"));
	strlist_add(&c->bearers, bearer);
}

static inline bool cloud_is_for(const struct answer *a, const char *request)
{
	const char *method = a->method ? a->method : "GET";
	size_t len = strlen(method);

	return a->path && strncmp(request, method, len) == 0 &&
	       request[len] == ' ' &&
	       strncmp(request + len + 1, a->path, strlen(a->path)) == 0 &&
	       (!a->wants || strstr(request, a->wants));
}

static inline const struct answer *cloud_answer(struct cloud *c,
						const char *request)
{
	size_t next = c->n_answered++;

	for (size_t i = 0; c->any_order && i < CLOUD_ANSWERS; i++) {
		if (c->is_used[i] || !cloud_is_for(&c->answers[i], request))
			continue;
		c->is_used[i] = true;
		return &c->answers[i];
	}
	assert_true(next < CLOUD_ANSWERS);
	return &c->answers[next];
}

static inline enum peer_then cloud_on_api(struct peer *p, const char *request,
					  struct strbuf *reply)
{
	struct cloud *c = (void *)p->script;
	const struct answer *a = cloud_answer(c, request);
	CLEANUP(free_ptr) char *body = NULL;
	const char *method = a->method ? a->method : "GET";
	const char *path = request + strlen(method) + 1;
	size_t len;

	assert_non_null(a->path); /* NULL: nobody should have asked */
	assert_int_equal(strncmp(request, method, strlen(method)), 0);
	if (strncmp(path, a->path, strlen(a->path)) != 0)
		fail_msg("asked for %.300s, not %s", path, a->path);
	if (a->wants && !strstr(request, a->wants))
		fail_msg("no %s in %s", a->wants, request);
	assert_non_null(strcasestr(request, "\r\nAccept: application/json"));
	assert_non_null(strcasestr(request, "\r\nx-ms-client-request-id: "));
	cloud_note_bearer(c, request);
	body = cloud_fill(c, a->body);
	len = strlen(body);
	strbuf_addf(reply, "HTTP/1.1 %d X\r\n%s", a->status,
		    a->headers ? a->headers : "");
	if (!a->unframed)
		strbuf_addf(reply, "Content-Length: %zu\r\n",
			    a->cut ? len + 10 : len);
	strbuf_addf(reply, "\r\n%s", body);
	return a->cut || a->unframed ? PEER_CLOSE : PEER_KEEP;
}

static inline void cloud_open(struct cloud *c, const struct answer *answers)
{
	struct secret *secret = secret_new("not-a-word", 10);
	char login[64];
	struct token_conf conf = { .method = AUTH_CLIENT_SECRET,
				   .login = login,
				   .tenant = "t",
				   .client_id = "c",
				   .client_secret = secret,
				   .scope = "https://api.example/.default" };

	*c = (struct cloud){ .answers = answers };
	c->loop = loop_new();
	c->pool = xfer_pool_new(c->loop, "triaged/test");
	peer_open(&c->api, c->loop);
	peer_open(&c->login, c->loop);
	peer_open(&c->stranger, c->loop);
	c->api.fn = cloud_on_api;
	c->login.fn = cloud_on_login;
	c->api.script = c->login.script = (void *)c;
	snprintf(login, sizeof(login), "http://127.0.0.1:%d", c->login.port);
	c->token = token_source_new(c->pool, &conf);
	secret_free(secret);
	door_init(&c->door);
	c->env = (struct source_env){ .loop = c->loop,
				      .pool = c->pool,
				      .token = c->token,
				      .ingest = &c->door.ingest };
}

static inline void cloud_close(struct cloud *c)
{
	token_source_free(c->token);
	xfer_pool_free(c->pool);
	peer_close(&c->api);
	peer_close(&c->login);
	peer_close(&c->stranger);
	loop_free(c->loop);
	strlist_release(&c->bearers);
	door_release(&c->door);
}

/* An alert of subscription "s" with id @n, as text. */
#define CLOUD_ALERT(n)                                                         \
	"{\"id\":\"/subscriptions/s/providers/Microsoft.Security/locations/"   \
	"l/alerts/" n "\",\"name\":\"" n                                       \
	"\",\"type\":\"Microsoft.Security/Locations/alerts\",\"properties\":"  \
	"{\"systemAlertId\":\"" n "\",\"alertDisplayName\":\"Title " n         \
	"\",\"severity\":\"High\",\"status\":\"Active\"}}"
#define CLOUD_LINK(path) "\"nextLink\":\"http://127.0.0.1:PORT" path "\""

#endif
