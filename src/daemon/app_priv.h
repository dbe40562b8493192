/* What the files that make up the app share. */
#ifndef DAEMON_APP_PRIV_H
#define DAEMON_APP_PRIV_H

#include "daemon/app.h"

/*
 * Read the settings again and use them; a bad file changes nothing. Logs the
 * outcome; *@answer (may be NULL) gets it in words. 0 or ERR_CONF.
 */
int app_reload(struct app *a, struct strbuf *answer);
/* The zone that people of this site read: of the first calendar, else UTC. */
const char *app_timezone(const struct app *a);

/* firing.c: a step of the start. */
int app_start_standing(struct app *a, struct err *err) must_check;

/* loghead.c: {event, hash} of the newest event this process wrote; NULL
 * none. */
json_t *app_head(const struct app *a);

/* app_jobs.c: for the agenda; their argument is the app. */
extern const struct agenda_job app_jobs[];
/* From now on the journal of recent writes is looked after, also as soon as a
 * commit says that it is time; and no more. */
void app_tend_begin(struct app *a);
void app_tend_end(struct app *a);

/* news.c */
void app_on_news(void *arg, const struct news *n);
const char *news_kind_name(enum news_kind k); /* "opened" ... */
void app_on_delivery(void *arg, const struct deliver_event *e);

/* forwarder.c: a forward_news_fn */
bool forwarder_on_news(void *arg, enum forward_news news,
		       const struct forward_conf *c, const char *error);
/*
 * Destinations that leave the settings with events which have not arrived:
 * collected from what is stored before @c is taken into use, told of after.
 */
struct leaving {
	const struct conf *conf;
	struct leaver {
		char *name;
		int64_t behind; /* events */
	} *v;
	size_t n, n_alloc;
};
int leaving_collect(struct leaving *l, struct store *s, const struct conf *c,
		    struct err *err) must_check;
/* In the log, and as lines of @answer unless it is NULL. */
void leaving_tell(const struct leaving *l, struct strbuf *answer);
void leaving_release(struct leaving *l);
/* What is open, due and owed, in figures. */
struct summary {
	int64_t open[SEVERITY_MAX];
	int64_t overdue, undelivered, dead;
	int64_t due_ms; /* of the alert due soonest; 0 none */
};
/* health.c. False: the database did not say, and is in trouble. */
bool app_summarize(struct app *a, struct summary *ret);

/* beat.c */
int beat_start(struct app *a, struct err *err) must_check;
json_t *beat_states(const struct app *a); /* for status */
void beat_write_ages(const struct app *a, struct strbuf *out);
/* Send one to @t now, and answer @call with its outcome. */
void beat_test(struct app *a, const struct target_conf *t,
	       struct ctl_call *call);

/* control.c: a ctl_handler_fn. */
void control_handle(void *arg, struct ctl_call *call,
		    const struct ctl_peer *peer, const char *verb,
		    const json_t *args);

/* health.c: an httpd_fn. */
int health_answer(void *arg, const struct httpd_request *r, struct strbuf *body,
		  const char **ret_type);
/* page.c: the whole status page */
void page_write(struct app *a, struct strbuf *out);
/* metrics.c */
void metrics_write(struct app *a, struct strbuf *out);

#endif
