/*
 * See tidings.h. Called by whoever changes something in a transaction; the
 * store keeps what waits for its end.
 *
 * tested with: test_tidings
 */
#include "daemon/tidings.h"

#include <stdlib.h>
#include <string.h>

#include "store/txn.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* --- news --- */

struct piece {
	struct pipeline *pipeline;
	struct news news;
	struct alert alert; /* what struct news promises of it */
	char *detail;
};

static void piece_tell(void *arg)
{
	const struct piece *o = arg;

	o->pipeline->on_news(o->pipeline->arg, &o->news);
}

static void piece_free(void *arg)
{
	struct piece *o = arg;

	alert_release(&o->alert);
	free(o->detail);
	free(o);
}

static char *copy_of(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void copy_alert(struct alert *to, const struct alert *from)
{
	to->source = copy_of(from->source);
	to->kind = copy_of(from->kind);
	to->native_id = copy_of(from->native_id);
	to->title = copy_of(from->title);
	to->created_ms = from->created_ms;
}

void tidings_tell(struct pipeline *p, const struct news *n)
{
	struct piece *o;

	if (!p->on_news)
		return;
	o = xcalloc(1, sizeof(*o));
	alert_init(&o->alert);
	o->pipeline = p;
	o->news = *n;
	o->detail = copy_of(n->detail);
	o->news.detail = o->detail;
	if (n->alert) {
		copy_alert(&o->alert, n->alert);
		o->news.alert = &o->alert;
	}
	txn_then(p->store, piece_tell, o, piece_free);
}

/* --- lines of the log --- */

struct line {
	int level;
	const char *message_id, *text; /* fixed */
	struct kv *fields; /* KV_END last; their texts are owned */
};

static void line_write(void *arg)
{
	const struct line *l = arg;

	log_event_kv(l->level, l->message_id, l->text, l->fields);
}

static void line_free(void *arg)
{
	struct line *l = arg;

	for (struct kv *f = l->fields; f->type != KV_END; f++)
		free((char *)f->str);
	free(l->fields);
	free(l);
}

void tidings_log_kv(struct store *s, int level, const char *message_id,
		    const char *text, const struct kv *fields)
{
	struct line *l = xcalloc(1, sizeof(*l));
	size_t n = 0;

	while (fields[n].type != KV_END)
		n++;
	*l = (struct line){ level, message_id, text,
			    xcalloc(n + 1, sizeof(*l->fields)) };
	for (size_t i = 0; i < n; i++) {
		l->fields[i] = fields[i];
		l->fields[i].str = copy_of(fields[i].str);
	}
	txn_then(s, line_write, l, line_free);
}
