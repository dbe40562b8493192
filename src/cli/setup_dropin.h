/*
 * The one settings file that `triagectl setup` writes, from answers to text
 * and back.
 */
#ifndef CLI_SETUP_DROPIN_H
#define CLI_SETUP_DROPIN_H

#include "cli/setup_answers.h"
#include "util/strbuf.h"

#define SETUP_DROPIN "conf.d/10-setup.yaml"

/* What the answers come to. */
void setup_dropin_write(const struct setup_answers *a, struct strbuf *out);
/*
 * The answers that @text, a file written before, came from; what was changed
 * in it by hand and has no question is not among them. 0, or ERR_CONF when it
 * cannot be read by itself; @err says where. Nothing that is given is changed.
 */
int setup_dropin_read(struct setup_answers *a, const char *text, size_t len,
		      struct err *err) must_check;
/* The secrets' names in it, as they are stored: row @i, or NULL. */
const char *setup_credential(const struct setup_answers *a, size_t i);

#endif
