/* Syslog messages (RFC 5424) and their framing on a stream (RFC 5425, 6587). */
#ifndef FORWARD_SYSLOG_H
#define FORWARD_SYSLOG_H

#include "forward/record.h"
#include "util/strbuf.h"

/* Receivers should take 8192 bytes (RFC 5425); what is longer some cut. */
#define SYSLOG_BYTES_MAX ((size_t)8192)
/* The longest header there is. */
#define SYSLOG_HEADER_MAX ((size_t)700)

struct syslog_style {
	int facility; /* 0 to 23 */
	const char *enterprise_id; /* digits */
	const char *host; /* NULL or unusable: "-" */
	bool octet_counting; /* else a line feed ends a message */
};

/* Adds @r with @text, which is one line, as its message. */
void syslog_add(const struct syslog_style *s, const struct forward_record *r,
		const struct strbuf *text, struct strbuf *out);

#endif
