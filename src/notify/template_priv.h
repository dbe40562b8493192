/*
 * Inside templates: a template is its text and a flat list of pieces. A
 * section is followed by its content, and knows where that ends.
 */
#ifndef NOTIFY_TEMPLATE_PRIV_H
#define NOTIFY_TEMPLATE_PRIV_H

#include <stdint.h>
#include "notify/template.h"

enum piece_kind { PIECE_TEXT, PIECE_VALUE, PIECE_SECTION, PIECE_INVERTED };

struct piece {
	enum piece_kind kind;
	const char *at; /* into the text: literal bytes, or a name */
	size_t len;
	size_t end; /* of a section: the first piece behind it */
};

struct template
{
	char *text;
	struct piece *pieces;
	size_t n, n_alloc;
};

/* Values that names are looked up in, innermost last. */
struct template_stack {
	const json_t *v[TEMPLATE_DEPTH_MAX + 1];
	size_t n;
};

/*
 * The value of the name @p: "." is the innermost, of "a.b" the first part is
 * looked for from the inside out and the rest only there. NULL: none.
 */
const json_t *template_find(const struct template_stack *s,
			    const struct piece *p);
/* The place of @at in the text of @t. */
void template_place(const char *text, const char *at,
		    struct template_fault *ret);

#endif
