/*
 * The words that a format shows: those of the target's templates where it has
 * some, else the built-in ones. Both are plain, so the format escapes them all
 * the same.
 */
#ifndef NOTIFY_FORMAT_WORDS_H
#define NOTIFY_FORMAT_WORDS_H

#include "notify/render_priv.h"

/*
 * What is said, as blocks; never none. @titled: for a receiver that shows no
 * title of its own, a title of the target's stands in front.
 */
void format_build_doc(const struct render_job *j, bool titled, struct doc *ret);
/* The title: the target's, else a mail's subject. */
void format_add_title(const struct render_job *j, struct strbuf *out,
		      size_t max);
/* The target's own title on one line; false: it has none. */
bool format_add_own_title(const struct render_job *j, struct strbuf *out);
/* The blocks as plain lines; without links where @links is false. */
void format_add_lines(const struct doc *d, bool links, struct strbuf *out);

#endif
