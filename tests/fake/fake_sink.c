/*
 * The fake of a webhook receiver: keeps every request, body too, in its log
 * and answers 200, or what the script says (fault.h). GET /_fake/state gives
 * the number of requests.
 */
#include <string.h>

#include "fake/web.h"

struct sink {
	json_int_t n_requests;
};

static void answer(void *arg, const struct web_request *req,
		   const json_t *effect, struct web_reply *reply)
{
	struct sink *s = arg;

	(void)req;
	(void)effect;
	s->n_requests++;
	web_reply_json(reply, 200, json_pack("{s:b}", "ok", 1));
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
