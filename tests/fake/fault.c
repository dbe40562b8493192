/*
 * What a fake does wrong. Called by web.c and fake_smtp.c for each request;
 * knows only when a rule acts, not what its effect means.
 */
#include "fake/fault.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/jsonx.h"
#include "util/xmalloc.h"

json_int_t fault_int(const json_t *effect, const char *name,
		     json_int_t otherwise)
{
	int64_t n = otherwise;

	(void)jsonx_int(effect, name, &n); /* else it stays what it is */
	return n;
}

static void clear_rules(struct fault_plan *plan)
{
	for (size_t i = 0; i < plan->n_rules; i++)
		json_decref(plan->rules[i].spec);
	free(plan->rules);
	plan->rules = NULL;
	plan->n_rules = 0;
}

void fault_load(struct fault_plan *plan, const json_t *script)
{
	json_t *rules = json_object_get(script, "faults");
	json_t *answers = json_object_get(script, "answers");

	if (json_is_array(rules)) {
		clear_rules(plan);
		plan->n_rules = json_array_size(rules);
		plan->rules = xcalloc(plan->n_rules, sizeof(*plan->rules));
		for (size_t i = 0; i < plan->n_rules; i++)
			plan->rules[i].spec =
				json_incref(json_array_get(rules, i));
	}
	if (json_is_array(answers)) {
		json_decref(plan->answers);
		plan->answers = json_incref(answers);
		plan->n_answered = 0;
	}
}

static bool matches(const json_t *spec, const char *method, const char *path,
		    const char *path_and_query)
{
	const char *want_method = jsonx_str(spec, "method");
	const char *want_path = jsonx_str(spec, "path");

	if (want_method && strcasecmp(want_method, method) != 0)
		return false;
	return !want_path || fnmatch(want_path, path, FNM_CASEFOLD) == 0 ||
	       fnmatch(want_path, path_and_query, FNM_CASEFOLD) == 0;
}

/* Does the rule act on this request, which matches? Counts. */
static bool acts(struct fault_rule *r)
{
	json_int_t times = fault_int(r->spec, "times", -1);

	r->n_matched++;
	if (r->n_matched <= fault_int(r->spec, "skip", 0))
		return false;
	if (times >= 0 && r->n_acted >= times)
		return false;
	r->n_acted++;
	return true;
}

json_t *fault_pick(struct fault_plan *plan, const char *method,
		   const char *path, const char *path_and_query)
{
	if (plan->n_answered < json_array_size(plan->answers))
		return json_array_get(plan->answers, plan->n_answered++);
	for (size_t i = 0; i < plan->n_rules; i++) {
		struct fault_rule *r = &plan->rules[i];

		if (matches(r->spec, method, path, path_and_query) && acts(r))
			return r->spec;
	}
	return NULL;
}
