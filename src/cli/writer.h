/*
 * What a command says, as tagged values. One command feeds every writer: a
 * screen for people (text), an object for programs (JSON), a table for
 * spreadsheets (CSV). A writer takes what is meant for its reader and ignores
 * the rest, so no command asks which one it has.
 *
 * The text of an answer is written at writer_end(): a command that fails
 * half-way has said nothing.
 */
#ifndef CLI_WRITER_H
#define CLI_WRITER_H

#include <stdbool.h>
#include <stdio.h>
#include "cli/format.h"
#include "cli/rows.h"
#include "util/err.h"

struct writer;

enum column_flags {
	COLUMN_RIGHT = 1, /* aligned right: numbers */
	COLUMN_FLEX = 2, /* gives way when the screen is too narrow */
	COLUMN_RARE = 4, /* left out when every row has nothing in it */
	/* Long text, the last column: wrapped in the room that is left, or
	 * under its row when there is little; never cut. */
	COLUMN_WRAP = 8,
	COLUMN_PATH = 16, /* what begins with / gives way at its beginning */
};

/* A column for people. Programs get every cell of the row, by its name. */
struct column {
	const char *name; /* of the cell */
	const char *heading;
	enum as as;
	unsigned flags;
	/* Which cell of the row to show instead of the one named; NULL: that */
	const struct cell *(*pick)(const struct rows *r, size_t row);
};

struct table {
	const char *key; /* of the array, for programs; NULL: people only */
	const char *title; /* a line above; NULL none */
	const char *empty; /* what to say instead of no rows; NULL nothing */
	const struct column *columns; /* NULL: programs only */
	size_t n_columns;
	bool bare; /* no headings, indented under the line above */
	bool aside; /* beside the answer: not for spreadsheets */
	bool verbatim; /* exactly the columns asked for: sql */
	bool named; /* the names of the columns are part of the answer, also
		       where there is no row */
};

struct writer_ops {
	void (*begin)(struct writer *w, const char *schema);
	void (*table)(struct writer *w, const struct table *t,
		      const struct rows *r);
	void (*object)(struct writer *w, const char *key);
	void (*object_end)(struct writer *w);
	void (*field)(struct writer *w, const char *key, const struct cell *c);
	void (*flag)(struct writer *w, const char *key, bool value);
	void (*record)(struct writer *w, const char *key, const struct rows *r,
		       size_t row);
	void (*line)(struct writer *w, const char *label);
	void (*words)(struct writer *w, const char *text);
	void (*value)(struct writer *w, enum as as, const struct cell *c);
	void (*gap)(struct writer *w);
	void (*heading)(struct writer *w, int level);
	void (*code)(struct writer *w, const struct cell *c);
	struct writer *(*document)(struct writer *w);
	int (*end)(struct writer *w, struct err *err);
	void (*free)(struct writer *w);
};

struct writer {
	const struct writer_ops *ops; /* a NULL member ignores the call */
};

/* For whom a text is written. */
struct screen {
	int64_t now_ms;
	size_t width; /* columns; 0: as wide as needed (not a terminal) */
	bool colour;
	bool paged; /* through a pager when longer than the terminal */
};

struct writer *writer_text_new(FILE *out, const struct screen *screen);
/* A document in Markdown; width 0: a line for each paragraph or item. */
struct writer *writer_markdown_new(FILE *out, const struct screen *screen);
struct writer *writer_json_new(FILE *out);
struct writer *writer_json_line_new(FILE *out); /* all of it on one line */
struct writer *writer_csv_new(FILE *out);
struct writer *writer_free(struct writer *w); /* returns NULL */

/*
 * The writer for an answer that is a document: in place of screens one of
 * Markdown to the same place, for programs the one there is. Takes @w over;
 * before writer_begin().
 */
struct writer *writer_document(struct writer *w) must_check;

/* First and last call. @schema is "triaged.list.v1". Negative when the output
 * could not be written. */
void writer_begin(struct writer *w, const char *schema);
int writer_end(struct writer *w, struct err *err) must_check;

/* For everybody: rows. */
void writer_table(struct writer *w, const struct table *t,
		  const struct rows *r);

/* For programs: members of the present object. */
void writer_object(struct writer *w, const char *key);
void writer_object_end(struct writer *w);
void writer_field(struct writer *w, const char *key, struct cell c);
void writer_flag(struct writer *w, const char *key, bool value);
/* "NAME_ms" and "NAME_at"; 0 is null. */
void writer_instant(struct writer *w, const char *name, int64_t ms);
/* Row @row of @r as an object, named by its columns. */
void writer_record(struct writer *w, const char *key, const struct rows *r,
		   size_t row);

/*
 * For people: a line begins with its label (NULL: without), and what follows
 * flows behind it, wrapped and indented. Words are fixed text of ours; a
 * value is anybody's.
 */
void writer_line(struct writer *w, const char *label);
void writer_words(struct writer *w, const char *text);
void writer_value(struct writer *w, enum as as, const struct cell *c);
/* An empty line. */
void writer_gap(struct writer *w);
/* Documents: words and values that follow are a heading, of level 1 to 3. */
void writer_heading(struct writer *w, int level);
/* Documents: a name for machines that must stay whole; elsewhere as AS_TEXT. */
void writer_code(struct writer *w, const struct cell *c);

#endif
