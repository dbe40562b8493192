/*
 * Texts with holes: a subset of Mustache (the specification at
 * https://github.com/mustache/spec), without files, functions and other
 * delimiters. Pure: knows JSON and nothing of notices. Who renders says how
 * values are escaped; no tag can go round that, not even {{{name}}}.
 */
#ifndef NOTIFY_TEMPLATE_H
#define NOTIFY_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "util/strbuf.h"

#define TEMPLATE_BYTES_MAX 65536
#define TEMPLATE_DEPTH_MAX 16 /* sections inside sections */
#define TEMPLATE_NAME_MAX 100
/* Tags and pieces of text visited by one rendering: lists multiply. */
#define TEMPLATE_STEPS_MAX 200000

struct template;

/* What is wrong, and where: lines and columns of characters from 1. */
struct template_fault {
	int line, column;
	char text[200]; /* one line, safe to print */
};

/* NULL and *ret when @text (any bytes, NUL at its end) is no template. */
struct template *template_parse(const char *text,
				struct template_fault *ret) must_check;
struct template *template_free(struct template *t); /* returns NULL */

/* Append @len bytes of foreign text, with a NUL behind them, so that the target
 * takes them for text. */
typedef void template_escape_fn(struct strbuf *out, const char *s, size_t len);

/*
 * Append @t with the values of @context (an object). False, and @out as it
 * was, when it would take more than @max bytes or TEMPLATE_STEPS_MAX steps.
 */
bool template_render(const struct template *t, const json_t *context,
		     template_escape_fn *escape, struct strbuf *out,
		     size_t max) must_check;

typedef void template_fault_fn(void *arg, const struct template_fault *f);
/*
 * Names that @model, which has every member there can be, does not have or
 * that cannot be written as text there. A list in it has one item. Returns how
 * many; @fn is called for each.
 */
size_t template_check(const struct template *t, const json_t *model,
		      template_fault_fn *fn, void *arg);

/* One for each kind of target, of @s with @len bytes and a NUL behind. All make
 * invalid bytes, control characters and the reordering of text harmless first.
 */
template_escape_fn template_escape_text; /* lines of plain text */
template_escape_fn template_escape_line; /* one line */
template_escape_fn template_escape_html; /* text and quoted attributes */
template_escape_fn template_escape_json; /* inside a string of JSON */

#endif
