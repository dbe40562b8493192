/* What a subscription tells, for tests of what follows from it. */
#ifndef TESTS_ADVICE_POSTURE_FACTS_H
#define TESTS_ADVICE_POSTURE_FACTS_H

#include "advice/checklist.h"
#include "util/xmalloc.h"

#define SUB "22222222-3333-4444-5555-666666666666"
#define T INT64_C(1763769600000)

/* One of which nothing was read yet. */
static inline struct posture_facts facts_new(void)
{
	struct posture_facts f = { .source = "azure", .subscription = SUB };

	for (size_t i = 0; i < POSTURE_PART_MAX; i++)
		f.parts[i].part = (enum posture_part)i;
	return f;
}

/* Every part was read whole at T; there is nothing. */
static inline struct posture_facts facts_read(void)
{
	struct posture_facts f = facts_new();

	for (size_t i = 0; i < POSTURE_PART_MAX; i++)
		f.whole_ms[i] = T;
	return f;
}

static inline struct plan *facts_add_plan(struct posture_facts *f,
					  const char *name, bool on)
{
	struct posture_page *page = &f->parts[POSTURE_PLANS];
	struct plan item = { .name = xstrdup(name), .is_on = on };

	posture_page_add_plan(page, &item);
	return &page->plans[page->n - 1];
}

static inline void facts_add_setting(struct posture_facts *f,
				     enum posture_part part, const char *name,
				     bool on, const char *detail)
{
	struct posture_setting item = { .name = xstrdup(name),
					.is_on = on,
					.detail = detail ? xstrdup(detail)
							 : NULL };

	posture_page_add_setting(&f->parts[part], &item);
}

static inline void facts_add_type(struct posture_facts *f, const char *type,
				  int64_t n)
{
	f->types = xreallocarray(f->types, f->n_types + 1, sizeof(*f->types));
	f->types[f->n_types++] = (struct resource_count){ type, n };
}

/* The first item of that word; NULL none. */
static inline const struct chore *find(const struct chores *l, const char *item)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].item, item) == 0)
			return &l->v[i];
	}
	return NULL;
}

#endif
