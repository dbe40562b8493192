/*
 * A test message, sent the way of every other one: by delivery, out of an
 * outbox, which is a throw-away database here. Called by main() for triaged
 * --test-notice.
 *
 * tested with: scenario/test_live
 */
#include "daemon/live_priv.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/test_notice.h"
#include "notify/deliver.h"
#include "store/store.h"
#include "util/scratch.h"
#include "util/xmalloc.h"

/* Longer than a mail server may take to answer. */
#define PATIENCE_MS INT64_C(100000)
#define DIRECTORY_NAME "triaged-test-XXXXXX"

struct posting {
	struct live live;
	const struct target_conf *conf;
	char *directory; /* NULL: not there */
	struct store *store;
	struct deliver *deliver;
	struct loop_timer *patience;
	size_t n_owed, n_told;
};

static void posting_release(struct posting *p)
{
	loop_timer_free(p->patience);
	p->deliver = deliver_free(p->deliver);
	p->store = store_close(p->store);
	if (p->directory)
		scratch_remove(p->directory);
	free(p->directory);
	live_release(&p->live);
}

static void posting_on_news(void *arg, const struct deliver_event *e)
{
	struct posting *p = arg;
	struct live_row row = { .about = "target",
				.name = e->target,
				.step = e->notice->recipient
						? e->notice->recipient
						: "test notice",
				.text = "sent" };

	switch (e->news) {
	case DELIVER_SENT:
		row.ok = true;
		live_say_row(&p->live.say, &row);
		break;
	case DELIVER_RETRY:
	case DELIVER_ASTRAY:
	case DELIVER_DEAD:
		live_say_error(&p->live, p->conf, row.step, e->error);
		break;
	case DELIVER_TARGET_DISABLED:
	case DELIVER_TARGET_REFUSED:
	case DELIVER_TARGET_WORKS:
	case DELIVER_PLAIN:
		return; /* told by the notice's own end, too */
	}
	if (++p->n_told == p->n_owed)
		loop_stop(p->live.loop);
}

static void posting_on_patience(void *arg)
{
	struct posting *p = arg;

	live_say_error(&p->live, p->conf, "test notice",
		       "no answer within 100 s");
	loop_stop(p->live.loop);
}

static void posting_on_signal(void *arg, int signo)
{
	struct posting *p = arg;

	(void)signo;
	p->live.say.n_failed++;
	loop_stop(p->live.loop);
}

static int make_directory(struct posting *p, struct err *err)
{
	const char *where = getenv("TMPDIR");
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/" DIRECTORY_NAME,
			       where && *where ? where : "/tmp");

	if (!mkdtemp(path)) {
		int rc = -errno;

		return err_set(err, rc, "cannot make %s: %s", path,
			       strerror(-rc));
	}
	p->directory = take(path);
	return 0;
}

static int put(struct posting *p, struct err *err)
{
	const struct passwd *who = getpwuid(getuid());
	CLEANUP(free_ptr)
	char *reason = xasprintf("a test asked for by %s with triaged "
				 "--test-notice",
				 who ? who->pw_name : "somebody");
	json_t *ids = json_array();
	int rc = test_notice_put(p->store, p->conf, reason, ids, err);

	p->n_owed = json_array_size(ids);
	json_decref(ids);
	return rc;
}

static int post(struct posting *p, struct err *err)
{
	struct live *l = &p->live;
	char host[256] = "localhost";
	int rc = make_directory(p, err);

	if (rc >= 0)
		rc = store_open(p->directory, &p->store, err);
	if (rc >= 0)
		rc = put(p, err);
	if (rc < 0)
		return rc;
	(void)gethostname(host, sizeof(host) - 1); /* else this */
	p->deliver = deliver_new(l->settings.conf,
				 &(struct deliver_env){
					 .store = p->store,
					 .loop = l->loop,
					 .pool = l->pool,
					 .host = host,
					 .fn = posting_on_news,
					 .arg = p,
				 },
				 err);
	if (!p->deliver)
		return err->code;
	p->patience = loop_timer_new(l->loop, posting_on_patience, p);
	loop_timer_set(p->patience, PATIENCE_MS);
	loop_on_signal(l->loop, SIGINT, posting_on_signal, p);
	loop_on_signal(l->loop, SIGTERM, posting_on_signal, p);
	deliver_kick(p->deliver);
	loop_run(l->loop);
	return 0;
}

int live_notice_main(const struct options *o)
{
	CLEANUP(posting_release) struct posting p = { 0 };
	struct err err = ERR_INIT;
	int status = live_open(&p.live, o);

	if (status != 0)
		return status;
	p.conf = conf_target(p.live.settings.conf, o->target);
	if (!p.conf) {
		(void)fprintf(stderr,
			      "triaged: there is no target '%.80s' for "
			      "messages; see targets: in %s\n",
			      o->target, o->file);
		return 1;
	}
	if (post(&p, &err) < 0) {
		(void)fprintf(stderr, "triaged: %s\n", err.text);
		return 1;
	}
	return live_say_end(&p.live.say) && p.live.say.n_failed == 0 ? 0 : 1;
}
