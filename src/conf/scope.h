/*
 * The scopes of the ledger: what of a source a poll was about. It has them also
 * from when the settings of the source were others.
 */
#ifndef CONF_SCOPE_H
#define CONF_SCOPE_H

#include "conf/conf.h"

/* Does a source of these settings read @scope? */
bool conf_source_asks(const struct source_conf *conf, const char *scope);

#endif
