/*
 * Why an alert is as severe as it is: the source's word, the table, the rule,
 * and whether today's policy would decide the same. Called by cmd_why.
 *
 * tested with: test_why
 */
#include <string.h>
#include "cli/why_priv.h"
#include "triage/rules.h"
#include "util/xmalloc.h"

static const struct cell *of(const struct case_view *v, const char *name)
{
	return rows_cell(&v->alert, 0, name);
}

static void say_text(struct writer *w, const char *text)
{
	struct cell c = cell_text(text);

	writer_value(w, AS_TEXT, &c);
}

static const struct rule *rule_named(const struct case_view *v,
				     const char *name)
{
	const struct policy *p = v->conf ? &v->conf->policy : NULL;

	for (size_t i = 0; p && name && i < p->n_rules; i++) {
		if (strcmp(p->rules[i].name, name) == 0)
			return &p->rules[i];
	}
	return NULL;
}

static bool is_running_policy(const struct case_view *v)
{
	const char *hash = case_text(v, "policy_hash");

	return v->conf && hash && strcmp(hash, v->conf->policy.hash) == 0;
}

/* What was near the alert is not looked up again: a rule that asks for that
 * and applied still does. */
static enum severity severity_today(const struct case_view *v)
{
	const struct tracked *t = &v->view.tracked;
	const struct rule *then = rule_named(v, case_text(v, "severity_rule"));
	const struct surroundings around = {
		.other_high_type = then && then->other_high_type,
	};
	const struct rule *r = rules_first(&v->conf->policy, &v->view.alert,
					   t->base, &around, v->now_ms);

	return r && r->sets_severity ? r->severity : t->base;
}

static void say_rule(struct writer *w, const struct case_view *v)
{
	const char *name = case_text(v, "severity_rule");
	const struct rule *r = rule_named(v, name);
	CLEANUP(free_ptr) char *place = NULL;

	if (!name) {
		writer_words(w, "; no rule applied");
		return;
	}
	writer_words(w, "; rule ");
	say_text(w, name);
	writer_words(w, " made it ");
	writer_value(w, AS_SEVERITY, of(v, "severity"));
	if (r && r->reason) {
		writer_words(w, ", because: ");
		say_text(w, r->reason);
	}
	if (!r || !r->mark.file)
		return;
	place = xasprintf("%s:%d", r->mark.file, r->mark.line);
	writer_words(w, " (");
	say_text(w, place);
	writer_words(w, ")");
}

static void say_policy(struct writer *w, const struct case_view *v)
{
	enum severity today;

	writer_words(w, ";\ndecided by policy ");
	writer_value(w, AS_TEXT, of(v, "policy_hash"));
	if (!v->conf)
		return;
	if (is_running_policy(v)) {
		writer_words(w, ", that of the settings as they are");
		return;
	}
	writer_words(w, "; the settings have changed since");
	today = severity_today(v);
	writer_words(w, today == v->file.severity ? " and would decide the same"
						  : " and would make it ");
	if (today != v->file.severity)
		say_text(w, severity_name(today));
}

void why_say_severity(struct writer *w, const struct case_view *v)
{
	writer_line(w, "Severity");
	writer_value(w, AS_SEVERITY, of(v, "severity"));
	writer_words(w, ": the source says ");
	if (case_text(v, "source_severity"))
		writer_value(w, AS_TEXT, of(v, "source_severity"));
	else
		writer_words(w, "nothing");
	writer_words(w, ", which counts as ");
	writer_value(w, AS_TEXT, of(v, "base_severity"));
	say_rule(w, v);
	say_policy(w, v);
}

void why_severity_data(struct writer *w, const struct case_view *v)
{
	const struct rule *r = rule_named(v, case_text(v, "severity_rule"));
	bool known = v->conf;

	writer_object(w, "severity");
	writer_field(w, "source", *of(v, "source_severity"));
	writer_field(w, "base", *of(v, "base_severity"));
	writer_field(w, "effective", *of(v, "severity"));
	writer_field(w, "rule", *of(v, "severity_rule"));
	writer_field(w, "rule_reason", cell_text(r ? r->reason : NULL));
	writer_field(w, "rule_owner", cell_text(r ? r->owner : NULL));
	writer_field(w, "policy", *of(v, "policy_hash"));
	writer_field(w, "policy_now",
		     cell_text(known ? v->conf->policy.hash : NULL));
	writer_flag(w, "policy_is_running", is_running_policy(v));
	writer_field(w, "severity_now",
		     cell_text(known ? severity_name(severity_today(v))
				     : NULL));
	writer_object_end(w);
}
