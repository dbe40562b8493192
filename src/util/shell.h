/* Commands that are shown to be copied: a path, a name or an address in one is
 * a word of a POSIX shell, whatever stands in it. */
#ifndef UTIL_SHELL_H
#define UTIL_SHELL_H

#include "util/compiler.h"
#include "util/strbuf.h"

/* Append @text as one word: as it is where the shell leaves it alone, else in
 * single quotes. */
void shell_add(struct strbuf *sb, const char *text);
/* The same of a pattern of file names, whose * ? [ ] the shell is to take. */
void shell_add_pattern(struct strbuf *sb, const char *pattern);
/* As shell_add(), on the heap. */
char *shell_word(const char *text) must_check;

#endif
