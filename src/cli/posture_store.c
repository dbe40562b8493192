/*
 * Rows of the posture as the records that the rules of the checklist take.
 * Called by cmd_plans.c, cmd_checklist.c and cmd_blindspots.c.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/posture_view.h"

#include <stdlib.h>
#include <string.h>
#include "cli/pick.h"
#include "util/xmalloc.h"

static char *copy(const struct rows *r, size_t i, const char *name)
{
	const char *text = rows_text(r, i, name);

	return text ? xstrdup(text) : NULL;
}

static bool is_of(const struct posture_facts *f, const char *source,
		  const char *subscription)
{
	return strcmp(f->subscription, subscription) == 0 &&
	       strcmp(f->source, source) == 0;
}

const struct posture_facts *posture_store_find(const struct posture_store *p,
					       const char *source,
					       const char *subscription,
					       size_t *hint)
{
	for (size_t n = 0; n < p->n; n++) {
		size_t i = (*hint + n) % p->n;

		if (!is_of(&p->v[i], source, subscription))
			continue;
		*hint = i;
		return &p->v[i];
	}
	return NULL;
}

/* Whose row it is; NULL: of one of which no reading is kept. */
static struct posture_facts *owner(struct posture_store *p,
				   const struct rows *r, size_t i, size_t *hint)
{
	return (struct posture_facts *)
		posture_store_find(p, rows_text(r, i, "source"),
				   rows_text(r, i, "subscription"), hint);
}

static bool part_of(const struct rows *r, size_t i, enum posture_part *ret)
{
	for (int p = 0; p < POSTURE_PART_MAX; p++) {
		if (!pick_is(r, i, "part",
			     posture_part_name((enum posture_part)p)))
			continue;
		*ret = (enum posture_part)p;
		return true;
	}
	return false;
}

/* Every subscription has them, and they stand together. */
static void take_reads(struct posture_store *p)
{
	const struct rows *r = &p->reads;
	size_t n_alloc = 0;

	for (size_t i = 0; i < r->n; i++) {
		const char *source = rows_text(r, i, "source");
		const char *subscription = rows_text(r, i, "subscription");
		struct posture_facts *f;
		enum posture_part part;

		if (!*subscription) /* of the source */
			continue;
		if (p->n == 0 ||
		    !is_of(&p->v[p->n - 1], source, subscription)) {
			GROW(p->v, p->n + 1, n_alloc);
			p->v[p->n] = (struct posture_facts){
				.source = source, .subscription = subscription
			};
			for (int q = 0; q < POSTURE_PART_MAX; q++)
				p->v[p->n].parts[q].part = (enum posture_part)q;
			p->n++;
		}
		if (!part_of(r, i, &part))
			continue;
		f = &p->v[p->n - 1];
		f->whole_ms[part] = rows_integer(r, i, "complete_ms");
		f->parts[part].trouble = rows_text(r, i, "trouble");
	}
}

static void take_plan(struct posture_facts *f, const struct rows *r, size_t i)
{
	struct plan plan = { .name = copy(r, i, "name"),
			     .is_on = rows_integer(r, i, "enabled"),
			     .sub_plan = copy(r, i, "sub_plan"),
			     .coverage = copy(r, i, "coverage"),
			     .is_deprecated =
				     rows_integer(r, i, "deprecated") };

	posture_page_add_plan(&f->parts[POSTURE_PLANS], &plan);
}

static void take_type(struct posture_facts *f, const struct rows *r, size_t i)
{
	f->types = xreallocarray(f->types, f->n_types + 1, sizeof(*f->types));
	f->types[f->n_types++] =
		(struct resource_count){ .type = rows_text(r, i, "type"),
					 .n = rows_integer(r, i, "n") };
}

static void take_setting(struct posture_facts *f, const struct rows *r,
			 size_t i)
{
	struct posture_setting s = { .name = copy(r, i, "name"),
				     .is_on = rows_integer(r, i, "enabled"),
				     .detail = copy(r, i, "detail") };
	enum posture_part part;

	if (part_of(r, i, &part) && part >= POSTURE_CONTACTS)
		posture_page_add_setting(&f->parts[part], &s);
	posture_setting_release(&s);
}

static void give(struct posture_store *p, const struct rows *r,
		 void (*fn)(struct posture_facts *f, const struct rows *r,
			    size_t i))
{
	size_t hint = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct posture_facts *f = owner(p, r, i, &hint);

		if (f)
			fn(f, r, i);
	}
}

int posture_store_load(struct session *session, const struct selector *sel,
		       struct posture_store *ret, struct err *err)
{
	const struct selector all = { .source = sel->source,
				      .subscription = sel->subscription,
				      .limit = INT64_MAX,
				      .now_ms = session->now_ms };
	const struct {
		enum question question;
		struct rows *rows;
	} parts[] = {
		{ LOOK_POSTURE_READS, &ret->reads },
		{ LOOK_PLANS, &ret->plans },
		{ LOOK_RESOURCE_TYPES, &ret->types },
		{ LOOK_POSTURE_SETTINGS, &ret->settings },
	};
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(parts); i++)
		rc = session_look(session, parts[i].question, &all,
				  parts[i].rows, err);
	if (rc < 0)
		return rc;
	take_reads(ret);
	give(ret, &ret->plans, take_plan);
	give(ret, &ret->types, take_type);
	give(ret, &ret->settings, take_setting);
	return 0;
}

void posture_store_release(struct posture_store *p)
{
	for (size_t i = 0; i < p->n; i++)
		posture_facts_release(&p->v[i]);
	free(p->v);
	rows_release(&p->reads);
	rows_release(&p->plans);
	rows_release(&p->types);
	rows_release(&p->settings);
}
