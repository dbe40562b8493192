/*
 * The control protocol: one JSON object a line, both ways, versioned. Pure
 * encoding; used by the daemon's server and by triagectl. See
 * include/triaged/ctl.h for verbs, codes and limits.
 */
#ifndef CTL_WIRE_H
#define CTL_WIRE_H

#include <jansson.h>
#include <stdint.h>
#include "triaged/ctl.h"
#include "util/err.h"
#include "util/strbuf.h"

struct wire_request {
	int64_t id; /* echoed */
	char *verb;
	json_t *args; /* object, owned; never NULL once parsed */
};

struct wire_answer {
	int64_t id;
	char *code; /* CTL_OK ... of ctl.h */
	char *text; /* for people; NULL none */
	json_t *data; /* owned; NULL none */
};

/*
 * 0, or ERR_SCHEMA / ERR_LIMIT with @err in words for the peer; then *ret is
 * untouched. The words never repeat what the frame said.
 */
int wire_parse_request(const char *frame, size_t len, struct wire_request *ret,
		       struct err *err) must_check;
int wire_parse_answer(const char *frame, size_t len, struct wire_answer *ret,
		      struct err *err) must_check;
/*
 * Append the frame without its newline. A request that would be larger than
 * CTL_FRAME_MAX is ERR_CONF, and nothing is appended; an answer that cannot be
 * written (larger than CTL_ANSWER_MAX, no memory) becomes one that says so.
 */
int wire_format_request(const struct wire_request *r, struct strbuf *out,
			struct err *err) must_check;
void wire_format_answer(const struct wire_answer *a, struct strbuf *out);
/*
 * Is what people typed short enough to be kept whole, and is each time one
 * that can be counted with? 0, or ERR_CONF saying which and what is the limit.
 * @args may be NULL: none.
 */
int wire_check_args(const char *verb, const json_t *args,
		    struct err *err) must_check;
/* Free what they own; all zero afterwards. Usable with CLEANUP. */
void wire_request_release(struct wire_request *r);
void wire_answer_release(struct wire_answer *a);

#endif
