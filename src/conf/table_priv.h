/*
 * Inside the option table: its parts, a file for each room of the settings,
 * every part ended by a row without a section. A section stands in one part.
 */
#ifndef CONF_TABLE_PRIV_H
#define CONF_TABLE_PRIV_H

#include "conf/conf_priv.h"
#include "util/compiler.h"

#define S ((int64_t)1000)
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)

#define REQUIRED ""
#define NONE NULL

extern const struct option options_top[];
extern const struct option options_source[];
extern const struct option options_triage[];
extern const struct option options_target[];
extern const struct option options_template[];
extern const struct option options_route[];
extern const struct option options_forward[];
extern const struct option options_respond[];

#endif
