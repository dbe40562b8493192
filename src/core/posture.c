/*
 * See posture.h. Made by posture/, kept by store/; knows neither.
 *
 * tested with: posture/test_parts
 */
#include "core/posture.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>
#include "util/xmalloc.h"

const char *posture_part_name(enum posture_part p)
{
	static const char *const names[POSTURE_PART_MAX] = {
		[POSTURE_PLANS] = "plans",
		[POSTURE_SCORES] = "scores",
		[POSTURE_RECOMMENDATIONS] = "recommendations",
		[POSTURE_KINDS] = "kinds",
		[POSTURE_CONTACTS] = "contacts",
		[POSTURE_EXPORTS] = "exports",
		[POSTURE_PROVISIONING] = "provisioning",
		[POSTURE_SHARING] = "sharing",
		[POSTURE_SUBSCRIPTIONS] = "subscriptions",
	};

	return names[p];
}

const char *advice_state_name(enum advice_state s)
{
	static const char *const names[ADVICE_STATE_MAX] = {
		[ADVICE_UNHEALTHY] = "unhealthy",
		[ADVICE_HEALTHY] = "healthy",
		[ADVICE_NOT_APPLICABLE] = "not-applicable",
		[ADVICE_UNKNOWN] = "unknown",
	};

	return names[s];
}

void plan_release(struct plan *p)
{
	free(p->name);
	free(p->tier);
	free(p->sub_plan);
	free(p->replaced_by);
	free(p->coverage);
	free(p->extensions_on);
	free(p->extensions_off);
	*p = (struct plan){ 0 };
}

void secure_score_release(struct secure_score *s)
{
	free(s->name);
	*s = (struct secure_score){ 0 };
}

void advice_release(struct advice *a)
{
	free(a->native_id);
	free(a->kind);
	free(a->title);
	free(a->resource_id);
	free(a->resource_type);
	free(a->cause);
	free(a->description);
	free(a->portal_url);
	*a = (struct advice){ 0 };
}

void advice_kind_release(struct advice_kind *k)
{
	free(k->kind);
	free(k->title);
	free(k->description);
	free(k->remediation);
	free(k->categories);
	free(k->effort);
	free(k->impact);
	*k = (struct advice_kind){ 0 };
}

void posture_setting_release(struct posture_setting *s)
{
	free(s->name);
	free(s->detail);
	*s = (struct posture_setting){ 0 };
}

void posture_subscription_release(struct posture_subscription *s)
{
	free(s->id);
	free(s->name);
	free(s->state);
	*s = (struct posture_subscription){ 0 };
}

/* One item of the page's own kind. */
static void release_item(struct posture_page *p, size_t i)
{
	switch (p->part) {
	case POSTURE_PLANS:
		plan_release(&p->plans[i]);
		break;
	case POSTURE_SCORES:
		secure_score_release(&p->scores[i]);
		break;
	case POSTURE_RECOMMENDATIONS:
		advice_release(&p->advices[i]);
		break;
	case POSTURE_KINDS:
		advice_kind_release(&p->kinds[i]);
		break;
	case POSTURE_CONTACTS:
	case POSTURE_EXPORTS:
	case POSTURE_PROVISIONING:
	case POSTURE_SHARING:
		posture_setting_release(&p->settings[i]);
		break;
	case POSTURE_SUBSCRIPTIONS:
		posture_subscription_release(&p->subscriptions[i]);
		break;
	}
}

void posture_page_release(struct posture_page *p)
{
	for (size_t i = 0; i < p->n; i++)
		release_item(p, i);
	free(p->plans);
	p->plans = NULL;
	p->n = p->n_alloc = 0;
}

/* By type, then by id: what is the same stands together. */
static int compare_resources(const void *a, const void *b)
{
	const struct advice *x = *(const struct advice *const *)a;
	const struct advice *y = *(const struct advice *const *)b;
	int rc = strcasecmp(x->resource_type, y->resource_type);

	return rc ? rc : strcasecmp(x->resource_id, y->resource_id);
}

size_t posture_count_resources(const struct posture_page *p,
			       struct resource_count **ret)
{
	CLEANUP(free_ptr) const struct advice **sorted = NULL;
	const struct advice *before = NULL;
	struct resource_count *counts = NULL;
	size_t n = 0, n_alloc = 0;

	assert(p->part == POSTURE_RECOMMENDATIONS);
	sorted = xcalloc(p->n + 1, sizeof(*sorted));
	for (size_t i = 0; i < p->n; i++)
		sorted[i] = &p->advices[i];
	qsort(sorted, p->n, sizeof(const struct advice *), compare_resources);
	for (size_t i = 0; i < p->n; before = sorted[i++]) {
		const char *type = sorted[i]->resource_type;

		if (before && compare_resources(&before, &sorted[i]) == 0)
			continue;
		if (!before || strcasecmp(before->resource_type, type) != 0) {
			GROW(counts, n + 1, n_alloc);
			counts[n++] = (struct resource_count){ .type = type };
		}
		counts[n - 1].n++;
	}
	*ret = counts;
	return n;
}

/* Room for one more, and the item is the page's. */
#define ADD(p, list, item)                                                     \
	do {                                                                   \
		GROW((p)->list, (p)->n + 1, (p)->n_alloc);                     \
		(p)->list[(p)->n++] = *(item);                                 \
		*(item) = (__typeof__(*(item))){ 0 };                          \
	} while (0)

void posture_page_add_plan(struct posture_page *p, struct plan *item)
{
	assert(p->part == POSTURE_PLANS);
	ADD(p, plans, item);
}

void posture_page_add_score(struct posture_page *p, struct secure_score *item)
{
	assert(p->part == POSTURE_SCORES);
	ADD(p, scores, item);
}

void posture_page_add_advice(struct posture_page *p, struct advice *item)
{
	assert(p->part == POSTURE_RECOMMENDATIONS);
	ADD(p, advices, item);
}

void posture_page_add_kind(struct posture_page *p, struct advice_kind *item)
{
	assert(p->part == POSTURE_KINDS);
	ADD(p, kinds, item);
}

void posture_page_add_setting(struct posture_page *p,
			      struct posture_setting *item)
{
	assert(p->part >= POSTURE_CONTACTS && p->part <= POSTURE_SHARING);
	ADD(p, settings, item);
}

void posture_page_add_subscription(struct posture_page *p,
				   struct posture_subscription *item)
{
	assert(p->part == POSTURE_SUBSCRIPTIONS);
	ADD(p, subscriptions, item);
}
