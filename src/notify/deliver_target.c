/*
 * Targets: made from the configuration, retired by a reload. Called by
 * deliver.c. Knows the senders, not the store.
 *
 * tested with: test_deliver_life
 */
#include "notify/deliver_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "notify/custom.h"
#include "notify/webhook.h"
#include "util/xmalloc.h"

/* Files are written in the loop's own turn, so few at a time. */
#define FOLDER_IN_FLIGHT_MAX 4
/* Programs of one target at once. */
#define EXEC_IN_FLIGHT_MAX 4

static struct target *target_free(struct target *t)
{
	t->mail = mail_worker_free(t->mail);
	custom_free(t->custom);
	free(t->name);
	free(t->peer);
	free(t);
	return NULL;
}

static int check_addresses(const struct target_conf *c, struct err *err)
{
	if (!mail_address_ok(c->from))
		return err_set(err, ERR_CONF,
			       "from: not a plain address like "
			       "triaged@example.org");
	for (size_t i = 0; i < c->to.n; i++) {
		if (!mail_address_ok(c->to.v[i]))
			return err_set(err, ERR_CONF,
				       "to: entry %zu is not a plain address "
				       "like oncall@example.org",
				       i + 1);
	}
	return 0;
}

static void open_token(struct target *t)
{
	const struct token_conf conf = mail_token_conf(t->conf);

	if (t->conf->oauth.entry)
		t->token = token_cache_get(t->deliver->tokens, &conf);
}

static int open_email(struct target *t, struct err *err)
{
	int rc = check_addresses(t->conf, err);

	if (rc < 0)
		return rc;
	open_token(t);
	if (target_is_graph(t->conf)) {
		t->peer = xfer_origin(t->conf->server);
		return 0;
	}
	t->peer = xstrdup(t->conf->server);
	t->mail = mail_worker_new(t->deliver->env.loop, t->conf,
				  deliver_on_mail, t, err);
	return t->mail ? 0 : -EAGAIN;
}

static int open_webhook(struct target *t, struct err *err)
{
	int rc = webhook_check_target(t->conf, err);

	if (rc >= 0)
		t->peer = webhook_peer(t->conf);
	return rc;
}

static int target_open(struct target *t, struct err *err)
{
	switch (t->type) {
	case TARGET_EMAIL:
		return open_email(t, err);
	case TARGET_WEBHOOK:
		return open_webhook(t, err);
	case TARGET_FOLDER:
		t->peer = xstrdup(t->conf->path);
		return 0;
	case TARGET_EXEC:
		t->peer = xstrdup(t->conf->command.v[0]);
		return 0;
	case TARGET_HEARTBEAT:
		break; /* gets no notices */
	}
	return err_set(err, ERR_CONF, "unknown type");
}

static int target_new(struct deliver *d, const struct target_conf *c,
		      struct target **ret, struct err *err)
{
	struct target *t = xcalloc(1, sizeof(*t));
	int rc;

	t->deliver = d;
	t->conf = c;
	t->name = xstrdup(c->name);
	t->type = c->type;
	TAILQ_INIT(&t->waiting);
	t->due = true; /* what an earlier life left */
	t->wake_mono_ms = INT64_MAX;
	rc = custom_new(c, &t->custom, err);
	if (rc >= 0)
		rc = target_open(t, err);
	if (rc < 0) {
		(void)err_prefix(err, "target %s", c->name); /* rc is kept */
		target_free(t);
		return rc;
	}
	*ret = t;
	return 0;
}

void targets_free(struct targets *list)
{
	struct target *t;

	while ((t = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, t, link);
		target_free(t);
	}
}

int targets_new(struct deliver *d, const struct conf *c, struct targets *ret,
		struct err *err)
{
	struct targets list = TAILQ_HEAD_INITIALIZER(list);
	struct target *t;

	for (size_t i = 0; i < c->n_targets; i++) {
		int rc = target_new(d, &c->targets[i], &t, err);

		if (rc < 0) {
			targets_free(&list);
			return rc;
		}
		TAILQ_INSERT_TAIL(&list, t, link);
	}
	TAILQ_INIT(ret);
	TAILQ_CONCAT(ret, &list, link);
	return 0;
}

void targets_retire(struct deliver *d)
{
	struct target *t;

	TAILQ_FOREACH (t, &d->live, link)
		t->conf = NULL;
	TAILQ_CONCAT(&d->retired, &d->live, link);
}

void targets_reap(struct deliver *d)
{
	struct target *t = TAILQ_FIRST(&d->retired);

	while (t) {
		struct target *next = TAILQ_NEXT(t, link);

		if (t->n_flying == 0 && t->n_waiting == 0) {
			TAILQ_REMOVE(&d->retired, t, link);
			target_free(t);
		}
		t = next;
	}
}

size_t target_room(const struct target *t)
{
	size_t max = 0;

	switch (t->type) {
	case TARGET_EMAIL:
		max = MAIL_IN_FLIGHT_MAX;
		break;
	case TARGET_WEBHOOK:
		max = WEBHOOK_IN_FLIGHT_MAX;
		break;
	case TARGET_FOLDER:
		max = FOLDER_IN_FLIGHT_MAX;
		break;
	case TARGET_EXEC:
		max = EXEC_IN_FLIGHT_MAX;
		break;
	case TARGET_HEARTBEAT:
		break;
	}
	return t->n_flying < max ? max - t->n_flying : 0;
}
