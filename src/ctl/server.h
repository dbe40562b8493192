/*
 * The control socket's server: frames to verbs, answers back. It has no policy
 * of its own: daemon/ gives the handler.
 */
#ifndef CTL_SERVER_H
#define CTL_SERVER_H

#include <sys/types.h>
#include "ctl/wire.h"
#include "net/loop.h"

struct ctl_server;
struct ctl_call; /* one request being answered */

/* Who asks, as the kernel says and never as a request does. */
struct ctl_peer {
	uid_t uid;
	pid_t pid;
	const gid_t *groups; /* all it is a member of */
	size_t n_groups;
	const char *name; /* login name, or "uid 1234" */
};

struct ctl_load {
	size_t clients;
	uint64_t sent_away; /* since the start: there were too many */
};

/* Answer with ctl_reply(), now or later; exactly once. @args is borrowed for
 * the call. */
typedef void ctl_handler_fn(void *arg, struct ctl_call *call,
			    const struct ctl_peer *peer, const char *verb,
			    const json_t *args);

struct ctl_server *ctl_server_new(struct loop *l, const char *path,
				  ctl_handler_fn *fn, void *arg,
				  struct err *err);
struct ctl_server *ctl_server_free(struct ctl_server *s); /* returns NULL */
struct ctl_load ctl_server_load(const struct ctl_server *s);
/* @code of ctl.h; @text may be NULL; @data (may be NULL) is taken over. */
void ctl_reply(struct ctl_call *call, const char *code, const char *text,
	       json_t *data);

#endif
