/*
 * What systemd is told, in words of ours. Called by the app; the only file that
 * knows the protocol of sd_notify(3).
 *
 * Why not sd_notify() itself: it waits for room when whoever has the socket
 * does not read it, and with it would wait the loop, which tells people. What
 * finds no room is lost here; but for a change of state, which goes with the
 * next message.
 *
 * tested with: test_service
 */
#include "daemon/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/compiler.h"
#include "util/strbuf.h"

/* A state that found no room, each line ended; empty when all are told. */
static struct strbuf owed = STRBUF_INIT;

/* A path, or "@name" of the abstract kind. False: neither. */
static bool fill_address(const char *name, struct sockaddr_un *ret,
			 socklen_t *ret_len)
{
	size_t len = strlen(name);

	if ((*name != '/' && *name != '@') || len >= sizeof(ret->sun_path))
		return false;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, name, len);
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (*name == '@')
		ret->sun_path[0] = '\0';
	else
		++*ret_len; /* with the NUL at its end */
	return true;
}

/* False: there was no room for it. Whom nobody listens to has said it. */
static bool say(const char *text)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t len;
	ssize_t sent;
	int fd, why;

	if (!name)
		return true;
	if (!fill_address(name, &address, &len)) {
		(void)sd_notify(0, text); /* a machine's, by vsock */
		return true;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		      (const struct sockaddr *)&address, len);
	why = errno;
	(void)close(fd);
	return sent >= 0 || (why != EAGAIN && why != ENOBUFS && why != EINTR);
}

/* With what is owed before it. */
static bool say_more(const char *text)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;

	if (!owed.len)
		return say(text);
	strbuf_addf(&all, "%s%s", owed.buf, text);
	if (!say(all.buf))
		return false;
	strbuf_reset(&owed);
	return true;
}

/* The newest state takes the place of one that is owed. */
static void say_state(const char *text)
{
	strbuf_reset(&owed);
	if (!say(text))
		strbuf_addf(&owed, "%s\n", text);
}

bool service_is_heard(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

void service_ready(void)
{
	say_state("READY=1");
}

void service_reloading(void)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		    clock_mono_us());
	say_state(text.buf);
}

void service_stopping(void)
{
	say_state("STOPPING=1\nSTATUS=stopping");
}

void service_status(const char *line)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "STATUS=%s", line);
	(void)say_more(text.buf); /* there will be a newer one */
}

int64_t service_watchdog_ms(void)
{
	uint64_t us = 0;

	if (sd_watchdog_enabled(0, &us) <= 0)
		return 0;
	return (int64_t)(us / 2000);
}

bool service_watchdog(void)
{
	return say_more("WATCHDOG=1");
}

void service_extend(int64_t ms)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "EXTEND_TIMEOUT_USEC=%" PRId64, ms * 1000);
	(void)say_more(text.buf); /* asked for again while it takes long */
}
