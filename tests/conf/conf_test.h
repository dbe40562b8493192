/* What the tests of this room share: read a text, look for a fault. */
#ifndef TESTS_CONF_CONF_TEST_H
#define TESTS_CONF_CONF_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include "conf/conf.h"

/* The least that loads: tests put their lines in front of it. */
#define TARGET_OPS                                                             \
	"targets:\n"                                                           \
	"  - {name: ops, type: folder, path: /var/tmp/notices}\n"              \
	"fallback: ops\n"
#define SOURCE_FILES                                                           \
	"sources:\n"                                                           \
	"  - {name: exported, type: file, path: /srv/in/*.json}\n"
#define MINIMAL SOURCE_FILES TARGET_OPS

static inline struct conf *read_text(const char *text, struct faults *f)
{
	struct conf *c = NULL;
	int rc = conf_load_text("t.yaml", text, strlen(text), &c, f);

	assert_true(rc == 0 || rc == ERR_CONF);
	assert_true((rc == 0) == (c != NULL));
	assert_true((rc == 0) == !faults_fatal(f));
	return c;
}

static inline void print_faults(const struct faults *f)
{
	for (size_t i = 0; i < f->n; i++)
		print_message("%s:%d:%d: %s\n", f->v[i].file, f->v[i].line,
			      f->v[i].column, f->v[i].text);
}

static inline struct conf *read_good(const char *text)
{
	struct faults f = { NULL, 0, 0 };
	struct conf *c = read_text(text, &f);

	print_faults(&f);
	assert_non_null(c);
	assert_int_equal(f.n, 0);
	faults_release(&f);
	return c;
}

/* Is there a fault at @line:@column (0: any) whose text contains @part? */
static inline bool has_fault(const struct faults *f, int line, int column,
			     const char *part)
{
	for (size_t i = 0; i < f->n; i++)
		if ((!line || f->v[i].line == line) &&
		    (!column || f->v[i].column == column) &&
		    strstr(f->v[i].text, part))
			return true;
	print_message("expected %d:%d %s, got:\n", line, column, part);
	print_faults(f);
	return false;
}

#endif
