/*
 * The list of everything wrong with a configuration. Filled by this room,
 * printed by the doors. Texts hold words of the files, so they are cleaned.
 *
 * tested with: test_load test_parse
 */
#include "conf/conf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "util/utf8.h"
#include "util/xmalloc.h"

/* Nobody reads more, and the files are not ours. */
#define FAULTS_MAX 500
#define FAULT_TEXT_MAX 600
#define FAULT_FILE_MAX 4096

/* Both NULL, or both the same text. */
static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool faults_have(const struct faults *f, const struct fault *fault)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct fault *old = &f->v[i];

		if (old->line == fault->line && old->column == fault->column &&
		    same_text(old->text, fault->text) &&
		    same_text(old->file, fault->file))
			return true;
	}
	return false;
}

static void faults_vadd(struct faults *f, const struct mark *mark, bool warning,
			const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
static void faults_vadd(struct faults *f, const struct mark *mark, bool warning,
			const char *fmt, va_list ap)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct fault fault = { .warning = warning };

	if (f->n > FAULTS_MAX)
		return;
	if (f->n == FAULTS_MAX)
		strbuf_addstr(&raw, "more follow; correct these first");
	else
		strbuf_vaddf(&raw, fmt, ap);
	fault.text = utf8_clean_dup(raw.buf, FAULT_TEXT_MAX, UTF8_LINE);
	if (mark && mark->file) {
		fault.file =
			utf8_clean_dup(mark->file, FAULT_FILE_MAX, UTF8_LINE);
		fault.line = mark->line;
		fault.column = mark->column;
	}
	if (faults_have(f, &fault)) {
		free(fault.text);
		free(fault.file);
		return;
	}
	GROW(f->v, f->n + 1, f->n_alloc);
	f->v[f->n++] = fault;
}

void faults_add(struct faults *f, const struct mark *mark, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	faults_vadd(f, mark, false, fmt, ap);
	va_end(ap);
}

void faults_warn(struct faults *f, const struct mark *mark, const char *fmt,
		 ...)
{
	va_list ap;

	va_start(ap, fmt);
	faults_vadd(f, mark, true, fmt, ap);
	va_end(ap);
}

size_t faults_count(const struct faults *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += !f->v[i].warning;
	return n;
}

bool faults_fatal(const struct faults *f)
{
	return faults_count(f) > 0;
}

static size_t file_number(const struct strlist *files, const char *name)
{
	size_t i = 0;

	while (i < files->n && (!name || strcmp(files->v[i], name) != 0))
		i++;
	return i;
}

static int fault_order(const void *a, const void *b, void *arg)
{
	const struct fault *x = a, *y = b;
	const struct strlist *files = arg;
	size_t i = file_number(files, x->file), j = file_number(files, y->file);

	if (i != j)
		return i < j ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return strcmp(x->text, y->text);
}

void faults_sort(struct faults *f, const struct strlist *files)
{
	if (f->n > 0)
		qsort_r(f->v, f->n, sizeof(*f->v), fault_order, (void *)files);
}

void faults_release(struct faults *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].file);
		free(f->v[i].text);
	}
	free(f->v);
	*f = (struct faults){ NULL, 0, 0 };
}
