/*
 * See listening.h. Called by the start, the agenda, the line of the status and
 * doctor.
 *
 * tested with: scenario/test_health
 */
#include "daemon/listening.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/app_priv.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/shell.h"
#include "util/xmalloc.h"

#define RETRY_MS 10000
#define UNIX_PREFIX "unix:"

static const char *address(const struct app *a)
{
	return a->settings.conf->listen;
}

static bool is_off(const struct app *a)
{
	return strcmp(address(a), "off") == 0;
}

const char *listening_trouble(const struct app *a)
{
	return a->listening.why;
}

static const char *socket_path(const struct app *a)
{
	size_t n = strlen(UNIX_PREFIX);

	return strncmp(address(a), UNIX_PREFIX, n) == 0 ? address(a) + n : NULL;
}

static bool is_taken(const struct app *a)
{
	return a->listening.code == ERR_BUSY ||
	       a->listening.code == -EADDRINUSE;
}

/* The folder of a socket, or what lies there instead. */
static char *show_path(const char *path, bool folder)
{
	CLEANUP(free_ptr) char *shown = xstrdup(path);
	CLEANUP(free_ptr) char *word = NULL;

	if (folder)
		*strrchr(shown, '/') = '\0'; /* a path has one */
	word = shell_word(*shown ? shown : "/");
	return xasprintf("ls -ld %s", word);
}

char *listening_next(const struct app *a)
{
	const char *path = socket_path(a);
	CLEANUP(free_ptr) char *word = NULL;
	const char *port;

	if (path && !is_taken(a))
		return show_path(path, a->listening.code != ERR_CONF);
	if (path) {
		word = shell_word(path);
		return xasprintf("fuser -v %s", word);
	}
	if (!is_taken(a))
		return xstrdup("ip address show dev lo");
	port = strrchr(address(a), ':');
	return xasprintf("ss -ltnp%s%s", port ? " sport = " : "",
			 port ? port : "");
}

static void say_closed(const struct app *a)
{
	log_event(LOG_ERR, MSG_LISTEN_FAILED,
		  "health, metrics and the page are not served; it is tried "
		  "again",
		  kv_str("LISTEN", address(a)),
		  kv_str("ERROR", a->listening.why));
}

static void say_open(const struct app *a)
{
	log_event(LOG_NOTICE, MSG_LISTEN_RECOVERED,
		  "health, metrics and the page are served",
		  kv_str("LISTEN", address(a)));
}

static void try_open(struct app *a)
{
	struct listening *l = &a->listening;
	struct err err = ERR_INIT;
	bool was_closed = l->why != NULL;

	l->httpd = httpd_new(a->loop, address(a), health_answer, a, &err);
	l->next_mono_ms = clock_mono_ms() + RETRY_MS;
	free_ptr(&l->why);
	l->code = err.code;
	if (!l->httpd)
		l->why = xstrdup(err.text);
	if (was_closed == (l->why != NULL))
		return;
	l->told = false;
	if (l->why)
		say_closed(a);
	else
		say_open(a);
}

void listening_open(struct app *a)
{
	if (!is_off(a))
		try_open(a);
}

static const char *what_to_do(const struct app *a)
{
	if (is_taken(a))
		return "End what has the address";
	if (!socket_path(a))
		return "Give this machine the address";
	if (a->listening.code == ERR_CONF)
		return "Remove what lies in the place of the socket";
	/* What is made after the start, the sandbox leaves out. */
	return "Make a folder for the socket where triaged may write, and "
	       "restart triaged";
}

static int tell(struct app *a, struct err *err)
{
	const char *why = listening_trouble(a);
	CLEANUP(free_ptr) char *next = listening_next(a);
	CLEANUP(free_ptr)
	char *text = xasprintf(
		"%s%sNobody can ask whether triaged is well, nor see its "
		"metrics and its page, and links to acknowledge lead nowhere. "
		"Alerts are read and told as before; it is tried again every "
		"10 seconds.",
		why ? why : "", why ? "\n" : "");
	CLEANUP(free_ptr)
	char *remedy = xasprintf("%s, or give 'listen' another address and "
				 "restart triaged.\n%s",
				 what_to_do(a), next);

	return pipeline_self_alert(
		&a->pipeline,
		&(struct self_alert){
			.slug = "listen-failed",
			.severity = SEVERITY_HIGH,
			.title = "Health, metrics and the page are not served",
			.description = text,
			.remediation = remedy,
			.resolved = !why,
		},
		err);
}

int64_t listening_look(struct app *a, int64_t mono_ms)
{
	struct listening *l = &a->listening;
	struct err err = ERR_INIT;

	/* Nobody asks for the page of a run of a minute. */
	if (a->once || a->stopping)
		return -1;
	if (l->why && mono_ms >= l->next_mono_ms)
		try_open(a);
	if (!l->told) {
		l->told = tell(a, &err) >= 0;
		if (!l->told)
			app_store_trouble(a, &err);
	}
	if (!l->told)
		return RETRY_MS;
	return l->why ? MAX(l->next_mono_ms - mono_ms, (int64_t)0) : -1;
}

void listening_close(struct listening *l)
{
	l->httpd = httpd_free(l->httpd);
	free_ptr(&l->why);
}
