/*
 * A record as the line a SIEM reads. Pure. The mapping of each format is in
 * triaged.yaml(5), which is a promise: members are added, never renamed.
 *
 * Everything in a record is hostile: whatever it holds, the result is one line
 * of valid UTF-8 without control bytes, and no field ends early or begins
 * another one.
 */
#ifndef FORWARD_FORMATS_H
#define FORWARD_FORMATS_H

#include "conf/conf.h"
#include "forward/record.h"
#include "util/strbuf.h"

/* The least @max that every format keeps to, whatever is in a record. */
#define FORMAT_BYTES_LEAST ((size_t)7000)

/*
 * Adds @r without a newline, at most @max bytes of it: texts are cut on a code
 * point and lists shortened, until it fits. @host is this machine's name.
 */
void formats_add(enum forward_format format, const struct forward_record *r,
		 const char *host, size_t max, struct strbuf *out);

#endif
