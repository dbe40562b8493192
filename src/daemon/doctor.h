/*
 * What the daemon knows to be wrong with itself, as findings for `triagectl
 * doctor`: what it is about, which step failed, why, and the next command.
 * What the database tells anybody is triagectl's part.
 */
#ifndef DAEMON_DOCTOR_H
#define DAEMON_DOCTOR_H

#include <jansson.h>
#include "daemon/app.h"

/* The data of the answer to CTL_VERB_DOCTOR: {findings: [...], pid,
 * zones: [...]}. */
json_t *doctor_findings(struct app *a);

#endif
