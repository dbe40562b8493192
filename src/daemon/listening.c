/*
 * See listening.h. Called by the start, the agenda, the line of the status and
 * doctor.
 *
 * tested with: scenario/test_health
 */
#include "daemon/listening.h"

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

char *listening_next(const struct app *a)
{
	const char *where = address(a);
	size_t n = strlen(UNIX_PREFIX);
	CLEANUP(free_ptr) char *word = NULL;
	const char *port;

	if (strncmp(where, UNIX_PREFIX, n) == 0) {
		word = shell_word(where + n);
		return xasprintf("fuser -v %s", word);
	}
	port = strrchr(where, ':');
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

static int tell(struct app *a, struct err *err)
{
	const char *why = listening_trouble(a);
	CLEANUP(free_ptr) char *next = listening_next(a);
	CLEANUP(free_ptr)
	char *text = xasprintf(
		"Nobody can ask whether triaged is well, nor see its metrics "
		"and its page, and links to acknowledge lead nowhere. Alerts "
		"are read and told as before; it is tried again every 10 "
		"seconds. %s",
		why ? why : "");
	CLEANUP(free_ptr)
	char *remedy = xasprintf("End what has the address, or give 'listen' "
				 "another one and restart triaged.\n%s",
				 next);

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
