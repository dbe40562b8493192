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

bool faults_fatal(const struct faults *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->v[i].warning)
			return true;
	return false;
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
