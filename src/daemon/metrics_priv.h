/* What the files of the metrics share: each writes whole families. */
#ifndef DAEMON_METRICS_PRIV_H
#define DAEMON_METRICS_PRIV_H

#include "util/strbuf.h"

struct app;

/* metrics_table.c: answers of the database */
void metrics_write_tables(struct app *a, struct strbuf *out);
/* metrics_source.c: what each source is at */
void metrics_write_sources(struct app *a, struct strbuf *out);
/* metrics_process.c: what this process takes of the machine */
void metrics_write_process(const struct app *a, struct strbuf *out);

#endif
