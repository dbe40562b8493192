/*
 * Reads `targets:`, and the names by which other sections mean them.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

static const struct type_word target_types[] = {
	{ "email", TARGET_EMAIL },	   { "webhook", TARGET_WEBHOOK },
	{ "folder", TARGET_FOLDER },	   { "exec", TARGET_EXEC },
	{ "heartbeat", TARGET_HEARTBEAT },
};

const char *target_word(int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(target_types); i++)
		if (target_types[i].type == type)
			return target_types[i].word;
	return NULL;
}

static const struct mark *mark_of(const struct node *map, const char *key)
{
	const struct node *v = node_get(map, key);

	return v ? &v->mark : &map->mark;
}

/* One that stands there and is wrong has had its fault. */
void login_check(struct load *l, const struct node *map)
{
	const struct node *username = node_get(map, "username");
	const struct node *password = node_get(map, "password");

	if (!username != !password)
		load_fault(l, username ? &username->mark : &password->mark,
			   "username and password belong together");
}

static void email_check(struct load *l, const struct node *map,
			const struct target_conf *t)
{
	struct url u;

	oauth_check(l, t);
	if (!t->oauth.entry)
		login_check(l, map);
	if (!t->starttls && t->server && url_parse(t->server, &u) &&
	    strcmp(u.scheme, "smtp") == 0 && !url_is_loopback(&u))
		load_fault(l, mark_of(map, "starttls"),
			   "mail may go without TLS only to a loopback "
			   "address");
}

static void heartbeat_check(struct load *l, const struct node *map,
			    const struct target_conf *t)
{
	const char *why = NULL;

	if (!node_get(map, "url"))
		load_fault(l, &map->mark, "a heartbeat needs url");
	if (t->url.kind == SECRET_PLAIN)
		why = webhook_url_fault(secret_peek(t->url.value),
					t->allow_private);
	if (why)
		load_fault(l, mark_of(map, "url"), "url %s", why);
}

static void target_check(struct load *l, const struct node *map,
			 const struct target_conf *t)
{
	if (t->second && t->name && strcmp(t->second, t->name) == 0)
		load_fault(l, mark_of(map, "second"),
			   "second must name another target");
	switch (t->type) {
	case TARGET_EMAIL:
		email_check(l, map, t);
		break;
	case TARGET_WEBHOOK:
		webhook_check(l, map, t);
		break;
	case TARGET_FOLDER:
	case TARGET_EXEC:
		break;
	case TARGET_HEARTBEAT:
		heartbeat_check(l, map, t);
		break;
	}
	template_settings_check(l, t);
}

static void target_add(struct target_conf **list, size_t *n,
		       const struct target_conf *t)
{
	*list = xreallocarray(*list, *n + 1, sizeof(*t));
	(*list)[(*n)++] = *t;
}

/* One name, one target: of either list. */
static void target_keep(struct load *l, const struct node *map,
			const struct target_conf *t)
{
	const struct target_conf *same = conf_target(l->c, t->name);

	if (!same)
		same = conf_heartbeat(l->c, t->name);
	if (same)
		(void)load_unique(l, map, t->name, same->name, &same->mark);
	if (t->type == TARGET_HEARTBEAT)
		target_add(&l->c->heartbeats, &l->c->n_heartbeats, t);
	else
		target_add(&l->c->targets, &l->c->n_targets, t);
}

static void load_target(struct load *l, const struct node *map)
{
	struct target_conf t = { .mark = map->mark };
	int type = load_type(l, map, target_types, ARRAY_SIZE(target_types));
	const struct node *name = node_get(map, "name");

	if (type >= 0) {
		t.type = (enum target_type)type;
		load_defaults(l, "targets", BIT(type), &t);
		load_section(l, "targets", map, BIT(type), &t);
		if (!t.rate_given)
			t.rate = target_rate_default(&t);
		target_check(l, map, &t);
	} else if (name && name->kind == NODE_TEXT) {
		/* Its name still resolves, so that one fault stays one. */
		t.name = xstrdup(name->text);
	}
	target_keep(l, map, &t);
}

void load_targets(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	(void)o;
	(void)object;
	load_entries(l, v, load_target);
}

static const char *word_fault(const char *s)
{
	return strlen(s) > CONF_PATH_MAX ? "is too long" : NULL;
}

/* NULL: it is a program and its arguments, or the socket of one. */
static const char *command_fault(const struct strlist *words)
{
	static const char socket[] = "unix:/";
	const char *first = words->v[0];

	if (strncmp(first, socket, strlen(socket)) != 0)
		return first[0] == '/' ? NULL
				       : "must be a list that begins with the "
					 "absolute path of a program, or "
					 "[\"unix:/path\"]; it is run without "
					 "a shell";
	if (words->n > 1)
		return "a socket takes no arguments: the event is all that is "
		       "sent there";
	return strlen(first) - strlen("unix:") > CONF_SOCKET_MAX
		       ? "the path of a socket has at most 107 bytes"
		       : NULL;
}

void load_command(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	struct strlist *field = FIELD(struct strlist, object, o);
	const char *why;

	load_texts(l, v, field, word_fault);
	why = field->n > 0 ? command_fault(field) : NULL;
	if (why)
		load_fault(l, &v->mark, "%s (now: '%.60s')", why, field->v[0]);
}

void load_target_name(struct load *l, const struct option *o,
		      const struct node *v, void *object)
{
	char **field = FIELD(char *, object, o);

	if (!load_is_text(l, v, "the name of a target"))
		return;
	load_refer(l, REFER_TARGET, v);
	free(*field);
	*field = xstrdup(v->text);
}

static const char *no_fault(const char *s)
{
	(void)s; /* whether it exists shows when all is read */
	return NULL;
}

void load_target_names(struct load *l, const struct option *o,
		       const struct node *v, void *object)
{
	struct strlist *field = FIELD(struct strlist, object, o);
	size_t n = v->kind == NODE_LIST ? v->n : 1;
	struct strlist seen = STRLIST_INIT;

	load_texts(l, v, field, no_fault);
	for (size_t i = 0; i < n; i++) {
		const struct node *one =
			v->kind == NODE_LIST ? v->items[i].value : v;

		if (one->kind != NODE_TEXT || !*one->text)
			continue;
		load_refer(l, REFER_NOTIFY, one);
		if (strlist_has(&seen, one->text))
			load_fault(l, &one->mark, "'%.60s' stands here twice",
				   one->text);
		strlist_add(&seen, one->text);
	}
	strlist_release(&seen);
}
