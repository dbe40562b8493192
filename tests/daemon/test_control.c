/* daemon/control: the table of verbs, and the manual's list of their roles. */
#include "daemon/control_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "util/strbuf.h"
#include "util/xmalloc.h"

/* From the top of the tree, where `make unit` runs. */
#define MANUAL "man/triaged.8"
#define BEGIN "verbs by role"
#define END "end of verbs"

/* "role verb\n" for each verb of the manual's list. */
static void read_manual(struct strbuf *out, size_t *ret_n)
{
	FILE *f = fopen(MANUAL, "r");
	char line[256], word[64], role[64] = "";
	bool inside = false;

	assert_non_null(f);
	*ret_n = 0;
	while (fgets(line, sizeof(line), f)) {
		inside = (inside || strstr(line, BEGIN)) && !strstr(line, END);
		if (inside && sscanf(line, ".It Li %63[a-z]", role) == 1)
			continue;
		if (!inside || sscanf(line, ".Li %63[a-z-]", word) != 1)
			continue;
		strbuf_addf(out, "%s %s\n", role, word);
		(*ret_n)++;
	}
	fclose(f);
}

static void test_manual_lists_every_verb_with_its_role(void **state)
{
	CLEANUP(strbuf_release) struct strbuf manual = STRBUF_INIT;
	const struct verb *v;
	size_t n_manual, n = 0;

	(void)state;
	read_manual(&manual, &n_manual);
	while ((v = control_verb_at(n))) {
		CLEANUP(free_ptr)
		char *line = xasprintf("%s %s\n", role_name(v->role), v->name);

		if (!strstr(manual.buf, line))
			fail_msg("%s lacks \"%s\", or has it under another "
				 "role",
				 MANUAL, v->name);
		n++;
	}
	assert_int_equal(n, n_manual);
}

/* Nobody is let do anything without a role, and each verb stands once. */
static void test_verbs_are_sound(void **state)
{
	const struct verb *v, *other;

	(void)state;
	for (size_t i = 0; (v = control_verb_at(i)); i++) {
		assert_true(v->role > ROLE_NONE && v->role < ROLE_MAX);
		assert_non_null(v->run);
		for (size_t j = 0; j < i; j++) {
			other = control_verb_at(j);
			assert_string_not_equal(v->name, other->name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual_lists_every_verb_with_its_role),
		cmocka_unit_test(test_verbs_are_sound),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
