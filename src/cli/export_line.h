/* The lines of `triagectl export`, and what `import` takes from them. */
#ifndef CLI_EXPORT_LINE_H
#define CLI_EXPORT_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include "store/look.h"
#include "util/strbuf.h"

#define EXPORT_SCHEMA "triaged.export.v1"

/* A row as an object, members named as the columns; bytes that are no text
 * become {"base64": ...}. */
json_t *export_row(size_t n, const char *const *names,
		   const struct cell *cells) must_check;

/* Is the alert of an export's line there already? Then nothing is taken: its
 * older revisions would be news again. */
struct export_known {
	bool (*fn)(void *arg, const char *kind, const char *tenant,
		   const char *native_id); /* @tenant "": nobody knew it */
	void *arg;
};

/*
 * One line of a file that is imported: an alert as its source sent it, as its
 * own line, is added to @out; of a line of an export each revision that has its
 * raw form, oldest first, and with the last what people did, if they did
 * anything (*ret_worked). Returns how many were added, 0 for the first and last
 * line of an export, a drill and an empty one; ERR_SCHEMA with @err when it is
 * none of them.
 */
int export_take(const char *line, size_t len, const struct export_known *known,
		struct strbuf *out, bool *ret_worked,
		struct err *err) must_check;

#endif
