/*
 * What a fake does wrong, as its script says. A script is a JSON object:
 *
 *   "answers": [EFFECT, ...]   one for each request, in order, then no more
 *   "faults":  [RULE, ...]     the first rule that matches and is not used up
 *
 * A RULE is an EFFECT with conditions: "path" (shell pattern, matched against
 * the decoded path, and against path?query), "method", "skip" (leave the first
 * so many matching requests alone), "times" (act so often; absent: always).
 *
 * An EFFECT of any HTTP fake (the fakes add their own):
 *   status, headers {name: value}, body (text), json (any value), type (of the
 *   content)       instead of the fake's answer
 *   delay_ms       wait before answering
 *   hang           never answer; close: no answer, end; reset: the same by RST
 *   cut            announce the whole body, send so many bytes, close
 *   slow_bytes, slow_ms   send so many bytes at a time
 *   huge           a body of so many bytes ('[1,1,1...'), streamed
 *   depth          a body of so many '['
 *   chunked        no Content-Length
 *   close_after    answer, then close in spite of keep-alive
 *   raw            bytes in hexadecimal instead of an answer, head and all,
 *   raw_times      so often (1); then close, or with
 *   silent         be silent for ever
 */
#ifndef FAKE_FAULT_H
#define FAKE_FAULT_H

#include <jansson.h>
#include <stddef.h>

struct fault_rule {
	json_t *spec;
	json_int_t n_matched, n_acted;
};

struct fault_plan {
	struct fault_rule *rules;
	size_t n_rules;
	json_t *answers; /* array or NULL */
	size_t n_answered;
};

/* Take "answers" and "faults" of @script, as far as they are there. */
void fault_load(struct fault_plan *plan, const json_t *script);
/*
 * The effect for a request, borrowed until the next load, NULL for none. In
 * SMTP @method is the stage and @path the argument.
 */
json_t *fault_pick(struct fault_plan *plan, const char *method,
		   const char *path, const char *path_and_query);

/* Integer member @name, or @otherwise. */
json_int_t fault_int(const json_t *effect, const char *name,
		     json_int_t otherwise);

#endif
