/* Lines of the Cloud Apps SIEM agent, retired but kept in many archives. */
#ifndef SOURCE_FILE_CEF_PRIV_H
#define SOURCE_FILE_CEF_PRIV_H

#include <stdbool.h>
#include "util/jscan.h"
#include "util/strbuf.h"

/* Has @line a CEF header somewhere (behind a date, behind syslog)? */
bool file_cef_is(struct span line);
/*
 * An alert's line as the object the portal's API gives for it, with the line
 * itself as "cef". NULL, or why it is no alert.
 */
const char *file_cef_read(struct span line, struct strbuf *ret_json);

#endif
