/*
 * A Unix socket that serves line-framed requests: many clients, none of which
 * can stall the loop. A frame is one line. A connection gets one frame handed
 * over a turn, and the next only when the answer to the last is under way and
 * most of what it was sent is read. A frame longer than the limit, a client
 * that is too slow: the connection is closed. Where there are too many, the
 * one that has been silent longest makes room.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <sys/types.h>
#include "net/loop.h"
#include "util/err.h"

struct stream_server;
struct stream_conn;

/* One frame without its newline (empty ones are skipped). @conn lives until
 * the peer goes; answer with stream_send, now or, with stream_ref, later: no
 * other frame of @conn comes before stream_unref. */
typedef void stream_frame_fn(void *arg, struct stream_conn *conn,
			     const char *frame, size_t len);

struct stream_limits {
	size_t max_frame; /* bytes of a request */
	size_t max_clients;
	size_t max_per_user; /* of them; root is no exception */
	int64_t idle_ms; /* no whole frame for so long: closed, unless it is
			    referenced, that is, waits for an answer */
	size_t max_unsent; /* answers a client has not read */
	/* The last frame to who must make room or finds none, with its newline;
	 * NULL none. Not copied. */
	const char *farewell;
};

struct stream_peer {
	uid_t uid;
	pid_t pid;
	/* What it may do as a member: its group, then its others, as they were
	 * when it connected. */
	const gid_t *groups;
	size_t n_groups;
};

/* Replaces a dead socket file, refuses a live one; mode 0660. NULL with @err.
 */
struct stream_server *stream_listen(struct loop *l, const char *path,
				    const struct stream_limits *limits,
				    stream_frame_fn *fn, void *arg,
				    struct err *err);
/* Closes every connection (referenced objects stay, dead) and removes the
 * socket file. Fine from within a stream_frame_fn. */
struct stream_server *stream_server_free(struct stream_server *s); /* NULL */

/* Queue one frame (newline added). It leaves from the loop; a client that
 * leaves more than max_unsent unread is closed. */
void stream_send(struct stream_conn *c, const char *frame, size_t len);
/* Who is at the other end, as the kernel says; lives as long as @c. */
const struct stream_peer *stream_peer(const struct stream_conn *c);
/* How many are connected, and how many were sent away since the start. */
size_t stream_clients(const struct stream_server *s);
uint64_t stream_sent_away(const struct stream_server *s);
/* Keep the connection object valid until stream_unref, even when the peer goes
 * (an answer that comes later is then dropped). A client that has only shut
 * down its sending side still gets the answers of referenced requests. */
void stream_ref(struct stream_conn *c);
void stream_unref(struct stream_conn *c);

#endif
