/*
 * Reads what belongs to the format of a webhook. An option of another format
 * is a fault: it would be without effect, and somebody relies on it.
 *
 * tested with: test_webhook_settings
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

#define F(name) BIT(FORMAT_##name)
#define PUSHES (F(ALERTMANAGER) | F(ALERTMANAGER_WEBHOOK))

static const char *const format_names[WEBHOOK_FORMAT_MAX] = {
	[FORMAT_JSON] = "json",
	[FORMAT_CLOUDEVENTS] = "cloudevents",
	[FORMAT_SLACK] = "slack",
	[FORMAT_TEAMS] = "teams",
	[FORMAT_PAGERDUTY] = "pagerduty",
	[FORMAT_OPSGENIE] = "opsgenie",
	[FORMAT_SERVICENOW] = "servicenow",
	[FORMAT_JIRA] = "jira",
	[FORMAT_NTFY] = "ntfy",
	[FORMAT_ALERTMANAGER] = "alertmanager",
	[FORMAT_ALERTMANAGER_WEBHOOK] = "alertmanager-webhook",
};

/* Which formats have an option, and which cannot do without. */
static const struct {
	const char *option;
	unsigned formats, needed;
} belongings[] = {
	{ "url", ~0u, ~(F(PAGERDUTY) | F(OPSGENIE)) },
	{ "signing-secret", F(JSON) | F(CLOUDEVENTS), 0 },
	{ "signing-secret-next", F(JSON) | F(CLOUDEVENTS), 0 },
	{ "routing-key", F(PAGERDUTY), F(PAGERDUTY) },
	{ "api-key", F(OPSGENIE) | F(SERVICENOW), F(OPSGENIE) },
	{ "token",
	  F(JSON) | F(CLOUDEVENTS) | F(NTFY) | F(SERVICENOW) | F(JIRA) | PUSHES,
	  0 },
	{ "username",
	  F(JSON) | F(CLOUDEVENTS) | F(NTFY) | F(SERVICENOW) | F(JIRA) | PUSHES,
	  0 },
	{ "password",
	  F(JSON) | F(CLOUDEVENTS) | F(NTFY) | F(SERVICENOW) | F(JIRA) | PUSHES,
	  0 },
	{ "severities",
	  F(PAGERDUTY) | F(OPSGENIE) | F(SERVICENOW) | F(JIRA) | F(NTFY) |
		  PUSHES,
	  0 },
	{ "mode", F(CLOUDEVENTS), 0 },
	{ "topic", F(NTFY), F(NTFY) },
	{ "responders", F(OPSGENIE), 0 },
	{ "project", F(JIRA), F(JIRA) },
	{ "issue-type", F(JIRA), 0 },
	{ "done-transition", F(JIRA), 0 },
	{ "api-version", F(JIRA), 0 },
	{ "table", F(SERVICENOW), 0 },
	{ "assignment-group", F(SERVICENOW), 0 },
	{ "caller", F(SERVICENOW), 0 },
	{ "close-code", F(SERVICENOW), 0 },
	{ "close-notes", F(SERVICENOW), 0 },
};

/* What a receiver may be told instead of our levels; NULL: any text. */
static const struct {
	enum webhook_format format;
	const char *words; /* between blanks */
} level_words[] = {
	{ FORMAT_PAGERDUTY, " critical error warning info " },
	{ FORMAT_OPSGENIE, " P1 P2 P3 P4 P5 " },
	{ FORMAT_NTFY, " 1 2 3 4 5 " },
	{ FORMAT_SERVICENOW, " 0 1 2 3 4 5 1/1 1/2 1/3 2/1 2/2 2/3 3/1 3/2 "
			     "3/3 " },
};

const char *webhook_format_name(enum webhook_format f)
{
	return format_names[f];
}

void load_format(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	struct suggest s = { .word = v->text };
	char buf[SUGGEST_TEXT_MAX];

	if (!load_is_text(l, v, "the name of a format"))
		return;
	for (size_t i = 0; i < WEBHOOK_FORMAT_MAX; i++) {
		if (strcmp(v->text, format_names[i]) == 0) {
			*FIELD(enum webhook_format, object, o) =
				(enum webhook_format)i;
			return;
		}
		suggest_offer(&s, format_names[i]);
	}
	load_fault(l, &v->mark,
		   "'%.40s' is no format of webhooks%s; there are "
		   "%s",
		   v->text, suggest_text(&s, buf), o->shown.type);
}

/* One of two words into a bool: true for the second. */
static void load_either(struct load *l, const struct option *o,
			const struct node *v, void *object,
			const char *const words[2])
{
	if (!load_is_text(l, v, o->shown.type))
		return;
	for (int i = 0; i < 2; i++) {
		if (strcmp(v->text, words[i]) == 0) {
			*FIELD(bool, object, o) = i == 1;
			return;
		}
	}
	load_fault(l, &v->mark, "must be %s, not '%.40s'", o->shown.type,
		   v->text);
}

void load_mode_binary(struct load *l, const struct option *o,
		      const struct node *v, void *object)
{
	static const char *const words[] = { "structured", "binary" };

	load_either(l, o, v, object, words);
}

void load_api_version(struct load *l, const struct option *o,
		      const struct node *v, void *object)
{
	static const char *const words[] = { "3", "2" };

	load_either(l, o, v, object, words);
}

void load_table(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	static const char *const words[] = { "incident", "em-event" };

	load_either(l, o, v, object, words);
}

static const char *text_fault(const char *s)
{
	if (!*s)
		return "is empty";
	return strlen(s) > CONF_TEXT_MAX ? "is too long" : NULL;
}

void load_text_list(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	load_texts(l, v, FIELD(struct strlist, object, o), text_fault);
}

void load_proxy(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	char **field = FIELD(char *, object, o);
	struct url u;

	if (!load_is_text(l, v, "http://HOST:PORT"))
		return;
	if (!url_parse(v->text, &u) || (*u.rest && strcmp(u.rest, "/") != 0) ||
	    (strcmp(u.scheme, "http") != 0 && strcmp(u.scheme, "https") != 0)) {
		load_fault(l, &v->mark,
			   "must be http://HOST:PORT or https://HOST:PORT "
			   "(no user name)");
		return;
	}
	free(*field);
	*field = xstrdup(v->text);
}

static const struct mark *mark_of(const struct node *map, const char *key)
{
	const struct node *v = node_get(map, key);

	return v ? &v->mark : &map->mark;
}

static void check_belongings(struct load *l, const struct node *map,
			     enum webhook_format format)
{
	for (size_t i = 0; i < ARRAY_SIZE(belongings); i++) {
		const char *option = belongings[i].option;
		const struct node *v = node_get(map, option);

		if (v && !(belongings[i].formats & BIT(format)))
			load_fault(l, &v->mark,
				   "%s has no meaning for format %s", option,
				   format_names[format]);
		if (!v && belongings[i].needed & BIT(format))
			load_fault(l, &map->mark, "format %s needs %s",
				   format_names[format], option);
	}
}

static void check_levels(struct load *l, const struct node *map,
			 const struct webhook_conf *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_words); i++) {
		for (size_t s = 0; s < SEVERITY_MAX; s++) {
			CLEANUP(free_ptr)
			char *word = w->levels[s]
					     ? xasprintf(" %s ", w->levels[s])
					     : NULL;

			if (!word || level_words[i].format != w->format ||
			    strstr(level_words[i].words, word))
				continue;
			load_fault(l, mark_of(map, "severities"),
				   "severities: '%.40s' is unknown to %s; it "
				   "has%.*s",
				   w->levels[s], format_names[w->format],
				   (int)strlen(level_words[i].words) - 1,
				   level_words[i].words);
		}
	}
}

void webhook_check(struct load *l, const struct node *map,
		   const struct target_conf *t)
{
	const char *why = NULL;

	if (t->url.kind == SECRET_PLAIN)
		why = webhook_url_fault(secret_peek(t->url.value),
					t->allow_private);
	if (why)
		load_fault(l, mark_of(map, "url"), "url %s", why);
	if (node_get(map, "signing-secret-next") &&
	    !node_get(map, "signing-secret"))
		load_fault(l, mark_of(map, "signing-secret-next"),
			   "signing-secret-next needs signing-secret beside "
			   "it");
	login_check(l, map);
	check_belongings(l, map, t->webhook.format);
	check_levels(l, map, &t->webhook);
}
