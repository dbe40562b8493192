/*
 * What people may have done upstream: reading, checking and writing down the
 * block `respond`. Called through the rows of table_respond.c, by validate.c
 * and by dump.c. Who may do what with it is known to triage/consent.
 *
 * tested with: test_respond_settings
 */
#include "conf/conf_priv.h"

#include <stdio.h>
#include <string.h>
#include "util/compiler.h"
#include "util/suggest.h"
#include "util/timefmt.h"

static const char *const second_words[] = {
	[SECOND_FOR_USERS] = "users",
	[SECOND_ALWAYS] = "always",
	[SECOND_NEVER] = "never",
};

/* A program is enabled by its name, an inverse by what it takes back. */
static bool is_for_settings(enum response_action a)
{
	return a != RESPONSE_EXEC && !response_is_inverse(a);
}

static void fault_action(struct load *l, const struct node *v)
{
	struct suggest s = { .word = v->text };
	char buf[SUGGEST_TEXT_MAX];

	if (strcmp(v->text, "exec") == 0) {
		load_fault(l, &v->mark,
			   "programs are enabled by name, under hooks");
		return;
	}
	for (int i = 0; i < RESPONSE_ACTION_MAX; i++)
		if (is_for_settings((enum response_action)i))
			suggest_offer(&s, response_action_name(
						  (enum response_action)i));
	load_fault(l, &v->mark, "'%.40s' is no action that can be enabled%s",
		   v->text, suggest_text(&s, buf));
}

void load_actions(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	unsigned *field = FIELD(unsigned, object, o);
	size_t n = v->kind == NODE_LIST ? v->n : 1;

	*field = 0;
	for (size_t i = 0; i < n; i++) {
		const struct node *one =
			v->kind == NODE_LIST ? v->items[i].value : v;
		enum response_action a;

		if (!load_is_text(l, one, "an action or a list of actions"))
			continue;
		if (response_action_parse(one->text, &a) && is_for_settings(a))
			*field |= BIT(a);
		else
			fault_action(l, one);
	}
}

static const char *no_fault(const char *s)
{
	(void)s;
	return NULL;
}

void load_hooks(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	size_t n = v->kind == NODE_LIST ? v->n : 1;

	load_texts(l, v, FIELD(struct strlist, object, o), no_fault);
	for (size_t i = 0; i < n; i++) {
		const struct node *one =
			v->kind == NODE_LIST ? v->items[i].value : v;

		if (one->kind == NODE_TEXT && *one->text)
			load_refer(l, REFER_TARGET, one);
	}
}

/* "*" alone would switch off what `actions` enables. */
static const char *protect_fault(const char *s)
{
	return s[strspn(s, "*?")] ? NULL
				  : "covers everybody; leave the action out of "
				    "respond.actions instead";
}

void load_protect(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	load_texts(l, v, FIELD(struct strlist, object, o), protect_fault);
}

void load_approver(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	enum role *field = FIELD(enum role, object, o);

	if (!load_is_text(l, v, "operate or admin"))
		return;
	for (int r = ROLE_OPERATE; r < ROLE_MAX; r++) {
		if (strcmp(v->text, role_name((enum role)r)) == 0) {
			*field = (enum role)r;
			return;
		}
	}
	load_fault(l, &v->mark, "must be operate or admin, not '%.40s'",
		   v->text);
}

void load_second_person(struct load *l, const struct option *o,
			const struct node *v, void *object)
{
	enum second_person *field = FIELD(enum second_person, object, o);

	if (!load_is_text(l, v, "users, always or never"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(second_words); i++) {
		if (strcmp(v->text, second_words[i]) == 0) {
			*field = (enum second_person)i;
			return;
		}
	}
	load_fault(l, &v->mark, "must be users, always or never, not '%.40s'",
		   v->text);
}

bool respond_uses_target(const struct conf *c, const char *name)
{
	const struct response_policy *p = &c->respond;

	return strlist_has(&p->hooks, name) ||
	       (p->notify_by && strcmp(p->notify_by, name) == 0);
}

static const struct mark *mark_of(const struct load *l, const char *option)
{
	return origin_find(l->c, option);
}

/* Names without a target are told of by who looks at references. */
static void check_targets(struct load *l)
{
	const struct response_policy *p = &l->c->respond;
	const struct target_conf *t;

	for (size_t i = 0; i < p->hooks.n; i++) {
		t = conf_target(l->c, p->hooks.v[i]);
		if (t && t->type != TARGET_EXEC)
			faults_add(l->faults, mark_of(l, "respond.hooks"),
				   "respond.hooks: the target %s is not of "
				   "type exec, so it runs nothing",
				   t->name);
	}
	t = p->notify_by ? conf_target(l->c, p->notify_by) : NULL;
	if (t && t->type != TARGET_EMAIL)
		faults_add(l->faults, mark_of(l, "respond.notify-by"),
			   "respond.notify-by: the target %s is not of type "
			   "email",
			   t->name);
}

void respond_check(struct load *l)
{
	const struct response_policy *p = &l->c->respond;
	bool users = false;

	check_targets(l);
	for (int i = 0; i < RESPONSE_ACTION_MAX; i++)
		if (p->enabled & BIT(i) &&
		    response_action_about((enum response_action)i) ==
			    RESPONSE_ABOUT_USER)
			users = true;
	if (p->enabled & BIT(RESPONSE_NOTIFY_USER) && !p->notify_by)
		faults_add(l->faults, mark_of(l, "respond.actions"),
			   "respond.actions: notify-user needs notify-by, the "
			   "e-mail target that it goes by");
	if (users && p->protect.n == 0)
		faults_warn(l->faults, mark_of(l, "respond.actions"),
			    "respond.protect names nobody: name at least the "
			    "accounts by which you come in when all others are "
			    "locked");
}

static void dump_actions(struct strbuf *out, const struct conf *c)
{
	CLEANUP(strlist_release) struct strlist words = STRLIST_INIT;

	for (int i = 0; i < RESPONSE_ACTION_MAX; i++)
		if (c->respond.enabled & BIT(i))
			strlist_add(&words, response_action_name(
						    (enum response_action)i));
	if (words.n == 0)
		return;
	strbuf_addstr(out, "  actions: ");
	dump_list(out, &words);
	dump_end(out, c, "respond.actions", NULL);
}

static void dump_names(struct strbuf *out, const struct conf *c,
		       const char *option, const struct strlist *names)
{
	char path[64];

	if (names->n == 0)
		return;
	strbuf_addf(out, "  %s: ", option);
	dump_list(out, names);
	snprintf(path, sizeof(path), "respond.%s", option);
	dump_end(out, c, path, NULL);
}

void dump_respond(struct strbuf *out, const struct conf *c)
{
	const struct response_policy *p = &c->respond;
	char span[TIMEFMT_MAX];

	strbuf_addstr(out, "respond:\n");
	dump_actions(out, c);
	dump_names(out, c, "hooks", &p->hooks);
	dump_names(out, c, "protect", &p->protect);
	if (p->notify_by) {
		strbuf_addstr(out, "  notify-by: ");
		dump_text(out, p->notify_by);
		dump_end(out, c, "respond.notify-by", NULL);
	}
	strbuf_addf(out, "  per-hour: %d", p->per_hour);
	dump_end(out, c, "respond.per-hour", NULL);
	strbuf_addf(out, "  approver: %s", role_name(p->approver));
	dump_end(out, c, "respond.approver", NULL);
	strbuf_addf(out, "  second-person: %s", second_words[p->second]);
	dump_end(out, c, "respond.second-person", NULL);
	strbuf_addf(out, "  expires: %s",
		    timefmt_duration(p->expires_ms, span));
	dump_end(out, c, "respond.expires", NULL);
	strbuf_addf(out, "  give-up-after: %s",
		    timefmt_duration(p->give_up_ms, span));
	dump_end(out, c, "respond.give-up-after", NULL);
}
