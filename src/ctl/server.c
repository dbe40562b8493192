/*
 * The control socket's server: a frame becomes a call, an answer a frame.
 * Called by daemon/, which gives the handler; sits on net/stream, which keeps
 * slow, silent and too many clients away. Decides nothing: who may connect is
 * the socket's mode, who may do what and what a verb does is the handler's.
 */
#include "ctl/server.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "net/stream.h"
#include "util/log.h"
#include "util/xmalloc.h"

#define PEERS_MAX 16
#define FAREWELL                                                               \
	"{\"v\":1,\"id\":0,\"code\":\"" CTL_FAILED "\",\"text\":\"too many "   \
	"connections to the control socket: this one made room\"}\n"

struct ctl_server {
	struct stream_server *stream;
	ctl_handler_fn *fn;
	void *arg;
	/* Asking for a login name may mean a directory server far away: each
	 * is asked for once, the oldest is forgotten. */
	struct {
		uid_t uid;
		char *name;
	} peers[PEERS_MAX];
	size_t next_peer;
};

struct ctl_call {
	struct stream_conn *conn; /* referenced */
	int64_t id;
};

static char *peer_name_ask(uid_t uid)
{
	char buf[4096];
	struct passwd pw, *found = NULL;

	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) == 0 && found)
		return xstrdup(found->pw_name);
	return xasprintf("uid %lu", (unsigned long)uid);
}

static const char *peer_name(struct ctl_server *s, uid_t uid)
{
	size_t i;

	for (i = 0; i < PEERS_MAX; i++) {
		if (s->peers[i].name && s->peers[i].uid == uid)
			return s->peers[i].name;
	}
	i = s->next_peer;
	s->next_peer = (i + 1) % PEERS_MAX;
	free(s->peers[i].name);
	s->peers[i].uid = uid;
	s->peers[i].name = peer_name_ask(uid);
	return s->peers[i].name;
}

static struct ctl_call *call_new(struct stream_conn *conn, int64_t id)
{
	struct ctl_call *call = xcalloc(1, sizeof(*call));

	stream_ref(conn);
	call->conn = conn;
	call->id = id;
	return call;
}

static void ctl_on_frame(void *arg, struct stream_conn *conn, const char *frame,
			 size_t len)
{
	CLEANUP(wire_request_release) struct wire_request request = { 0 };
	struct ctl_server *s = arg;
	const struct stream_peer *who = stream_peer(conn);
	struct ctl_peer peer = {
		.uid = who->uid,
		.pid = who->pid,
		.groups = who->groups,
		.n_groups = who->n_groups,
	};
	struct err err = ERR_INIT;

	if (wire_parse_request(frame, len, &request, &err) < 0) {
		log_debug("control: frame of %zu bytes from uid %lu refused: "
			  "%s",
			  len, (unsigned long)peer.uid, err.text);
		ctl_reply(call_new(conn, 0), CTL_USAGE, err.text, NULL);
		return;
	}
	peer.name = peer_name(s, peer.uid);
	log_debug("control: %s from %s, pid %ld", request.verb, peer.name,
		  (long)peer.pid);
	s->fn(s->arg, call_new(conn, request.id), &peer, request.verb,
	      request.args);
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
	stream_unref(call->conn);
	json_decref(data);
	free(call);
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
	s->stream = stream_listen(l, path, &limits, ctl_on_frame, s, err);
	return s->stream ? s : ctl_server_free(s);
}

struct ctl_server *ctl_server_free(struct ctl_server *s)
{
	if (!s)
		return NULL;
	if (s->stream)
		stream_server_free(s->stream);
	for (size_t i = 0; i < PEERS_MAX; i++)
		free(s->peers[i].name);
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
