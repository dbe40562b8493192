/*
 * The fake of a webhook receiver: keeps every request, body too, in its log
 * and answers 200, or what the script says (fault.h). Behind a path that begins
 * with the name of a format it answers as such a receiver does. GET
 * /_fake/state gives the number of requests.
 */
#include <string.h>

#include "fake/web.h"

struct sink {
	json_int_t n_requests;
};

/* Ticket systems: nothing is found, then one is made. */
static void answer_ticket(const struct web_request *req,
			  struct web_reply *reply)
{
	if (strstr(req->path, "/search"))
		web_reply_json(reply, 200, json_pack("{s:[]}", "issues"));
	else if (strstr(req->path, "/rest/"))
		web_reply_json(reply, 201,
			       json_pack("{s:s, s:s}", "id", "1", "key",
					 "SEC-1"));
	else if (strcmp(req->method, "GET") == 0)
		web_reply_json(reply, 200, json_pack("{s:[]}", "result"));
	else
		web_reply_json(reply, 201,
			       json_pack("{s:{s:s}}", "result", "sys_id",
					 "0123456789abcdef0123456789abcdef"));
}

static bool is_under(const struct web_request *req, const char *name)
{
	size_t len = strlen(name);

	return req->path[0] == '/' && strncmp(req->path + 1, name, len) == 0 &&
	       (req->path[len + 1] == '/' || !req->path[len + 1]);
}

static void answer(void *arg, const struct web_request *req,
		   const json_t *effect, struct web_reply *reply)
{
	struct sink *s = arg;

	(void)effect;
	s->n_requests++;
	if (is_under(req, "slack")) {
		reply->status = 200;
		strbuf_addstr(&reply->body, "ok");
	} else if (is_under(req, "pagerduty")) {
		web_reply_json(reply, 202,
			       json_pack("{s:s, s:s}", "status", "success",
					 "dedup_key", "k"));
	} else if (is_under(req, "opsgenie")) {
		web_reply_json(reply, 202,
			       json_pack("{s:s, s:f, s:s}", "result",
					 "Request will be processed", "took",
					 0.1, "requestId", "r-1"));
	} else if (is_under(req, "jira") || is_under(req, "servicenow")) {
		answer_ticket(req, reply);
	} else {
		web_reply_json(reply, 200, json_pack("{s:b}", "ok", 1));
	}
}

static void control(void *arg, const struct web_request *req,
		    const json_t *effect, struct web_reply *reply)
{
	const struct sink *s = arg;

	(void)effect;
	if (strcmp(req->path, "/_fake/state") == 0)
		web_reply_json(reply, 200,
			       json_pack("{s:I}", "requests", s->n_requests));
	else
		reply->status = 404;
}

int main(int argc, char **argv)
{
	struct peer peer;
	struct sink s = { 0 };
	struct web web = {
		.peer = &peer,
		.answer = answer,
		.control = control,
		.arg = &s,
		.log_bodies = true,
	};

	peer_open(&peer, argc, argv);
	(void)web_start(&web, "PORT", peer.port);
	peer_run(&peer);
}
