/*
 * A file that lines are appended to, durably, put aside by size. Whole lines
 * alone: what a crash or a full disk left of one is cut off before the next.
 */
#ifndef FORWARD_FILE_SINK_H
#define FORWARD_FILE_SINK_H

#include <stdint.h>
#include "util/err.h"
#include "util/strbuf.h"

/* No line may be longer: how far back a torn one is looked for. */
#define FILE_SINK_LINE_MAX ((size_t)128 * 1024)

struct file_sink;

/* @path is absolute. Nothing is opened yet. @keep 0: it is never put aside. */
struct file_sink *file_sink_new(const char *path, int64_t rotate_size,
				int keep);
struct file_sink *file_sink_free(struct file_sink *f); /* returns NULL */

/*
 * Append @lines, which end with a newline, and wait until they are on the disk.
 * On failure none of them counts, and nothing of them stays when the disk lets
 * us. A file that was removed, renamed or cut short meanwhile is begun anew or
 * gone on with.
 */
int file_sink_append(struct file_sink *f, const struct strbuf *lines,
		     struct err *err) must_check;

#endif
