/*
 * What formats with a path and answers of their own share: URLs made longer,
 * and the receiver's words about what it refused.
 */
#ifndef NOTIFY_FORMAT_WIRE_H
#define NOTIFY_FORMAT_WIRE_H

#include <jansson.h>
#include "core/notice.h"
#include "net/xfer.h"
#include "util/secret.h"
#include "util/strbuf.h"

/* Put @path, which may have a query, behind the path of @url: before the query
 * of @url, and with one slash between them. */
void wire_extend_url(struct strbuf *url, const char *path);
/* Percent-encoded but for what is unreserved (RFC 3986). */
void wire_add_escaped(struct strbuf *out, const char *s);
/* The body as JSON; NULL when it is none. The caller drops it. */
json_t *wire_parse(const struct xfer_reply *reply) must_check;
/*
 * Put what the receiver says about its refusal behind ret->error: "message"
 * and each of "errors" of @root, or the text of an answer that is no JSON
 * (@root NULL). Clean, cut, and without @hide (NULL: nothing) in it.
 */
void wire_explain(struct outcome_report *ret, const struct xfer_reply *reply,
		  const json_t *root, const struct secret *hide);

#endif
