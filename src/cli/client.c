/*
 * The client side of the control socket. Called by cli/session for every change
 * and by `status`. Speaks ctl/wire; knows no verb. One request, one answer,
 * then the connection is closed.
 */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "util/clock.h"
#include "util/xmalloc.h"

#define CALL_ID 1
#define CONNECT_PAUSE_MS 50

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* The system's word, for the two that ask for different help. */
static int fail(int error, const char *what, struct err *err)
{
	int code = error == EACCES || error == EPERM ? ERR_DENIED : ERR_NET;

	return err_set(err, code, "%s: %s", what, strerror(error));
}

static int remaining(int64_t deadline_mono_ms)
{
	int64_t left = deadline_mono_ms - clock_mono_ms();

	return left > 0 ? (int)MIN(left, 60000) : 0;
}

/* Wait until @fd can be read or written (@events), or time is up. */
static int wait_for(int fd, short events, int64_t deadline_mono_ms,
		    struct err *err)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&p, 1, remaining(deadline_mono_ms));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(errno, "waiting for the daemon", err);
	if (n == 0)
		return err_set(err, ERR_NET,
			       "the daemon did not answer in "
			       "time");
	return 0;
}

/*
 * A Unix socket whose queue is full says EAGAIN, and poll has nothing to wait
 * for; so the next try comes after a pause.
 */
static int connect_to(int fd, const char *path, int64_t deadline_mono_ms,
		      struct err *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(err, ERR_NET,
			       "the socket's path is longer than the %zu bytes "
			       "the system allows",
			       sizeof(to.sun_path) - 1);
	memcpy(to.sun_path, path, strlen(path) + 1);
	while (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return fail(errno, "cannot connect", err);
		if (remaining(deadline_mono_ms) == 0)
			return err_set(err, ERR_NET,
				       "too many others are waiting for it");
		(void)poll(NULL, 0, CONNECT_PAUSE_MS);
	}
	return 0;
}

static int send_all(int fd, const struct strbuf *frame,
		    int64_t deadline_mono_ms, struct err *err)
{
	size_t done = 0;

	while (done < frame->len) {
		ssize_t n = send(fd, frame->buf + done, frame->len - done,
				 MSG_NOSIGNAL);
		int rc;

		if (n >= 0) {
			done += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return fail(errno, "cannot send the request", err);
		rc = wait_for(fd, POLLOUT, deadline_mono_ms, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Read up to the newline that ends the answer. */
static int receive_line(int fd, struct strbuf *line, int64_t deadline_mono_ms,
			struct err *err)
{
	char buf[4096];
	char *end = NULL;
	int rc;

	while (!end) {
		ssize_t n;

		if (line->len > CTL_ANSWER_MAX)
			return err_set(err, ERR_SCHEMA,
				       "the answer is too long");
		rc = wait_for(fd, POLLIN, deadline_mono_ms, err);
		if (rc < 0)
			return rc;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n == 0)
			return err_set(err, ERR_NET,
				       "the daemon closed the "
				       "connection without an answer");
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return fail(errno, "cannot read the answer", err);
		if (n > 0) {
			end = memchr(buf, '\n', (size_t)n);
			strbuf_add(line, buf,
				   end ? (size_t)(end - buf) : (size_t)n);
		}
	}
	return 0;
}

static int call(int fd, const char *path, const struct strbuf *request,
		int64_t limit_ms, struct strbuf *answer, struct err *err)
{
	int64_t deadline_mono_ms = clock_mono_ms() + limit_ms;
	int rc;

	rc = connect_to(fd, path, deadline_mono_ms, err);
	if (rc < 0)
		return rc;
	rc = send_all(fd, request, deadline_mono_ms, err);
	if (rc < 0)
		return rc;
	return receive_line(fd, answer, deadline_mono_ms, err);
}

int client_call(const char *path, const char *verb, json_t *args,
		int64_t limit_ms, struct wire_answer *ret, struct err *err)
{
	CLEANUP(wire_request_release)
	struct wire_request request = {
		.id = CALL_ID,
		.verb = xstrdup(verb),
		.args = args,
	};
	CLEANUP(strbuf_release) struct strbuf frame = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	CLEANUP(close_fd) int fd = -1;
	int rc;

	rc = wire_check_args(verb, args, err);
	if (rc >= 0)
		rc = wire_format_request(&request, &frame, err);
	if (rc < 0)
		return rc;
	strbuf_addch(&frame, '\n');
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(errno, "cannot make a socket", err);
	rc = call(fd, path, &frame, limit_ms, &line, err);
	if (rc < 0)
		return rc;
	rc = wire_parse_answer(line.buf, line.len, &answer, err);
	if (rc < 0)
		return rc;
	if (answer.id != CALL_ID && answer.id != 0)
		return err_set(err, ERR_SCHEMA,
			       "the answer belongs to another request");
	*ret = answer;
	answer = (struct wire_answer){ 0 };
	return 0;
}
