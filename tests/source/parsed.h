/* JSON written with ' for ", for tables that can be read. */
#ifndef TESTS_SOURCE_PARSED_H
#define TESTS_SOURCE_PARSED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "source/normalize.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define FOR_SOME_TESTS __attribute__((unused))

static inline char *quoted(const char *json)
{
	char *copy = xstrdup(json);

	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	return copy;
}

/* An alert of one item; the test fails when it is none. */
FOR_SOME_TESTS static void parse_alert(enum door door, const char *tenant,
				       const char *json, struct alert *ret)
{
	CLEANUP(free_ptr) char *raw = quoted(json);
	struct item it = { 0 };

	alert_init(&it.alert);
	normalize_item(door, tenant, (struct span){ raw, strlen(raw) }, &it);
	if (it.kind != ITEM_ALERT)
		fail_msg("%s: %s", it.reason, raw);
	assert_string_equal(it.alert.raw, raw);
	assert_int_equal(it.alert.raw_len, strlen(raw));
	alert_move(ret, &it.alert);
}

/* "kind=value(role)" of every entity, joined by "; ". */
FOR_SOME_TESTS static char *entities_text(const struct alert *a)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < a->n_entities; i++) {
		const struct entity *e = &a->entities[i];

		strbuf_addf(&out, "%s%s=%s", i ? "; " : "", e->kind, e->value);
		if (e->role)
			strbuf_addf(&out, "(%s)", e->role);
	}
	return strbuf_detach(&out);
}

/* Equal, where NULL is equal to NULL alone. */
FOR_SOME_TESTS static void same_text(const char *got, const char *want,
				     const char *what)
{
	if (!got != !want || (got && strcmp(got, want) != 0))
		fail_msg("%s is %s, not %s", what, got ? got : "(none)",
			 want ? want : "(none)");
}

#endif
