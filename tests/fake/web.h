/*
 * A small HTTP/1.1 server that can misbehave on purpose. Each fake gives it a
 * function that answers; the faults of the script are applied to the answer.
 *
 * Control, on the same port and never logged: POST /_fake/script merges a
 * script, GET /_fake/state and the like go to the fake's control function.
 */
#ifndef FAKE_WEB_H
#define FAKE_WEB_H

#include <jansson.h>
#include "fake/fault.h"
#include "fake/peer.h"
#include "util/strbuf.h"

struct web_request {
	char *method;
	char *target; /* as it came */
	char *path; /* decoded, without the query */
	char *query; /* as it came, "" none */
	json_t *headers; /* names in lower case */
	const char *body; /* NUL-terminated */
	size_t body_len;
};

struct web_reply {
	int status;
	struct strbuf headers; /* "Name: value\r\n" lines */
	struct strbuf body;
	json_t *items; /* what of ours is in the body, for the log; NULL */
};

/* Answer @req; @effect (NULL none) may hold words of the fake's own. */
typedef void web_fn(void *arg, const struct web_request *req,
		    const json_t *effect, struct web_reply *reply);
/* A script came in (at the start too); the fake takes its own keys from it. */
typedef void web_script_fn(void *arg, const json_t *script);

struct web {
	struct peer *peer;
	web_fn *answer;
	web_fn *control; /* GET /_fake/...; NULL: 404 */
	web_script_fn *on_script; /* NULL: only faults */
	void *arg;
	bool log_bodies;
	struct fault_plan plan;
	json_int_t n_connections;
};

/* Fill the struct (but plan), then start: listens and prints "@word PORT". */
int web_start(struct web *w, const char *word, int port);

/* Header of a request, NULL when absent; @name in lower case. */
const char *web_header(const struct web_request *req, const char *name);
/* Decoded parameter @name of a query or a form (heap); NULL when absent. */
char *web_param(const char *query, const char *name);
void web_reply_header(struct web_reply *reply, const char *name,
		      const char *value);
/* The body is the text of @value, of type application/json. Takes @value. */
void web_reply_json(struct web_reply *reply, int status, json_t *value);

#endif
