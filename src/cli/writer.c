/*
 * The door to the writers: a call goes to the one in use if it cares. Called
 * by the commands. Knows no format.
 */
#include "cli/writer.h"

#include "util/timefmt.h"
#include "util/xmalloc.h"

struct writer *writer_free(struct writer *w)
{
	if (w)
		w->ops->free(w);
	return NULL;
}

struct writer *writer_document(struct writer *w)
{
	return w->ops->document ? w->ops->document(w) : w;
}

void writer_begin(struct writer *w, const char *schema)
{
	if (w->ops->begin)
		w->ops->begin(w, schema);
}

int writer_end(struct writer *w, struct err *err)
{
	return w->ops->end(w, err);
}

void writer_table(struct writer *w, const struct table *t, const struct rows *r)
{
	if (w->ops->table)
		w->ops->table(w, t, r);
}

void writer_object(struct writer *w, const char *key)
{
	if (w->ops->object)
		w->ops->object(w, key);
}

void writer_object_end(struct writer *w)
{
	if (w->ops->object_end)
		w->ops->object_end(w);
}

void writer_field(struct writer *w, const char *key, struct cell c)
{
	if (w->ops->field)
		w->ops->field(w, key, &c);
}

void writer_flag(struct writer *w, const char *key, bool value)
{
	if (w->ops->flag)
		w->ops->flag(w, key, value);
}

void writer_instant(struct writer *w, const char *name, int64_t ms)
{
	CLEANUP(free_ptr) char *key_ms = xasprintf("%s_ms", name);
	CLEANUP(free_ptr) char *key_at = xasprintf("%s_at", name);
	char at[TIMEFMT_MAX];

	writer_field(w, key_ms, ms ? cell_integer(ms) : cell_null());
	writer_field(w, key_at,
		     ms ? cell_text(timefmt_utc(ms, at)) : cell_null());
}

void writer_record(struct writer *w, const char *key, const struct rows *r,
		   size_t row)
{
	if (w->ops->record)
		w->ops->record(w, key, r, row);
}

void writer_line(struct writer *w, const char *label)
{
	if (w->ops->line)
		w->ops->line(w, label);
}

void writer_words(struct writer *w, const char *text)
{
	if (w->ops->words)
		w->ops->words(w, text);
}

void writer_value(struct writer *w, enum as as, const struct cell *c)
{
	if (w->ops->value)
		w->ops->value(w, as, c);
}

void writer_gap(struct writer *w)
{
	if (w->ops->gap)
		w->ops->gap(w);
}

void writer_heading(struct writer *w, int level)
{
	if (w->ops->heading)
		w->ops->heading(w, level);
}

void writer_code(struct writer *w, const struct cell *c)
{
	if (w->ops->code)
		w->ops->code(w, c);
	else
		writer_value(w, AS_TEXT, c);
}
