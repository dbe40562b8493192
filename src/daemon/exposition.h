/*
 * Prometheus text format 0.0.4. A family is its head and then its samples;
 * integers only, seconds are written with a fraction and no floating point.
 */
#ifndef DAEMON_EXPOSITION_H
#define DAEMON_EXPOSITION_H

#include <stdint.h>
#include "util/strbuf.h"

enum exposition_type {
	EXPOSITION_GAUGE,
	EXPOSITION_COUNTER,
	EXPOSITION_HISTOGRAM,
};

/* A value that stands for "never": +Inf. */
#define EXPOSITION_INFINITE INT64_MAX

struct label {
	const char *name; /* NULL ends a list */
	const char *value;
};
/* LABELS({ "source", name }, { "result", word }) */
#define LABELS(...) ((const struct label[]){ __VA_ARGS__, { NULL, NULL } })
#define NO_LABELS ((const struct label[]){ { NULL, NULL } })

/* HELP and TYPE, and UNIT where the name ends in one. */
void exposition_head(struct strbuf *out, const char *name,
		     enum exposition_type type, const char *help);
void exposition_add(struct strbuf *out, const char *name,
		    const struct label *labels, int64_t value);
/* In seconds, from thousandths or from millionths of one. */
void exposition_add_ms(struct strbuf *out, const char *name,
		       const struct label *labels, int64_t ms);
void exposition_add_us(struct strbuf *out, const char *name,
		       const struct label *labels, int64_t us);

/* A family that is one number. */
void exposition_one(struct strbuf *out, const char *name,
		    enum exposition_type type, const char *help, int64_t value);
void exposition_one_ms(struct strbuf *out, const char *name,
		       enum exposition_type type, const char *help, int64_t ms);

#endif
