/*
 * The control socket's server: a frame becomes a call, an answer a frame.
 * Called by daemon/, which gives the handler; sits on net/stream, which keeps
 * slow, silent and too many clients away. Decides nothing: who may connect is
 * the socket's mode, who may do what and what a verb does is the handler's.
 */
#include "ctl/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include "ctl/names.h"
#include "net/stream.h"
#include "util/log.h"
#include "util/xmalloc.h"

#define FAREWELL                                                               \
	"{\"v\":1,\"id\":0,\"code\":\"" CTL_FAILED "\",\"text\":\"too many "   \
	"connections to the control socket: this one made room\"}\n"

struct ctl_server {
	struct stream_server *stream;
	ctl_handler_fn *fn;
	void *arg;
	struct names *names;
	/* Calls of peers whose login name is being asked for. */
	STAILQ_HEAD(, ctl_call) waiting;
};

struct ctl_call {
	STAILQ_ENTRY(ctl_call) link; /* while it waits */
	struct stream_conn *conn; /* referenced */
	int64_t id;
	struct wire_request request; /* empty once it was handed over */
};

static struct ctl_call *call_new(struct stream_conn *conn, int64_t id)
{
	struct ctl_call *call = xcalloc(1, sizeof(*call));

	stream_ref(conn);
	call->conn = conn;
	call->id = id;
	return call;
}

static void call_free(struct ctl_call *call)
{
	wire_request_release(&call->request);
	stream_unref(call->conn);
	free(call);
}

/* From here on it is the handler's. */
static void call_run(struct ctl_server *s, struct ctl_call *call,
		     const char *name)
{
	CLEANUP(wire_request_release)
	struct wire_request request = call->request;
	const struct stream_peer *who = stream_peer(call->conn);
	struct ctl_peer peer = {
		.uid = who->uid,
		.pid = who->pid,
		.groups = who->groups,
		.n_groups = who->n_groups,
		.name = name,
	};

	call->request = (struct wire_request){ 0 };
	log_debug("control: %s from %s, pid %ld", request.verb, name,
		  (long)peer.pid);
	s->fn(s->arg, call, &peer, request.verb, request.args);
}

static struct ctl_call *take_waiting(struct ctl_server *s, uid_t uid)
{
	struct ctl_call *call;

	STAILQ_FOREACH(call, &s->waiting, link)
	{
		if (stream_peer(call->conn)->uid != uid)
			continue;
		STAILQ_REMOVE(&s->waiting, call, ctl_call, link);
		return call;
	}
	return NULL;
}

/* A handler does not free the server (net/stream.h would let it). */
static void ctl_on_name(void *arg, uid_t uid)
{
	struct ctl_server *s = arg;
	struct ctl_call *call;

	while ((call = take_waiting(s, uid)))
		call_run(s, call, names_get(s->names, uid));
}

static void ctl_on_frame(void *arg, struct stream_conn *conn, const char *frame,
			 size_t len)
{
	struct ctl_server *s = arg;
	struct ctl_call *call = call_new(conn, 0);
	struct err err = ERR_INIT;
	const char *name;

	if (wire_parse_request(frame, len, &call->request, &err) < 0) {
		log_debug("control: frame of %zu bytes from uid %lu refused: "
			  "%s",
			  len, (unsigned long)stream_peer(conn)->uid, err.text);
		ctl_reply(call, CTL_USAGE, err.text, NULL);
		return;
	}
	call->id = call->request.id;
	name = names_get(s->names, stream_peer(conn)->uid);
	if (name)
		call_run(s, call, name);
	else
		STAILQ_INSERT_TAIL(&s->waiting, call, link);
}

void ctl_reply(struct ctl_call *call, const char *code, const char *text,
	       json_t *data)
{
	CLEANUP(strbuf_release) struct strbuf frame = STRBUF_INIT;
	struct wire_answer answer = {
		.id = call->id,
		/* Only read from, and not released. */
		.code = (char *)code,
		.text = (char *)text,
		.data = data,
	};

	wire_format_answer(&answer, &frame);
	stream_send(call->conn, frame.buf, frame.len);
	json_decref(data);
	call_free(call);
}

struct ctl_server *ctl_server_new(struct loop *l, const char *path,
				  ctl_handler_fn *fn, void *arg,
				  struct err *err)
{
	static const struct stream_limits limits = {
		.max_frame = CTL_FRAME_MAX,
		.max_clients = CTL_CLIENTS_MAX,
		.max_per_user = CTL_CLIENTS_PER_USER,
		.idle_ms = CTL_IDLE_MS,
		.max_unsent = 2 * CTL_ANSWER_MAX,
		.farewell = FAREWELL,
	};
	struct ctl_server *s = xcalloc(1, sizeof(*s));

	s->fn = fn;
	s->arg = arg;
	STAILQ_INIT(&s->waiting);
	s->names = names_new(l, NULL, ctl_on_name, s);
	s->stream = stream_listen(l, path, &limits, ctl_on_frame, s, err);
	return s->stream ? s : ctl_server_free(s);
}

struct ctl_server *ctl_server_free(struct ctl_server *s)
{
	struct ctl_call *call;

	if (!s)
		return NULL;
	if (s->stream)
		stream_server_free(s->stream);
	while ((call = STAILQ_FIRST(&s->waiting))) {
		STAILQ_REMOVE_HEAD(&s->waiting, link);
		call_free(call); /* its connection is closed */
	}
	names_free(s->names);
	free(s);
	return NULL;
}

struct ctl_load ctl_server_load(const struct ctl_server *s)
{
	return (struct ctl_load){
		.clients = stream_clients(s->stream),
		.sent_away = stream_sent_away(s->stream),
	};
}
