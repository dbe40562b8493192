/* Descriptions that are HTML, as text a terminal and a mail can show. */
#ifndef UTIL_HTML_TEXT_H
#define UTIL_HTML_TEXT_H

#include "util/compiler.h"

/*
 * The words of @s (heap, free()). Only real HTML tags go; "<none>" or "a < b"
 * stay as they are. Scripts, styles and comments go with what is inside. The
 * result is text: whoever shows it in HTML must escape it again.
 */
char *html_text(const char *s) must_check;

#endif
