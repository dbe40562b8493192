/* The line that says which alert a screen is about. */
#ifndef CLI_HEADING_H
#define CLI_HEADING_H

#include "cli/writer.h"

/* "Alert 42, critical, open: Suspicious sign-in", of a row of v_alerts. */
void say_heading(struct writer *w, const struct rows *alert);

#endif
