/* What two alerts have in common: between store/, triage/ and cli/. */
#ifndef CORE_RELATION_H
#define CORE_RELATION_H

#include <stddef.h>
#include <stdint.h>

enum relation_kind {
	RELATION_INCIDENT,
	RELATION_RESOURCE,
	RELATION_ENTITY,
	RELATION_TECHNIQUE,
};

/* One thing that another alert has, too. */
struct relation {
	enum relation_kind kind;
	char *entity; /* of RELATION_ENTITY its kind: account, ip; else NULL */
	char *value;
	/* How many alerts have it, this one among them; not counted further
	 * than RELATION_MANY. */
	int64_t n;
	int64_t alert_id, seen_ms; /* the other alert */
};

#define RELATION_MANY 1000

struct relations {
	struct relation *v;
	size_t n, n_alloc;
};

/* Appends a copy. */
void relations_add(struct relations *list, const struct relation *r);
void relations_release(struct relations *list);

/* "user", "address", "incident": what a person calls it. */
const char *relation_word(const struct relation *r);

#endif
