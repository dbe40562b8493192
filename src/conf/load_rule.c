/*
 * Reads `rules:` and the `when:` blocks that rules and routes share.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define DAY_MS (24 * 3600 * (int64_t)1000)

static const char *glob_fault(const char *s)
{
	return strlen(s) > CONF_TEXT_MAX ? "is too long" : NULL;
}

/* A level nobody has would make a rule that never matches, silently. */
static const char *severity_glob_fault(const char *s)
{
	for (int level = 0; level < SEVERITY_MAX; level++)
		if (glob_covers_severity(s, (enum severity)level))
			return NULL;
	return "matches no severity (critical, high, medium, low, info)";
}

static const char *incident_fault(const char *s)
{
	bool value;

	return text_is_bool(s, &value) ? NULL : "must be true or false";
}

/* Stored in the words triage/match.h compares with: yes and no. */
static void incident_words(struct strlist *field)
{
	struct strlist words = STRLIST_INIT;
	bool value;

	for (size_t i = 0; i < field->n; i++)
		if (text_is_bool(field->v[i], &value))
			strlist_add(&words, value ? "yes" : "no");
	strlist_release(field);
	*field = words;
}

static void refer_sources(struct load *l, const struct node *v)
{
	size_t n = v->kind == NODE_LIST ? v->n : 1;

	for (size_t i = 0; i < n; i++) {
		const struct node *one =
			v->kind == NODE_LIST ? v->items[i].value : v;

		if (one->kind == NODE_TEXT && *one->text &&
		    !strpbrk(one->text, "*?"))
			load_refer(l, REFER_SOURCE, one);
	}
}

/* The keys of a `when:` block; each is a list of globs of struct match. */
void load_globs(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	struct strlist *field = FIELD(struct strlist, object, o);

	if (strcmp(o->shown.name, "severity") == 0)
		load_texts(l, v, field, severity_glob_fault);
	else if (strcmp(o->shown.name, "incident") == 0)
		load_texts(l, v, field, incident_fault);
	else
		load_texts(l, v, field, glob_fault);
	if (strcmp(o->shown.name, "incident") == 0)
		incident_words(field);
	if (strcmp(o->shown.name, "source") == 0)
		refer_sources(l, v);
}

void load_glob_list(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	load_texts(l, v, FIELD(struct strlist, object, o), glob_fault);
}

void load_not(struct load *l, const struct option *o, const struct node *v,
	      void *object)
{
	struct match **field = FIELD(struct match *, object, o);

	if (v->kind == NODE_MAP && v->n == 0) {
		load_fault(l, &v->mark,
			   "is empty, so nothing would ever match");
		return;
	}
	if (!*field)
		*field = xcalloc(1, sizeof(**field));
	load_section(l, o->shown.section, v, 0, *field);
}

void load_severity(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	struct rule *r = object;
	struct suggest s = { .word = "" };
	char buf[SUGGEST_TEXT_MAX];

	(void)o;
	if (!load_is_text(l, v, "a severity"))
		return;
	if (severity_parse(v->text, &r->severity)) {
		r->sets_severity = true;
		return;
	}
	s.word = v->text;
	for (int level = 0; level < SEVERITY_MAX; level++)
		suggest_offer(&s, severity_name((enum severity)level));
	load_fault(l, &v->mark,
		   "must be critical, high, medium, low or info, not '%.40s'%s",
		   v->text, suggest_text(&s, buf));
}

/* The rule holds through the whole day, in UTC: who writes a last day means
 * that it counts. */
void load_expires(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	int year, month, day;

	if (!load_is_text(l, v, "a date such as 2027-01-31"))
		return;
	if (parse_date(v->text, &year, &month, &day))
		*FIELD(int64_t, object, o) =
			(timefmt_days(year, month, day) + 1) * DAY_MS;
	else
		load_fault(l, &v->mark,
			   "must be a date such as 2027-01-31, not '%.40s'",
			   v->text);
}

static void load_rule(struct load *l, const struct node *map)
{
	struct policy *p = &l->c->policy;
	struct rule r = { .mark = map->mark };
	const struct node *name = node_get(map, "name");
	const struct node *set = node_get(map, "set");

	load_section(l, "rules", map, 0, &r);
	for (size_t i = 0; i < p->n_rules; i++)
		if (!load_unique(l, map, r.name, p->rules[i].name,
				 &p->rules[i].mark))
			break;
	if (r.name && shipped_has_rule(r.name))
		load_fault(l, &name->mark,
			   "the name '%s' belongs to a rule that triaged "
			   "ships",
			   r.name);
	if (set && set->kind == NODE_MAP && set->n == 0)
		load_fault(l, &set->mark,
			   "set is empty; give severity, owner or tags");
	order_check_demotion(l, map, &r);
	p->rules = xreallocarray(p->rules, p->n_rules + 1, sizeof(r));
	p->rules[p->n_rules++] = r;
}

void load_rules(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	(void)o;
	(void)object;
	load_entries(l, v, load_rule);
}
