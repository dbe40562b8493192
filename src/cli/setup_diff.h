/* What changes between two texts, line by line. */
#ifndef CLI_SETUP_DIFF_H
#define CLI_SETUP_DIFF_H

#include "util/strbuf.h"

/*
 * Append the lines that differ, "- " before those of @from and "+ " before
 * those of @to, with up to two lines of both around ("  "); nothing when they
 * are the same. Texts of more than 2000 lines are told as all different.
 */
void setup_diff(const char *from, const char *to, struct strbuf *out);

#endif
