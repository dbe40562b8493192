/*
 * Lists of what alerts have in common. Called by store, which finds it, triage,
 * which weighs it, and cli.
 *
 * tested with: triage/test_kinship
 */
#include "core/relation.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

void relations_add(struct relations *list, const struct relation *r)
{
	GROW(list->v, list->n + 1, list->n_alloc);
	list->v[list->n] = *r;
	list->v[list->n].entity = r->entity ? xstrdup(r->entity) : NULL;
	list->v[list->n].value = xstrdup(r->value);
	list->n++;
}

void relations_release(struct relations *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].entity);
		free(list->v[i].value);
	}
	free(list->v);
	*list = (struct relations){ 0 };
}

static const char *entity_word(const char *kind)
{
	static const struct {
		const char *kind, *word;
	} words[] = {
		{ "account", "user" },
		{ "ip", "address" },
		{ "hash", "file hash" },
		{ "app", "application" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].kind, kind) == 0)
			return words[i].word;
	return kind;
}

const char *relation_word(const struct relation *r)
{
	switch (r->kind) {
	case RELATION_INCIDENT:
		return "incident";
	case RELATION_RESOURCE:
		return "resource";
	case RELATION_TECHNIQUE:
		return "technique";
	case RELATION_ENTITY:
		break;
	}
	return r->entity ? entity_word(r->entity) : "entity";
}
